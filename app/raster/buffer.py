"""What a container walker reads: bytes, or a file mapped into memory."""

import mmap

Buffer = bytes | mmap.mmap
"""Slices of either are bytes, so a walker copies only what it keeps."""
