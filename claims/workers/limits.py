"""What a run may be told about time."""

TIMEOUT = 300.0
"""Seconds for one call of a library, unless told otherwise."""
SHORTEST, LONGEST = 0.001, 86_400.0
"""Of what may be told."""
