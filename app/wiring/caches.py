"""What is kept in memory, and what a change drops of it."""

import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from app.access.accounts import Accounts
from app.apis.glue.routes import READS as GLUE_READS
from app.apis.openmage.routes import READS as OPENMAGE_READS
from app.apis.spree.routes import READS as SPREE_READS
from app.apis.v1.kept import READS as NATIVE_READS
from app.cache.bytes import ByteCache
from app.cache.documents import DocumentCache, native
from app.cache.requests import RequestIndex
from app.db.listen import Hearing
from app.db.unit import once_ended
from app.delivery.media import Media
from app.model import ProductId
from app.service.renditions.rendition import Rendition
from app.settings import Settings
from app.wiring.access import Access
from app.wiring.pictures import Pictures
from app.wiring.storage import Storage

_FAMILIES: Final = re.compile(r"[0-9]+(?:,[0-9]+)*")
_NATIVE: Final = "native:"
"""Before families of which only the documents of the native API are to be dropped."""
_SPREE_SHARE: Final = 4
"""A part of the memory for files is for those under Spree's URLs."""


@dataclass(frozen=True, slots=True)
class Caches:
    documents: DocumentCache
    request_index: RequestIndex
    media: Media
    spree_files: ByteCache[Hashable, tuple[Rendition, bytes]]
    accounts: Accounts

    def drop(self, families: Iterable[int | None]) -> None:
        """What this process has committed, it never answers from memory again. None: that something is unknown."""
        once_ended(partial(self.documents.drop_families, list(families)))

    def drop_documents(self) -> None:
        """All of them, of a change whose families cannot be told."""
        once_ended(self.documents.drop_all)

    def drop_path(self, path: str) -> None:
        """A path that a change took back."""
        once_ended(partial(self.media.drop_path, path))

    def hear(self, payload: str) -> None:
        """A change, in the words of `sql/migrations`, 0002, 0011 and 0017."""
        match payload:
            case "unknown":
                self.documents.drop_families([None])
            case "*" | "addresses":
                self.documents.drop_all()
            case "paths":
                self._drop_files()
            case "accounts":
                self._drop_accounts()
            case families if _FAMILIES.fullmatch(families):
                self.documents.drop_families(map(int, families.split(",")))
            case native_ones if native_ones.startswith(_NATIVE) and _FAMILIES.fullmatch(native_ones[len(_NATIVE) :]):
                self.documents.drop_families(
                    native(ProductId(int(one))) for one in native_ones[len(_NATIVE) :].split(",")
                )
            case _:  # a word of a later version, which may be running beside this one
                self.drop_all()

    def drop_all(self) -> None:
        self.documents.drop_all()
        self._drop_files()
        self._drop_accounts()

    def _drop_files(self) -> None:
        self.media.drop_paths()
        self.spree_files.clear()

    def _drop_accounts(self) -> None:
        self.accounts.drop()
        self.request_index.forget()


def caches_of(settings: Settings, storage: Storage, pictures: Pictures, access: Access, hearing: Hearing) -> Caches:
    documents = DocumentCache(settings.document_cache_bytes, hearing, settings.document_cache_seconds)
    spree_share = settings.media_cache_bytes // _SPREE_SHARE
    media = Media(
        pictures.renderer,
        storage.store,
        settings.media_cache_bytes - spree_share,
        lambda: hearing.listening,
        settings.media_negotiate,
        access.rate_limits.subscriber,
    )
    index = RequestIndex(documents, settings, GLUE_READS | OPENMAGE_READS | SPREE_READS | NATIVE_READS)
    access.accounts.uses.on_turn = index.forget
    return Caches(documents, index, media, ByteCache(spree_share), access.accounts)
