"""What a picture is read from: a file, and what a container walker reads of it, bytes or the file in memory."""

import mmap
from pathlib import Path

File = Path | int
"""A picture's file: its name, or the descriptor of a file that is open and stays so. A codec child may open none."""

Buffer = bytes | mmap.mmap
"""Slices of either are bytes, so a walker copies only what it keeps."""
