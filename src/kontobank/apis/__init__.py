"""One face per standard."""
