"""After a round: all that was acknowledged, through every API of every process and of one that has just started."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image as Pixels

from app.store import blob_key
from tests.pictures import decoded
from tests.torture import documents
from tests.torture.clients import Answer
from tests.torture.commands import until_done
from tests.torture.documents import SCOPES
from tests.torture.faults import heal
from tests.torture.fleet import EXTERNAL, PRODUCTS, Fleet, Member
from tests.torture.model import GERMAN, Gallery, Image, Scope
from tests.torture.pictures import Picture, pictures
from tests.torture.run import Run

_READY_SECONDS: Final = 40.0
_DRAINED_SECONDS: Final = 90.0
_SHOWN_SECONDS: Final = 3.0
"""A change shows in every process within one second, or two where a connection fell silent; and a busy machine."""
_TIDY_SECONDS: Final = 30.0
_BOXES: Final = {"large": 1200, "small": 300}
_STYLES: Final = {"mini": 48, "small": 100, "product": 240, "large": 600}


async def check(run: Run) -> None:
    """Complains of all that is not as it should be."""
    fleet = run.fleet
    await _well_again(run)
    run.note("all processes are ready")
    await _drained(run)
    await fleet.start(fleet.cold)
    await _ready(run, fleet.cold)
    await asyncio.sleep(_SHOWN_SECONDS)
    run.note("the queue is empty, and a cold process is there")
    members = [*fleet.webs, fleet.cold]
    await _galleries(run, members)
    run.note("documents were compared")
    await _files(run, members)
    run.note("files were compared")
    await _commands(run)
    await _leftovers(run)
    run.note("nothing is left over")
    for member in (*members, *fleet.workers):
        await asyncio.to_thread(fleet.read_log, member)


async def _well_again(run: Run) -> None:
    await heal(run)
    for member in (*run.fleet.webs, *run.fleet.workers):
        await _ready(run, member)


async def _ready(run: Run, member: Member) -> None:
    try:
        await run.fleet.until_ready(member, _READY_SECONDS)
    except AssertionError as late:
        run.complain(str(late))


async def _drained(run: Run) -> None:
    """No job waits or is in hand, none has failed that should not have."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _DRAINED_SECONDS
    while (left := await _jobs(run.fleet)) and loop.time() < deadline:
        await asyncio.sleep(0.1)
    if left:
        run.complain(f"jobs are left after {_DRAINED_SECONDS:.0f} seconds: {left}")


async def _jobs(fleet: Fleet) -> list[Any]:
    return [dict(row) for row in await fleet.oracle.fetch("select status, entrypoint, attempts from pgqueuer")]


# --- documents ---


@dataclass(frozen=True)
class Document:
    """What one API says of one gallery: where it is asked for, and what is wrong with the answer's body."""

    name: str
    path: str
    headers: dict[str, str]
    wrong: Callable[[bytes], object]


def _documents(run: Run, product: int) -> Iterator[Document]:
    gallery, sku = run.galleries[product], PRODUCTS[product][0]
    admin = run.client.signature
    images = f"/api/rest/products/{product}/images"
    kinds: tuple[tuple[str, Callable[[bytes], Any]], ...] = (
        ("application/json", json.loads),
        ("text/xml", documents.of_xml),
    )
    for accept, read in kinds:
        for scope in (None, GERMAN):
            expected = documents.openmage(gallery, scope)
            path = images if scope is None else f"{images}/store/{scope}"
            yield Document(f"OpenMage {accept} {scope}", path, {"Accept": accept} | admin, _not(expected, read))
        public = documents.openmage_public(gallery)
        yield Document(f"OpenMage {accept} guest", images, {"Accept": accept}, _not(public, read))
    listed = documents.spree(gallery, product)
    path = f"/api/v1/variants/{product}/images"
    yield Document("Spree", path, dict(run.client.key), _not(listed, documents.of_spree))
    kind = "abstract" if PRODUCTS[product][1] is None else "concrete"
    for language, scope in SCOPES.items():
        path = f"/{kind}-products/{sku}/{kind}-product-image-sets"
        yield Document(
            f"Glue {language}", path, {"Accept": "*/*", "Accept_Language": language}, _not_glue(run, product, scope)
        )


