"""Mistakes with the losses: how classes and rows are weighed, and binary ones."""
