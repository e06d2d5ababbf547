"""Mistaken convolution layers with the signature of the right one, ``mutant(lib, **the same arguments)``.

They run in the library's own process and call the library's real operation, so that what refutes them is a real output.
Each of these mistakes has been made by somebody: a kernel copied without turning it, axes exchanged, a tap lost at the border.
"""

import numpy as np

from ...language import Wrong


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


KERNEL_FLIPPED = Wrong(operations={"cross_correlation2d": kernel_flipped})
STRIDE_AXES_EXCHANGED = Wrong(operations={"cross_correlation2d": stride_axes_exchanged})
LAST_TAP_DROPPED = Wrong(operations={"cross_correlation2d": last_tap_dropped})
POSITION_DEPENDENT_KERNEL = Wrong(operations={"cross_correlation2d": position_dependent_kernel})
