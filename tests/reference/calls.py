"""One call of each operation, for tests that ask something of all of them."""

import numpy as np
from lectureclaims.reference.operators import catalogue

PLAIN1 = {"stride": 1, "padding": (1, 0), "dilation": 1, "groups": 2}
PLAIN2 = {"stride": (1, 1), "padding": ((1, 0), (0, 0)), "dilation": (1, 1), "groups": 2}
POOL = {"window": (2, 2), "stride": (2, 1), "padding": ((1, 0), (0, 0))}
POOL3 = {"window": (2, 2, 2), "stride": (2, 1, 1), "padding": ((1, 0), (0, 0), (0, 0))}
IMAGE, LINE, STATISTICS = (
    {"x": (2, 3, 5, 4)},
    {"x": (24,)},
    {name: (3,) for name in ("gamma", "beta", "mean", "variance")},
)
SPACE = {"x": (2, 3, 5, 4, 3)}
CALLS = {
    "cross_correlation1d": ({"x": (2, 4, 5), "w": (6, 2, 3), "b": (6,)}, (2, 6, 4), PLAIN1),
    "cross_correlation2d": ({"x": (2, 4, 4, 3), "w": (6, 2, 3, 2), "b": (6,)}, (2, 6, 3, 2), PLAIN2),
    "convolution1d": ({"x": (2, 4, 5), "w": (6, 2, 3), "b": (6,)}, (2, 6, 4), PLAIN1),
    "convolution2d": ({"x": (2, 4, 4, 3), "w": (6, 2, 3, 2), "b": (6,)}, (2, 6, 3, 2), PLAIN2),
    "cross_correlation3d": (
        {"x": (2, 4, 3, 4, 3), "w": (6, 4, 2, 3, 2), "b": (6,)},
        (2, 6, 3, 2, 2),
        {"stride": (1, 1, 1), "padding": ((1, 0), (0, 0), (0, 0)), "dilation": (1, 1, 1), "groups": 1},
    ),
    "convolution3d": (
        {"x": (2, 4, 3, 4, 3), "w": (6, 4, 2, 3, 2), "b": (6,)},
        (2, 6, 3, 2, 2),
        {"stride": (1, 1, 1), "padding": ((1, 0), (0, 0), (0, 0)), "dilation": (1, 1, 1), "groups": 1},
    ),
    "transposed_convolution1d": (
        {"x": (2, 4, 3), "w": (4, 3, 2), "b": (6,)},
        (2, 6, 6),
        {"stride": 2, "padding": (0, 1), "output_padding": 1, "dilation": 1, "groups": 2},
    ),
    "transposed_convolution2d": (
        {"x": (2, 4, 3, 2), "w": (4, 3, 2, 3), "b": (6,)},
        (2, 6, 6, 3),
        {"stride": (2, 1), "padding": ((0, 1), (1, 0)), "output_padding": (1, 0), "dilation": (1, 1), "groups": 2},
    ),
    "transposed_convolution3d": (
        {"x": (2, 4, 2, 3, 2), "w": (4, 3, 1, 2, 3), "b": (3,)},
        (2, 3, 2, 6, 3),
        {
            "stride": (1, 2, 1),
            "padding": ((0, 0), (0, 1), (1, 0)),
            "output_padding": (0, 1, 0),
            "dilation": (1, 1, 1),
            "groups": 1,
        },
    ),
    "pad": ({"x": (2, 3, 5, 4)}, (2, 3, 7, 7), {"padding": ((2, 0), (1, 2)), "padding_mode": "reflect"}),
    "fully_connected": ({"x": (3, 7), "w": (4, 7), "b": (4,)}, (3, 4), {}),
    "max_pooling1d": ({"x": (2, 3, 5)}, (2, 3, 4), {"window": 2, "stride": 1, "padding": (0, 0)}),
    "max_pooling2d": (IMAGE, (2, 3, 3, 3), POOL),
    "max_pooling3d": ({"x": (2, 3, 5, 4, 3)}, (2, 3, 3, 3, 2), POOL3),
    "average_pooling1d": (
        {"x": (2, 3, 5)},
        (2, 3, 4),
        {"window": 2, "stride": 1, "padding": (0, 0), "count_padding": False},
    ),
    "average_pooling2d": (IMAGE, (2, 3, 3, 3), POOL | {"count_padding": False}),
    "average_pooling3d": ({"x": (2, 3, 5, 4, 3)}, (2, 3, 3, 3, 2), POOL3 | {"count_padding": False}),
    "nearest_resampling2d": (IMAGE, (2, 3, 2, 7), {"size": (2, 7), "grid": "half_pixel"}),
    "bilinear_resampling2d": (IMAGE, (2, 3, 2, 7), {"size": (2, 7), "grid": "half_pixel"}),
    "adaptive_average_pooling1d": ({"x": (2, 3, 5)}, (2, 3, 3), {"size": 3}),
    "adaptive_average_pooling2d": (IMAGE, (2, 3, 2, 3), {"size": (2, 3)}),
    "adaptive_average_pooling3d": (SPACE, (2, 3, 2, 3, 1), {"size": (2, 3, 1)}),
    "adaptive_max_pooling1d": ({"x": (2, 3, 5)}, (2, 3, 3), {"size": 3}),
    "adaptive_max_pooling2d": (IMAGE, (2, 3, 2, 3), {"size": (2, 3)}),
    "adaptive_max_pooling3d": (SPACE, (2, 3, 2, 3, 1), {"size": (2, 3, 1)}),
    "nearest_resampling1d": ({"x": (2, 3, 5)}, (2, 3, 7), {"size": 7, "grid": "half_pixel"}),
    "nearest_resampling3d": (SPACE, (2, 3, 2, 7, 4), {"size": (2, 7, 4), "grid": "asymmetric", "rounding": "ceil"}),
    "linear_resampling1d": ({"x": (2, 3, 5)}, (2, 3, 7), {"size": 7, "grid": "half_pixel", "scale": 1.5}),
    "trilinear_resampling3d": (SPACE, (2, 3, 2, 7, 4), {"size": (2, 7, 4), "grid": "align_corners"}),
    "bicubic_resampling2d": (
        IMAGE,
        (2, 3, 2, 7),
        {"size": (2, 7), "grid": "half_pixel", "coefficient": -0.5, "antialias": True},
    ),
    "area_resampling1d": ({"x": (2, 3, 5)}, (2, 3, 3), {"size": 3}),
    "area_resampling3d": (SPACE, (2, 3, 2, 7, 3), {"size": (2, 7, 3)}),
    "area_resampling2d": (IMAGE, (2, 3, 2, 7), {"size": (2, 7)}),
    "batch_norm_inference": (IMAGE | STATISTICS, IMAGE["x"], {"epsilon": 1e-3}),
    "batch_norm_training": (IMAGE | STATISTICS, None, {"epsilon": 1e-3}),
    "batch_norm_running": (IMAGE | STATISTICS, None, {"momentum": 0.1, "correction": 1}),
    "batch_norm_gradient": (IMAGE | STATISTICS, IMAGE["x"], {"epsilon": 1e-3}),
    "layer_norm": ({"x": (2, 3, 5, 4), "gamma": (5, 4), "beta": (5, 4)}, IMAGE["x"], {"start": 2, "epsilon": 1e-3}),
    "rms_norm": ({"x": (2, 3, 5, 4), "gamma": (5, 4)}, IMAGE["x"], {"start": 2, "epsilon": 1e-3}),
    "group_norm": ({"x": (2, 6, 5)} | {n: (6,) for n in ("gamma", "beta")}, (2, 6, 5), {"groups": 3, "epsilon": 1e-3}),
    "instance_norm": (IMAGE | STATISTICS, IMAGE["x"], {"epsilon": 1e-3}),
    "lp_pooling1d": ({"x": (2, 3, 5)}, (2, 3, 4), {"power": 2, "window": 2, "stride": 1, "padding": (0, 0)}),
    "lp_pooling2d": (IMAGE, (2, 3, 3, 3), POOL | {"power": 3}),
    "lp_pooling3d": ({"x": (2, 3, 5, 4, 3)}, (2, 3, 3, 3, 2), POOL3 | {"power": 1}),
    "flatten": (IMAGE, (2, 60), {"start": 1, "end": 3}),
    "logistic": (LINE, (24,), {}),
    "tanh": (LINE, (24,), {}),
    "relu": (LINE, (24,), {}),
    "absolute_value": (LINE, (24,), {}),
    "leaky_relu": (LINE, (24,), {"alpha": 0.1}),
    "prelu": (IMAGE | {"alpha": (3,)}, IMAGE["x"], {}),
    "gelu": (LINE, (24,), {"approximate": "none"}),
    "relu6": (LINE, (24,), {}),
    "hard_tanh": (LINE, (24,), {"low": -1.4, "high": 1.3}),
    "hard_sigmoid": (LINE, (24,), {"slope": 1 / 6, "offset": 0.5}),
    "hard_swish": (LINE, (24,), {}),
    "softsign": (LINE, (24,), {}),
    "silu": (LINE, (24,), {}),
    "softplus": (LINE, (24,), {"beta": 1.0, "threshold": float("inf")}),
    "elu": (LINE, (24,), {"alpha": 1.0}),
    "celu": (LINE, (24,), {"alpha": 0.5}),
    "selu": (LINE, (24,), {}),
    "log_softmax": ({"x": (4, 5)}, (4, 5), {"axis": 1}),
    "softmax": ({"x": (4, 5)}, (4, 5), {"axis": 1}),
    "cross_entropy": (
        {"logits": (4, 5), "labels": (4,), "weights": (5,)},
        (1,),
        {"label_smoothing": 0.125, "weighting": "class", "ignore_index": 3, "reduction": "weighted_mean"},
    ),
    "soft_cross_entropy": (
        {"logits": (4, 5), "targets": (4, 5), "weights": (5,)},
        (1,),
        {"label_smoothing": 0.125, "reduction": "mean"},
    ),
    "binary_cross_entropy": (
        {"p": (3, 4), "targets": (3, 4), "weights": (3, 4)},
        (3, 4),
        {"floor": None, "clip": None, "reduction": "none"},
    ),
    "binary_cross_entropy_with_logits": (
        {"logits": (3, 4), "targets": (3, 4), "weights": (3, 4), "pos_weight": (3, 4)},
        (3, 4),
        {"reduction": "none"},
    ),
    "nll_loss": ({"x": (4, 5), "labels": (4,), "weights": (5,)}, (4,), {"ignore_index": 3, "reduction": "none"}),
    "cross_entropy_of_probabilities": ({"p": (4, 5), "labels": (4,)}, (4,), {}),
}
"""Operation → shapes of its arrays, that of its result, parameters; gradients take the same."""


POSITIVE = ("p", "variance", "weights", "targets", "pos_weight")


def arguments(name, dtype):
    """Of an operation: quarters, which every format holds."""
    shapes, upstream, parameters = CALLS[name if name in CALLS else name.removesuffix("_gradient")]
    rng, arrays = np.random.default_rng(13), {}
    for array in catalogue.OPERATIONS[name].arrays:
        quarters = rng.integers(-7, 8, upstream if array == "upstream" else shapes[array]) / 4
        if array == "labels":
            arrays[array] = rng.integers(0, 5, quarters.shape)
        else:
            quarters = np.abs(quarters) + 0.25 if array in POSITIVE else quarters
            share = name.startswith("binary") and array in ("p", "targets")
            arrays[array] = (quarters / 4 if share else quarters).astype(dtype)
    return arrays | parameters


def call(name, dtype, function=None):
    """The results of the operation, or of another function for it."""
    results = (function or catalogue.OPERATIONS[name].function)(**arguments(name, dtype))
    return results if isinstance(results, tuple) else (results,)
