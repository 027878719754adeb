"""Uploads in the three forms that a body may have. Source: native.md, section 3, "Uploads"."""
