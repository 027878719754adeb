"""Where Spree has the files of images. Source: spree.md, section 9."""

from datetime import datetime
from typing import Final
from urllib.parse import quote

STYLES: Final = ("mini", "small", "product", "large")
ORIGINAL: Final = "original"


def file_segment(name: str) -> str:
    """The file name as it stands in a URL: basename, dot and extension, even an empty one."""
    quoted = quote(name, safe="!*'")
    return quoted if "." in name else f"{quoted}."


def unix(moment: datetime) -> int:
    """Whole seconds, cut off."""
    return int(moment.timestamp() // 1)
