"""The lecture's section “Activation functions”."""
