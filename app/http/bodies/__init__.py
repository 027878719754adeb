"""Bodies that are taken apart while they arrive."""
