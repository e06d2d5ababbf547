"""The operations, one a file, with their gradients, in NumPy."""
