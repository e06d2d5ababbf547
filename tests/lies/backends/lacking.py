"""Has no such operation."""

from lectureclaims.reference.backends.numpy import configure, environment  # noqa: F401
