"""Networks as data, and the contract of ``value_and_gradient``, which each library that trains has in its ``training.py``::

    value_and_gradient(network, parameters, x, targets, *, loss, statistics, record) -> (value, gradients, extra)

NumPy in, NumPy out. The NumPy version writes every derivative out by hand and is the independent reference; the others leave it
to the library's own automatic differentiation.

**All seeds at once.** Every array has a leading axis S: S networks that never meet, trained side by side.

    network      layers (``notation.py``), applied one after another; the last is fully connected
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
"""

from collections.abc import Collection, Mapping

import numpy as np

from .notation import TRAINED, Network, parameter_names, written

Statistics = tuple[np.ndarray, np.ndarray]
LOSSES = ("softmax_cross_entropy", "logistic_cross_entropy", "logistic_squared_error")


def check(
    network: Network,
    parameters: Mapping[str, np.ndarray],
    x: np.ndarray,
    targets: np.ndarray,
    *,
    loss: str,
    statistics: Mapping[str, Statistics],
    record: Collection[int],
) -> None:
    """Refuse, with one clear sentence, what no library could give a meaning to."""
    _check_network(network, parameters, statistics)
    wanted = parameter_names(network)
    if loss not in LOSSES:
        raise ValueError(f"loss={loss!r}: expected one of {', '.join(LOSSES)}")
    if x.dtype not in (np.float64, np.float32) or any(parameters[name].dtype != x.dtype for name in wanted):
        raise ValueError(f"x.dtype={x.dtype}: expected float64 or float32, the same for x and every parameter")
    if x.ndim not in (3, 5) or x.size == 0:
        raise ValueError(f"x.shape={x.shape}: expected [S, N, I] or [S, N, C, H, W], none of them 0")
    if any(parameters[name].shape[0] != x.shape[0] for name in wanted):
        raise ValueError(f"S={x.shape[0]} in x: expected the same leading axis for every parameter")
    _check_targets(targets, x.shape[:2], loss, parameters[network[-1]["weight"]].shape[1])
    if not all(0 <= index < len(network) for index in record):
        raise ValueError(f"record={record!r}: expected indexes of the network's {len(network)} layers")


def _check_network(network, parameters, statistics):
    for layer in network:
        if not written(layer):
            raise ValueError(f"layer={layer!r}: expected one of {', '.join(TRAINED)} with its settings")
        if layer["kind"] == "frozen_batch_norm" and layer["scale"] not in statistics:
            raise ValueError(
                f"statistics={sorted(statistics)}: {layer['scale']!r} is frozen and needs its mean and variance"
            )
    if not network or network[-1]["kind"] != "fully_connected":
        raise ValueError(
            f"network={network!r}: expected a fully connected layer at its end, whose outputs are the logits"
        )
    wanted = parameter_names(network)
    if set(wanted) != set(parameters):
        raise ValueError(f"parameters={sorted(parameters)}: the network uses {sorted(wanted)}, expected exactly these")


def _check_targets(targets, shape, loss, outputs):
    if targets.shape != shape or targets.dtype.kind not in "iu":
        raise ValueError(f"targets.shape={targets.shape}, {targets.dtype}: expected {shape} integers")
    if loss != "softmax_cross_entropy" and outputs != 1:
        raise ValueError(f"{outputs} outputs: {loss} expects 1")
    classes = outputs if loss == "softmax_cross_entropy" else 2
    if targets.min() < 0 or targets.max() >= classes:
        raise ValueError(f"targets from {targets.min()} to {targets.max()}: expected classes from 0 to {classes - 1}")
