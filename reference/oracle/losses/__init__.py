"""Softmax, and the losses."""
