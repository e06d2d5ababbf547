"""Real data that come with packages: nothing is downloaded, and everybody has the same."""

import numpy as np


def digits() -> dict[str, np.ndarray]:
    """Handwritten digits: 1,797 real 8×8 grey images (Alpaydin & Kaynak 1998), as scikit-learn ships them.

    Returns float64 ``x_train`` [1297, 1, 8, 8] and ``x_test`` [500, 1, 8, 8], pixels standardised by the mean and the
    standard deviation (divided by n) of that pixel over the training images, pixels constant there left at 0; int64
    ``y_train`` [1297] and ``y_test`` [500], the digits 0 to 9. The split is fixed: a permutation of seed 0.
    """
    # Imported here: scikit-learn takes a second, and only the statistical claims ask for it.
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    train, test = order[:1297], order[1297:]
    pixels = np.asarray(pixels, np.float64).reshape(-1, 1, 8, 8) / 16
    mean, spread = pixels[train].mean(axis=0), pixels[train].std(axis=0)
    constant = spread == 0
    standard = (pixels - mean) / np.where(constant, 1.0, spread) * ~constant
    labels = np.asarray(labels, np.int64)
    return {
        "x_train": standard[train],
        "y_train": labels[train],
        "x_test": standard[test],
        "y_test": labels[test],
    }


def photograph() -> np.ndarray:
    """A photograph, uint8 [H, W, C] = [427, 640, 3], red, green, blue: the flower that scikit-learn ships."""
    from sklearn.datasets import load_sample_image

    return np.ascontiguousarray(load_sample_image("flower.jpg"))
