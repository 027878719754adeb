"""When a process is ready that reads what the former one was asked for."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
import pytest

from app.cache.asked import AskedFile
from app.cache.documents import DocumentCache
from app.cache.warmth import Shelf, Warmth, service_of
from app.db.listen import Hearing
from app.errors import DatabaseUnavailable
from app.events import CheckFailed, Event
from app.http.ready import Document
from app.settings import Settings

LINES = [orjson.dumps(["numbers", number]) for number in range(300)]


class Catalogue:
    """Answers numbers, the first `away` times not at all, and only while it is let."""

    def __init__(self, tmp_path: Path, *, warm_seconds: int, away: int = 0, limit: int = 10_000_000) -> None:
        self.hearing = Hearing(True, True)
        self.hearing.begun.set()
        self.documents = DocumentCache(limit, self.hearing, spell=lambda key: orjson.dumps(["numbers", key]))
        self.let = asyncio.Event()
        self.away = away
        self.asked = 0
        self.told: list[Event] = []
        settings = replace(Settings(), data_dir=tmp_path, warm_seconds=warm_seconds)
        self.warmth = Warmth(settings, {"numbers": Shelf(self.documents, self._read)}, self.hearing, self.told.append)
        self.file = AskedFile(settings.asked_dir, service_of(settings))
        self.file.write(LINES)

    async def _read(self, line: Sequence[Any]) -> None:
        [number] = line
        self.asked += 1
        self.away -= 1
        if self.away >= 0:
            raise DatabaseUnavailable("it is away")
        await self.let.wait()
        await self.documents.fill(number, self.document)

    async def document(self) -> Document:
        return Document(200, {}, b"{}", 1)

    def is_filled(self) -> bool:
        return all(number in self.documents for number in range(300))


async def test_it_is_ready_once_all_is_read(tmp_path: Path) -> None:
    """And writes down the same at its end, what it was asked for last first."""
    catalogue = Catalogue(tmp_path, warm_seconds=60)
    catalogue.let.set()
    async with catalogue.warmth.kept():
        assert catalogue.is_filled()
        catalogue.documents.get(7)
    assert catalogue.file.read() == [LINES[7], *LINES[:7], *LINES[8:]]


@pytest.mark.parametrize("away", [0, 3])
async def test_it_goes_on_behind_when_that_takes_long(tmp_path: Path, away: int) -> None:
    """Ready after `WARM_SECONDS`, and warm all the same when the database answers; that it did not is told."""
    catalogue = Catalogue(tmp_path, warm_seconds=0, away=away)
    async with catalogue.warmth.kept():
        assert not catalogue.is_filled()
        catalogue.let.set()
        async with asyncio.timeout(20):
            while not catalogue.is_filled():  # noqa: ASYNC110, that is what we wait for
                await asyncio.sleep(0.01)
    assert bool(catalogue.told) == bool(away)
    assert all(isinstance(one, CheckFailed) and one.name == "warm start" for one in catalogue.told)


async def test_nothing_is_asked_before_changes_are_heard_of(tmp_path: Path) -> None:
    """It could not be kept."""
    catalogue = Catalogue(tmp_path, warm_seconds=0)
    catalogue.hearing.begun.clear()
    catalogue.let.set()
    async with catalogue.warmth.kept():
        await _turns()
        assert catalogue.asked == 0
        catalogue.hearing.begun.set()
        catalogue.hearing.listening = False
        await _turns()
        assert catalogue.asked == 0
        catalogue.hearing.listening = True
        async with asyncio.timeout(20):
            while not catalogue.is_filled():  # noqa: ASYNC110, that is what we wait for
                await asyncio.sleep(0.01)


async def test_nothing_is_written_down_before_all_is_read(tmp_path: Path) -> None:
    """A process that ends meanwhile leaves what it has not come to for the next one."""
    catalogue = Catalogue(tmp_path, warm_seconds=0)
    async with catalogue.warmth.kept():
        for number in range(1000, 1300):
            await catalogue.documents.fill(number, catalogue.document)
    assert catalogue.file.read() == LINES


@pytest.mark.parametrize("limit", [0, 40_000])
async def test_no_more_is_read_than_there_is_room_for(tmp_path: Path, limit: int) -> None:
    """Nothing where nothing is kept; and of what there is room for, what was asked for last."""
    catalogue = Catalogue(tmp_path, warm_seconds=60, limit=limit)
    catalogue.let.set()
    async with catalogue.warmth.kept():
        assert catalogue.asked < 150
        assert [0 in catalogue.documents, catalogue.asked > 0] == [limit > 0] * 2


async def test_what_says_nothing_or_too_much_is_not_written_down(tmp_path: Path) -> None:
    """Unknown addresses, very long ones, and what nobody has asked for in two days."""
    catalogue = Catalogue(tmp_path, warm_seconds=60)
    documents = catalogue.documents

    async def unknown() -> Document:
        return Document(404, {}, b"{}", None)

    await documents.fill("kept", catalogue.document)
    await documents.fill("unknown", unknown)
    await documents.fill("x" * 3000, catalogue.document)
    for packed in (False, True):
        if packed:
            for number in range(3000):
                await documents.fill(number, catalogue.document)
        told = [line for line in documents.asked(10_000) if line]
        assert told.count(b'["numbers","kept"]') == 1
        assert not [line for line in told if b"unknown" in line or b"xx" in line]
    in_two_days = time.monotonic() + 180_000
    with patch("app.cache.documents.time.monotonic", lambda: in_two_days):
        assert not any(documents.asked(10_000))


async def _turns() -> None:
    """So that whatever could go on would have."""
    for _ in range(50):
        await asyncio.sleep(0.002)
