"""Normalisation, exactly: in double-double, and in fractions where that has no room."""
