"""Slugs for products that were given none."""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

_LONGEST: Final = 120
_NOT_IN_A_SLUG: Final = re.compile(r"[^a-z0-9]+")


def slug_form(text: str) -> str:
    """`text` in lower-case ASCII letters, digits and dashes; empty if nothing of it remains."""
    plain = unicodedata.normalize("NFKD", text).replace("ß", "ss").encode("ascii", "ignore").decode().lower()
    return _NOT_IN_A_SLUG.sub("-", plain)[:_LONGEST].strip("-")


def slug_candidates(sku: str, name: str | None) -> Iterator[str]:
    """Slugs to try, best first. The last two hold the SKU or its digest, so that a thousand products
    of one name need no more tries than one."""
    of_sku = slug_form(sku)
    base = slug_form(name or "") or of_sku
    digest = hashlib.sha256(sku.encode()).hexdigest()[:10]
    if base:
        yield base
    if base != of_sku and of_sku:
        yield f"{base}-{of_sku}"
    yield f"{base or 'product'}-{digest}"
