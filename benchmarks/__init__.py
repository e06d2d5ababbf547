"""What was measured, measured again: ``make bench`` writes docs/measured.md. Nothing here is timed by a test or installed."""
