"""What was found, inside documents of others: in a notebook, and in a lecturer's own book. Every text is escaped HTML."""
