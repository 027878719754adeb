"""Files on their way out, to CDNs and browsers."""
