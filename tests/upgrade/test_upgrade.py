"""This version over what earlier releases left behind: their databases and their stores."""

import asyncio
import io
import json
import re
import tarfile
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
import pytest

from app.embedded.binaries import find_binaries
from app.embedded.cluster import Cluster
from tests.conftest import with_database
from tests.processes import command, serving
from tests.upgrade.record import PUBLIC_URL, READERS, RELEASES, SECRET_KEY, asked

_RENDITION = re.compile(r"http://shop\.example(/media/renditions/[^\"]+)")
_MARKED = re.compile(r"/[0-9a-f]{64}-[0-9a-f]{16}/")
_JOBS = "select (select count(*) from pgqueuer) + (select count(*) from pgqueuer_log)"


@pytest.fixture(params=sorted(folder.name for folder in RELEASES.iterdir()))
def release(request: pytest.FixtureRequest) -> Path:
    """The folder of what a release left behind."""
    return RELEASES / str(request.param)


@pytest.fixture
async def dsn(cluster: Cluster, release: Path) -> AsyncIterator[str]:
    """The database of the release, restored from its dump as an operator restores one."""
    name = f"upgrade_{uuid4().hex}"
    admin = await asyncpg.connect(cluster.dsn)
    try:
        await admin.execute(f"create database {name}")
        restored = with_database(cluster.dsn, name)
        await _restore(restored, release / "catalogue.sql")
        yield restored
        await admin.execute(f"drop database {name} with (force)")
    finally:
        await admin.close()


async def _restore(dsn: str, dump: Path) -> None:
    options = ("--quiet", "--set=ON_ERROR_STOP=1", f"--file={dump}")
    psql = await asyncio.create_subprocess_exec(find_binaries() / "psql", *options, dsn, stdout=DEVNULL)
    assert await psql.wait() == 0


def _restore_objects(release: Path, folder: Path) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO((release / "objects.tar").read_bytes())) as archive:
        archive.extractall(folder, filter="data")
    return _objects(folder)


def _objects(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.timeout(180)  # a start, a migration and a hundred reads, on a machine that may be busy
async def test_an_upgrade_changes_no_address_no_byte_and_makes_no_job(dsn: str, release: Path, tmp_path: Path) -> None:
    """Every URL that the release handed out answers as it did, and nobody has anything to do that was done already."""
    objects = _restore_objects(release, tmp_path / "objects")
    before = await _value(dsn, _JOBS)
    reported: list[dict[str, Any]] = json.loads((release / "answers.json").read_text())
    place = {"DATABASE_URL": dsn, "DATA_DIR": tmp_path, "SECRET_KEY": SECRET_KEY, "PUBLIC_URL": PUBLIC_URL}

    async with serving(**place) as (base, _), aiohttp.ClientSession(base) as session:
        answers = [await asked(session, one["reader"], one["path"]) for one in reported]

    assert [one for one, former in zip(answers, reported, strict=True) if one != former] == []
    assert await _value(dsn, _JOBS) == before
    assert _objects(tmp_path / "objects") == objects


@pytest.mark.timeout(180)  # as above, and a job for each picture
async def test_pictures_of_before_are_brought_over_to_their_marks(dsn: str, release: Path, tmp_path: Path) -> None:
    """`renditions build` gives pictures with marks other URLs, whose bytes carry them; former URLs, Spree's too,
    stay as they were, and pictures without marks keep everything."""
    _restore_objects(release, tmp_path / "objects")
    reported: list[dict[str, Any]] = json.loads((release / "answers.json").read_text())
    files = [one for one in reported if one["path"].startswith(("/media/", "/spree/"))]
    sets = next(one for one in reported if one["path"].startswith("/abstract-products/dress/"))
    place = {"DATABASE_URL": dsn, "DATA_DIR": tmp_path, "SECRET_KEY": SECRET_KEY, "PUBLIC_URL": PUBLIC_URL}

    async with serving(**place) as (base, _), aiohttp.ClientSession(base) as session:
        build = await command("renditions", "build", **place)
        assert await build.wait() == 0
        async with asyncio.timeout(120):
            while await _value(dsn, "select count(*) from pgqueuer"):  # noqa: ASYNC110  it is done by another process
                await asyncio.sleep(0.2)
        assert [one for one in files if await asked(session, "glue", one["path"]) != one] == []
        async with session.get(sets["path"], headers=READERS["glue"]) as answer:
            now = _renditions(await answer.text())
        former = _renditions(sets["body"])
        marked = {url for url in now - former if _MARKED.search(url)}
        for url in marked:
            async with session.get(url) as answer:
                assert b"(c) The shop" in await answer.read()

    assert len(marked) == 6  # large and small of a picture that two images and a set show
    assert now - marked < former
    assert await _value(dsn, "select count(*) from blob where marks is null") == 0


def _renditions(document: str) -> set[str]:
    return set(_RENDITION.findall(document.replace("\\/", "/")))


async def _value(dsn: str, statement: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval(statement))
    finally:
        await connection.close()
