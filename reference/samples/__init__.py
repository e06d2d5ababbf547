"""Inputs: seeded families of numbers, digits, photographs."""
