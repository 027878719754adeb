"""Glue's hot reads beside nginx, which serves the same bytes and headers from files, each by one process."""

import asyncio
import shutil
import socket
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from bench.quiet import Turns, reported
from bench.reads import SECONDS, compare, glue_paths, shown
from bench.servers import HOST, Answer, Measured, Server, ask, ours
from bench.shop import Shop
from bench.table import Row, at_least
from bench.wire import get

_PRODUCTS: Final = 10
_UP_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.02
_AIM: Final = 0.40
_KINDS: Final = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


async def glue_beside_nginx(shop: Shop) -> list[Row]:
    """The load takes longer for a request than nginx does, so what counts is what each spends on one."""
    program = shutil.which("nginx")
    if program is None:
        print("!!! nginx is not installed (.ci/packages does that): no figure beside it", file=sys.stderr)
        return []
    paths = glue_paths(shop, _PRODUCTS)
    requests = [get(path, Accept="application/json") for path in paths]
    async with ours(shop.settings) as server:
        answers = {path: await ask(server, request) for path, request in zip(paths, requests, strict=True)}
        async with _nginx(program, answers) as floor:
            mine, its = await compare(server, floor, lambda: requests, SECONDS)
    return [_row(mine, its)]


def _row(mine: Turns[Measured], its: Turns[Measured]) -> Row:
    cpu, base = (one.usual(lambda measured: measured.cpu, min) for one in (mine, its))
    name = "Glue image sets, hot, beside nginx: what a core serves"
    return at_least(name, shown(mine), shown(its), base / cpu, _AIM, reported((mine, its)))


@asynccontextmanager
async def _nginx(program: str, answers: Mapping[str, Answer]) -> AsyncIterator[Server]:
    """By itself, without a master: what it spends is that of one process."""
    with tempfile.TemporaryDirectory(prefix="bench-nginx-") as name:
        folder, port = Path(name), _free_port()
        _write(folder, port, answers)
        arguments = ("-e", "stderr", "-p", name, "-c", str(folder / "nginx.conf"))
        process = await asyncio.create_subprocess_exec(program, *arguments, stdout=DEVNULL, stderr=DEVNULL)
        try:
            await _is_up(port)
            yield Server(process.pid, port)
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


def _write(folder: Path, port: int, answers: Mapping[str, Answer]) -> None:
    """Files of what is answered, and a configuration that gives them with the same headers."""
    for path, answer in answers.items():
        file = folder / "files" / path.lstrip("/")
        file.parent.mkdir(parents=True)
        file.write_bytes(answer.body.encode("latin-1"))
    locations = (_location(path, answer.headers) for path, answer in answers.items())
    (folder / "nginx.conf").write_text(_configuration(folder, port, "\n".join(locations)))


def _location(path: str, headers: Mapping[str, str]) -> str:
    """Its own headers are those that say when a file was written, and that parts of it can be had."""
    own = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    kind = next(value for name, value in headers.items() if name.lower() == "content-type")
    added = "".join(f"add_header {name} {_quoted(value)}; " for name, value in (own | {"Last-Modified": ""}).items())
    return f"location = {path} {{ types {{}} default_type {_quoted(kind)}; etag off; max_ranges 0; {added}}}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _configuration(folder: Path, port: int, locations: str) -> str:
    kept = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in _KINDS)
    return f"""
daemon off; master_process off; pid {folder}/pid; error_log stderr crit;
events {{ worker_connections 256; }}
http {{
access_log off; server_tokens off; keepalive_requests 1000000000;
open_file_cache max=1000; open_file_cache_valid 1h;
{kept}
server {{
listen {HOST}:{port};
root {folder}/files;
{locations}
}}
}}
"""


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


async def _is_up(port: int) -> None:
    until = time.monotonic() + _UP_SECONDS
    while True:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            if time.monotonic() > until:
                raise
            await asyncio.sleep(_POLL_SECONDS)
        else:
            writer.close()
            return
