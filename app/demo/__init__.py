"""A small shop to look at."""
