"""The orders of a tensor's axes, by their letters, and the way from one to another."""

import numpy as np

LAYOUTS = {"torch": "NCHW", "tensorflow": "NHWC", "numpy": "NCHW"}
"""What the lecture says; NumPy's is this product's own reference, which says so of itself."""
KERNELS = {"NCHW": "OIHW", "NHWC": "HWIO"}
"""Layout of the images -> that of the kernels."""


def transpose(x, axes, to):
    """The same numbers under the same names, in another order of axes."""
    return np.ascontiguousarray(x.transpose([axes.index(a) for a in to]))


def reshape(x, axes, to):
    """The mistake: the right shape, but the numbers stay where they were in memory."""
    return x.reshape([x.shape[axes.index(a)] for a in to])
