"""Fully connected layer: every output sees every input.

    y[n, o] = b[o] + sum over i of  x[n, i] · w[o, i]

Goodfellow, Bengio, Courville, *Deep Learning* (2016), §6.1 (there w is written transposed) and §6.5.6 for the gradient.
"""

from __future__ import annotations

from collections.abc import Sequence

from ... import validation
from ..axes import Array, Float
from ..narrow import computed_wide
from ..operation import with_gradient


def output_shape(x_shape: Sequence[int], w_shape: Sequence[int]) -> tuple[int, int]:
    """[N, O] from x [N, I] and w [O, I]; BadInput if the I differ."""
    if len(x_shape) != 2 or len(w_shape) != 2 or x_shape[1] != w_shape[1]:
        validation.refuse("w.shape", tuple(w_shape), f"[O, I] for x.shape={tuple(x_shape)} [N, I]", "transpose w")
    return x_shape[0], w_shape[0]


def parameter_count(features_in: int, features_out: int, *, bias: bool) -> int:
    """Learned numbers in the layer: I·O, and O more with a bias."""
    features_in = validation.count("features_in", features_in)
    features_out = validation.count("features_out", features_out)
    return features_in * features_out + (features_out if bias else 0)


@computed_wide
def fully_connected(
    x: Float[Array, "N I"], w: Float[Array, "O I"], b: Float[Array, " O"] | None
) -> Float[Array, "N O"]:
    """x [N, I], w [O, I], b [O] or None -> y [N, O], all in the dtype of x. BadInput if the shapes do not fit."""
    _check(x, w, b)
    y = x @ w.T
    return y if b is None else y + b


@computed_wide
def fully_connected_gradient(
    x: Float[Array, "N I"], w: Float[Array, "O I"], upstream: Float[Array, "N O"]
) -> tuple[Float[Array, "N I"], Float[Array, "O I"], Float[Array, " O"]]:
    """(dx, dw, db) for an upstream gradient [N, O]: dx = upstream·w, dw = upstream transposed · x, db its sum over N."""
    shape = _check(x, w, None)
    validation.upstream(upstream, x, shape, "the shape of the output [N, O]", axes="N O")
    return upstream @ w, upstream.T @ x, upstream.sum(axis=0, dtype=x.dtype)


def _check(x, w, b):
    validation.array("x", x, axes="N I")
    validation.array("w", w, axes="O I")
    if b is not None:
        validation.array("b", b, axes="O")
        validation.shape("b", b, (w.shape[0],), "one number an output [O]")
    validation.same_dtype("x", x, w=w, b=b)
    return output_shape(x.shape, w.shape)


OPERATIONS = with_gradient(
    fully_connected,
    fully_connected_gradient,
    says="y = x wᵀ + b",
    arrays={"x": "NI", "w": "OI", "b": "?O"},
    y="NO",
    rules=("sums", "sums"),
    aliases=("linear", "dense"),
)
