"""The lecture's section “Why does batch normalization work?”."""
