"""Has no such operation."""

from lectureclaims.reference.libraries.numpy.operations import configure, environment  # noqa: F401
