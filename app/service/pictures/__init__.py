"""An upload, from its first byte to its place in the catalogue, and its end."""
