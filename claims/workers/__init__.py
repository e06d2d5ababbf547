"""Processes that run libraries: started, watched and ended as a whole, spoken to in plain data."""
