"""Marks of authorship and of artificial making, which travel with a picture into all that is made of it.

`read` finds them in an upload, `packet` writes them as XMP, `embed` puts that into a cleaned original. Everything else
that an upload says of itself stays private. Source: the IPTC Photo Metadata Standard 2025.1.
"""
