"""What a framework takes where nothing is said: defaults, orders of axes, and whose weight its momentum is.

A library's folder says it in its ``conventions.py``, in our words; a test holds that against the library's own signatures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # which imports NumPy
    from ..operators.operation import Operation


def window(settings: Mapping[str, Any]) -> Any:
    """A pooling steps by its window."""
    return settings.get("window")


@dataclass(frozen=True)
class Framework:
    """``defaults``: (how the operation's name begins, parameter) → value, or what gives it from the settings. ``last``: channels come last."""

    name: str
    defaults: Mapping[tuple[str, str], Any]
    last: bool = False
    apart: str = ""
    """The grid that ``align_corners=False`` means; "" where it has no such word."""
    weighs_old: bool = False
    weighted: bool = False
    """Its mean of weighed losses is divided by the sum of the weights."""

    def default(self, operation: Operation, parameter: str, settings: Mapping[str, Any]) -> Any:
        """What it takes for a parameter that is not given; None where it has no default, or ours is meant."""
        for (start, name), value in self.defaults.items():
            if name == parameter and operation.name.startswith(start):
                return value(settings) if callable(value) else value
        return None


def channels_last(axes: str, rank: int) -> str | None:
    """The order of axes of an image with its channels at the end; None for what has none, or is so already."""
    if not axes.startswith("NC"):
        return None
    space = axes[2:] if not axes.endswith("…") else "DHW"[5 - rank :] if 2 < rank <= 5 else ""
    return f"N{space}C" if space else None


def kernel_last(axes: str) -> str | None:
    """The order of a kernel's axes, or of a matrix', with the outputs at the end."""
    return f"{axes[2:]}IO" if axes.startswith("OI") else None


RESAMPLED = ("nearest", "bilinear", "linear", "trilinear", "bicubic")
ONNX = Framework(
    "ONNX",
    {
        ("batch_norm_running", "momentum"): 1 - 0.8999999761581421,
        ("batch_norm_running", "correction"): 0,
        ("batch_norm", "epsilon"): 9.999999747378752e-06,
        **{(f"{kind}_norm", "epsilon"): 9.999999747378752e-06 for kind in ("layer", "group", "instance", "rms")},
        ("max_pooling", "stride"): 1,
        ("average_pooling", "stride"): 1,
        ("lp_pooling", "stride"): 1,
        ("average_pooling", "count_padding"): False,
        ("leaky_relu", "alpha"): 0.009999999776482582,
        ("gelu", "approximate"): "none",
        ("hard_sigmoid", "slope"): 0.20000000298023224,
        ("softplus", "threshold"): float("inf"),
        ("log_softmax", "axis"): -1,
        ("softmax", "axis"): -1,
        **{(kind, "grid"): "half_pixel" for kind in RESAMPLED},
        **{(kind, "exclude_outside"): False for kind in RESAMPLED},
        ("nearest", "rounding"): "round_prefer_floor",
        ("bicubic", "coefficient"): -0.75,
        ("cross_entropy", "reduction"): "weighted_mean",
        ("nll_loss", "reduction"): "weighted_mean",
    },
    weighs_old=True,
    weighted=True,
)
"""A format, and no library: it holds attributes in float32."""
