"""The one offline page."""
