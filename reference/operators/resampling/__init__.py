"""Resampling: an image of another size, by sums along each axis."""
