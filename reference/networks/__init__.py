"""Networks as data, and the contract of ``value_and_gradient``.

``numpy.py``, ``torch.py`` and ``tensorflow.py`` beside this file each hold one function with this signature::

    value_and_gradient(network, parameters, x, targets, *, loss, statistics, record) -> (value, gradients, extra)

NumPy in, NumPy out. The NumPy version writes every derivative out by hand and is the independent reference; the others leave it
to the library's own automatic differentiation.

**All seeds at once.** Every array has a leading axis S: S networks that never meet, trained side by side.

    network      a tuple of layers, applied from left to right (below)
    parameters   {name: [S, ...]}
    x            [S, N, I] or [S, N, C, H, W], in the dtype of the parameters: float64 or float32
    targets      [S, N] integers
    loss         for each seed the mean over N of
                 "softmax_cross_entropy"     -log softmax(logits)[target]
                 "logistic_cross_entropy"    -log logistic(z) for target 1, -log logistic(-z) for 0; one logit z
                 "logistic_squared_error"    (logistic(z) - target)^2; one logit z
    statistics   {scale name: (mean [S, C], variance [S, C])} for the frozen batch norms; {} where there are none
    record       indexes of layers whose output is wanted

    value        [S]                 the loss
    gradients    {name: [S, ...]}    of value[s] with respect to the parameters of seed s, for every parameter
    extra        {"logits": [S, N, K], "recorded": {index: the layer's output}, "statistics": {scale name: (mean, variance)}},
                 the biased statistics of this batch at every batch norm that is not frozen

The layers, of which the last is fully connected; a name is a key of ``parameters``:

    ("fully_connected", weight, bias)         x W' + b          weight [S, O, I], bias [S, O] or None in place of the name
    ("convolution", kernel, bias, padding)    cross-correlation, stride 1, zeros on each side; kernel [S, Cout, Cin, ky, kx]
    ("batch_norm", scale, shift, epsilon)     training mode; over N, and over H and W where there are any; scale, shift [S, C]
    ("frozen_batch_norm", scale, shift, epsilon)    the same with given statistics: constants, through which no gradient flows
    ("affine", scale, shift)                  scale x + shift, each channel its own: batch norm with the normalising left out
    ("add", name)                             x + a, a of x's shape: at a = 0 its gradient is the loss's gradient at this place
    ("relu",), ("logistic",), ("tanh",), ("absolute",)    the gradient of ReLU and of the absolute value at 0 is 0
    ("max_pooling", k)                        k x k windows with stride k; of equals the first counts
    ("average_pooling", k)                    the mean of k x k windows with stride k
    ("flatten",)                              [S, N, C, H, W] -> [S, N, C H W]
    ("unflatten", C, H, W)                    [S, N, C H W] -> [S, N, C, H, W]
"""

import numpy as np

KINDS = {
    "fully_connected": 3,
    "convolution": 4,
    "batch_norm": 4,
    "frozen_batch_norm": 4,
    "affine": 3,
    "add": 2,
    "relu": 1,
    "logistic": 1,
    "tanh": 1,
    "absolute": 1,
    "max_pooling": 2,
    "average_pooling": 2,
    "flatten": 1,
    "unflatten": 4,
}
"""Kind of layer -> entries of its tuple."""

NAMES = {
    "fully_connected": (1, 2),
    "convolution": (1, 2),
    "batch_norm": (1, 2),
    "frozen_batch_norm": (1, 2),
    "affine": (1, 2),
    "add": (1,),
}
"""Kind of layer -> which entries are names of parameters."""

LOSSES = ("softmax_cross_entropy", "logistic_cross_entropy", "logistic_squared_error")


def parameter_names(network):
    """The names a network uses, each once, in the order of its layers."""
    names = (layer[place] for layer in network for place in NAMES.get(layer[0], ()))
    return tuple(dict.fromkeys(name for name in names if name is not None))


def check(network, parameters, x, targets, *, loss, statistics, record):
    """Refuse, with one clear sentence, what no library could give a meaning to."""
    for layer in network:
        if KINDS.get(layer[0]) != len(layer):
            raise ValueError(f"layer={layer!r}: expected one of {', '.join(KINDS)} with its entries")
        if layer[0] == "frozen_batch_norm" and layer[1] not in statistics:
            raise ValueError(f"statistics={sorted(statistics)}: {layer[1]!r} is frozen and needs its mean and variance")
    if not network or network[-1][0] != "fully_connected":
        raise ValueError(
            f"network={network!r}: expected a fully connected layer at its end, whose outputs are the logits"
        )
    wanted = parameter_names(network)
    if set(wanted) != set(parameters):
        raise ValueError(f"parameters={sorted(parameters)}: the network uses {sorted(wanted)}, expected exactly these")
    if loss not in LOSSES:
        raise ValueError(f"loss={loss!r}: expected one of {', '.join(LOSSES)}")
    if x.dtype not in (np.float64, np.float32) or any(parameters[name].dtype != x.dtype for name in wanted):
        raise ValueError(f"x.dtype={x.dtype}: expected float64 or float32, the same for x and every parameter")
    if x.ndim not in (3, 5) or x.size == 0:
        raise ValueError(f"x.shape={x.shape}: expected [S, N, I] or [S, N, C, H, W], none of them 0")
    if targets.shape != x.shape[:2] or targets.dtype.kind not in "iu":
        raise ValueError(f"targets.shape={targets.shape}, {targets.dtype}: expected {x.shape[:2]} integers")
    classes = parameters[network[-1][1]].shape[1]
    if loss != "softmax_cross_entropy":
        if classes != 1:
            raise ValueError(f"{classes} outputs: {loss} expects 1")
        classes = 2
    if targets.min() < 0 or targets.max() >= classes:
        raise ValueError(f"targets from {targets.min()} to {targets.max()}: expected classes from 0 to {classes - 1}")
    if any(parameters[name].shape[0] != x.shape[0] for name in wanted):
        raise ValueError(f"S={x.shape[0]} in x: expected the same leading axis for every parameter")
    if not all(0 <= index < len(network) for index in record):
        raise ValueError(f"record={record!r}: expected indexes of the network's {len(network)} layers")
