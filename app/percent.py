"""Percent-decoding at a cost that hangs on the length of a text alone. RFC 3986, section 2.1.

The standard library's raises and catches an exception for each escape that is none, so that a kilobyte of percent signs
costs as much as a hundred kilobytes of anything else.
"""

import asyncio
import binascii
import re
from typing import Final

_NO_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_SLICE: Final = 16 * 1024


def decoded_bytes(data: bytes) -> bytes:
    """Each valid escape as its byte; what is no escape stays."""
    if b"%" not in data:
        return data
    # Quoted-printable writes escapes with another sign, and its decoder is one of C.
    escapes = _NO_ESCAPE.sub(b"%25", data.replace(b"=", b"%3D"))
    return binascii.a2b_qp(escapes.replace(b"%", b"="))


def decoded(text: str, errors: str = "replace") -> str:
    """A part of a URL as text; what is no UTF-8 once decoded becomes U+FFFD, or is reported as `errors` says."""
    return decoded_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", errors) if "%" in text else text


def readable(text: str) -> str:
    """A text that came undecoded in a request's head: bytes in it that are no UTF-8 become U+FFFD."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def decoded_plus(text: str) -> str:
    """The same of a query, in which `+` stands for a blank."""
    return decoded(text.replace("+", " "))


async def decoded_in_slices(data: bytes, *, plus: bytes = b"+", blank: bytes = b" ") -> bytes:
    """As `decoded_bytes`, for long data: others have their turn again and again. `plus` is what `+` stands for, and
    `blank` what a blank is taken for in the end."""
    pieces, start = [], 0
    while start < len(data):
        end = start + _SLICE
        cut = data.rfind(b"%", end - 2, end)
        end = cut if cut > start else end
        pieces.append(decoded_bytes(data[start:end].replace(b"+", plus)).replace(b" ", blank))
        start = end
        await asyncio.sleep(0)
    return b"".join(pieces)
