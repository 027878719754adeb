"""What the command line says at the end, and what is left where nothing should be."""

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any, Final

from app.store import blob_key
from tests.torture.commands import until_done
from tests.torture.fleet import Fleet
from tests.torture.model import Gallery
from tests.torture.run import Run

_TIDY_SECONDS: Final = 30.0


async def check_commands(run: Run) -> None:
    plan = json.loads(await until_done(run, "renditions", "plan"))
    if plan["renditions"]:
        run.complain(f"renditions are missing: {plan}")
    failed = json.loads(await until_done(run, "jobs", "failed"))
    if failed["failed_jobs"]:
        run.complain(f"jobs have failed for good: {failed}")
    await _exported(run)


async def _exported(run: Run) -> None:
    """The uploaded bytes, by their hashes, under the paths that the galleries have."""
    folder = run.fleet.folder / "export"
    await until_done(run, "export", "gallery", f"{folder}.jsonl", "--files", str(folder), good=(0, 1))
    found = {
        f"/{path.relative_to(folder)}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
    if found != (expected := _paths(run.galleries.values())):
        lost = {path: sha for path, sha in expected.items() if found.get(path) != sha}
        run.complain(f"the export lacks {lost} and has {set(found) - set(expected)} beside it")


def _paths(galleries: Any) -> dict[str, str]:
    paths = dict[str, str]()
    for gallery in galleries:
        assert isinstance(gallery, Gallery)
        paths |= {image.path: image.sha for image in gallery.images} | dict(gallery.kept)
    return paths


async def check_leftovers(run: Run) -> None:
    """After a sweep to which all is old, the store has what the catalogue has, and no folder has a forgotten file."""
    oracle = run.fleet.oracle
    await oracle.age(await oracle.now(), [])
    await oracle.age_what_was_taken_away()
    await until_done(run, "blobs", "sweep", "--older-than", "1h")
    damages = json.loads(await until_done(run, "blobs", "verify", good=(0, 1)))["damages"]
    if damages:
        run.complain(f"objects are not whole: {damages}")
    wanted = {blob_key(sha) for sha in _paths(run.galleries.values()).values()}  # type: ignore[arg-type]
    recorded = {blob_key(row[0]) for row in await oracle.fetch("select encode(hash, 'hex') from blob")}
    stored = await _stored(run.fleet)
    originals = {key for key in stored if key.startswith("blobs/")}
    if not wanted == recorded == originals:
        run.complain(f"originals: {_gap(wanted, recorded)} in the catalogue, {_gap(wanted, originals)} in the store")
    claims = await oracle.fetch("select encode(hash, 'hex') from blob_claim")
    if claims:
        run.complain(f"claims are left: {claims}")
    hashes = {key.rpartition("/")[2] for key in wanted}
    if stray := [key for key in stored if key.startswith("renditions/") and not any(sha in key for sha in hashes)]:
        run.complain(f"renditions of nothing: {stray}")
    await _tidied(run)


def _gap(wanted: set[str], found: set[str]) -> str:
    missing, more = sorted(wanted - found), sorted(found - wanted)
    return f"{len(missing)} missing {missing[:3]}, {len(more)} too many {more[:3]}"


async def _stored(fleet: Fleet) -> set[str]:
    if fleet.kind == "files":
        root = fleet.disc / "objects"
        return {
            str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and ".incoming" not in path.parts
        }
    return await fleet.s3_keys()


async def _tidied(run: Run) -> None:
    """What killed processes left goes with the start of any other."""
    folders = [run.fleet.disc / "spool", run.fleet.disc / "copies", run.fleet.disc / "objects" / ".incoming"]
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _TIDY_SECONDS
    while (left := _in(folders)) and loop.time() < deadline:
        await run.fleet.command("blobs", "sweep", "--dry-run")
        await asyncio.sleep(0.5)
    if left:
        run.complain(f"files are left over: {left}")


def _in(folders: list[Path]) -> list[Path]:
    return [path for folder in folders if folder.exists() for path in folder.iterdir() if path.is_file()]
