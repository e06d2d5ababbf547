"""A lecture of one's own: made from notes, run only after a word, and watched while it is written."""
