"""Real data that come with packages: nothing is downloaded, and everybody has the same."""

import functools
import importlib.util
import pathlib

import numpy as np

from . import pictures

TRAINING_IMAGES = 1297

Part = tuple[np.ndarray, np.ndarray]


@functools.cache
def digits() -> tuple[Part, Part]:
    """scikit-learn's 1797 real 8 x 8 digits (Alpaydin & Kaynak 1998): (images, labels) for training, 1297, and held out, 500.

    Images float64 [count, 1, 8, 8], divided by 16 and then standardised as a whole: one mean and one deviation for all
    pixels. That choice matters: with each pixel standardised by itself (which blows up the rare ones at the border) batch
    norm's smoothing is about half as strong. Labels int64 [count]. The split is a permutation of seed 0.
    """
    stored, classes = _stored()
    order = np.random.default_rng(0).permutation(len(classes))
    images = stored[order] / 16
    images = (images - images.mean()) / images.std()
    labels = classes[order]
    for array in (images, labels):
        array.setflags(write=False)
    return (images[:TRAINING_IMAGES], labels[:TRAINING_IMAGES]), (images[TRAINING_IMAGES:], labels[TRAINING_IMAGES:])


@functools.cache
def stored_digits() -> np.ndarray:
    """The same digits as they are stored: whole numbers 0 … 16, int64 [1797, 1, 8, 8], 0 the background, not shuffled."""
    images, _ = _stored()
    images.setflags(write=False)
    return images


def _stored() -> Part:
    """Images [1797, 1, 8, 8] and labels [1797] from scikit-learn's file: importing the package takes a second, in every process."""
    numbers = np.loadtxt(_file("sklearn", "datasets/data/digits.csv.gz"), delimiter=",").astype(np.int64)
    return numbers[:, :-1].reshape(-1, 1, 8, 8), numbers[:, -1]


PHOTOGRAPHS = {
    "china.jpg": ("sklearn", "datasets/images/china.jpg"),
    "flower.jpg": ("sklearn", "datasets/images/flower.jpg"),
    "grace_hopper.jpg": ("matplotlib", "mpl-data/sample_data/grace_hopper.jpg"),
}
"""scikit-learn's two photographs (427 x 640) and matplotlib's one (600 x 512): the package, and the file in it."""


@functools.cache
def photographs() -> dict[str, bytes]:
    """Real photographs as they were taken from a camera into a file: name -> the bytes of the JPEG. The packages are not imported."""
    return {name: _file(*place).read_bytes() for name, place in PHOTOGRAPHS.items()}


def _file(package: str, file: str) -> pathlib.Path:
    """A file that comes with a package."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{file} comes with {package}, which is not installed; install it")
    return pathlib.Path(spec.origin).parent / file


@functools.cache
def gray_photograph(name: str, *, rows: int) -> np.ndarray:
    """The luma of the first rows of a photograph, whole numbers 0 … 255, int64 [rows, W], decoded by ``pictures``."""
    luma = np.rint(np.clip(pictures.jpeg_planes(photographs()[name], rows=rows)[0], 0, 255)).astype(np.int64)[:rows]
    luma.setflags(write=False)
    return luma
