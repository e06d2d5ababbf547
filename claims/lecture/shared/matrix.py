"""The matrix of a convolution layer: with it a fully connected layer is the convolution."""

import numpy as np


def matrix(w, size, settings):
    """The layer's matrix [Cout, Hout, Wout, Cin, H, W], in the dtype of w, for images of H × W pixels.

    One row of a kernel, sliding along one row of the image, is a Toeplitz matrix; the rows of the kernel, sliding down, put these
    blocks on the diagonals of a larger one: doubly blocked Toeplitz. Padding takes columns away, a stride leaves rows out.
    """
    from scipy.linalg import toeplitz  # longer to import than all claims together

    (top, bottom), (left, right) = settings["padding"]
    (sy, sx), (dy, dx), groups = settings["stride"], settings["dilation"], settings["groups"]
    cout, share, ky, kx = w.shape
    height, width = size[0] + top + bottom, size[1] + left + right
    rows, columns = height - dy * (ky - 1), width - dx * (kx - 1)
    whole = np.zeros((cout, rows, columns, share * groups, height, width), w.dtype)
    for o, c, i in np.ndindex(cout, share, ky):
        spread = np.zeros(dx * (kx - 1) + 1, w.dtype)  # dilation: zeros between the taps
        spread[::dx] = w[o, c, i]
        first_column = np.zeros(columns, w.dtype)
        first_column[0] = spread[0]
        block = toeplitz(first_column, np.pad(spread, (0, width - len(spread))))
        for p in range(rows):
            whole[o, p, :, o // (cout // groups) * share + c, p + dy * i] = block
    return np.ascontiguousarray(whole[:, ::sy, ::sx, :, top : top + size[0], left : left + size[1]])


def flat(whole):
    """[O, I] as a fully connected layer has it, from [Cout, Hout, Wout, Cin, H, W]."""
    return whole.reshape(np.prod(whole.shape[:3]), -1)


def own_matrix(y, image):
    """A layer's matrix from what it makes of the images with one pixel 1 and all others 0: [I, Cout, Hout, Wout], turned."""
    return np.ascontiguousarray(np.moveaxis(y, 0, -1)).reshape(*y.shape[1:], *image)


def units(image, dtype):
    count = int(np.prod(image))
    return np.eye(count, dtype=dtype).reshape(count, *image)


def slides(whole, stride):
    """One output further on, the same weights meet the image one stride further on, in both directions."""
    sy, sx = stride
    down = np.array_equal(whole[:, 1:, :, :, sy:], whole[:, :-1, :, :, : whole.shape[4] - sy])
    across = np.array_equal(whole[:, :, 1:, :, :, sx:], whole[:, :, :-1, :, :, : whole.shape[5] - sx])
    return down and across
