"""Probabilities of classes, and the losses that are made of them."""
