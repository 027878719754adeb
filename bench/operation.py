"""How the server bears large uploads and renditions: its reads, its event loop, its memory."""

import asyncio
import time
from pathlib import Path
from typing import Final

from app.settings import Settings
from bench.lags import read
from bench.photo import copy_of_photo
from bench.quiet import in_turns, reported
from bench.reads import glue_paths
from bench.servers import Measured, Server, building, flooding, load, ours
from bench.shop import Shop
from bench.table import Row, at_most
from bench.uploads import upload
from bench.wire import Signer, get

_FILE_BYTES: Final = 7_500_000  # 10 MB in base64
_AT_ONCE: Final = 10
_MANY: Final = 20
_READERS: Final = 4  # so few that requests do not wait for one another
_SECONDS: Final = 2.0
_TURNS: Final = 5
_PATIENCE_SECONDS: Final = 60.0
_MB: Final = 1_000_000
_OVERLOAD: Final = 5
_MOST_ABOVE_IDLE: Final = 50.0  # milliseconds


async def beside_renditions(shop: Shop) -> Row:
    """Reads while our codecs make two renditions at a time on the same machine."""
    file = shop.folder / "building.jpg"
    file.write_bytes(copy_of_photo(0))
    requests = [get(path, Accept="application/json") for path in glue_paths(shop, 10)]
    async with ours(shop.settings) as server:

        async def idle() -> Measured:
            return await load(server, requests, _SECONDS, _READERS)

        async def busy() -> Measured:
            async with building(file):
                return await load(server, requests, _SECONDS, _READERS)

        await idle()
        turns = await in_turns({"idle": idle, "busy": busy}, enough=_TURNS, patience=_PATIENCE_SECONDS)
    base, worse = (turns[name].usual(lambda one: one.p99, min) for name in ("idle", "busy"))
    shown = f"{worse:.2f} ms", f"{base:.2f} ms"
    return at_most("read p99 while two renditions run, to idle", *shown, worse / base, 3.0, reported(turns.values()))


async def beside_uploads(shop: Shop) -> Row:
    """Reads under five times as many uploads as there are slots for."""
    clients = _OVERLOAD * Settings().max_uploads
    requests = [get(path, Accept="application/json") for path in glue_paths(shop, 10)]
    async with ours(shop.settings) as server:

        async def idle() -> Measured:
            return await load(server, requests, _SECONDS, _READERS)

        async def busy() -> Measured:
            async with flooding(server, shop.admin, clients):
                measured = await load(server, requests, _SECONDS, _READERS)
            assert not measured.failed, f"{measured.failed} reads failed"
            return measured

        await idle()
        turns = await in_turns({"idle": idle, "busy": busy}, enough=_TURNS, patience=_PATIENCE_SECONDS)
    base, worse = (turns[name].usual(lambda one: one.p99, min) for name in ("idle", "busy"))
    name = f"read p99 beside {clients} clients that upload, {_OVERLOAD} for each slot"
    limit = base + _MOST_ABOVE_IDLE
    shown = f"{worse:.2f} ms", f"{base:.2f} ms"
    return Row(name, *shown, None, f"< +{_MOST_ABOVE_IDLE:.0f} ms", worse < limit, reported(turns.values()))


async def event_loop(shop: Shop) -> Row:
    """Lag while ten uploads of 10 MB are in flight."""
    file, signer, copies = shop.folder / "lags", Signer(shop.admin), iter(range(10_000, 20_000))
    spans: list[tuple[float, float]] = []

    async def measure() -> int:
        requests = [upload(signer, next(copies), _FILE_BYTES) for _ in range(_AT_ONCE)]
        begun = time.monotonic()
        measured = await load(server, requests, 0, _AT_ONCE)
        assert not measured.failed, f"{measured.failed} uploads failed"
        spans.append((begun, time.monotonic()))
        return len(spans) - 1

    async with ours(shop.settings | {"LAGS": str(file)}) as server:
        await load(server, [upload(signer, next(copies))], 0, 1)
        turns = (await in_turns({"ours": measure}, enough=_TURNS, patience=_PATIENCE_SECONDS))["ours"]
    p99 = turns.usual(lambda number: _p99(file, *spans[number]), min)
    shown = f"{1000 * p99:.1f} ms"
    name = "event-loop lag p99, ten uploads of 10 MB in flight"
    return Row(name, shown, "", None, "< 20 ms", p99 < 0.020, reported([turns]))


def _p99(file: Path, begun: float, ended: float) -> float:
    lags = read(file, begun, ended)
    return lags[len(lags) * 99 // 100]


async def memory(shop: Shop) -> list[Row]:
    """Of the server's own process: idle, and with more uploads than it takes at a time; and of its children then."""
    signer = Signer(shop.admin)
    async with ours(shop.settings) as server:
        await asyncio.sleep(1)  # what a start leaves behind
        idle = server.memory()
        await load(server, [upload(signer, 20_000)], 0, 1)
        before = server.memory()
        requests = [upload(signer, 20_001 + number, _FILE_BYTES) for number in range(_MANY)]
        loading = asyncio.create_task(load(server, requests, 0, _MANY))
        peak, of_children = await _peak(server, loading)
        refused = loading.result().failed
    allowed = 3 * (_MANY - refused) * _FILE_BYTES
    return [
        Row("memory, idle", f"{idle / _MB:.0f} MB", "", None, "<= 120 MB", idle <= 120 * _MB),
        Row(
            f"memory, twenty uploads of 10 MB, of which {refused} were told to wait",
            f"+{(peak - before) / _MB:.0f} MB",
            "",
            None,
            f"<= +{allowed / _MB:.0f} MB",
            peak - before <= allowed,
        ),
        Row("memory, its codec children together at that", f"{of_children / _MB:.0f} MB"),
    ]


async def _peak(server: Server, loading: "asyncio.Task[Measured]") -> tuple[int, int]:
    """The most that the server's own process held, and its children together."""
    most = of_children = 0
    while not loading.done():
        most = max(most, server.memory())
        of_children = max(of_children, server.memory_of_children())
        await asyncio.wait([loading], timeout=0.01)
    return most, of_children
