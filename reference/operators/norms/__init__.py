"""Normalisation: numbers moved and scaled by their own mean and variance."""
