"""Parameters of the headers that name a file. Source: spree.md, section 5.4."""

import re
from typing import Final

_PARAMETER: Final = re.compile(r';\s*([!#$%&\'*+.^_`|~\w-]+)\s*=\s*("(?:\\"|[^"])*"|[^;]*)')
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


def _unquoted(value: str) -> str:
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    inner = value[1:-1]
    return inner if _KEPT_BACKSLASH.search(inner) else re.sub(r"\\(.)", r"\1", inner)
