"""The words that all reports share for what was found."""
