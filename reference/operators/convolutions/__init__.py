"""Convolutions and fully connected layers: sums of products of the image and the weights."""
