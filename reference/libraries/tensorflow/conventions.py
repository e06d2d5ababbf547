"""What TensorFlow and Keras take where nothing is said. Keras' leaky ReLU has two slopes, its layer's and its function's: none is taken."""

from ..framework import Framework, window

CUBIC = {("bicubic", "grid"): "half_pixel", ("bicubic", "coefficient"): -0.5, ("bicubic", "exclude_outside"): True}
"""tf.image.resize's, which Keras' layers call."""
FRAMEWORKS = {
    "tensorflow": Framework(
        "TensorFlow",
        {
            ("average_pooling", "count_padding"): False,
            ("leaky_relu", "alpha"): 0.2,
            ("gelu", "approximate"): "none",
            ("hard_sigmoid", "slope"): 1 / 6,
            ("softplus", "threshold"): float("inf"),
            ("log_softmax", "axis"): -1,
            ("softmax", "axis"): -1,
            ("cross_entropy", "weighting"): "row",
            ("bilinear", "grid"): "half_pixel",
            ("nearest", "grid"): "half_pixel",
            **CUBIC,
        },
        apart="asymmetric",
        last=True,
        weighs_old=True,
    ),
    "keras": Framework(
        "Keras",
        {
            ("batch_norm_running", "momentum"): 1 - 0.99,
            ("batch_norm_running", "correction"): 0,
            ("batch_norm", "epsilon"): 1e-3,
            ("layer_norm", "epsilon"): 1e-3,
            ("group_norm", "epsilon"): 1e-3,
            ("group_norm", "groups"): 32,
            ("rms_norm", "epsilon"): 1e-6,
            ("max_pooling", "stride"): window,
            ("average_pooling", "stride"): window,
            ("average_pooling", "count_padding"): False,
            ("gelu", "approximate"): "none",
            ("hard_sigmoid", "slope"): 1 / 6,
            ("softplus", "threshold"): float("inf"),
            ("log_softmax", "axis"): -1,
            ("softmax", "axis"): -1,
            ("cross_entropy", "weighting"): "row",
            ("binary_cross_entropy", "clip"): 1e-7,
            ("bilinear", "grid"): "half_pixel",
            ("nearest", "grid"): "half_pixel",
            **CUBIC,
        },
        last=True,
        weighs_old=True,
    ),
}
