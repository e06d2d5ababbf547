"""What a convolution layer costs: parameters, multiply-adds, bytes."""
