"""Two runs compared, and the history of many."""
