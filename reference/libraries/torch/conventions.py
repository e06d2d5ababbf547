"""What PyTorch takes where nothing is said."""

from ..framework import Framework, window

FRAMEWORKS = {
    "torch": Framework(
        "PyTorch",
        {
            ("batch_norm_running", "momentum"): 0.1,
            ("batch_norm_running", "correction"): 1,
            ("batch_norm", "epsilon"): 1e-5,
            ("max_pooling", "stride"): window,
            ("average_pooling", "stride"): window,
            ("average_pooling", "count_padding"): True,
            ("leaky_relu", "alpha"): 0.01,
            ("gelu", "approximate"): "none",
            ("hard_sigmoid", "slope"): 1 / 6,
            ("softplus", "threshold"): 20.0,
            ("bilinear", "grid"): "half_pixel",
            ("nearest", "grid"): "asymmetric",
        },
        apart="half_pixel",
    )
}
