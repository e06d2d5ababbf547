"""A student's function: several right ways are right, every known mistake is told from them, and nothing that it does ends in a traceback."""

import json
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from lectureclaims.claims import checking
from lectureclaims.reference.validation import BadInput

HEAD = "import numpy as np\n"
CONV = """
def conv2d(image, kernel):
    H, W = image.shape
    h, w = kernel.shape
    out = np.zeros((H - h + 1, W - w + 1))
    for i in range(H - h + 1):
        for j in range(W - w + 1):
            out[i, j] = (image[i:i + h, j:j + w] * kernel).sum()
    return out
"""
LAYER = """
def conv2d(x, w, b=None, stride=1, padding=0):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    v = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    y = np.einsum("nchwij,ocij->nohw", v, w)
    return y if b is None else y + b[:, None, None]
"""
RIGHT = {
    "loops": CONV,
    "views": """
def cross_correlation(x, k):
    return (np.lib.stride_tricks.sliding_window_view(x, k.shape) * k).sum((2, 3))
""",
    "a Fourier transform": """
def conv2d(a, f):
    (H, W), (h, w) = a.shape, f.shape
    y = np.fft.irfft2(np.fft.rfft2(a) * np.conj(np.fft.rfft2(f, a.shape)), a.shape)
    return y[:H - h + 1, :W - w + 1] if h <= H and w <= W else np.zeros((0, 0))
""",
    "a layer": LAYER,
    "channels last": """
def conv2d(x, w):
    v = np.lib.stride_tricks.sliding_window_view(x, w.shape[:2], axis=(1, 2))
    return np.einsum("nhwcij,ijco->nhwo", v, w)
""",
    "lists": """
def conv1d(x, k):
    return [sum(a * b for a, b in zip(x[i:i + len(k)], k)) for i in range(len(x) - len(k) + 1)]
""",
    "pooling": """
def max_pool(x, size=2, stride=2):
    H, W = ((n - size) // stride + 1 for n in x.shape)
    return np.array([[x[i * stride:i * stride + size, j * stride:j * stride + size].max() for j in range(W)] for i in range(H)])
""",
    "mean pooling": """
def avg_pool2d(x, k=2):
    H, W = x.shape[0] // k, x.shape[1] // k
    return x[:H * k, :W * k].reshape(H, k, W, k).mean((1, 3))
""",
    "softmax": """
def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
""",
    "softmax of tanh": """
def softmax(z):
    z = np.asarray(z, float)
    y = np.exp(z - np.max(z, -1)[..., None])
    return y * (1 / np.sum(y, -1))[..., None]
""",
    "relu": "def relu(z):\n    return (z > 0) * z\n",
    "sigmoid": "def sigmoid(z):\n    return 0.5 * (1 + np.tanh(z / 2))\n",
    "leaky": "def leaky_relu(z, alpha=0.01):\n    return np.where(z > 0, z, alpha * z)\n",
    "a dense layer": "def linear(x, W, b):\n    return x @ W + b\n",
    "its gradient": "def linear_backward(x, w, dy):\n    return dy @ w, dy.T @ x, dy.sum(0)\n",
    "batch norm": """
def batch_norm(x, gamma, beta, eps=1e-5):
    return gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + eps) + beta
""",
    "one number at a time": "def relu(x):\n    if x > 0:\n        return x\n    return 0.0\n",
    "a derivative alone": "def relu_grad(x):\n    return (x > 0).astype(float)\n",
    "a full Fourier transform": """
def conv2d(img, ker):
    (H, W), (h, w) = img.shape, ker.shape
    s = (H + h - 1, W + w - 1)
    full = np.fft.irfft2(np.fft.rfft2(img, s) * np.fft.rfft2(ker[::-1, ::-1], s), s)
    return full[h - 1:H, w - 1:W]
""",
    "two unknown names": """
def conv2d(a, b):
    return (np.lib.stride_tricks.sliding_window_view(a, b.shape) * b).sum((2, 3))
""",
    "pairs for settings": """
def avg_pool2d(x, kernel_size, stride):
    (kh, kw), (sh, sw) = kernel_size, stride
    return np.lib.stride_tricks.sliding_window_view(x, (kh, kw))[::sh, ::sw].mean((-1, -2))
""",
    "an image without a batch": """
def conv2d(x, w):
    v = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(1, 2))
    return np.einsum("chwij,ocij->ohw", v, w)
""",
    "batch norm of images alone": """
def batchnorm2d(X, gamma, beta, epsilon=1e-5):
    mu, var = X.mean((0, 2, 3), keepdims=True), X.var((0, 2, 3), keepdims=True)
    return gamma[None, :, None, None] * (X - mu) / np.sqrt(var + epsilon) + beta[None, :, None, None]
""",
    "batch norm's gradient": """
def batch_norm_backward(x, gamma, dout):
    m, s, n = x.mean(0), np.sqrt(x.var(0) + 1e-5), len(x)
    z = (x - m) / s
    dbeta, dgamma = dout.sum(0), (dout * z).sum(0)
    return gamma / s * (dout - dbeta / n - z * dgamma / n), dgamma, dbeta
""",
    "tanh's gradient": "def tanh_grad(z, g):\n    return g / np.cosh(z) ** 2\n",
}
WRONG = {
    "kernel flipped": (CONV.replace("* kernel", "* kernel[::-1, ::-1]"), "180°"),
    "transposed": (CONV.replace("* kernel", "* kernel[:, ::-1]"), ""),
    "bias left out": (LAYER.replace("y + b[:, None, None]", "y"), "bias"),
    "unbiased variance": (RIGHT["batch norm"].replace("var(0)", "var(0, ddof=1)"), "n − 1"),
    "gradient without upstream": ("def tanh_grad(z, g):\n    return 1 - np.tanh(z) ** 2\n", "own derivative"),
    "softmax over columns": (RIGHT["softmax"].replace("-1", "0"), "another axis"),
    "a product on the wrong side": ("def linear(x, W, b):\n    return W @ x + b\n", ""),
    "windows that overlap": (
        """
def max_pool(x, pool_size, stride):
    H, W = x.shape
    out = np.zeros((H // stride, W // stride))
    for i in range(len(out)):
        for j in range(out.shape[1]):
            out[i, j] = x[i * stride:i * stride + pool_size, j * stride:j * stride + pool_size].max()
    return out
""",
        "",
    ),
    "padding by one always": (LAYER.replace("(padding, padding)", "(padding > 0, padding > 0)"), ""),
    "groups passed over": (
        LAYER.replace("padding=0):", "padding=0, groups=1):\n    w = np.repeat(w, groups, axis=1)"),
        "",
    ),
    "a gradient by the batch": (
        "def linear_backward(dY, X, W):\n    return dY @ W.T, X.T @ dY / len(X), dY.mean(axis=0)\n",
        "",
    ),
    "ReLU for |x|": ("def absolute_value(z):\n    return np.maximum(z, 0)\n", "ReLU"),
}


