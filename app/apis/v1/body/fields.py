"""Members of an upload that came as texts: in a query, or as parts of a form."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.apis.v1.parse import parsed

_WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,18})", re.ASCII)
_TRUTHS: Final = {"true": True, "false": False}


def as_members(texts: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What JSON would say: `types` repeated or with commas between them, `stores` and `edit` as JSON. What cannot be
    read stays as it is, and is a mistake by its type; Malformed for what should be JSON."""
    return {name: _member(name, values) for name, values in texts.items()}


def _member(name: str, values: Sequence[str]) -> Any:
    if name == "types":
        return [code.strip() for value in values for code in value.split(",") if code.strip()]
    if len(values) > 1:
        return list(values)
    [text] = values
    if name == "position":
        return int(text) if _WHOLE.fullmatch(text) else text
    if name == "exclude":
        return _TRUTHS.get(text, text)
    return parsed(text.encode("utf-8", "surrogatepass")) if name in ("stores", "edit") else text
