"""An image with all that the native API says of it. Source: native.md, section 3."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias

import orjson

from app.db.pool import Record
from app.model import (
    EXTENSIONS,
    BlobHash,
    Format,
    ImageId,
    PictureId,
    Placeholder,
    ProductId,
    Recipe,
    RecipeHash,
    SourceFormat,
    segment_of,
)
from app.raster.steps.edit import Edit
from app.raster.steps.orient import oriented
from app.service.galleries.v1.notes import Remark, of_blob, of_image
from app.service.pictures.edits.values import read
from app.service.pictures.paths import rendition_path

Row: TypeAlias = Record | Mapping[str, Any]  # with the columns of `native_images`
State = Literal["processing", "ready", "failed", "external", "deleted"]


class Failure(NamedTuple):
    """Why a picture failed: a code, and a sentence."""

    code: str
    detail: str | None


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """What one store view says of an image; None: it says nothing. `types` it holds there by an own assignment."""

    label: str | None
    position: int | None
    exclude: bool | None
    hidden: bool
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rendition:
    """`path` is its URL below the media address; sizes, in pixels and bytes, are None unless it is ready."""

    recipe: str
    format: Format
    state: Literal["ready", "pending", "failed"]
    path: str
    reason: str | None = None
    width: int | None = None
    height: int | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class File:
    """Bytes that were uploaded: `size` in bytes, `width` and `height` in pixels as they are seen."""

    sha256: BlobHash
    size: int
    format: Format
    source_format: SourceFormat
    width: int
    height: int
    frames: int
    alpha: bool


@dataclass(frozen=True, slots=True)
class Texts:
    """Alternative texts in one locale; None: none."""

    large: str | None
    small: str | None


@dataclass(frozen=True, slots=True)
class Picture:
    """`file` None: it is known by its URLs alone. `placeholder` None: nobody made one yet. `notes` are those of the
    bytes."""

    id: PictureId
    file: File | None
    placeholder: Placeholder | None
    url_large: str | None
    url_small: str | None
    texts: Mapping[str, Texts]
    notes: tuple[Remark, ...]
    renditions: tuple[Rendition, ...]


@dataclass(frozen=True, slots=True)
class NativeImage:
    """`family` is the root product's id. `path` serves the cleaned original where `is_served`. `notes` are those of the
    entry alone. What is done to the picture for it is `edit`, `edit_key` the edited picture that comes of it."""

    id: ImageId
    product_id: ProductId
    sku: str
    family: ProductId
    state: State
    failure: Failure | None
    label: str | None
    position: int | None
    exclude: bool
    types: tuple[str, ...]
    stores: Mapping[str, StoreSettings]
    file_name: str | None
    path: str | None
    is_served: bool
    picture: Picture
    edit: Edit
    edit_key: str | None
    notes: tuple[Remark, ...]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    revision: int


class ImageRows:
    """Makes images of the rows of `native_images`. `recipes` are those in force."""

    def __init__(self, recipes: tuple[Recipe, ...]) -> None:
        self._recipes = tuple(recipe for recipe in recipes if recipe.box is not None)
        self._side = max(recipe.box or (0, 0) for recipe in recipes if recipe.name == "large")[0]

    @property
    def hashes(self) -> list[RecipeHash]:
        return [recipe.hash for recipe in self._recipes]

    def image(self, row: Row) -> NativeImage:
        return NativeImage(
            id=ImageId(row["id"]),
            product_id=ProductId(row["product_id"]),
            sku=row["sku"],
            family=ProductId(row["family"]),
            state=_state(row),
            failure=Failure(row["failure_code"], row["failure_detail"]) if row["failure_code"] else None,
            label=row["label"],
            position=row["position"],
            exclude=bool(row["excluded"]),
            types=tuple(row["types"]),
            stores=_stores(row["stores"]),
            file_name=row["file_name"],
            path=row["file_path"],
            is_served=row["file_path"] is not None and row["is_served"],
            picture=self.picture(row),
            edit=read(row["edit"]),
            edit_key=row["edit_key"],
            notes=tuple(self._of_entry(row)) if row["format"] else (),
            created_at=row["created_at"],
            updated_at=row["updated_at"],
            deleted_at=row["deleted_at"],
            revision=row["revision"],
        )

    def _of_entry(self, row: Row) -> Iterator[Remark]:
        source = row["converted_from"] or row["format"]
        return of_image(row["file_name"], row["declared"], source, row["duplicates"])

    def picture(self, row: Row) -> Picture:
        """Of a row that has `file_name`, too: renditions are called after it."""
        file = _file(row)
        return Picture(
            id=PictureId(row["picture"]),
            file=file,
            placeholder=Placeholder(row["thumbhash"], row["color"]) if row["thumbhash"] else None,
            url_large=row["url_large"],
            url_small=row["url_small"],
            texts={locale: Texts(**texts) for locale, texts in _read(row["texts"], {}).items()},
            notes=self._notes(row, file) if file else (),
            renditions=tuple(self._renditions(row, file)) if file else (),
        )

    def _notes(self, row: Row, file: File) -> tuple[Remark, ...]:
        found = _read(row["notes"], [])
        return tuple(of_blob(found, row["orientation"], max(file.width, file.height), self._side))

    def _renditions(self, row: Row, file: File) -> Iterator[Rendition]:
        """Each recipe in the picture's own format, or the only one that it is made in, then what there is in others."""
        failures: Mapping[str, str] = _read(row["failures"], {})
        built = {(recipe, fmt): tuple(sizes) for recipe, fmt, *sizes in _read(row["built"], [])}
        whose = segment_of(file.sha256, row["key"]), row["file_name"], row["picture"]
        for recipe in self._recipes:
            fmt = recipe.only or file.format
            path = rendition_path(recipe.slug, *whose, fmt)
            yield _rendition(recipe, fmt, path, built.get((recipe.hash, fmt)), failures)
        for recipe in self._recipes:
            for fmt in EXTENSIONS:
                if fmt != (recipe.only or file.format) and (recipe.hash, fmt) in built:
                    path = rendition_path(recipe.slug, *whose, fmt)
                    yield _rendition(recipe, fmt, path, built[recipe.hash, fmt], {})


def _rendition(
    recipe: Recipe, fmt: Format, path: str, sizes: tuple[int, ...] | None, failures: Mapping[str, str]
) -> Rendition:
    if sizes is not None:
        return Rendition(recipe.name, fmt, "ready", path, None, *sizes)
    if recipe.hash in failures:
        return Rendition(recipe.name, fmt, "failed", path, failures[recipe.hash])
    return Rendition(recipe.name, fmt, "pending", path)


def _state(row: Row) -> State:
    if row["deleted_at"] is not None:
        return "deleted"
    state: State = "external" if row["format"] is None else row["state"]
    return state


def _file(row: Row) -> File | None:
    if row["format"] is None:
        return None
    width, height = oriented((row["width"], row["height"]), row["orientation"])
    return File(
        sha256=BlobHash(row["blob_hash"].hex()),
        size=row["size"],
        format=row["format"],
        source_format=row["converted_from"] or row["format"],
        width=width,
        height=height,
        frames=row["frames"],
        alpha=row["has_alpha"],
    )


def _stores(text: str | None) -> Mapping[str, StoreSettings]:
    return {
        code: StoreSettings(given["label"], given["position"], given["exclude"], given["hidden"], tuple(given["types"]))
        for code, given in _read(text, {}).items()
    }


def _read(text: str | None, nothing: Any) -> Any:
    """The value of a column of JSON."""
    return nothing if text is None else orjson.loads(text)