@pytest.fixture
def run(tmp_path):
    def checked(source, **more):
        file = tmp_path / "mine.py"
        file.write_text(HEAD + source, encoding="utf-8")
        return checking.check_file(file, **more)

    return checked


@pytest.mark.parametrize("name", RIGHT)
def test_several_ways_are_right(run, name):
    found = run(RIGHT[name])
    assert found.right and found.exit_code == 0 and len(found.tried) >= 2, [
        (t.says, t.why) for t in found.tried if t.why
    ]


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_wrong_and_named(run, name):
    source, says = WRONG[name]
    found = run(source)
    assert found.exit_code == 1 and found.failure is not None
    assert not says or any(says in e.says for e in found.mistakes), [e.mistake for e in found.mistakes]


def test_what_a_function_does_not_take_is_said_and_what_it_takes_is_tried(run):
    plain, layer = run(CONV), run(LAYER)
    assert {"stride", "padding", "channels"} <= {*plain.lacking} and "stride 2" not in [one.says for one in plain.tried]
    assert {"stride 2", "padding 1", "a batch", "a bias"} <= {
        one.says for one in layer.tried
    } and "stride" not in layer.lacking
    assert plain.order.startswith("plain") and layer.order.startswith("[N, C")


def test_a_gradient_that_is_left_out_is_said_and_the_wrong_one_of_several_is_shown(run):
    assert {"dw", "db"} <= {*run("def linear_backward(dY, X, W):\n    return dY @ W.T\n").lacking}
    found = run(WRONG["a gradient by the batch"][0])
    assert found.failure.why.startswith(("dw: ", "db: ")) and not np.array_equal(
        found.failure.got, found.failure.wanted
    )


def test_a_mistake_is_named_only_where_it_explains_all_that_is_wrong(run):
    assert [m.mistake for m in run(WRONG["kernel flipped"][0]).mistakes]
    slip = run(CONV.replace("H - h + 1", "H - h").replace("W - w + 1", "W - w"))
    assert slip.exit_code == 1 and not slip.mistakes


def test_a_formula_that_overflows_is_wrong_only_where_it_does(run):
    found = run("def softmax(z):\n    e = np.exp(z)\n    return e / e.sum(-1, keepdims=True)\n")
    assert [one.says for one in found.tried if not one.right] == ["large numbers"]
    assert "nan" in found.failure.why


