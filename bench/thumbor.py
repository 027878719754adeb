"""Renditions of a 24-megapixel JPEG beside thumbor, as a shop runs it: over HTTP, from a folder, in an environment of
its own, since it needs another Pillow than we do."""

import asyncio
import re
import socket
import subprocess
import sys
import time
import venv
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Final

import aiohttp

from bench.raster import measured, ms, photograph
from bench.servers import HOST
from bench.shop import Shop
from bench.table import Row

_PACKAGE: Final = "thumbor==7.8.0"
_NAME: Final = "24 MP JPEG to large and small, beside thumbor"
_SIDES: Final = (1200, 300)
_TURNS: Final = 5
_START_SECONDS: Final = 20.0


async def beside_thumbor(shop: Shop) -> Row:
    """Told, not judged. It makes each rendition from the file, in a request of its own."""
    path = await asyncio.to_thread(photograph, shop.folder)
    try:
        binaries = await asyncio.to_thread(_installed, shop.folder / "thumbor")
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"thumbor could not be installed: {_last_line(error)}", file=sys.stderr)
        return Row(_NAME, "not measured: thumbor could not be installed")
    ours, theirs = [], []
    async with _serving(binaries, path.parent) as base, aiohttp.ClientSession(base) as session:
        await _pull(session, path.name)
        for _ in range(_TURNS):
            theirs.append(await _pull(session, path.name))
            ours.append((await asyncio.to_thread(measured, "ours", path, map(str, _SIDES))).seconds)
    mine, floor = median(ours), median(theirs)
    return Row(_NAME, ms(mine), ms(floor), mine / floor)


def _installed(folder: Path) -> Path:
    """The environment's programs."""
    venv.create(folder, with_pip=True)
    command = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", _PACKAGE]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return folder / "bin"


def _last_line(error: OSError | subprocess.CalledProcessError) -> str:
    words = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
    return re.sub(r"\s+", " ", words[-1])[:120]


@asynccontextmanager
async def _serving(binaries: Path, folder: Path) -> AsyncIterator[str]:
    """Its server over a folder, with results neither stored nor signed."""
    port = _free_port()
    config = folder / "thumbor.conf"
    config.write_text(
        f"LOADER = 'thumbor.loaders.file_loader'\nFILE_LOADER_ROOT_PATH = {str(folder)!r}\n"
        "STORAGE = 'thumbor.storages.no_storage'\nRESULT_STORAGE = ''\nALLOW_UNSAFE_URL = True\nQUALITY = 82\n"
    )
    command = [binaries / "thumbor", "--ip", HOST, "--port", str(port), "--conf", config, "--log-level", "error"]
    process = await asyncio.create_subprocess_exec(*map(str, command), stdout=DEVNULL, stderr=DEVNULL)
    try:
        base = f"http://{HOST}:{port}"
        await _ready(base)
        yield base
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


async def _ready(base: str) -> None:
    async with asyncio.timeout(_START_SECONDS), aiohttp.ClientSession() as session:
        while True:
            with suppress(aiohttp.ClientError):
                async with session.get(f"{base}/healthcheck") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)


async def _pull(session: aiohttp.ClientSession, name: str) -> float:
    """Seconds for both renditions."""
    began = time.perf_counter()
    for side in _SIDES:
        async with session.get(f"/unsafe/fit-in/{side}x{side}/{name}") as answer:
            assert answer.status == 200
            assert len(await answer.read()) > side
    return time.perf_counter() - began
