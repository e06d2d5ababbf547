"""Operator mutants of ``convolution.continuous``: ``mutant(lib, **the same arguments)``, in the library's own process."""

from __future__ import annotations


def support_cut(lib, x, w, b, **settings):
    """The second half of W's samples taken as 0: what is left out when a function that goes on is cut too early."""
    w = w.copy()
    w[..., w.shape[-1] // 2 :] = 0
    return lib.convolution1d(x, w, b, **settings)
