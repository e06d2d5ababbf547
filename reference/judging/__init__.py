"""Under which contract of arithmetic a result lies within its bound, and the bound of a chain of operations."""
