"""Proof that a store can be written, read and emptied."""

import secrets

from app.errors import StoreUnavailable
from app.store.protocol import ObjectStore


async def write_read_delete(store: ObjectStore) -> None:
    """Raises StoreUnavailable if any of the three does not work."""
    key, content = f"check/{secrets.token_hex(16)}", secrets.token_bytes(64)
    await store.put(key, content, media_type="application/octet-stream")
    try:
        if await store.read(key, len(content)) != content:
            raise StoreUnavailable("the store returned other bytes than were written")
    finally:
        await store.delete([key])
