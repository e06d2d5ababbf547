"""Activations that are curves."""
