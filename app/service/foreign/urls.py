"""Which addresses of pictures that lie elsewhere may be kept: they are handed out as they are."""

import re
from typing import Final

CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_USABLE: Final = re.compile(r"(?:https?:)?//[^/\\?# ]|/(?![/\\])", re.IGNORECASE)


def trouble_with_url(text: str) -> str | None:
    """What is wrong with an address that an image is to be shown from, as the end of a sentence; None where it is
    good: `http`, `https`, `//host…` or `/…` of the same site (glue.md 3), blanks around it aside."""
    if CONTROLS.search(text):
        return "has a control character or a line break in it."
    if _USABLE.match(text.strip(" ")) is None:
        return "is no http or https address: it begins with http://, https://, //host or /."
    return None
