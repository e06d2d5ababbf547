"""What PyTorch does by itself."""

from __future__ import annotations
