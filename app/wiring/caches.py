"""What is kept in memory, and what a change drops of it."""

import re
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

import orjson

from app.access.accounts import Accounts
from app.access.sessions import Sessions
from app.apis.glue.routes import READS as GLUE_READS
from app.apis.glue.routes import spelled as glue_key
from app.apis.openmage.routes import READS as OPENMAGE_READS
from app.apis.spree.routes import READS as SPREE_READS
from app.apis.v1.cached_answers import KEYED
from app.apis.v1.cached_answers import READS as NATIVE_READS
from app.cache.bytes import ByteCache
from app.cache.documents import DocumentCache
from app.cache.keys import PathKey, ShownKey, native
from app.cache.requests import RequestIndex
from app.db.listen import Hearing
from app.db.replica.positions import Positions
from app.db.unit import once_ended
from app.delivery.media import Media
from app.http.cache_tags import CacheTags
from app.model import ProductId
from app.service.renditions.rendition import Rendition
from app.settings import Settings
from app.wiring.access import Access
from app.wiring.pictures import Pictures
from app.wiring.storage import Storage

_FAMILIES: Final = re.compile(r"[0-9]+(?:,[0-9]+)*")
_NATIVE: Final = "native:"
"""Before families of which only the documents of the native API are to be dropped."""
_SHOWN_SHARE: Final = 4
"""A part of the memory for documents is at most what products show storefronts, which ask for many at a time."""
_SPREE_SHARE: Final = 4
"""A part of the memory for files is for those under Spree's URLs."""


@dataclass(frozen=True, slots=True)
class Caches:
    documents: DocumentCache
    shown: DocumentCache
    request_index: RequestIndex
    media: Media
    spree_files: ByteCache[Hashable, tuple[Rendition, bytes]]
    accounts: Accounts
    sessions: Sessions
    tags: CacheTags
    positions: Positions | None = None
    """Where there is a replica: how far it must have come."""

    def drop(self, families: Iterable[int | None]) -> None:
        """What this process has committed, it never answers from memory again. None: that something is unknown."""
        once_ended(partial(self._drop_families, list(families)))

    def drop_documents(self) -> None:
        """All of them, of a change whose families cannot be told."""
        once_ended(self._drop_documents)

    def drop_path(self, path: str) -> None:
        """A path that a change took back."""
        once_ended(partial(self.media.drop_path, path))

    def hear(self, payload: str) -> None:
        """A change, in the words of `sql/migrations`, 0002, 0011, 0017 and 0044."""
        match payload:
            case "unknown":
                self._drop_families([None])
            case "*" | "addresses":
                self._drop_documents()
            case "paths":
                self._drop_files()
            case "accounts":
                self._drop_accounts()
            case families if _FAMILIES.fullmatch(families):
                self._drop_families(list(map(int, families.split(","))))
            case native_ones if native_ones.startswith(_NATIVE) and _FAMILIES.fullmatch(native_ones[len(_NATIVE) :]):
                self._drop_families([native(ProductId(int(one))) for one in native_ones[len(_NATIVE) :].split(",")])
            case _:  # emptied tables; a word of a later version, which may be running beside this one
                self.drop_all()

    def drop_all(self) -> None:
        self._drop_documents()
        self._drop_files()
        self._drop_accounts()

    def _drop_families(self, families: Collection[int | None]) -> None:
        self.documents.drop_families(families)
        if self.positions is not None:
            self.positions.dropped(None if family is None else abs(family) for family in families)

    def _drop_documents(self) -> None:
        self.documents.drop_all()
        if self.positions is not None:
            self.positions.dropped_all()

    def _drop_files(self) -> None:
        self.media.drop_paths()
        self.spree_files.clear()

    def _drop_accounts(self) -> None:
        self.accounts.drop()
        self.sessions.drop()
        self.request_index.forget()


def spelled(key: Hashable) -> bytes:
    """The key of a document as a line, its API's name in front, for the process that comes next. Empty for `/v1`, whose
    callers are known by their keys alone, and for what may hold a secret: keys say for whom a document is, not who he
    was."""
    match key:
        case ShownKey():
            line: tuple[object, ...] | None = ("media", *key)
        case PathKey():
            line = glue_key(key)
        case ("openmage" | "spree", *_) if isinstance(key, tuple):
            line = key
        case _:
            line = None
    try:
        return b"" if line is None else orjson.dumps(line)
    except orjson.JSONEncodeError:  # an address that is no text
        return b""


def caches_of(
    settings: Settings,
    storage: Storage,
    pictures: Pictures,
    access: Access,
    hearing: Hearing,
    positions: Positions | None = None,
) -> Caches:
    tags = CacheTags(settings)
    documents = DocumentCache(
        settings.document_cache_bytes, hearing, settings.document_cache_seconds, tags=tags, spell=spelled
    )
    shown = documents.part(_SHOWN_SHARE)
    spree_share = settings.media_cache_bytes // _SPREE_SHARE
    media = Media(
        pictures.renderer,
        storage.store,
        settings.media_cache_bytes - spree_share,
        lambda: hearing.listening,
        settings.media_negotiate,
        access.rate_limits.subscriber,
        tags.of_file,
    )
    reads = GLUE_READS | OPENMAGE_READS | SPREE_READS | NATIVE_READS
    index = RequestIndex(documents, settings, reads, shown, KEYED)
    access.accounts.uses.on_turn = index.forget
    files = ByteCache[Hashable, tuple[Rendition, bytes]](spree_share)
    return Caches(documents, shown, index, media, files, access.accounts, access.sessions, tags, positions)
