"""What a file is said to be."""

import re
from typing import Final

_FORM: Final = re.compile(r"[A-Za-z0-9!#$&^_.+*-]{1,48}/[A-Za-z0-9!#$&^_.+*-]{1,48}", re.ASCII)


def media_type(header: str | None) -> str | None:
    """That of a Content-Type, without parameters; None for what is none."""
    text = (header or "").partition(";")[0].strip()
    return text if _FORM.fullmatch(text) else None
