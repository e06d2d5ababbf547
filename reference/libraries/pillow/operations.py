"""Pillow: an image has a mode, L, LA, RGB, RGBA, …; as an array [H, W] or [H, W, C]."""

from __future__ import annotations

import io

import numpy as np
import PIL
from PIL import Image, features


def configure():
    """Nothing to set: it decodes in the calling thread."""


def environment():
    return {
        "versions": {"pillow": PIL.__version__},
        "build": {"libjpeg-turbo": str(features.version("libjpeg_turbo")), "zlib": str(features.version("zlib"))},
        "threads": {},
        "flushes subnormals": {},
        "default layout": "HWC",
    }


def decode_image(data):
    """The image in the mode that the file has."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)
