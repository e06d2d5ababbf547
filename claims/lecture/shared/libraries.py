"""Libraries by what they can do."""

TRAINING = ("torch", "tensorflow")
"""Those that differentiate, and so train networks by gradient descent."""
