"""What NumPy does by itself."""

from __future__ import annotations
