"""Operator mutants: mistaken operations with the signatures of the right ones, ``mutant(lib, **the same arguments)``.

They run in the library's own process and call the library's real operation, so that what refutes them is a real output.
Each of these mistakes has been made by somebody: a kernel copied without turning it, axes exchanged, a tap lost at the border.
"""

from __future__ import annotations

import types

from ..batch_norm.smoothing import design as smoothing_design


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
    (first, settings), *others = steps
    for name, arguments in [(first, settings | {"b": None}), *others]:
        x = x.reshape(len(x), -1) if name == "flatten" else getattr(lib, name)(x, **arguments)
    return x