HOSTILE = {
    "an endless loop": ("def conv2d(x, w):\n    while True:\n        pass\n", "no answer within"),
    "leaves": ("import os\ndef conv2d(x, w):\n    os._exit(0)\n", ""),
    "raises": ("def conv2d(x, w):\n    y = x[7, 7]\n    return y\n", "at line 3: y = x[7, 7]"),
    "returns nothing": ("def conv2d(x, w):\n    x + 1\n", "does the function end in a return?"),
    "returns words": ("def conv2d(x, w):\n    return 'abc'\n", "expected an array of real numbers"),
    "a ragged list": (
        "def conv2d(x, w):\n    return [[1], [2, 3]]\n",
        "the result is no array of numbers: list; setting an array element",
    ),
    "complex numbers": ("def conv2d(x, w):\n    return x * 1j\n", "expected an array of real numbers"),
    "wrong shape": ("def conv2d(x, w):\n    return x\n", "its shape is [3, 3], expected [2, 2]"),
    "raises later": (
        "def batch_norm(x, gamma, beta):\n    if x.shape[1] > 1:\n        raise KeyError('x')\n    return (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5) * gamma + beta\n",
        "KeyError",
    ),
    "prints": ("def conv2d(x, w):\n    print('a' * 10**6)\n    raise SystemExit\n", ""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_it_does_is_one_line(run, name):
    source, says = HOSTILE[name]
    found = run(source, seconds=0.5)
    assert found.exit_code == 1 and says in found.failure.why and "\n" not in found.failure.why


REFUSED = {
    "no function": ("x = 1\n", {}, "expected one function at least"),
    "no known name": ("def f(x):\n    return x\n", {}, "expected"),
    "two": (RIGHT["relu"] + "\n" + RIGHT["sigmoid"], {}, "say which with --function"),
    "no parameter": ("def relu():\n    return 1\n", {}, "a parameter for x"),
    "a parameter too many": ("def relu(x, strength):\n    return x\n", {}, "strength"),
    "not Python": ("def relu(x)\n", {}, "it cannot be run: SyntaxError"),
    "an operation that is none": (RIGHT["relu"], {"operation": "sharpen"}, "sharpen"),
    "a mean of losses": (
        "def cross_entropy(z, y):\n    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)\n    return -np.log(p[np.arange(len(y)), y]).mean()\n",
        {},
        "return them before the mean or the sum",
    ),
    "no such function": (RIGHT["relu"], {"function": "gelu"}, "name a function of the file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_tried_is_refused_in_one_line(run, name):
    source, more, says = REFUSED[name]
    with pytest.raises(BadInput) as refusal:
        run(source, **more)
    assert says in str(refusal.value) and "\n" not in str(refusal.value)


def test_it_can_be_chosen_and_named(run):
    both = RIGHT["relu"] + "\n" + "def f(z):\n    return np.tanh(z)\n"
    assert run(both).operation == "relu"
    assert run(both, function="f", operation="tanh").right


def mine(x, w):
    return np.array([[(x[i : i + 2, j : j + 2] * w).sum() for j in range(2)] for i in range(2)])


def test_from_python():
    found = checking.check(mine, "conv2d")
    assert found.tried[0].right and not found.right
    with pytest.raises(BadInput, match="its source cannot be read"):
        checking.check(np.tanh)


# --- the command -------------------------------------------------------------------------------------------------------


def command(tmp_path, source, *options):
    file = tmp_path / "mine.py"
    file.write_text(HEAD + textwrap.dedent(source), encoding="utf-8")
    ran = [sys.executable, "-m", "lectureclaims.reports.front.start", "check", str(file), *options]
    return subprocess.run(ran, capture_output=True, text=True, timeout=60, check=False)


def test_hints_tell_as_much_as_is_asked(tmp_path):
    source = WRONG["kernel flipped"][0]
    texts = [command(tmp_path, source, "--hint", str(hint)).stdout for hint in range(4)]
    assert ["yours =" in text for text in texts] == [False, True, True, True]
    assert ["180°" in text for text in texts] == [False, False, True, True]
    assert ["To change" in text for text in texts] == [False, False, False, True]


def test_json_for_graders(tmp_path):
    done = command(tmp_path, CONV, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found["right"] and found["score"] == 1.0
    assert found["tried"][0]["wanted"] == found["tried"][0]["got"]
    done = command(tmp_path, WRONG["kernel flipped"][0], "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 1 and 0 < found["score"] < 1
    assert {m["name"] for one in found["tried"] for m in one["mistakes"]}
    assert command(tmp_path, "x = 1\n").returncode == 2
