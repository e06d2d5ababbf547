"""What PyTorch takes where nothing is said."""

from ..framework import Framework, window

FRAMEWORKS = {
    "torch": Framework(
        "PyTorch",
        {
            ("batch_norm_running", "momentum"): 0.1,
            ("batch_norm_running", "correction"): 1,
            ("batch_norm", "epsilon"): 1e-5,
            **{(f"{kind}_norm", "epsilon"): 1e-5 for kind in ("layer", "group", "instance")},
            ("max_pooling", "stride"): window,
            ("average_pooling", "stride"): window,
            ("lp_pooling", "stride"): window,
            ("average_pooling", "count_padding"): True,
            ("leaky_relu", "alpha"): 0.01,
            ("gelu", "approximate"): "none",
            ("hard_sigmoid", "slope"): 1 / 6,
            ("softplus", "threshold"): 20.0,
            ("bilinear", "grid"): "half_pixel",
            ("linear", "grid"): "half_pixel",
            ("trilinear", "grid"): "half_pixel",
            ("bicubic", "grid"): "half_pixel",
            ("bicubic", "coefficient"): lambda settings: -0.5 if settings.get("antialias") else -0.75,
            ("nearest", "grid"): "asymmetric",
            ("cross_entropy", "reduction"): "weighted_mean",
            ("cross_entropy", "ignore_index"): -100,
            ("cross_entropy", "weighting"): "class",
            ("soft_cross_entropy", "reduction"): "mean",
            ("binary_cross_entropy", "reduction"): "mean",
            ("binary_cross_entropy", "floor"): -100.0,
            ("nll_loss", "reduction"): "weighted_mean",
            ("nll_loss", "ignore_index"): -100,
        },
        apart="half_pixel",
        weighted=True,
    )
}
