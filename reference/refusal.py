"""What cannot be done as it was asked."""


class Refused(ValueError):
    """A request that cannot be met. The message is one line: what was given, what was expected, the way out."""
