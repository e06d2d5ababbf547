"""Causes: mistakes in families, two at once, one in part; another shape; and what is no mistake but a contract of its own."""

import json

import numpy as np
import pytest
from lectureclaims.claims import adjudicate
from lectureclaims.reference import bounds, libraries
from lectureclaims.reference.judging.statistics import statistics
from lectureclaims.reference.operators import catalogue
from lectureclaims.reports.wording import adjudication as said

CONV = {"stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1}


def numbers(seed, *shape, dtype=np.float32):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def convolved(x, w, b=None, **settings):
    return libraries.load("numpy").cross_correlation2d(x, w, b, **CONV | settings)


def names(found, library="lib"):
    return [e.mistake for e in found.explanations[library]]


# --- families ----------------------------------------------------------------------------------------------------------


def bits(a, add):
    return ((a.view(np.uint32) + np.uint32(add)) & np.uint32(0xFFFFE000)).view(np.float32)


@pytest.mark.parametrize("add, how", [(0x1000, "ties away from 0"), (0, "cut off")])
@pytest.mark.parametrize("both", [True, False])
def test_tf32_is_known_however_it_rounds(add, how, both):
    """pytorch#84334, cutlass#1289: ties away from 0, or cut off; one tie among thousands spoils another rounding."""
    x, w = numbers(0, 2, 16, 10, 10), numbers(1, 8, 16, 3, 3)
    x.flat[0] = 1 + 2.0**-11
    y = convolved(bits(x, add) if both else x, bits(w, add))
    found = adjudicate("conv2d", inputs={"x": x, "w": w}, outputs={"lib": y}, parameters={"padding": 1})
    first = found.explanations["lib"][0]
    assert first.mistake == "inputs rounded to TF32"
    assert both == (first.detail == how) and (both or first.detail.endswith("w alone"))


@pytest.mark.parametrize("order", ["NHWC", "NCHW", "F"])
def test_an_image_of_any_size_may_have_been_flattened_otherwise(order):
    """nn-transfer#11, keras#13830."""
    image, w = numbers(2, 2, 4, 5, 3), numbers(3, 6, 60)
    flat = {
        "NHWC": image.transpose(0, 3, 1, 2).reshape(2, -1),
        "NCHW": image.reshape(2, 3, 4, 5).transpose(0, 2, 3, 1).reshape(2, -1),
        "F": np.stack([one.flatten(order="F") for one in image]),
    }[order]
    found = adjudicate("linear", inputs={"x": image.reshape(2, -1), "w": w}, outputs={"lib": flat @ w.T})
    assert names(found) == ["flattened in another order"]


def test_a_number_held_in_float32_beside_float64_is_named():
    x = numbers(4, 4, 3, 5, 5, dtype=np.float64)
    channels = {"gamma": np.ones(3), "beta": np.zeros(3), "mean": np.zeros(3), "variance": np.full(3, 1e-4)}
    y = libraries.load("numpy").batch_norm_inference(x, *channels.values(), epsilon=float(np.float32(1e-5)))
    found = adjudicate("batch_norm", inputs={"x": x} | channels, outputs={"lib": y}, parameters={"epsilon": 1e-5})
    assert names(found) == ["epsilon held in float32"]


@pytest.mark.parametrize("dtype, top", [(np.float32, 90), (np.float64, 720)])
def test_a_naive_exponential_that_overflows_is_named(dtype, top):
    """snntorch#433; also softmax and the loss, without taking the largest number first."""
    z = np.array([[top, 1, -3], [0.5, 1, 2]], dtype)
    with np.errstate(all="ignore"):
        grown = np.exp(z)
        found = adjudicate(
            "softmax",
            inputs={"x": z},
            outputs={"lib": grown / grown.sum(axis=1, keepdims=True)},
            parameters={"axis": 1},
        )
        assert names(found) == ["exponential overflows in softmax"]
        slope = np.exp(-z) / (1 + np.exp(-z)) ** 2
        loss = np.log(np.exp(z).sum(axis=1)) - z[:, 1]
    found = adjudicate("cross_entropy", inputs={"logits": z, "labels": np.ones(2, int)}, outputs={"lib": loss})
    assert names(found) == ["exponential overflows in cross_entropy"]
    x = -np.abs(z)
    with np.errstate(all="ignore"):
        slope = np.exp(-x) / (1 + np.exp(-x)) ** 2
    found = adjudicate(
        "sigmoid_gradient", inputs={"x": x, "upstream": np.ones_like(x)}, outputs={"lib": slope.astype(dtype)}
    )
    assert names(found) == ["exponential overflows in logistic_gradient"]


def test_a_kernel_that_steps_otherwise_than_it_should_and_fills_the_right_size():
    """pytorch#83180."""
    x, w = numbers(5, 1, 1, 3, 6), numbers(6, 2, 1, 3, 3)
    right = convolved(x, w, stride=(1, 2), padding=((0, 0), (0, 0)))
    y = convolved(x, w, stride=(2, 1), padding=((0, 0), (0, 0)))[:, :, : right.shape[2], : right.shape[3]]
    found = adjudicate("conv2d", inputs={"x": x, "w": w}, outputs={"lib": y}, parameters={"stride": (1, 2)})
    assert names(found) == ["strides exchanged"] and "cut to the size" in found.explanations["lib"][0].detail


# --- two at once, and one in part ---------------------------------------------------------------------------------------


def test_two_mistakes_at_once_are_found():
    """keras#19291: the image was handed over with its axes exchanged, and SAME puts the odd zero elsewhere."""
    x, w = numbers(7, 1, 3, 12, 12), numbers(8, 8, 3, 3, 3)
    same = convolved(x.swapaxes(2, 3), w, stride=(2, 2), padding=((0, 1), (0, 1))).swapaxes(2, 3)
    found = adjudicate(
        "conv2d", inputs={"x": x, "w": w}, outputs={"keras": same}, parameters={"stride": 2, "padding": 1}
    )
    assert names(found, "keras") == ["kernel height and width exchanged, and padding on other sides"]
    assert "transpose the kernel's last two axes; and pad" in found.explanations["keras"][0].remedy


@pytest.mark.parametrize("bias", [True, False])
def test_a_flattened_image_and_a_bias(bias):
    image, w, b = numbers(9, 2, 4, 5, 3), numbers(10, 6, 60), numbers(11, 6)
    y = image.transpose(0, 3, 1, 2).reshape(2, -1) @ w.T + (0 if bias else 2 * b)
    found = adjudicate("linear", inputs={"x": image.reshape(2, -1), "w": w, "b": b}, outputs={"lib": y})
    assert names(found) == [f"bias {'forgotten' if bias else 'added twice'}, and flattened in another order"]


def test_momentum_inverted_and_another_divisor():
    """keras#10443."""
    x, zero = np.array([[1.0], [2.0], [3.0], [4.0]], np.float32), np.zeros(1, np.float32)
    outputs = {"torch": {"mean": np.array([2.5], np.float32), "variance": np.array([5 / 3], np.float32)}}
    given = {"inputs": {"x": x, "mean": zero, "variance": zero}, "outputs": outputs}
    found = adjudicate("batch_norm_running", **given, parameters={"momentum": 0.0, "correction": 0})
    assert names(found, "torch") == ["momentum inverted, and other divisor"]


def test_what_remains_after_the_best_is_said():
    x, w, b = numbers(12, 2, 3, 6, 6), numbers(13, 4, 3, 3, 3), numbers(14, 4)
    y = convolved(x, w)
    y[1, 2, 3, 4] += 7
    found = adjudicate("conv2d", inputs={"x": x, "w": w, "b": b}, outputs={"lib": y}, parameters={"padding": 1})
    assert found.verdict("lib").startswith(
        "outside, in part as if the bias was left out: of the 288 elements outside 287 lie"
    )


# --- another shape -----------------------------------------------------------------------------------------------------


def test_the_settings_that_give_another_shape_are_found():
    x, w = numbers(15, 1, 2, 9, 8), numbers(16, 3, 2, 3, 3)
    asked = {"inputs": {"x": x, "w": w}, "parameters": {"stride": (1, 2), "padding": 1}}
    y = convolved(x, w, stride=(2, 1))
    found = adjudicate("conv2d", **asked, outputs={"lib": y})
    assert found.exit_code == 1 and found.verdict("lib").endswith("as if other settings were used (stride=(2, 1))")
    assert "y has the shape [1, 3, 5, 8] where [1, 3, 9, 4] was meant" in found.verdict("lib")
    json.dumps(found.as_dict(), allow_nan=False)


def test_of_another_shape_the_part_that_both_have_is_judged():
    """machine-learning-book#168: loops that end too early."""
    x, w = numbers(17, 1, 1, 7, 7, dtype=np.float64), numbers(18, 1, 1, 3, 3, dtype=np.float64)
    y = convolved(x, w, stride=(2, 2))[:, :, :2, :2]
    asked = {"inputs": {"x": x, "w": w}, "parameters": {"stride": 2, "padding": 1}}
    found = adjudicate("conv2d", **asked, outputs={"mine": y})
    assert found.verdict("mine").endswith("every element is within, of 4; no other setting gives that shape")
    found = adjudicate("conv2d", **asked, outputs={"mine": y + 1})
    assert (found.findings[0].elements, found.findings[0].outside, found.findings[0].pattern) == (4, 4, "")
    assert "4 of 4 elements are outside" in found.verdict("mine") and said.summary(found).startswith(
        "Not rounding. mine is"
    )


# --- contracts of their own ---------------------------------------------------------------------------------------------


def test_a_loss_whose_steps_are_stored_in_bfloat16_is_no_mistake():
    """PyTorch sums in float32 and stores the sum, and its logarithm, in the narrow format."""
    import ml_dtypes

    z = np.array([[6.4375, -2.8125, -0.7421875, -3.984375, -3.328125]]).astype(ml_dtypes.bfloat16)
    found = adjudicate(
        "cross_entropy",
        inputs={"logits": z, "labels": np.zeros(1, int)},
        outputs={"torch": np.zeros(1, ml_dtypes.bfloat16)},
        parameters={"accumulation": "float32"},
    )
    assert found.findings[0].within and found.findings[0].contract.endswith("after each step")


def test_every_step_of_the_loss_may_be_rounded():
    import ml_dtypes

    narrow = np.dtype(ml_dtypes.bfloat16)

    def stored(a):
        return a.astype(narrow).astype(np.float64)

    z, labels = stored(4 * numbers(24, 600, 5, dtype=np.float64)), np.random.default_rng(25).integers(0, 5, 600)
    d = stored(z - z.max(axis=1, keepdims=True))
    log = stored(np.log(stored(stored(np.exp(d)).sum(axis=1))))
    y = stored(log - d[np.arange(600), labels])
    given = {"logits": z.astype(narrow), "labels": labels}
    found = adjudicate(
        "cross_entropy", inputs=given, outputs={"lib": y.astype(narrow)}, parameters={"accumulation": "float32"}
    )
    assert found.within and found.findings[0].ratio > 0.3


@pytest.mark.parametrize("outputs, grid", [(41, "half_pixel"), (61, "asymmetric")])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_sample_on_a_border_may_be_its_neighbours(outputs, grid, dtype):
    """A coordinate computed in float32 falls before the whole number that it is."""
    elements = {41: 4, 61: 2}[outputs]
    x = numbers(26, 1, 2, 3, elements, dtype=dtype)
    ratio = np.float32(elements) / np.float32(outputs)
    at = np.arange(outputs, dtype=np.float32) + np.float32(0.5 if grid == "half_pixel" else 0)
    y = x[:, :, :, np.minimum((at * ratio).astype(int), elements - 1)]
    right = libraries.load("numpy").nearest_resampling2d(x, size=(3, outputs), grid=grid)
    given = {"inputs": {"x": x}, "parameters": {"size": (3, outputs), "grid": grid}}
    found = adjudicate("nearest", **given, outputs={"lib": y, "right": right})
    assert found.within and (
        found.findings[0].contract.endswith("coordinates rounded to float32") or (y == right).all()
    )
    wrong = right.copy()
    wrong[0, 0, 0, 3] = wrong[0, 0, 0, -1]
    assert not adjudicate("nearest", **given, outputs={"lib": wrong}).within


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_logistic_function_as_a_difference_from_one_is_a_contract(dtype):
    x = np.linspace(-20, 3, 400).astype(dtype)
    y = (dtype(1) - 1 / (1 + np.exp(-np.abs(x)))).astype(dtype)
    y = np.where(x < 0, y, dtype(1) - y)
    found = adjudicate("sigmoid", inputs={"x": x}, outputs={"ort": y})
    assert found.within and "formed as a difference" in found.findings[0].contract
    assert (dtype == np.float64) != ("not a single right digit" in said.sentence(found.findings[0]))
    assert not adjudicate("sigmoid", inputs={"x": x}, outputs={"ort": y + dtype(2e-6)}).within


def test_moments_that_are_rounded_before_their_difference_are_no_mistake():
    """jax.nn.standardize in bfloat16: the mean of squares − the square of the mean, each rounded to it."""
    half, rng = "bfloat16", np.random.default_rng(2)
    x = (0.06 + 0.02 * rng.standard_normal((4, 3, 16, 16))).astype(half)
    gamma, beta = rng.standard_normal(3).astype(half), rng.standard_normal(3).astype(half)
    wide = [a.astype(np.float32).reshape(1, 3, 1, 1) for a in (gamma, beta)]

    def kept(a):
        return a.astype(half).astype(np.float32)

    mean, squares = (
        kept(a.mean(axis=(0, 2, 3), keepdims=True))
        for a in (x.astype(np.float32), kept(np.square(x.astype(np.float32))))
    )
    variance = kept(squares - kept(np.square(mean)))
    scale = kept(1 / np.sqrt(kept(variance + np.float32(1e-5))))
    y = kept(kept(kept(kept(x.astype(np.float32) - mean) * scale) * wide[0]) + wide[1]).astype(half)
    found = adjudicate(
        "batch_norm_training",
        inputs={"x": x, "gamma": gamma, "beta": beta},
        outputs={"jax": y},
        parameters={"epsilon": 1e-5},
    )
    contract = found.findings[0].contract
    assert found.within and "in one pass" in contract and "normalised in bfloat16" in contract


def tabled(x, size, a):
    """Cubics of half pixels whose weights stand in a table of 1,024 places, as TensorFlow's plain bicubic has them."""

    def along(elements, outputs):
        c = (np.arange(outputs) + 0.5) * elements / outputs - 0.5
        place = np.floor(c) + np.rint((c - np.floor(c)) * 1024) / 1024
        A = np.zeros((outputs, elements))
        for i, j in np.ndindex(outputs, elements + 6):
            t = abs(place[i] - (j - 3))
            near, far = ((a + 2) * t - (a + 3)) * t * t + 1, ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
            A[i, np.clip(j - 3, 0, elements - 1)] += near if t <= 1 else far if t < 2 else 0
        return A

    return np.einsum("ph,nchw,qw->ncpq", along(x.shape[2], size[0]), x, along(x.shape[3], size[1])).astype(np.float32)


@pytest.mark.parametrize("size", [(11, 8), (23, 5), (6, 4)])
def test_cubics_off_a_table_are_a_contract(size):
    x, settings = numbers(24, 2, 3, 7, 9), {"grid": "half_pixel", "coefficient": -0.75, "size": size}
    y = tabled(x, size, -0.75)
    off = y.copy()
    off[1, 2, 3, 1] += 5e-3
    other = tabled(x, size, -0.5)
    outputs = {"table": y, "off": off, "other": other}
    found = adjudicate("bicubic_resampling2d", inputs={"x": x}, outputs=outputs, parameters=settings)
    assert found.standing("table") == "within rounding" and "off a table" in found.findings[0].contract
    assert found.standing("off") == found.standing("other") == "outside"


def test_where_the_coordinates_stand_in_the_table_it_allows_no_more():
    x, settings = numbers(25, 2, 3, 7, 9), {"grid": "half_pixel", "coefficient": -0.75, "size": (14, 18)}
    y = tabled(x, (14, 18), -0.75)
    found = adjudicate("bicubic_resampling2d", inputs={"x": x}, outputs={"table": y}, parameters=settings)
    assert found.standing("table") == "within rounding" and "table" not in found.findings[0].contract
    off = (y * (1 + 1e-3)).astype(np.float32)
    assert not adjudicate("bicubic_resampling2d", inputs={"x": x}, outputs={"lib": off}, parameters=settings).within


def test_a_function_that_has_saturated_was_not_rounded_to_another_format():
    """ONNX Runtime's sigmoid at ±20: 0 and 1, which float16 holds, too."""
    x = np.tile(np.array([-20, 20], np.float32), 500)
    found = adjudicate("sigmoid", inputs={"x": x}, outputs={"ort": (x > 0).astype(np.float32)})
    assert found.within and "formed as a difference" in found.findings[0].contract and not found.explanations["ort"]


# --- the second tier ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [4, 32, 128])
def test_one_weight_that_is_off_is_seen_where_the_worst_case_allows_it(channels):
    x, w = numbers(19, 2, channels, 8, 8), numbers(20, 8, channels, 3, 3)
    wrong = w.copy()
    wrong[3, 1, 2, 0] += 1e-4
    found = adjudicate(
        "conv2d",
        inputs={"x": x, "w": w},
        outputs={"right": convolved(x, w), "off": convolved(x, wrong)},
        parameters={"padding": 1},
    )
    assert found.standing("right") == "within rounding" and found.standing("off") != "within rounding"
    if channels == 128:
        assert found.findings[1].within and "as if one weight were another (w[3, 1, 2, 0]" in found.verdict("off")
    assert "or one weight off by" in said.tier(found.findings[0])


@pytest.mark.parametrize("kind", ["ones", "few", "ramp", "alternating"])
def test_numbers_with_a_structure_do_not_look_like_a_mistake(kind):
    shape, rng = (4, 3, 12, 12), np.random.default_rng(21)
    count = np.arange(np.prod(shape)).reshape(shape)
    x = {
        "ones": np.full(shape, 0.1),
        "few": rng.choice([0.1, 0.3, 0.7], shape),
        "ramp": count / count.max() * 2 - 1,
        "alternating": np.where(count % 2, 1.1, -1.1),
    }[kind].astype(np.float32)
    for w in (np.full((5, 3, 3, 3), 0.1, np.float32), numbers(22, 5, 3, 3, 3)):
        assert adjudicate(
            "conv2d", inputs={"x": x, "w": w}, outputs={"lib": convolved(x, w)}, parameters={"padding": 1}
        ).exit_code in (0, 3)


def test_fewer_roundings_count_than_there_are_and_never_more():
    n = np.array([1.0, 10, 1e4, 1e8])
    with bounds.growing(bounds.Likely(8.0)):
        likely = bounds.gamma(n, 2.0**-24)
    with bounds.growing(bounds.Compounded()):
        worst = bounds.gamma(n, 2.0**-24)
    assert (likely <= worst).all() and likely[0] == worst[0] and worst[-1] / likely[-1] > 1000
    with bounds.growing(bounds.Likely(8.0, equal=1.0)):
        assert np.array_equal(bounds.gamma(n[:3], 2.0**-24), worst[:3]), "equal numbers err alike"
    assert bounds.equal(np.ones(5)) == 1 and bounds.equal(np.arange(1, 6)) == 0 and bounds.equal(np.zeros(3)) == 1


def test_statistics_are_of_sums_of_products_alone():
    from lectureclaims.reference.judging.assessment import Contract
    from lectureclaims.reference.operators import catalogue

    x = numbers(23, 4, 5)
    assert statistics(catalogue.find("tanh"), {"x": x}, "y", np.tanh(x), np.tanh(x), Contract("float32")) == ()


@pytest.mark.parametrize("operation", ["gelu", "gelu_gradient"])
def test_tensorflows_gelu_of_float64_has_a_constant_of_float32(load, operation):
    arrays = {"x": np.linspace(-3, 3, 61), "upstream": np.linspace(1, 2, 61)}
    inputs = {name: arrays[name] for name in catalogue.OPERATIONS[operation].arrays}
    y = getattr(load("tensorflow"), operation)(*inputs.values(), approximate="none")
    found = adjudicate(operation, inputs=inputs, outputs={"tf": y}, parameters={"approximate": "none"})
    assert not found.within and found.explanations["tf"][0].mistake == "constant of GELU held in float32"


def last_of_equals(x, up):
    turned = libraries.load("numpy").max_pooling2d_gradient(x[..., ::-1, ::-1], up[..., ::-1, ::-1], **PAIRS_OF_ROWS)
    return np.ascontiguousarray(turned[..., ::-1, ::-1])


PAIRS_OF_ROWS = {"window": (2, 2), "stride": (2, 2), "padding": ((0, 0), (0, 0))}


@pytest.mark.parametrize("detail", ["to the last of them", "to all of them", "a share to each"])
def test_which_of_equal_numbers_gets_the_gradient(detail):
    x, up = np.round(numbers(1, 2, 3, 6, 6)), numbers(2, 2, 3, 3, 3)
    wide = x.reshape(2, 3, 3, 2, 3, 2)
    equal = wide == wide.max(axis=(3, 5), keepdims=True)
    share = equal.sum(axis=(3, 5), keepdims=True) if detail.startswith("a share") else 1
    dx = (up[:, :, :, None, :, None] / share * equal).astype(np.float32).reshape(x.shape)
    dx = last_of_equals(x, up) if detail.startswith("to the last") else dx
    found = adjudicate(
        "max_pool2d_gradient", inputs={"x": x, "upstream": up}, outputs={"lib": dx}, parameters=PAIRS_OF_ROWS
    )
    (first, *_) = found.explanations["lib"]
    assert (first.mistake, first.detail) == ("gradient at equal numbers", detail)


def test_tensorflows_pooling_of_volumes_gives_it_to_all(load):
    x, up = np.round(numbers(3, 1, 2, 4, 4, 4)), numbers(4, 1, 2, 3, 3, 3)
    settings = {"window": (2, 2, 2), "stride": (1, 1, 1), "padding": ((0, 0),) * 3}
    outputs = {name: load(name).max_pooling3d_gradient(x, up, **settings) for name in ("torch", "tensorflow")}
    found = adjudicate("max_pool3d_gradient", inputs={"x": x, "upstream": up}, outputs=outputs, parameters=settings)
    assert found.standing("torch") == "within rounding"
    assert found.explanations["tensorflow"][0].detail == "to all of them"
