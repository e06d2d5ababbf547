"""What was measured and not derived: how far the functions of the libraries are from the true values.

No library promises anything about its exponential, so an empirical bound rests on the largest error that was seen in any of
them: NumPy, SciPy, PyTorch and TensorFlow, by ``make bench``, which measures again and says where a class no longer holds.
"""

import dataclasses

import numpy as np

from .. import validation
from .formats import Format, significand_bits


@dataclasses.dataclass(frozen=True)
class Measured:
    """A class of accuracy: ``ulps`` allowed, the largest error ``seen``, and in which ``library``."""

    ulps: float
    seen: float
    library: str

    def __str__(self):
        return f"{self.ulps:g} ulp (empirical: the largest error seen is {self.seen:g} ulp, in {self.library})"


ULP_CLASSES: dict[str, dict[int, Measured]] = {
    "exp": {
        8: Measured(3, 1.89, "tensorflow"),
        11: Measured(4, 2.08, "tensorflow"),
        24: Measured(5, 3.46, "tensorflow"),
        53: Measured(4, 3.0, "tensorflow"),
    },
    "log": {
        8: Measured(1, 0.5, "numpy"),
        11: Measured(1, 0.5, "numpy"),
        24: Measured(5, 3.26, "numpy"),
        53: Measured(2, 1.0, "numpy"),
    },
    "tanh": {
        8: Measured(1, 0.5, "torch"),
        11: Measured(1, 0.5, "torch"),
        24: Measured(8, 5.8, "tensorflow"),
        53: Measured(10, 7.0, "tensorflow"),
    },
    "logistic": {
        8: Measured(3, 1.57, "tensorflow"),
        11: Measured(3, 1.76, "tensorflow"),
        24: Measured(8, 6.0, "tensorflow"),
        53: Measured(4, 2.0, "torch"),
    },
    "expm1": {
        8: Measured(1, 0.5, "torch"),
        11: Measured(1, 0.5, "torch"),
        24: Measured(4, 2.17, "numpy"),
        53: Measured(2.5, 1.06, "torch"),
    },
    "softplus": {
        8: Measured(10, 6.76, "tensorflow"),
        11: Measured(2.5, 1.3, "tensorflow"),
        24: Measured(10, 6.73, "tensorflow"),
        53: Measured(10, 6.0, "tensorflow"),
    },
    "gelu": {
        8: Measured(1, 0.58, "tensorflow"),
        11: Measured(1.5, 0.73, "tensorflow"),
        24: Measured(4, 2.08, "torch"),
        53: Measured(3, 1.49, "numpy"),
    },
}
"""Function → significand bits of the format in which it is computed → class; each 1.1 to 2.5 times what was seen.

The exponential is measured inside softmax of two numbers, with its sum and quotient; GELU in ulps of z; expm1 inside ELU, in ulps or, where that
is less, in those of 1.
"""


def ulp_class(operation: str, dtype: Format) -> Measured:
    """The class of a function in a format. BadInput where there is none."""
    classes = ULP_CLASSES.get(operation)
    if classes is None:
        validation.refuse("operation", operation, f"one of {', '.join(ULP_CLASSES)}", "measure it and add its class")
    if significand_bits(dtype) not in classes:
        validation.refuse(
            "dtype", np.dtype(dtype).name, "a format that was measured", "measure the error and add its class"
        )
    return classes[significand_bits(dtype)]
