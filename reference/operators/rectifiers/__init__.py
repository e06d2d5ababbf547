"""Activations that are made of straight pieces."""
