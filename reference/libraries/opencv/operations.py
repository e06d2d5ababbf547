"""OpenCV: arrays [H, W] or [H, W, C], channels in the order B, G, R."""

from __future__ import annotations

import cv2
import numpy as np


def configure():
    cv2.setNumThreads(1)


def environment():
    told = (line.split(":", 1) for line in cv2.getBuildInformation().splitlines() if ":" in line)
    build = {name.strip(): value.strip() for name, value in told}
    return {
        "versions": {"opencv": cv2.__version__},
        "build": {name: build.get(name, "not told") for name in ("JPEG", "PNG", "ZLib")},
        "threads": {"OpenCV": cv2.getNumThreads()},
        "flushes subnormals": {},
        "default layout": "HWC",
    }


def decode_image(data):
    """The image as it is stored: without the flag every picture has three channels."""
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise ValueError("cv2.imdecode returned None")
    return image
