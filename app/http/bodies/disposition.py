"""Parameters of the headers that name a file. Source: spree.md, section 5.4; RFC 6266; RFC 8187."""

import re
from typing import Final

from app.percent import decoded_bytes

_PARAMETER: Final = re.compile(r';\s*([!#$%&\'*+.^_`|~\w-]+)\s*=\s*("(?:\\"|[^"])*"|[^;]*)')
_EXTENDED: Final = re.compile(r"(?P<charset>utf-8|iso-8859-1)'[a-z0-9-]*'(?P<value>[!-~]+)", re.IGNORECASE | re.ASCII)
_KEPT_BACKSLASH: Final = re.compile(r'\\[^\\"]')


def disposition_parameter(disposition: str, name: str) -> str | None:
    """A parameter of a Content-Disposition header, unquoted; None where it is missing.

    Backslashes of a Windows path stay: they are escapes only where they stand before quotes or
    one another.
    """
    for key, value in _PARAMETER.findall(disposition):
        if key.lower() == name:
            return _unquoted(value.strip())
    return None


def file_name_of(disposition: str) -> str | None:
    """Which name a Content-Disposition header gives a file, None where it names none. `filename*` wins where it can be
    read: beside it `filename` is for those who do not know the other."""
    extended = _EXTENDED.fullmatch(disposition_parameter(disposition, "filename*") or "")
    if extended is not None:
        try:
            return decoded_bytes(extended["value"].encode()).decode(extended["charset"])
        except UnicodeDecodeError:
            pass
    return disposition_parameter(disposition, "filename") or None


def _unquoted(value: str) -> str:
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    inner = value[1:-1]
    return inner if _KEPT_BACKSLASH.search(inner) else re.sub(r"\\(.)", r"\1", inner)
