"""Which libraries an experiment is for."""

TRAINING = ("torch", "tensorflow")
"""The libraries in which gradient descent is run."""
