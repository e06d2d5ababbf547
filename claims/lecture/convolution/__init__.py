"""The lecture's section “Convolutional layers”."""
