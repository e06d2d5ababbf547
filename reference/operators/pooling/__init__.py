"""Pooling: one number for each window of an image."""
