"""For tests of your own: ``from lectureclaims.testing import assert_within_rounding``. Imports no framework, nor NumPy until it is called."""

from .reports.front.testing import assert_within_rounding

__all__ = ["assert_within_rounding"]
