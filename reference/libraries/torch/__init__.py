"""PyTorch."""

from ..library import Library

LIBRARY = Library(
    "torch",
    ("torch",),
    seconds=2,
    differentiates=True,
    layers=True,
    environment={"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
)
