"""The headers of every answer (openmage.md 3)."""

from collections.abc import Mapping
from typing import Final

from aiohttp import hdrs

from app.http.apis import PROTECTED

ALWAYS: Final[Mapping[str, str]] = {
    hdrs.CACHE_CONTROL: "private, no-cache",
    hdrs.VARY: "Accept, Authorization",
    **PROTECTED,
}
"""A shared cache without these would mix formats, and hand an admin's document to a guest."""
