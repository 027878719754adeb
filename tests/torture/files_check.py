"""Originals and renditions as everybody may fetch them: pixels, sizes, validators; and what may not be fetched."""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine
from typing import Any, Final

from PIL import Image as Pixels

from tests.pictures import decoded
from tests.torture import documents
from tests.torture.asking import read, unchanged
from tests.torture.fleet import PRODUCTS, Member
from tests.torture.model import Image
from tests.torture.pictures import Picture, pictures
from tests.torture.run import Run

_AT_ONCE: Final = 8
_BOXES: Final = {"large": 1200, "small": 300}
_STYLES: Final = {"mini": 48, "small": 100, "product": 240, "large": 600}


async def check_files(run: Run, members: list[Member]) -> None:
    by_sha = {picture.sha: picture for picture in pictures(24)}
    work: list[Coroutine[Any, Any, None]] = []
    for gallery in run.galleries.values():
        work += [_image(run, members, image, by_sha[image.sha]) for image in gallery.images]
        work += [_kept(run, members, path, by_sha[sha]) for path, sha in gallery.kept.items()]
        work += [_withdrawn(run, members, path) for path in gallery.withdrawn]
    for product, (sku, parent) in PRODUCTS.items():
        work.append(_renditions(run, members, sku, "abstract" if parent is None else "concrete", by_sha, product))
    for first in range(0, len(work), _AT_ONCE):
        some = work[first : first + _AT_ONCE]
        if run.wrong:  # enough is known
            for one in some:
                one.close()
        else:
            await asyncio.gather(*some)


async def _image(run: Run, members: list[Member], image: Image, picture: Picture) -> None:
    await _kept(run, members, image.path, picture)
    answer = await read(run, members[0], f"/api/v1/variants/{_owner(run, image)}/images/{image.id}", run.client.key)
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
        answer = await read(run, member, f"/media/catalog/product{path}", {})
        if answer.status != 404:
            run.complain(f"{member.name}: {path} was withdrawn and answers {answer.status}")


async def _renditions(
    run: Run, members: list[Member], sku: str, kind: str, by_sha: dict[str, Picture], product: int
) -> None:
    answer = await read(run, members[0], f"/{kind}-products/{sku}/{kind}-product-image-sets", {"Accept": "*/*"})
    if answer.status != 200:
        return  # which is reported elsewhere
    for urls in documents.glue_images(answer.body):
        for url, box in zip(urls, _BOXES.values(), strict=True):
            [sha] = documents.hashes([url])
            picture = by_sha[sha]
            wrong = lambda body, box=box, picture=picture: _fits(body, picture, box)  # noqa: E731
            await _same(run, members, documents.local(url), wrong)


async def _same(run: Run, members: list[Member], url: str, wrong: Callable[[bytes], str | None]) -> None:
    """A file is the same bytes in every process, with an ETag that is theirs, and shows what it should."""
    answers = [await read(run, member, url, {}) for member in members]
    if {answer.status for answer in answers} != {200}:
        run.complain(f"{url} answers {[answer.status for answer in answers]}")
        return
    if len({answer.body for answer in answers}) > 1:
        run.complain(f"{url} is not the same in all processes")
    if found := await asyncio.to_thread(_trouble, wrong, answers[0].body):
        run.complain(f"{url}: {found}")
    for member, answer in zip(members, answers, strict=True):
        run.figures.compared += 1
        if answer.headers.get("ETag") != f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"':
            run.complain(f"{member.name}: the ETag of {url} is not that of its bytes")
    await unchanged(run, members[0], url, {}, answers[0])


def _trouble(wrong: Callable[[bytes], str | None], body: bytes) -> str | None:
    try:
        return wrong(body)
    except OSError as error:
        return f"it is no picture: {error}"


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
