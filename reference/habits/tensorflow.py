"""What TensorFlow and Keras does by itself."""

from __future__ import annotations
