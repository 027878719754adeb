"""What an API would answer to a question about a product, made by its own presenters: for whoever looks at a product
from all sides, and may see what any client sees."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from aiohttp import web

from app.http.apis import ApiName
from app.http.ready import Document
from app.model import ProductId


@dataclass(frozen=True, slots=True)
class Subject:
    """The product that is looked at, and the codes of the store views to look from."""

    id: ProductId
    sku: str
    slug: str
    is_root: bool
    stores: Sequence[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """An answer, and the question: `path` is sent by a user of the type `seen_by`, with `accept` in the header that the
    API goes by, None where there is none. `store`: the code of the store view, None where none is named."""

    api: ApiName
    seen_by: str
    store: str | None
    accept: str | None
    path: str
    answer: Document


Previews: TypeAlias = Callable[[web.Request, Subject], AsyncIterator[Preview]]
"""All that one API would answer; the request only says under which address the service is reached."""
