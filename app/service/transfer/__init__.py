"""Whole catalogues in and out, as files."""
