"""OpenMage's rules of types and deletions, over a real database, against a model of a few lines."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Final, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.errors import ImageNotFound
from app.model import BlobHash, Facts, ImageId, ProductId
from app.service.galleries.openmage.reader import GalleryReader, ProductRef, Scope
from app.service.galleries.openmage.writer import GalleryWriter, Values
from app.service.pictures.filing import FileName, Filing
from app.service.pictures.intake import Blob
from app.settings import Settings

CODES: Final = ("image", "small_image", "thumbnail")
SCOPES: Final = (None, "1", "2", "3")
_NUMBERS: Final = count(1)

Store = str | None


@dataclass
class Model:
    """What is assigned, by scope and code: an image, or None for "none"."""

    images: list[int] = field(default_factory=list)
    assigned: dict[tuple[Store, str], int | None] = field(default_factory=dict)
    hidden: set[tuple[int, Store]] = field(default_factory=set)

    def listed(self, scope: Store) -> list[int]:
        return [image for image in self.images if (image, scope) not in self.hidden]

    def types(self, image: int, scope: Store) -> tuple[str, ...]:
        inherited = {code: self.assigned.get((None, code)) for code in CODES}
        return tuple(code for code in CODES if self.assigned.get((scope, code), inherited[code]) == image)

    def assign(self, image: int, scope: Store, codes: Iterable[str]) -> None:
        for code in self.types(image, scope):
            self.assigned[scope, code] = None
        for code in codes:
            self.assigned[scope, code] = image

    def create(self, image: int, scope: Store, codes: Iterable[str]) -> None:
        self.images.append(image)
        self.assign(image, scope, codes)

    def delete(self, image: int, scope: Store) -> None:
        self.assign(image, scope, ())
        if any(holder == image and where != scope for (where, _), holder in self.assigned.items()):
            return
        if scope is None:
            self.images.remove(image)
        else:
            self.hidden.add((image, scope))


def new_blob() -> Blob:
    data = str(next(_NUMBERS)).encode()
    return Blob(BlobHash(hashlib.sha256(data).hexdigest()), len(data), Facts("png", 1, 1))


@dataclass
class Gallery:
    """The real thing: a product of its own in a catalogue with three store views."""

    database: Database
    product: ProductRef
    reader: GalleryReader
    writer: GalleryWriter

    async def create(self, scope: Store, codes: tuple[str, ...]) -> ImageId:
        gallery = await self.writer.for_upload(self.product, scope, None)
        return await self.writer.create(gallery, new_blob(), FileName(None, "png"), Values(types=codes))

    async def assign(self, image: int, scope: Store, codes: tuple[str, ...]) -> None:
        gallery = await self.writer.for_change(self.product, scope, image)
        await self.writer.update(gallery, image, Values(types=codes), None)

    async def delete(self, image: int, scope: Store) -> None:
        gallery = await self.writer.for_change(self.product, scope, image)
        await self.writer.delete(gallery, image)

    async def seen(self, scope: Store) -> dict[int, tuple[str, ...]]:
        gallery = await self.reader.read(self.product, Scope(scope, public=False))
        return {image.id: image.types for image in gallery.images}


Reported = list[list[ProductId]]


@pytest.fixture(name="reported")
def _reported() -> Reported:
    """The families that each commit was said to have changed."""
    return []


@pytest.fixture(name="gallery_writer")
async def _gallery_writer(database: Database, connection: Connection, reported: Reported) -> GalleryWriter:
    await connection.execute("insert into website (id, code) values (1, 'base')")
    await connection.execute(
        "insert into store_view (id, code, website_id, is_default) select n, 'view' || n, 1, n = 1"
        " from generate_series(1, 3) n"
    )
    return GalleryWriter(
        database, GalleryReader(database), Filing(Settings()), lambda families: reported.append([*families])
    )


async def new_gallery(database: Database, connection: Connection, writer: GalleryWriter) -> Gallery:
    number = next(_NUMBERS)
    await connection.execute(
        "insert into product (id, sku, sku_key, slug) values ($1, $2, $2, $2)", number, f"product-{number}"
    )
    await connection.execute("insert into product_website values ($1, 1)", number)
    return Gallery(database, ProductRef(None, number), GalleryReader(database), writer)


Step = tuple[Literal["create", "assign", "delete"], int, Store, tuple[str, ...]]

steps = st.tuples(
    st.sampled_from(["create", "assign", "assign", "delete"]),
    st.integers(0, 5),
    st.sampled_from(SCOPES),
    st.lists(st.sampled_from(CODES), unique=True, max_size=3).map(tuple),
)


@given(st.lists(steps, min_size=2, max_size=10))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_types_move_as_the_model_says(
    database: Database, connection: Connection, gallery_writer: GalleryWriter, changes: list[Step]
) -> None:
    """Through any creates, assignments and deletes, in any scopes, each type has one image or none in every scope, and
    it is the one that a model of a few lines has."""
    gallery, model = await new_gallery(database, connection, gallery_writer), Model()
    for change in changes:
        await both(gallery, model, change)
        for scope in SCOPES:
            seen = await gallery.seen(scope)
            held = Counter(code for types in seen.values() for code in types)
            assert all(times == 1 for times in held.values())
            assert seen == {image: model.types(image, scope) for image in model.listed(scope)}


async def test_each_change_is_told_before_its_caller_hears_of_it(
    database: Database, connection: Connection, gallery_writer: GalleryWriter, reported: Reported
) -> None:
    """Who created, changed or deleted an image never reads the former state again: its family has been dropped."""
    gallery = await new_gallery(database, connection, gallery_writer)
    image = await gallery.create(None, ("image",))
    assert reported == [[gallery.product.id]]
    await gallery.assign(image, "2", ())
    assert reported == [[gallery.product.id]] * 2
    await gallery.delete(image, None)
    assert reported == [[gallery.product.id]] * 3


async def test_what_changed_nothing_is_not_told(
    database: Database, connection: Connection, gallery_writer: GalleryWriter, reported: Reported
) -> None:
    """Ready documents stay where an image is told what it is, or a deletion finds nothing more to take away."""
    gallery = await new_gallery(database, connection, gallery_writer)
    image = await gallery.create(None, ("image",))
    await gallery.assign(image, "2", ("image",))
    await gallery.delete(image, None)
    reported.clear()
    await gallery.assign(image, None, ())
    await gallery.assign(image, "2", ("image",))
    await gallery.delete(image, None)
    assert reported == []


async def test_a_product_that_moved_meanwhile_is_told_with_its_new_family(
    database: Database, connection: Connection, gallery_writer: GalleryWriter, reported: Reported
) -> None:
    """A product that became another one's child since its gallery was read changes that one's documents."""
    parent, child = [await new_gallery(database, connection, gallery_writer) for _ in range(2)]
    read = await gallery_writer.for_upload(child.product, None, None)
    await connection.execute("update product set parent_id = $1 where id = $2", parent.product.id, child.product.id)
    image = await gallery_writer.create(read, new_blob(), FileName(None, "png"), Values())
    await gallery_writer.update(read, image, Values(label="a label"), None)
    await gallery_writer.delete(read, image)
    assert reported == [[parent.product.id]] * 3


async def both(gallery: Gallery, model: Model, change: Step) -> None:
    """Does the same to the gallery and to its model; what is not listed in a scope cannot be changed there."""
    what, number, scope, codes = change
    if what == "create" or not model.images:
        model.create(await gallery.create(scope, codes), scope, codes)
        return
    image = model.images[number % len(model.images)]
    if image not in model.listed(scope):
        with pytest.raises(ImageNotFound):
            await gallery.delete(image, scope)
    elif what == "assign":
        await gallery.assign(image, scope, codes)
        model.assign(image, scope, codes)
    else:
        await gallery.delete(image, scope)
        model.delete(image, scope)
