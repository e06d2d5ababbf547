"""Real data that come with packages: nothing is downloaded, and everybody has the same."""

import functools
from typing import Any

import numpy as np

TRAINING_IMAGES = 1297

Part = tuple[np.ndarray, np.ndarray]


@functools.cache
def digits() -> tuple[Part, Part]:
    """scikit-learn's 1797 real 8 x 8 digits (Alpaydin & Kaynak 1998): (images, labels) for training, 1297, and held out, 500.

    Images float64 [count, 1, 8, 8], divided by 16 and then standardised as a whole: one mean and one deviation for all
    pixels. That choice matters: with each pixel standardised by itself (which blows up the rare ones at the border) batch
    norm's smoothing is about half as strong. Labels int64 [count]. The split is a permutation of seed 0.
    """
    from sklearn.datasets import load_digits  # not before it is needed: importing it takes a second

    raw: Any = load_digits()
    order = np.random.default_rng(0).permutation(len(raw.target))
    images = raw.images[order][:, None] / 16
    images = (images - images.mean()) / images.std()
    labels = raw.target[order].astype(np.int64)
    for array in (images, labels):
        array.setflags(write=False)
    return (images[:TRAINING_IMAGES], labels[:TRAINING_IMAGES]), (images[TRAINING_IMAGES:], labels[TRAINING_IMAGES:])
