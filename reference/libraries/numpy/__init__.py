"""NumPy: the reference itself."""

from ..library import Library

LIBRARY = Library(
    "numpy",
    ("numpy",),
    seconds=0.1,
    environment={
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "VECLIB_MAXIMUM_THREADS": "1",
    },
)