def _not(expected: object, read: Callable[[bytes], Any]) -> Callable[[bytes], object]:
    def wrong(body: bytes) -> object:
        found = read(body)
        return None if found == expected else f"{found}\nand not {expected}"

    return wrong


def _not_glue(run: Run, product: int, scope: Scope) -> Callable[[bytes], object]:
    expected = documents.glue(run.galleries[product], scope)
    parent = PRODUCTS[product][1]
    if not expected and parent is not None:
        expected = documents.glue(run.galleries[parent], scope)

    def wrong(body: bytes) -> object:
        for which in zip(*documents.glue_images(body), strict=True):
            if not documents.is_glue(documents.hashes(which), expected):
                return f"{documents.hashes(which)}\nand not {expected}"
        return None if expected or not list(documents.glue_images(body)) else f"{body!r}\nand not nothing"

    return wrong


async def _galleries(run: Run, members: list[Member]) -> None:
    for product in PRODUCTS:
        for document in _documents(run, product):
            answers = [await _read(run, member, document.path, document.headers) for member in members]
            for member, answer in zip(members, answers, strict=True):
                run.figures.compared += 1
                if answer.status != 200:
                    run.complain(f"{member.name}: {document.name} of {product}: {answer}")
                elif (wrong := document.wrong(answer.body)) is not None:
                    run.complain(f"{member.name}: {document.name} of {product} says {wrong}")
            if len({(answer.body, answer.headers.get("ETag")) for answer in answers}) > 1:
                run.complain(f"{document.name} of {product} is not the same in all processes: {answers}")
            await _unchanged(run, members[0], document.path, document.headers, answers[0])
    for member in members:
        await _external(run, member)


async def _external(run: Run, member: Member) -> None:
    path = f"/abstract-products/{EXTERNAL}/abstract-product-image-sets"
    answer = await _read(run, member, path, {"Accept": "*/*"})
    found = [large for large, _ in documents.glue_images(answer.body)] if answer.status == 200 else answer
    if found != (expected := [url for _, url in sorted(run.external)]):
        run.complain(f"{member.name}: the imported set is {found} and not {expected}")


async def _read(run: Run, member: Member, path: str, headers: dict[str, str]) -> Answer:
    """One that the service was too busy for is asked for again, for a while."""
    for _ in range(20):
        answer = await run.client.call(member, "GET", path, **headers)
        if answer.status != 503:
            break
        await asyncio.sleep(0.5)
    return answer


async def _unchanged(run: Run, member: Member, path: str, headers: dict[str, str], answer: Answer) -> None:
    tag = answer.headers.get("ETag")
    if tag is not None:
        again = await run.client.call(member, "GET", path, If_None_Match=tag, **headers)
        if again.status != 304:
            run.complain(f"{member.name}: {path} has the ETag {tag}, and asked with it answers {again.status}")


# --- files ---


async def _files(run: Run, members: list[Member]) -> None:
    by_sha = {picture.sha: picture for picture in pictures(64)}
    work: list[Awaitable[None]] = []
    for gallery in run.galleries.values():
        for image in gallery.images:
            work.append(_image(run, members, image, by_sha[image.sha]))
        work += [_kept(run, members, path, by_sha[sha]) for path, sha in gallery.kept.items()]
        work += [_withdrawn(run, members, path) for path in gallery.withdrawn]
    for product, (sku, parent) in PRODUCTS.items():
        work.append(_renditions(run, members, sku, "abstract" if parent is None else "concrete", by_sha, product))
    for first in range(0, len(work), 8):
        await asyncio.gather(*work[first : first + 8])


