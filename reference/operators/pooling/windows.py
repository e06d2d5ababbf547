"""Windows of pooling, along any number of axes: how many there are, and what each place of them sees.

    outputs = floor((size + before + after - reach) / stride) + 1,   reach = dilation·(window - 1) + 1

``ceil_mode`` rounds up: one window more where the last one leaves something unseen, unless it would begin in the padding after
the data (PyTorch's rule, and ONNX's since opset 22). What it sees beyond the padding counts as nothing, not as padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import validation
from ..operation import REQUIRED, one_of, padding_of, per_axis

AXES = {1: "N C W", 2: "N C H W", 3: "N C D H W"}
OUTPUT_AXES = {1: "N C Wout", 2: "N C Hout Wout", 3: "N C Dout Hout Wout"}


@dataclass(frozen=True)
class Windows:
    """Of all axes: sizes, numbers of outputs, places of a window, strides, dilations, padding, and what lies beyond the padding."""

    sizes: tuple[int, ...]
    outputs: tuple[int, ...]
    window: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    beyond: tuple[int, ...]

    def seen(self, tap: tuple[int, ...]) -> tuple[slice, ...]:
        """What one place of the window sees, over all windows: an index into the padded image."""
        along = zip(tap, self.outputs, self.stride, self.dilation, strict=True)
        return np.s_[:, :, *(slice(i * d, i * d + s * (n - 1) + 1, s) for i, n, s, d in along)]

    def padded(self, x: np.ndarray, filling: float) -> np.ndarray:
        sides = [(before, after + more) for (before, after), more in zip(self.padding, self.beyond, strict=True)]
        return np.pad(x, ((0, 0), (0, 0), *sides), constant_values=filling)

    def inner(self, padded: np.ndarray) -> np.ndarray:
        """What of a padded image is the image."""
        places = [slice(before, before + size) for (before, _), size in zip(self.padding, self.sizes, strict=True)]
        return np.ascontiguousarray(padded[:, :, *places])

    def meet_the_data(self) -> None:
        """BadInput where dilation lets a window see the padding alone."""
        if not self.counts(padding=False).all():
            validation.refuse("dilation", self.dilation, "windows that meet the data", "use less dilation or padding")

    def counts(self, *, padding: bool) -> np.ndarray:
        """How many places of each window lie inside the data, or inside the padded data: [*outputs]."""
        along = []
        for size, many, k, s, d, (before, after) in zip(
            self.sizes, self.outputs, self.window, self.stride, self.dilation, self.padding, strict=True
        ):
            places = np.arange(many)[:, None] * s + np.arange(k) * d - before
            low, high = (-before, size + after) if padding else (0, size)
            along.append(((places >= low) & (places < high)).sum(axis=1))
        total = along[0]
        for more in along[1:]:
            total = np.multiply.outer(total, more)
        return total


def windows(
    x_shape: Sequence[int], *, window: Any, stride: Any, padding: Any, dilation: Any = None, ceil_mode: bool = False
) -> Windows:
    """Of an x [N, C, *sizes]; BadInput if a window does not fit, or could lie in the padding alone."""
    rank = len(x_shape) - 2
    if rank not in AXES:
        validation.refuse("x.shape", tuple(x_shape), "3 to 5 axes [N, C, …]", "reshape x to those axes")
    window, stride = validation.counts("window", window, rank=rank), validation.counts("stride", stride, rank=rank)
    dilation = (1,) * rank if dilation is None else validation.counts("dilation", dilation, rank=rank)
    sides = validation.padding("padding", padding, rank=rank)
    validation.choice("ceil_mode", ceil_mode, (False, True))
    outputs, beyond = [], []
    for size, k, s, d, (before, after) in zip(x_shape[2:], window, stride, dilation, sides, strict=True):
        reach, room = d * (k - 1) + 1, before + size + after
        if max(before, after) >= reach:
            validation.refuse(
                "padding", padding, f"less than the window {window}", "a window in the padding alone has no elements"
            )
        # Rounded up, a window may reach beyond the padding by less than a stride.
        validation.fits("window", k, reach, room + s - 1 if ceil_mode else room)
        many = (room - reach + (s - 1 if ceil_mode else 0)) // s + 1
        many -= ceil_mode and many > 1 and (many - 1) * s >= before + size
        outputs.append(many)
        beyond.append(max(0, (many - 1) * s + reach - room))
    return Windows(tuple(x_shape[2:]), tuple(outputs), window, stride, dilation, sides, tuple(beyond))


def check(x: np.ndarray, rank: int, **geometry: Any) -> tuple[tuple[int, ...], Windows]:
    """The arguments at the door: the output's shape, and the windows."""
    validation.array("x", x, axes=AXES[rank])
    found = windows(x.shape, **geometry)
    return (*x.shape[:2], *found.outputs), found


def check_gradient(x: np.ndarray, upstream: np.ndarray, rank: int, **geometry: Any) -> Windows:
    shape, found = check(x, rank, **geometry)
    axes = OUTPUT_AXES[rank]
    meaning = f"the shape of the output [{', '.join(axes.split())}]"
    validation.upstream(upstream, x, shape, meaning, axes=axes)
    return found


def parameters(rank: int) -> dict[str, tuple[Any, Any]]:
    return {
        "window": (REQUIRED, per_axis(rank)),
        "stride": (REQUIRED, per_axis(rank)),
        "dilation": (1, per_axis(rank)),
        "padding": (0, padding_of(rank, "window")),
        "ceil_mode": (False, one_of(False, True)),
    }


def apart(arguments: Any, rank: int) -> list[dict[str, int]]:
    """No image and no channel depends on another."""
    return [dict.fromkeys(("x", "y", "upstream", "dx"), axis) for axis in (0, 1)]
