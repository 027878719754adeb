"""Codec children are killed while they work, as by a kernel that is short of memory: no good picture is refused."""

import asyncio
import io
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData

from tests.e2e.conftest import Answer, Serve, Shop, eventually
from tests.e2e.test_formats import asked
from tests.e2e.test_main_job import body, has_renditions
from tests.pictures import encoded, picture

IMAGES = "/api/rest/products/dress/images"
SPREE = "/api/v1/products/a-dress/images"
JSON = {"Content-Type": "application/json"}


def children() -> list[int]:
    """The codec children of this process."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == os.getpid() and b"app.raster.child.work" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


async def kill_one(after: float) -> None:
    """Kills the children that there are, whatever they are at, a while after the first is there. Returns when they are
    gone: what comes next may lose another child, and two in a row would be more than is promised to be borne."""
    while not (found := await asyncio.to_thread(children)):  # noqa: ASYNC110 - they are other processes
        await asyncio.sleep(0.01)
    await asyncio.sleep(after)
    for pid in found:
        with suppress(ProcessLookupError):  # it was ended meanwhile
            os.kill(pid, signal.SIGKILL)
    while not all(_has_ended(pid) for pid in found):  # noqa: ASYNC110 - they are other processes
        await asyncio.sleep(0.01)


def _has_ended(pid: int) -> bool:
    """Whether its parent can know that it has, which is later than its memory is gone."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
    except OSError:
        return True


async def kill_some(after: Sequence[float]) -> None:
    """The same several times over. It may wait for a child for ever, where all work is done."""
    for pause in after:
        await kill_one(pause)


def form(data: bytes) -> Any:
    form = FormData()
    form.add_field("image[attachment]", io.BytesIO(data), filename="a.jpg", content_type="image/jpeg")
    return form


async def upload(shop: Shop, way: str, data: bytes, image: str) -> Answer:
    key = {"X-Spree-Token": shop.api_key}
    text = io.BytesIO(body(data).encode())
    match way:
        case "OpenMage create":
            answer = await shop.signed("POST", IMAGES, data=text, headers=JSON)
        case "OpenMage replace":
            answer = await shop.signed("PUT", f"{IMAGES}/{image}", data=text, headers=JSON)
        case "Spree create":
            answer = await shop.call("POST", SPREE, data=form(data), headers=key)
        case _:
            answer = await shop.call("PUT", f"{SPREE}/{image}", data=form(data), headers=key)
    return answer


@pytest.mark.timeout(180)  # a child's start takes seconds on a busy machine
@pytest.mark.parametrize("way", ["OpenMage create", "OpenMage replace", "Spree create", "Spree replace"])
async def test_a_child_killed_under_an_upload_refuses_nothing(serve: Serve, way: str) -> None:
    """Whenever a child is killed in the course of an upload, the upload is taken."""
    shop = await serve(run_worker=False)
    first = await shop.call("POST", SPREE, data=form(encoded(picture(50, 40))), headers={"X-Spree-Token": shop.api_key})
    image = str(first.json()["id"])
    for turn, after in enumerate((0, 0.05, 0.2)):
        data = encoded(picture(2500, 1800, seed=10 + turn), quality=92)
        killing = asyncio.create_task(kill_one(after))
        answer = await upload(shop, way, data, image)
        assert answer.status in {200, 201, 204}, answer.body
        await killing


@pytest.mark.timeout(180)  # a child's start takes seconds on a busy machine
@pytest.mark.parametrize("after", [(0.0, 0.1), (0.02, 0.02, 0.02), (0.2, 0.0, 0.3)])
async def test_a_child_killed_under_a_job_fails_nothing(serve: Serve, after: Sequence[float]) -> None:
    """Renditions, the cleaned original among them, are built although children are killed; no job fails for good."""
    shop = await serve(run_worker=True)
    data = encoded(picture(2500, 1800, seed=20), quality=92)
    assert (await upload(shop, "OpenMage create", data, "")).status == 200
    killing = asyncio.create_task(kill_some(after))
    try:
        await eventually(lambda: has_renditions(shop, data), seconds=120)
    finally:
        killing.cancel()
    with suppress(asyncio.CancelledError):
        await killing
    assert await asked(shop, "select from rendition_failure") == []
