"""The lecture's section “Channels and batching for images”."""
