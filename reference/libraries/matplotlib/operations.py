"""matplotlib, which reads through Pillow: arrays [H, W] or [H, W, C]; of a PNG file numbers from 0 to 1."""

from __future__ import annotations

import io

import matplotlib
import matplotlib.image
import numpy as np
import PIL


def configure():
    """Nothing to set: reading draws nothing."""


def environment():
    return {
        "versions": {"matplotlib": matplotlib.__version__, "pillow": PIL.__version__},
        "build": {"reads through": "Pillow"},
        "threads": {},
        "flushes subnormals": {},
        "default layout": "HWC",
    }


def decode_image(data):
    """The format is named because there is no file name to tell it by: without it all is taken for PNG."""
    png = data.startswith(b"\x89PNG")
    return np.asarray(matplotlib.image.imread(io.BytesIO(data), format="png" if png else "jpeg"))
