"""Is my function right? One function of a student's, tried from the easiest setting up against the exact result.

``docs/check.md`` has a session. The function runs in a process of its own, and nothing but NumPy is imported.
"""

from .checked import Checked, Tried, check, check_file

__all__ = ["Checked", "Tried", "check", "check_file"]
