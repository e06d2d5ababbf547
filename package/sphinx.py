"""An extension for Sphinx and MyST: ``extensions = ["lectureclaims.sphinx"]``. See docs/book.md."""

from .reports.embedded.directive import setup

__all__ = ["setup"]
