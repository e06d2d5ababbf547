"""What runs claims: reads a lecture, plans the cells, runs each library in a process of its own, and collects what it answered."""
