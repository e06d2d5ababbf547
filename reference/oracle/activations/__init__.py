"""Exact activations beyond the lecture's: straight lines that are cut off, and curves."""
