"""The lecture's section “Neural networks in the context of classification”."""
