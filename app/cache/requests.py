"""From a request, as it came, to the document that answered the same request before.

What an API finds out before it looks into the cache (who asks, for what, in which language and
format) follows from the request line, a few headers and the accounts. So a request that was answered
with a document means that document again, until accounts change. Where the path is part of the
document's key (`PathKey`), what was found out of one path's headers even holds for all paths of its
shape. Two things are asked every time: the cache, whether the document still holds; and, where
requests are signed, the API's guard.
"""

from collections.abc import Hashable, Iterable
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias, TypeVar

from aiohttp import hdrs, web

from app.cache.documents import DocumentCache
from app.cache.generations import Generations
from app.cache.keys import PathKey, ShownKey
from app.http.apis import ApiName
from app.http.origin import origin_headers, spoken_to
from app.http.ready import Document, Guard, ReadyResponse, may_be_ready
from app.settings import Settings

T = TypeVar("T", bound=Hashable)
Question: TypeAlias = tuple[str, tuple[tuple[bytes, bytes], ...], str, Hashable]
"""Path, headers that APIs read, what of `Authorization` tells callers apart, and what else says where the service was
reached."""
Shape: TypeAlias = tuple[int, Hashable, str, Hashable]
"""A question with the number of segments instead of its path. With the first segment it is nearly always the same for
all paths of a route; where it is not, a document is looked for in vain."""
Labels: TypeAlias = tuple[ApiName, str, str]
"""Under which an answer is counted, its status aside: API, route, method."""

_SHARE: Final = 8
"""How much less than the documents the index of requests may take."""
_SCHEME: Final = len("oauth")
"""Of what `Authorization` says, so much tells whether it is for a guard."""
_EACH_BYTES: Final = 500
"""Reckoned memory of a request remembered, beside its path, what it shares with others left out."""
_LONGEST: Final = 1000
"""Bytes of path and headers of a request that is worth remembering."""
_MOST_SHAPES: Final = 1000


class Remembered(NamedTuple):
    """A document, by its key, how its answers are counted, and who lets requests to it."""

    document: Hashable
    labels: Labels
    guard: Guard | None = None


class RequestIndex:
    """Bounded in memory.

    `reads` are the headers that APIs look at for their documents, in lower case. `shown` is the part of what products
    show storefronts. What begins with one of `keyed` is asked for with a key as it stands, which belongs to the
    question like any header that is read; each such path is remembered by itself, for they have one shape.
    """

    def __init__(
        self,
        documents: DocumentCache,
        settings: Settings,
        reads: Iterable[bytes],
        shown: DocumentCache | None = None,
        keyed: tuple[str, ...] = (),
    ) -> None:
        self._documents = documents
        self._shown = shown or documents
        self._keyed = keyed
        self._reads = origin_headers(settings).union(reads, (b"expect",))
        self._proxies = settings.trusted_proxies
        self._kept: Generations[Question, Remembered] = Generations(settings.document_cache_bytes // _SHARE)
        self._alike: dict[str, dict[Shape, Remembered]] = {}
        self.era = 0
        """Changes whenever all is forgotten."""

    def question(self, request: web.BaseRequest) -> Question | None:
        """All of a request that a document depends on; None for a request that has no ready one."""
        if not may_be_ready(request):
            return None
        reads = self._reads
        read = tuple([header for header in request.raw_headers if header[0].lower() in reads])
        path, caller = request.raw_path, request.headers.get(hdrs.AUTHORIZATION, "")
        if not path.startswith(self._keyed):
            caller = caller[:_SCHEME].lower()
        elif caller:
            caller = "\n".join(request.headers.getall(hdrs.AUTHORIZATION))
        return path, read, caller, spoken_to(request, self._proxies)

    def find(self, question: Question) -> Remembered | None:
        """The way to a document, which may be gone by now."""
        path, read, caller, spoken = question
        alike = self._alike.get(path[: path.find("/", 1)])
        if alike and (remembered := alike.get((path.count("/"), read, caller, spoken))):
            return remembered
        return self._kept.get(question)

    def answer(self, remembered: Remembered, path: str) -> ReadyResponse | None:
        """The document at its end for a question with this path; None where it is gone."""
        document = self.document(remembered, path)
        return None if document is None else ReadyResponse(document.head, document.body, document.status)

    def document(self, remembered: Remembered, path: str) -> Document | None:
        """The same, as it is kept."""
        documents, key = self.place(remembered, path)
        return documents.get(key)

    def place(self, remembered: Remembered, path: str) -> tuple[DocumentCache, Hashable]:
        """Where it is kept, as long as it is."""
        key = remembered.document
        return self._of(key), PathKey(path, key.rest) if type(key) is PathKey else key

    def learn(self, question: Question, era: int, remembered: Remembered) -> None:
        """`era` is that in which the question came. A way to a document that is not kept would only take room."""
        key = remembered.document
        if era != self.era or self._is_known(question, remembered):
            return
        if key not in self._of(key) or _is_long(question):
            return
        path, read, caller, spoken = question
        remembered = remembered._replace(labels=_shared(remembered.labels))
        is_of_a_shape = isinstance(key, PathKey) and remembered.guard is None and not path.startswith(self._keyed)
        if is_of_a_shape:
            self._keep_alike(question, remembered)
        else:
            self._kept.put((path, _shared(read), caller, _shared(spoken)), remembered, _EACH_BYTES + len(path))

    def forget(self) -> None:
        """Accounts have changed: what a request may see is to be found out anew."""
        self.era += 1
        self._kept.clear()
        self._alike = {}

    def _is_known(self, question: Question, remembered: Remembered) -> bool:
        """Whether all paths of this shape are known to mean such a document."""
        path, read, caller, spoken = question
        key, alike = remembered.document, self._alike.get(path[: path.find("/", 1)])
        known = alike.get((path.count("/"), read, caller, spoken)) if alike else None
        if known is None or not isinstance(key, PathKey) or not isinstance(known.document, PathKey):
            return False
        return remembered.guard is None and known.document.rest == key.rest and known.labels == remembered.labels

    def _of(self, key: Hashable) -> DocumentCache:
        return self._shown if type(key) is ShownKey else self._documents

    def _keep_alike(self, question: Question, remembered: Remembered) -> None:
        path, read, caller, spoken = question
        if sum(map(len, self._alike.values())) >= _MOST_SHAPES:
            self._alike = {}
        self._alike.setdefault(path[: path.find("/", 1)], {})[path.count("/"), read, caller, spoken] = remembered


def _is_long(question: Question) -> bool:
    path, read, caller, _ = question
    return len(path) + len(caller) + sum(len(name) + len(value) for name, value in read) > _LONGEST


@lru_cache(maxsize=1024)
def _shared(part: T) -> T:
    """The first one that was equal: most requests differ in nothing but their path."""
    return part


REQUEST_INDEX: Final = web.AppKey("request_index", RequestIndex)
