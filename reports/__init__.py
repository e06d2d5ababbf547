"""Evidence in, text out."""
