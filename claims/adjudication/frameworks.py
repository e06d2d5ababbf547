"""What a framework takes where nothing is said: defaults, orders of axes, and whose weight its momentum is.

Values are in our words. A test holds them against the frameworks' own signatures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...reference.operators.catalogue import Operation


def _window(settings: Mapping[str, Any]) -> Any:
    """A pooling steps by its window."""
    return settings.get("window")


@dataclass(frozen=True)
class Framework:
    """``defaults``: (how the operation's name begins, parameter) → value, or what gives it from the settings. ``last``: channels come last."""

    name: str
    defaults: Mapping[tuple[str, str], Any]
    last: bool = False
    weighs_old: bool = False

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


FRAMEWORKS = {
    "torch": Framework(
        "PyTorch",
        {
            ("batch_norm_running", "momentum"): 0.1,
            ("batch_norm_running", "correction"): 1,
            ("batch_norm", "epsilon"): 1e-5,
            ("max_pooling", "stride"): _window,
            ("average_pooling", "stride"): _window,
            ("average_pooling", "count_padding"): True,
            ("leaky_relu", "alpha"): 0.01,
            ("gelu", "approximate"): "none",
            ("bilinear", "grid"): "half_pixel",
            ("nearest", "grid"): "asymmetric",
        },
    ),
    "tensorflow": Framework(
        "TensorFlow",
        {
            ("average_pooling", "count_padding"): False,
            ("leaky_relu", "alpha"): 0.2,
            ("gelu", "approximate"): "none",
            ("softmax", "axis"): -1,
            ("bilinear", "grid"): "half_pixel",
            ("nearest", "grid"): "half_pixel",
        },
        last=True,
        weighs_old=True,
    ),
    "keras": Framework(
        "Keras",
        {
            ("batch_norm_running", "momentum"): 1 - 0.99,
            ("batch_norm_running", "correction"): 0,
            ("batch_norm", "epsilon"): 1e-3,
            ("max_pooling", "stride"): _window,
            ("average_pooling", "stride"): _window,
            ("average_pooling", "count_padding"): False,
            ("gelu", "approximate"): "none",
            ("softmax", "axis"): -1,
            ("bilinear", "grid"): "half_pixel",
            ("nearest", "grid"): "half_pixel",
        },
        last=True,
        weighs_old=True,
    ),
    "onnx": Framework(
        "ONNX",
        {
            ("batch_norm_running", "momentum"): 1 - 0.9,
            ("batch_norm_running", "correction"): 0,
            ("batch_norm", "epsilon"): 1e-5,
            ("max_pooling", "stride"): 1,
            ("average_pooling", "stride"): 1,
            ("average_pooling", "count_padding"): False,
            ("leaky_relu", "alpha"): 0.01,
            ("gelu", "approximate"): "none",
            ("softmax", "axis"): -1,
            ("bilinear", "grid"): "half_pixel",
        },
        weighs_old=True,
    ),
}
