"""The lecture's section “Conv2d operation in PyTorch, and why convolution”."""
