"""What the operations mean, how exactly they can be computed, and what each library calls them."""
