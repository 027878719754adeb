"""The catalogue of a Glue shop, from its files."""
