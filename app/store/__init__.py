"""Where bytes are kept: one protocol, a folder or an S3 bucket behind it."""

from app.errors import Misconfigured
from app.events import Observe
from app.settings import Settings
from app.store.files import FileStore
from app.store.keys import beginnings_of, blob_key, rendition_key
from app.store.protocol import ObjectBody, ObjectStat, ObjectStore
from app.store.watched import WatchedStore

__all__ = [
    "FileStore",
    "ObjectBody",
    "ObjectStat",
    "ObjectStore",
    "beginnings_of",
    "blob_key",
    "open_store",
    "rendition_key",
]


def open_store(settings: Settings, observe: Observe | None = None) -> ObjectStore:
    """The store that `settings` choose, to be entered as a context before use; its calls are told to `observe`.
    Misconfigured where they contradict each other."""
    store = _chosen(settings)
    return store if observe is None else WatchedStore(store, observe)


def _chosen(settings: Settings) -> ObjectStore:
    if not settings.s3_bucket:
        folder = settings.data_dir / "objects"
        if settings.s3_endpoint_url and not any(path.is_file() for path in folder.rglob("*")):
            raise Misconfigured("S3_ENDPOINT_URL: there is no S3_BUCKET beside it, and no file in the file store.")
        return FileStore(folder)
    from app.store.s3 import S3Store  # its libraries cost 0.2 s and 15 MB, which the file store need not pay

    return S3Store(settings.s3_bucket, copies=settings.copies_dir, endpoint_url=settings.s3_endpoint_url or None)
