"""Every library: the same names and signatures, and every operation within its bound of the oracle."""

import functools
import inspect
import itertools

import ml_dtypes
import numpy as np
import pytest
from lectureclaims.reference import bounds, libraries, oracle
from lectureclaims.reference.judging import assessment
from lectureclaims.reference.operators import catalogue

PLAIN1 = {"stride": 1, "padding": (0, 0), "dilation": 1, "groups": 1}
PLAIN2 = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
GEOMETRIES1 = {
    "plain": PLAIN1,
    "strided": {"stride": 2, "padding": (1, 1), "dilation": 1, "groups": 1},
    "uneven": {"stride": 2, "padding": (0, 2), "dilation": 2, "groups": 2},
}
GEOMETRIES2 = {
    "plain": PLAIN2,
    "strided": {"stride": (2, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1},
    "uneven": {"stride": (1, 2), "padding": ((0, 2), (1, 0)), "dilation": (2, 1), "groups": 2},
    "grouped": {"stride": (1, 1), "padding": ((1, 1), (0, 0)), "dilation": (1, 1), "groups": 2},
}
DTYPES = (np.float32, np.float64)
FORMATS = (np.float16, ml_dtypes.bfloat16, *DTYPES)
#: TensorFlow computes with subnormal numbers taken as zero.
FLUSHES = ("tensorflow",)


def reals(rng, shape, dtype):
    numbers = rng.normal(size=shape).astype(dtype)
    numbers.flags.writeable = False
    return numbers


def wholes(rng, shape, dtype):
    """Numbers so small that the sums below, of up to 144 products, are exact."""
    most = {"bfloat16": 1, "float16": 3}.get(np.dtype(dtype).name, 8)
    numbers = rng.integers(-most, most + 1, shape).astype(dtype)
    numbers.flags.writeable = False
    return numbers


def tinies(rng, shape, dtype):
    """Numbers whose products are subnormal."""
    scale = dtype(2.0) ** (np.finfo(dtype).minexp // 2 - 2)
    return (rng.normal(size=shape) * scale).astype(dtype)


def linear_cases(make, dtype, seed):
    """(name, operation, arrays, parameters) for every sum of products; ``make`` decides on what data."""
    rng = np.random.default_rng(seed)
    for name, geometry in GEOMETRIES1.items():
        share = 4 // geometry["groups"]
        x, w, b = make(rng, (3, 4, 11), dtype), make(rng, (6, share, 3), dtype), make(rng, (6,), dtype)
        for operation in ("cross_correlation1d", "convolution1d"):
            yield name, operation, (x, w, b), geometry
        shape = oracle.cross_correlation1d(x, w, None, **geometry).shape
        yield name, "cross_correlation1d_gradient", (x, w, make(rng, shape, dtype)), geometry
    for name, geometry in GEOMETRIES2.items():
        share = 4 // geometry["groups"]
        x, w, b = make(rng, (2, 4, 9, 8), dtype), make(rng, (6, share, 3, 2), dtype), make(rng, (6,), dtype)
        for operation in ("cross_correlation2d", "convolution2d"):
            yield name, operation, (x, w, b), geometry
        yield f"{name}, no bias", "cross_correlation2d", (x, w, None), geometry
        shape = oracle.cross_correlation2d(x, w, None, **geometry).shape
        yield name, "cross_correlation2d_gradient", (x, w, make(rng, shape, dtype)), geometry
    x, w, b = make(rng, (5, 33), dtype), make(rng, (7, 33), dtype), make(rng, (7,), dtype)
    yield "with bias", "fully_connected", (x, w, b), {}
    yield "no bias", "fully_connected", (x, w, None), {}
    yield "plain", "fully_connected_gradient", (x, w, make(rng, (5, 7), dtype)), {}


NO_PADDING, UNEVEN = ((0, 0), (0, 0)), ((2, 0), (0, 1))
POOLS = (
    {"window": (2, 2), "stride": (2, 2), "padding": NO_PADDING},
    {"window": (4, 2), "stride": (2, 1), "padding": ((2, 2), (1, 1))},
    {"window": (4, 2), "stride": (3, 1), "padding": UNEVEN},
    {"window": (4, 2), "stride": (2, 2), "padding": ((3, 3), (0, 0))},
)


def selection_cases(dtype, seed):
    rng = np.random.default_rng(seed)
    # No ties, where the gradient is a choice; and all negative in places, where padding with zeros would show.
    x = np.stack([rng.permutation(7 * 8).reshape(7, 8) - 40 for _ in range(6)]).reshape(2, 3, 7, 8).astype(dtype)
    for parameters in (*POOLS, {"window": (3, 2), "stride": (1, 2), "padding": NO_PADDING}):
        name = "{window} {padding}".format(**parameters)
        yield name, "max_pooling2d", (x,), parameters
        shape = oracle.max_pooling2d(x, **parameters).shape
        yield name, "max_pooling2d_gradient", (x, wholes(rng, shape, dtype)), parameters
    for size, grid in itertools.product(((14, 24), (4, 5), (7, 1)), ("half_pixel", "asymmetric")):
        yield f"{size}, {grid}", "nearest_resampling2d", (x,), {"size": size, "grid": grid}
    z = np.append(reals(rng, 20, dtype), np.array([np.inf, -np.inf], dtype))
    for operation in ("relu", "absolute_value"):
        yield "reals", operation, (z,), {}
        yield "reals", f"{operation}_gradient", (z, reals(rng, 22, dtype)), {}
    # Slopes that are powers of two: their products are exact.
    z = wholes(rng, 40, dtype)
    yield "1/4", "leaky_relu", (z,), {"alpha": 0.25}
    yield "1/4", "leaky_relu_gradient", (z, wholes(rng, 40, dtype)), {"alpha": 0.25}
    slopes, z = np.array([0.25, -2, 0], dtype), wholes(rng, (2, 3, 4, 5), dtype)
    yield "dyadic", "prelu", (z, slopes), {}
    # Away from 0, where the gradient is a choice.
    z = np.where(z == 0, dtype(1), z)
    yield "dyadic", "prelu_gradient", (z, slopes, wholes(rng, z.shape, dtype)), {}
    p, labels = (0.5 ** rng.integers(0, 6, (4, 5))).astype(dtype), rng.integers(0, 5, 4)
    yield "dyadic", "cross_entropy_of_probabilities_gradient", (p, labels, wholes(rng, 4, dtype)), {}


def mean_cases(dtype, seed):
    """(name, operation, arrays, parameters, weights): sums whose weights are multiples of a power of two."""
    rng = np.random.default_rng(seed)
    x = wholes(rng, (2, 3, 8, 4), dtype)

    def both(name, operation, weights, **parameters):
        yield name, operation, (x,), parameters, weights
        shape = getattr(oracle, operation)(x, **parameters).shape
        yield name, f"{operation}_gradient", (x, wholes(rng, shape, dtype)), parameters, weights

    for parameters in POOLS:
        name = "{window} {padding}".format(**parameters)
        yield from both(f"{name}, counted", "average_pooling2d", 1 / 8, **parameters, count_padding=True)
    # Of windows of two rows and columns a half or a whole one lies inside.
    corner = {"window": (2, 2), "stride": (1, 2), "padding": ((1, 1), (0, 0))}
    yield from both("not counted", "average_pooling2d", 1 / 4, **corner, count_padding=False)
    yield from both(
        "not counted, uneven", "average_pooling2d", 1 / 4, **corner | {"padding": ((0, 1), (1, 0))}, count_padding=False
    )
    for grid in ("half_pixel", "asymmetric"):
        yield from both(f"{grid}, up", "bilinear_resampling2d", 1 / 16, size=(16, 8), grid=grid)
        yield from both(f"{grid}, down", "bilinear_resampling2d", 1 / 4, size=(4, 2), grid=grid)
    yield from both("align_corners, up", "bilinear_resampling2d", 1 / 4, size=(15, 7), grid="align_corners")
    yield from both("align_corners, one row", "bilinear_resampling2d", 1, size=(1, 4), grid="align_corners")
    yield from both("divides", "area_resampling2d", 1 / 8, size=(4, 1))
    yield from both("halves of pixels", "area_resampling2d", 1, size=(16, 8))
    for size in ((16, 6), (3, 2)):
        gradient = "nearest_resampling2d_gradient"
        yield f"{size}", gradient, (x, wholes(rng, (2, 3, *size), dtype)), {"size": size, "grid": "half_pixel"}, 1


def function_cases(dtype, seed):
    rng = np.random.default_rng(seed)
    far = 87.0 if dtype == np.float32 else 708.0
    z = np.concatenate([reals(rng, 200, dtype), rng.uniform(-far, far, 200), rng.uniform(-20, 20, 200), [0.0, 1e-6]])
    z = z.astype(dtype)
    for operation in ("logistic", "tanh"):
        yield "reals", operation, (z,), {}
        yield "reals", f"{operation}_gradient", (z, reals(rng, z.size, dtype)), {}
    for scale in (1, 30):
        z = (scale * rng.normal(size=(8, 10))).astype(dtype)
        for axis in (0, -1):
            yield f"scale {scale}, axis {axis}", "softmax", (z,), {"axis": axis}
            yield f"scale {scale}, axis {axis}", "softmax_gradient", (z, reals(rng, z.shape, dtype)), {"axis": axis}


def batch_norm_cases(dtype, seed):
    rng = np.random.default_rng(seed)
    for shape in ((16, 3), (4, 3, 5), (4, 3, 5, 6)):
        for shift in (0, 30):
            x = (rng.normal(size=shape) + shift).astype(dtype)
            g, b, m = (reals(rng, 3, dtype) for _ in range(3))
            v = (0.1 + rng.random(3)).astype(dtype)
            name = f"{shape}, mean {shift}"
            yield name, "batch_norm_training", (x, g, b), {"epsilon": 1e-3}
            yield name, "batch_norm_inference", (x, g, b, m, v), {"epsilon": 1e-3}
            for correction in (0, 1):
                yield name, "batch_norm_running", (x, m, v), {"momentum": 0.1, "correction": correction}
            yield name, "batch_norm_gradient", (x, g, reals(rng, shape, dtype)), {"epsilon": 1e-3}
            up = reals(rng, shape, dtype)
            yield name, "batch_norm_inference_gradient", (x, g, m, v, up), {"epsilon": 1e-3}


def row_norm_cases(dtype, seed):
    rng = np.random.default_rng(seed)
    for shape, shift in ((6, 4, 5), 0), ((6, 4, 5), 30), ((2, 4, 3, 7), 3):
        x, up = (rng.normal(size=shape) + shift).astype(dtype), reals(rng, shape, dtype)
        name = f"{shape}, mean {shift}"
        for operation, settings, of in (
            ("layer_norm", {"start": 2}, shape[2:]),
            ("rms_norm", {"start": 1}, shape[1:]),
            ("group_norm", {"groups": 2}, shape[1:2]),
            ("instance_norm", {}, shape[1:2]),
        ):
            gamma, beta = reals(rng, of, dtype), reals(rng, of, dtype)
            settings = settings | {"epsilon": 1e-3}
            for arrays in ((x, gamma, beta), (x, None, None)):
                yield name, operation, arrays[:2] if operation == "rms_norm" else arrays, settings
            yield name, f"{operation}_gradient", (x, gamma, up), settings


def limits(operation, arrays, parameters, dtype, expected, flushes):
    """The bound of each part of the result, from the module that alone can make one."""
    if operation.startswith(("cross_correlation", "convolution", "fully_connected")):
        S, n = oracle.sizes(getattr(oracle, operation), *arrays, **parameters)
        lost = oracle.flush_sizes(getattr(oracle, operation), *arrays, **parameters)
        if not isinstance(S, tuple):
            S, n, lost = (S,), (n,), (lost,)
        return [
            bounds.sums_of_products(s, k, dtype, flushed=f if flushes else None)
            for s, k, f in zip(S, n, lost, strict=True)
        ]
    if operation in ("logistic", "tanh"):
        return [bounds.elementwise(operation, dtype, expected)]
    if operation in ("logistic_gradient", "tanh_gradient"):
        function = operation.removesuffix("_gradient")
        return [bounds.elementwise_gradient(function, dtype, getattr(oracle, function)(arrays[0]), arrays[1])]
    if operation == "softmax":
        return [bounds.softmax(expected, arrays[0], dtype, **parameters)]
    if operation == "softmax_gradient":
        return [bounds.softmax_gradient(oracle.softmax(arrays[0], **parameters), *arrays, dtype, **parameters)]
    if "_norm" in operation:
        bound = getattr(bounds, operation)(*arrays, dtype, **parameters)
        return [*bound] if isinstance(bound, tuple) else [bound]
    return [bounds.exact(expected.shape, reason="a selection")]


def parts(result):
    return list(result) if isinstance(result, tuple) else [result]


def worst_ratio(backend, name, operation, arrays, parameters, dtype):
    """Largest error ÷ bound over all parts of the result, after shape and dtype; skips what the library has not."""
    try:
        got = parts(getattr(backend, operation)(*arrays, **parameters))
    except libraries.Unsupported as reason:
        pytest.skip(str(reason))
    expected = parts(getattr(oracle, operation)(*arrays, **parameters))
    allowed = limits(operation, arrays, parameters, dtype, expected[0], name in FLUSHES)
    worst = 0.0
    assert len(got) == len(expected) == len(allowed)
    for part, wanted, bound in zip(got, expected, allowed, strict=True):
        assert type(part) is np.ndarray and part.dtype == dtype and part.shape == wanted.shape == bound.allowed.shape
        with np.errstate(invalid="ignore", divide="ignore"):
            error = np.where(part == wanted, 0.0, np.abs(part.astype(np.float64) - wanted))
            ratio = np.where(error == 0, 0.0, error / bound.allowed)
        assert not np.isnan(ratio).any()
        worst = max(worst, float(ratio.max()))
    return worst


def table(make, dtypes=DTYPES):
    """The cases of all dtypes with readable ids; the arrays are made again inside, from the same seed."""
    return [
        pytest.param(dtype, number, id=f"{operation}-{name}-{np.dtype(dtype).name}")
        for dtype in dtypes
        for number, (name, operation, *_) in enumerate(make(dtype))
    ]


@functools.cache
def exact_sum_cases(dtype):
    return [*((*case, 1) for case in linear_cases(wholes, dtype, 1)), *mean_cases(dtype, 1)]


@functools.cache
def kept_selection_cases(dtype):
    return [*selection_cases(dtype, 1)]


@functools.cache
def real_cases(dtype):
    return [
        *linear_cases(reals, dtype, 2),
        *function_cases(dtype, 2),
        *batch_norm_cases(dtype, 2),
        *row_norm_cases(dtype, 2),
    ]


@functools.cache
def tiny_cases(dtype):
    return [*linear_cases(tinies, dtype, 3)]


EVERY = pytest.mark.parametrize("name", libraries.names())


def public(module):
    """The operations of a library and its training; what a library does by itself (``defaults.py``) each has of its own."""
    return {
        name: function
        for name, function in vars(module).items()
        if inspect.isfunction(function)
        and not name.startswith("_")
        and function.__module__.startswith("lectureclaims")
        and ".defaults" not in function.__module__
    }


def lacks(module):
    return set(vars(module).get("LACKS", {}))


@EVERY
def test_signatures_are_those_of_numpy(load, name):
    reference, other = public(load("numpy")), public(load(name))
    known = {*reference, *lacks(load("numpy"))}
    assert not set(other) & lacks(load(name)), "has it and lacks it"
    assert {*other, *lacks(load(name))} == known
    for function in {*reference} & {*other}:
        ours, expected = inspect.signature(other[function]), inspect.signature(reference[function])
        assert list(ours.parameters) == list(expected.parameters), function
        for parameter, wanted in zip(ours.parameters.values(), expected.parameters.values(), strict=True):
            assert parameter.kind == wanted.kind, (function, parameter.name)
            # What may be left out is plain, and the same everywhere; a library's own default is never asked for.
            assert parameter.default == wanted.default, f"{function}({parameter.name}) has a default of its own"


@EVERY
def test_what_a_library_lacks_it_says_in_its_own_words(load, name):
    for operation, reason in vars(load(name)).get("LACKS", {}).items():
        with pytest.raises(libraries.Unsupported) as said:
            getattr(load(name), operation)(1, 2, anything=3)
        assert str(said.value) == reason and reason


def results(load, name, operation, arrays, parameters):
    """What the library returns, as a list; skips what it says it has not, or not in this format."""
    try:
        return parts(getattr(load(name), operation)(*arrays, **parameters))
    except libraries.Unsupported as reason:
        pytest.skip(str(reason))


def assert_same_bits(got, wanted, dtype):
    assert len(got) == len(wanted)
    for part, exact in zip(got, wanted, strict=True):
        assert type(part) is np.ndarray and part.dtype == dtype
        np.testing.assert_array_equal(part, exact, strict=True)


@EVERY
@pytest.mark.parametrize(("dtype", "number"), table(exact_sum_cases, FORMATS))
def test_sums_of_whole_numbers_bit_for_bit(load, name, dtype, number):
    _, operation, arrays, parameters, weights = exact_sum_cases(dtype)[number]
    entry = catalogue.OPERATIONS[operation]
    # Refuses numbers of which some partial sum could round.
    wanted = assessment.exact_values(
        entry, dict(zip(entry.arrays, arrays, strict=True)) | parameters, dtype, weights=weights
    )
    assert_same_bits(results(load, name, operation, arrays, parameters), wanted, dtype)


@EVERY
@pytest.mark.parametrize(("dtype", "number"), table(kept_selection_cases, FORMATS))
def test_selections_bit_for_bit(load, name, dtype, number):
    _, operation, arrays, parameters = kept_selection_cases(dtype)[number]
    wanted = [exact.astype(dtype) for exact in parts(getattr(oracle, operation)(*arrays, **parameters))]
    assert_same_bits(results(load, name, operation, arrays, parameters), wanted, dtype)


@EVERY
@pytest.mark.parametrize(("dtype", "number"), table(real_cases))
def test_reals_within_the_bound(load, name, dtype, number):
    _, operation, arrays, parameters = real_cases(dtype)[number]
    assert worst_ratio(load(name), name, operation, arrays, parameters, dtype) <= 1


@EVERY
@pytest.mark.parametrize(("dtype", "number"), table(tiny_cases))
def test_subnormal_products_within_the_bound(load, name, dtype, number):
    _, operation, arrays, parameters = tiny_cases(dtype)[number]
    assert worst_ratio(load(name), name, operation, arrays, parameters, dtype) <= 1


@EVERY
def test_own_convolutions_flip_or_not_as_their_name_says(load, name):
    backend = load(name)
    rng = np.random.default_rng(4)
    for function, rank in backend.own_convolutions():
        for kernel in ((2, 3), (3, 4)):
            x, w = wholes(rng, (7, 6)[:rank], np.float64), wholes(rng, kernel[:rank], np.float64)
            mathematical = name in ("numpy", "scipy") and "convolve" in function
            meaning = ("convolution" if mathematical else "cross_correlation") + ("1d" if rank == 1 else "2d")
            plain = PLAIN1 if rank == 1 else PLAIN2
            wanted = getattr(oracle, meaning)(x[None, None], w[None, None], None, **plain)[0, 0]
            got = backend.own_convolution(x, w, function=function)
            assert got.shape == wanted.shape, function
            if "fft" in function or "oa" in function:
                # Through the frequency domain nothing is exact; rounding to whole numbers must give the sums.
                got = np.rint(got)
            np.testing.assert_array_equal(got, wanted, err_msg=function)
    with pytest.raises(libraries.Unsupported):
        backend.own_convolution(np.ones(3), np.ones(2), function="no.such.function")


LAYERS = {
    "convolution": (
        {"kind": "convolution", "channels_in": 4, "channels_out": 6, "kernel": (3, 2), "groups": 2, "bias": True},
        (6 * 2 * 6 + 6, 0),
    ),
    "convolution without bias": (
        {"kind": "convolution", "channels_in": 4, "channels_out": 6, "kernel": (3, 2), "groups": 1, "bias": False},
        (6 * 4 * 6, 0),
    ),
    "fully connected": ({"kind": "fully_connected", "features_in": 5, "features_out": 7, "bias": True}, (5 * 7 + 7, 0)),
    "batch norm": ({"kind": "batch_norm", "channels": 5}, (10, 10)),
    "prelu": ({"kind": "prelu", "channels": 5}, (5, 0)),
}


@EVERY
@pytest.mark.parametrize("layer", LAYERS)
def test_layers_count_their_own_parameters(load, name, layer):
    description, counts = LAYERS[layer]
    try:
        said = load(name).layer_parameters(description)
    except libraries.Unsupported as reason:
        pytest.skip(str(reason))
    assert (said["learned"], said["not_learned"]) == counts
    assert sum(int(np.prod(shape)) for shape in said["shapes"].values()) == sum(counts)


@EVERY
def test_raw_calls_transpose_nothing(load, name):
    backend = load(name)
    rng = np.random.default_rng(5)
    x, w = wholes(rng, (2, 4, 4, 4), np.float32), wholes(rng, (4, 4, 4, 4), np.float32)
    wanted = oracle.cross_correlation2d(x, w, None, **PLAIN2)
    try:
        got = backend.raw_convolution2d(x, w, layout="default")
    except libraries.Unsupported as reason:
        pytest.skip(str(reason))
    if name == "tensorflow":
        turned = oracle.cross_correlation2d(x.transpose(0, 3, 1, 2), w.transpose(3, 2, 0, 1), None, **PLAIN2)
        np.testing.assert_array_equal(got, turned.transpose(0, 2, 3, 1))
        assert (turned.ravel() != wanted.ravel()).any()
    else:
        np.testing.assert_array_equal(got, wanted)


def test_pytorch_tells_the_strides_of_channels_last(load):
    torch = load("torch")
    x = np.zeros((2, 3, 4, 5), np.float32)
    assert torch.memory_order(x, layout="NCHW") == ((2, 3, 4, 5), (60, 20, 5, 1))
    assert torch.memory_order(x, layout="NHWC") == ((2, 3, 4, 5), (60, 1, 15, 3))
    with pytest.raises(libraries.Unsupported):
        load("numpy").memory_order(x, layout="NHWC")


@EVERY
def test_environment_is_plain_data(load, name):
    import json

    said = load(name).environment()
    assert {"versions", "build", "threads", "flushes subnormals", "default layout"} <= set(said)
    assert json.loads(json.dumps(said)) == said
    assert name in said["versions"]
