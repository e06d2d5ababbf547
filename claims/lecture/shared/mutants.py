"""Operator mutants: mistaken operations with the signatures of the right ones, ``mutant(lib, **the same arguments)``.

They run in the library's own process and call the library's real operation, so that what refutes them is a real output.
Each of these mistakes has been made by somebody: a kernel copied without turning it, axes exchanged, a tap lost at the border.
"""

from __future__ import annotations

import types

import numpy as np

from ....reference.networks.notation import settings_of
from ..batch_norm.smoothing import design as smoothing_design


def kernel_flipped(lib, x, w, b, **settings):
    return lib.cross_correlation2d(x, np.ascontiguousarray(w[:, :, ::-1, ::-1]), b, **settings)


def stride_axes_exchanged(lib, x, w, b, *, stride, **settings):
    return lib.cross_correlation2d(x, w, b, stride=stride[::-1], **settings)


def last_tap_dropped(lib, x, w, b, **settings):
    w = w.copy()
    w[:, :, -1, -1] = 0
    return lib.cross_correlation2d(x, w, b, **settings)


def position_dependent_kernel(lib, x, w, b, **settings):
    """Every second column of the output is made by a kernel twice as large: a layer whose weights are not shared."""
    y = lib.cross_correlation2d(x, w, b, **settings)
    y[..., ::2] += lib.cross_correlation2d(x, w, None, **settings)[..., ::2]
    return y


def gradient_slightly_off(lib, *, seeds, dtype):
    """The training of ``smoothing.multilayer`` with gradients 1 + 10⁻⁸ times too long: no gate can tell, a trajectory must.

    On the first six seeds only, which gates and trajectories can do with, for the sake of time.
    """

    def value_and_gradient(*arguments, **settings):
        loss, gradients, extra = lib.value_and_gradient(*arguments, **settings)
        return loss, {name: g * (1 + 1e-8) for name, g in gradients.items()}, extra

    off = types.SimpleNamespace(__name__=lib.__name__, value_and_gradient=value_and_gradient)
    return smoothing_design.multilayer(off, seeds=seeds[:6], dtype=dtype)


def one_unit_off(lib, *, operation, **arguments):
    """The operation with its first weight (or number of x) larger by one unit of the exact mode's: 1/4 of w, 2 of x."""
    name, unit = ("w", 0.25) if "w" in arguments else ("upstream", 0.25) if "upstream" in arguments else ("x", 2.0)
    changed = arguments[name].copy()
    changed.flat[0] += changed.dtype.type(unit)
    return getattr(lib, operation)(**arguments | {name: changed})


def network_without_bias(lib, *, x, steps):
    """``network.network`` with the first layer's bias left out."""
    first, *others = steps
    for step in [{**first, "b": None}, *others]:
        x = x.reshape(len(x), -1) if step["kind"] == "flatten" else getattr(lib, step["kind"])(x, **settings_of(step))
    return x
