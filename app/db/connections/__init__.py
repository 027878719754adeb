"""Connections to Postgres: made, kept at hand, and found dead."""