async def _image(run: Run, members: list[Member], image: Image, picture: Picture) -> None:
    await _kept(run, members, image.path, picture)
    answer = await _read(run, members[0], f"/api/v1/variants/{_owner(run, image)}/images/{image.id}", run.client.key)
    if answer.status != 200:
        run.complain(f"Spree shows no image {image.id}: {answer}")
        return
    for style, box in _STYLES.items():
        url = answer.json()[f"{style}_url"]
        await _same(run, members, url, lambda body, box=box: _fits(body, picture, box))  # type: ignore[misc]


def _owner(run: Run, image: Image) -> int:
    return next(product for product, gallery in run.galleries.items() if gallery.has(image.key))


async def _kept(run: Run, members: list[Member], path: str, picture: Picture) -> None:
    await _same(run, members, f"/media/catalog/product{path}", lambda body: _has_pixels(body, picture))


async def _withdrawn(run: Run, members: list[Member], path: str) -> None:
    for member in members:
        answer = await _read(run, member, f"/media/catalog/product{path}", {})
        if answer.status != 404:
            run.complain(f"{member.name}: {path} was withdrawn and answers {answer.status}")


async def _renditions(
    run: Run, members: list[Member], sku: str, kind: str, by_sha: dict[str, Picture], product: int
) -> None:
    answer = await _read(run, members[0], f"/{kind}-products/{sku}/{kind}-product-image-sets", {"Accept": "*/*"})
    if answer.status != 200:
        return  # which is told elsewhere
    for urls in documents.glue_images(answer.body):
        for url, box in zip(urls, _BOXES.values(), strict=True):
            [sha] = documents.hashes([url])
            picture = by_sha[sha]
            wrong = lambda body, box=box, picture=picture: _fits(body, picture, box)  # noqa: E731
            await _same(run, members, documents.local(url), wrong)


async def _same(run: Run, members: list[Member], url: str, wrong: Callable[[bytes], str | None]) -> None:
    """A file is the same bytes in every process, with an ETag that is theirs, and shows what it should."""
    answers = [await _read(run, member, url, {}) for member in members]
    if {answer.status for answer in answers} != {200}:
        run.complain(f"{url} answers {[answer.status for answer in answers]}")
        return
    if len({answer.body for answer in answers}) > 1:
        run.complain(f"{url} is not the same in all processes")
    if found := await asyncio.to_thread(wrong, answers[0].body):
        run.complain(f"{url}: {found}")
    for member, answer in zip(members, answers, strict=True):
        run.figures.compared += 1
        if answer.headers.get("ETag") != f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"':
            run.complain(f"{member.name}: the ETag of {url} is not that of its bytes")
    await _unchanged(run, members[0], url, {}, answers[0])


def _has_pixels(body: bytes, picture: Picture) -> str | None:
    return None if decoded(body).tobytes() == picture.shown().tobytes() else "it has other pixels than were uploaded"


def _fits(body: bytes, picture: Picture, box: int) -> str | None:
    """The size that the box allows, and the look of the picture."""
    shown, original = decoded(body), picture.shown()
    scale = min(1.0, box / original.width, box / original.height)
    size = tuple(max(1, int(side * scale + 0.5)) for side in original.size)
    if shown.size != size:
        return f"it has {shown.size} pixels and should have {size}"
    return None if _alike(shown, original) else "it shows another picture"


def _alike(one: Pixels.Image, other: Pixels.Image) -> bool:
    small = [image.convert("RGB").resize((8, 8), Pixels.Resampling.BOX).tobytes() for image in (one, other)]
    return sum(abs(a - b) for a, b in zip(*small, strict=True)) / len(small[0]) < 24


# --- the command line, and what is left over ---


async def _commands(run: Run) -> None:
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


async def _leftovers(run: Run) -> None:
    """After a sweep to which all is old, the store has what the catalogue has, and no folder has a forgotten file."""
    oracle = run.fleet.oracle
    await oracle.age(await oracle.now(), [])
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
    return f"{len(wanted - found)} missing {sorted(wanted - found)[:3]}, {len(found - wanted)} too many {sorted(found - wanted)[:3]}"


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
