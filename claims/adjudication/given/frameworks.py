"""The frameworks whose words are known: those of the libraries' folders, and ONNX, which is a format and holds attributes in float32."""

from __future__ import annotations

from ....reference import libraries
from ....reference.libraries.framework import Framework, channels_last, kernel_last

__all__ = ["FRAMEWORKS", "Framework", "channels_last", "kernel_last"]

FRAMEWORKS: dict[str, Framework] = {
    **libraries.conventions(),
    "onnx": Framework(
        "ONNX",
        {
            ("batch_norm_running", "momentum"): 1 - 0.8999999761581421,
            ("batch_norm_running", "correction"): 0,
            ("batch_norm", "epsilon"): 9.999999747378752e-06,
            ("max_pooling", "stride"): 1,
            ("average_pooling", "stride"): 1,
            ("average_pooling", "count_padding"): False,
            ("leaky_relu", "alpha"): 0.009999999776482582,
            ("gelu", "approximate"): "none",
            ("softmax", "axis"): -1,
            ("bilinear", "grid"): "half_pixel",
        },
        weighs_old=True,
    ),
}
"""Key, as ``--framework`` takes it → framework."""
