"""Product images: one catalogue, three commerce dialects, binaries for CDNs."""
