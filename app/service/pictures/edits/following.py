"""Images show what their edits make of their pictures, whoever changed the one or the other.

It comes behind such a change, in its transaction and before its row in the log: an edited picture is known, and a job
for it in the queue, before an image shows it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from app.db.pool import Record, Transaction
from app.db.queue.jobs import Job, enqueue
from app.errors import Conflict, EditTooSmall
from app.model import NO_MARKS, BlobHash, Facts, MarksKey, Segment, parted, segment_of
from app.raster.steps.edit import UNEDITED, Edit
from app.service.changes.record import recorded
from app.service.pictures.edits.values import (
    EditInput,
    edit_of,
    fitting,
    key_of,
    of_pixels,
    patched,
    read,
    size_of,
    written,
)
from app.settings import Settings

RENDER_EDIT: Final = "render-edit"
"""The job that builds every recipe in force of one edited picture; its payload is the hash and the key of the edit."""

_HASH: Final = 32
"""Bytes."""
EDIT_PRIORITY: Final = 10
"""As of an upload: somebody looks at it."""
MARKS: Final = "marks"
"""Among the recipes that an image keeps: its renditions carry the picture's marks."""


class _Shown(NamedTuple):
    """What an image is to show, by the hash and facts of its picture: without a key as it is, else with what its edit
    does to `pixels`, in which `state` that begins. `is_astray`: nobody had noted before what the edit does to it."""

    edit: Edit
    key: str | None = None
    blob: bytes = b""
    facts: Facts | None = None
    marks: MarksKey = NO_MARKS
    pixels: Edit = UNEDITED
    state: str = "processing"
    is_astray: bool = False


class Edits:
    """`recipes`: what images are promised whose pictures are new, with marks where renditions carry them."""

    def __init__(self, settings: Settings) -> None:
        self._keeps_marks = settings.rights == "rights"
        self._covers = any(recipe.fit == "cover" for recipe in settings.listed_recipes)
        self.recipes = [recipe.hash for recipe in settings.recipes] + [MARKS] * self._keeps_marks

    async def write(self, tx: Transaction, image: int, given: EditInput | None, former: Edit | None = None) -> int:
        """Merges what is said with what was done to an image's picture before (`former`, else what is now, none where
        that would leave too little), and shows that, also where it failed before; how many rows that changed.
        EditTooSmall; Conflict for who turns or cuts pixels that are not here."""
        [row] = await tx.fetch("images_to_edit", [image], [image])
        edit = patched(_fitted(row, read(row["edit"])) if former is None else former, given)
        if row["blob_hash"] is not None:
            edit = fitting(edit, _facts(row))
        elif edit_of(given).is_of_pixels:
            raise Conflict("A picture that lies elsewhere has no pixels to edit here.")
        return await self._show(tx, {image: self._shown(row, edit)}, tries_again=True)

    async def follow(self, tx: Transaction, images: Sequence[int]) -> int:
        """Of these images those that are edited show what that makes of their pictures by now. How many changed. The
        caller holds their products."""
        return await self.patch(tx, dict.fromkeys(images, EditInput()))

    async def follow_later(self, tx: Transaction, images: Sequence[int], priority: int) -> None:
        """The same for who does nothing else to the products, which are held from then on, and in the log. What was
        ready stays so, and is built by a job of that priority, or for who asks before."""
        products = [row["product_id"] for row in await tx.fetch("products_of_images", images)]
        await tx.fetch("lock_products", products)
        async with recorded(tx, products):
            rows = await tx.fetch("images_to_edit", images, [])
            shown = {row["id"]: self._patched(row, EditInput()) for row in rows}
            ready = {row["id"] for row in rows if row["state"] == "ready"}
            kept = {image: one._replace(state="ready") if image in ready else one for image, one in shown.items()}
            await self._show(tx, kept, priority)

    async def patch(self, tx: Transaction, given: Mapping[int, EditInput | None]) -> int:
        """The same of images of which something is said, each by itself. An edit that would leave too little of a
        picture is none any more."""
        named = [image for image, of_image in given.items() if of_image != {}]
        rows = await tx.fetch("images_to_edit", list(given), named)
        shown = {row["id"]: self._patched(row, given[row["id"]]) for row in rows}
        return await self._show(tx, shown, tries_again=bool(named))

    def _patched(self, row: Record, given: EditInput | None) -> "_Shown":
        return self._shown(row, _fitted(row, patched(read(row["edit"]), given)))

    def _shown(self, row: Record, edit: Edit) -> "_Shown":
        if row["blob_hash"] is None:
            return _Shown(edit)
        marks = MarksKey(row["marks"] or "") if self._keeps_marks else NO_MARKS
        pixels = of_pixels(edit, covers=self._covers)
        key = key_of(pixels, marks)
        is_astray = row["is_astray"] and key is not None
        return _Shown(edit, key, row["blob_hash"], _facts(row), marks, pixels, is_astray=is_astray)

    async def _show(
        self,
        tx: Transaction,
        shown: Mapping[int, "_Shown"],
        priority: int = EDIT_PRIORITY,
        *,
        tries_again: bool = False,
    ) -> int:
        if not shown:
            return 0
        await _add(tx, shown.values(), priority, tries_again)
        columns = zip(*((written(one.edit), one.key, one.is_astray) for one in shown.values()), strict=True)
        return await tx.execute("show_edits", list(shown), *map(list, columns), self.recipes)


async def _add(tx: Transaction, shown: Iterable[_Shown], priority: int, tries_again: bool) -> None:
    """Edited pictures, and the jobs of those that are new or of which nothing is decided yet. In the order of their
    hashes and keys, so that nobody waits for another one in a circle; one that is ready for an image is so for all."""
    made = sorted((one for one in shown if one.key), key=lambda one: (one.blob, one.key, one.state))
    wanted = {(one.blob, one.key): one for one in made}
    if not wanted:
        return
    columns = zip(*((*which, *_columns(one)) for which, one in wanted.items()), strict=True)
    rows = await tx.fetch("add_edited_pictures", *map(list, columns), tries_again)
    await enqueue(tx, [edit_job(row["blob_hash"], row["key"], priority) for row in rows])


def _columns(one: _Shown) -> tuple[str | None, str, int, int, str]:
    assert one.facts is not None
    return written(one.pixels), one.marks, *size_of(one.edit, one.facts), one.state


def edit_job(digest: bytes, key: str, priority: int) -> Job:
    """Of an edited picture, by the bytes of its hash and its key; one at a time is in the queue."""
    return Job(RENDER_EDIT, digest + bytes.fromhex(key), priority, f"{RENDER_EDIT}:{digest.hex()}-{key}")


def payload_of(picture: Segment) -> bytes:
    """Of a job about a picture, or about an edited one."""
    blob, key = parted(picture)
    return bytes.fromhex(blob + key)


def picture_of(payload: bytes) -> Segment:
    """What such a job is about."""
    return segment_of(BlobHash(payload[:_HASH].hex()), payload[_HASH:].hex())


def _fitted(row: Record, edit: Edit) -> Edit:
    """The same of its picture; none where too little would be left of that."""
    if row["blob_hash"] is None:
        return edit
    try:
        return fitting(edit, _facts(row))
    except EditTooSmall:
        return UNEDITED


def _facts(row: Record) -> Facts:
    return Facts(row["format"], row["width"], row["height"], orientation=row["orientation"])
