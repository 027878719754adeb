"""Every call of the store is reported."""

import hashlib
from pathlib import Path

import pytest

from app.errors import ObjectMissing
from app.events import Event, StoreCalled
from app.store import FileStore
from app.store.watched import WatchedStore

KEY = f"blobs/ab/{hashlib.sha256(b'content').hexdigest()}"


async def test_every_call_is_told(tmp_path: Path) -> None:
    """What was called, how long it took, and by which error it ended; of streams, until they were open."""
    reported: list[Event] = []
    async with WatchedStore(FileStore(tmp_path), reported.append) as store:
        await store.put(KEY, b"content", media_type="image/jpeg")
        await store.read(KEY, 100)
        async with store.open(KEY) as body:
            assert [type(event) for event in reported] == [StoreCalled] * 3
            assert b"".join([chunk async for chunk in body]) == b"content"
        async with store.local(KEY) as path:
            assert path.read_bytes() == b"content"
        await store.stat(KEY)
        await store.delete([KEY])
        with pytest.raises(ObjectMissing):
            await store.read(KEY, 100)
        with pytest.raises(ObjectMissing):
            async with store.open(KEY):
                pass
        await store.check()

    calls = [(event.operation, event.failure) for event in reported if isinstance(event, StoreCalled)]
    assert calls == [
        ("put", ""),
        ("read", ""),
        ("open", ""),
        ("local", ""),
        ("stat", ""),
        ("delete", ""),
        ("read", "ObjectMissing"),
        ("open", "ObjectMissing"),
        ("check", ""),
    ]


async def test_a_stream_that_its_reader_breaks_off_is_no_error_of_the_store(tmp_path: Path) -> None:
    """What the block does with an open object is not the store's doing."""
    reported: list[Event] = []
    async with WatchedStore(FileStore(tmp_path), reported.append) as store:
        await store.put(KEY, b"content", media_type="image/jpeg")
        with pytest.raises(ConnectionResetError):
            async with store.open(KEY):
                raise ConnectionResetError

    assert [event.failure for event in reported if isinstance(event, StoreCalled)] == ["", ""]
