"""One line into the catalogue, within the transaction of its batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeVar

from app.db.pool import Record, Transaction
from app.errors import InvalidCommand
from app.model import EXTENSIONS
from app.raster.steps.edit import UNEDITED
from app.service.changes.record import Row, record_rows
from app.service.pictures.edits.values import EditInput
from app.service.pictures.filing import FileName, Filing
from app.service.pictures.intake import Blob
from app.service.pictures.paths import check_path, stem
from app.service.transfer.galleries.lines import ImageLine, PathLine, Types, TypesLine, Values
from app.service.transfer.galleries.report import LineOutcome
from app.service.transfer.galleries.stored import stored_line

_GLOBAL: Final = ("0", "admin")
"""What the global scope is called where it counts as a store view."""

_Scope = TypeVar("_Scope", Values, Types)


@dataclass(frozen=True, slots=True)
class Known:
    """What lines may name: products by SKU, store views by code and by id, image types. `codes` are the store
    views' own."""

    products: Mapping[str, int]
    stores: Mapping[str, int]
    codes: Mapping[int, str]
    types: frozenset[str]

    def product(self, sku: str) -> int:
        if sku not in self.products:
            raise InvalidCommand(f"there is no product with the SKU {sku!r}.")
        return self.products[sku]

    def check(self, types: Types) -> None:
        if unknown := [code for code in types if code not in self.types]:
            raise InvalidCommand(f"there is no image type {unknown[0]!r}.")

    def store(self, name: str) -> int:
        """The store view of a code, in any case, or of an id; 0 for the global scope."""
        store = self.stores.get(name.lower(), 0)
        if not store and name.lower() not in _GLOBAL:
            raise InvalidCommand(f"there is no store view {name!r}.")
        return store

    def by_code(self, stores: Mapping[str, _Scope]) -> tuple[_Scope | None, dict[str, _Scope]]:
        """What lines say of scopes: of the global one, if it is named like a store view, and of store views by code."""
        by_id: dict[int, _Scope] = {}
        for name, given in stores.items():
            if by_id.setdefault(self.store(name), given) is not given:
                raise InvalidCommand(f"the store view {name!r} is named twice.")
        of_all = by_id.pop(0, None)
        return of_all, {self.codes[store]: given for store, given in by_id.items()}


class Applier:
    def __init__(self, filing: Filing, known: Known) -> None:
        self._filing = filing
        self._known = known

    async def image(self, tx: Transaction, line: ImageLine, blob: Blob | None) -> LineOutcome:
        """Raises InvalidCommand for a line that contradicts itself or what is stored."""
        product = self._known.product(line.sku)
        of_all, stores = self._known.by_code(line.stores)
        line = replace(line, given=_both(line.given, of_all), stores=stores)
        for given in (line.given, *stores.values()):
            self._known.check(given.types)
        found = await self._find(tx, line, product, blob)
        if found is None:
            image = await self._create(tx, line, product, blob)
            outcome: LineOutcome = "created"
        else:
            _check_same(found, line, product, blob)
            image, outcome = found["id"], await self._update(tx, found, line)
        if outcome != "unchanged":
            await self._write_given(tx, image, product, line)
            await self._edit(tx, image, line, is_new=outcome == "created")
        nones = await self._put_nones(
            tx, product, line.given.types, {c: given.types for c, given in line.stores.items()}
        )
        return "updated" if nones and outcome == "unchanged" else outcome

    async def path(self, tx: Transaction, line: PathLine, blob: Blob | None) -> LineOutcome:
        """A path that no image has; InvalidCommand where it serves other bytes."""
        if blob is not None:
            return "created" if await self._filing.adopt_path(tx, line.path, blob) else "unchanged"
        check_path(line.path)
        row = await tx.fetchrow("lock_path", line.path)
        if row is not None and row["blob_hash"] is not None:
            raise InvalidCommand(f"{line.path} serves a file here.")
        return "created" if await tx.execute("insert_withdrawn_path", line.path) else "unchanged"

    async def types(self, tx: Transaction, line: TypesLine) -> LineOutcome:
        product = self._known.product(line.sku)
        of_all, stores = self._known.by_code(line.stores)
        types = dict(of_all or {}) | dict(line.types)
        for given in (types, *stores.values()):
            self._known.check(given)
        return "updated" if await self._put_nones(tx, product, types, stores) else "unchanged"

    async def _find(self, tx: Transaction, line: ImageLine, product: int, blob: Blob | None) -> Record | None:
        image = line.id or await _named(tx, line, product, blob)
        return None if image is None else await tx.fetchrow("image_to_update", image)

    async def _create(self, tx: Transaction, line: ImageLine, product: int, blob: Blob | None) -> int:
        digest = bytes.fromhex(blob.hash) if blob else None
        picture = await tx.fetchval("put_transferred_picture", digest, line.url_large, line.url_small, line.key)
        if picture is None:
            raise InvalidCommand(f"the key {line.key!r} is taken here by another file.")
        path = await self._path(tx, line, blob)
        name = line.file_name or (path.rpartition("/")[2] if path else None)
        given = (line.given.label, line.given.position, line.given.exclude)
        image: int = await tx.fetchval(
            "insert_transferred_image",
            *(line.id, product, picture, name, path, *given),
            self._filing.recipes if blob else [],
            line.file_updated_at,
        )
        return image

    async def _path(self, tx: Transaction, line: ImageLine, blob: Blob | None) -> str | None:
        if blob is None:
            return None
        if line.path is not None:
            await self._filing.adopt_path(tx, line.path, blob)
            return line.path
        name = (line.file_name or line.file or "").rpartition("/")[2]
        return await self._filing.new_path(tx, blob, FileName(stem(name) or None, EXTENSIONS[blob.facts.format]))

    async def _update(self, tx: Transaction, found: Record, line: ImageLine) -> LineOutcome:
        [row] = await tx.fetch("images_to_transfer", [found["id"]])
        if _comparable(line, stored_line(row)):
            return "unchanged"
        given = (line.given.label, line.given.position, line.given.exclude)
        stamp = (line.file_updated_at, line.file_name)
        await tx.execute("update_transferred_image", found["id"], *given, *stamp)
        return "updated"

    async def _write_given(self, tx: Transaction, image: int, product: int, line: ImageLine) -> None:
        """Texts, values per store view and types, exactly as the line has them."""
        await self._write_texts(tx, image, line)
        stores = {self._known.stores[code]: given for code, given in line.stores.items()}
        valued = {store: given for store, given in stores.items() if given.values != Values().values}
        await tx.execute("drop_other_store_values", image, list(valued))
        for store, given in valued.items():
            await tx.execute("set_store_values", image, store, *given.values)
        for scope in (None, *set(self._known.stores.values())):
            held = line.given.held if scope is None else stores[scope].held if scope in stores else []
            await tx.execute("forget_types", product, scope, image, held)
            if held:
                await tx.execute("assign_types", product, scope, image, held)

    async def _edit(self, tx: Transaction, image: int, line: ImageLine, *, is_new: bool) -> None:
        """What is done to the picture, exactly, if the line says so. A new image has the stamp of elsewhere."""
        if line.edit is None:
            return
        await self._filing.edits.write(tx, image, EditInput(), line.edit)
        if is_new and line.file_updated_at:
            await tx.execute("stamp_transferred_image", image, line.file_updated_at)

    async def _write_texts(self, tx: Transaction, image: int, line: ImageLine) -> None:
        picture = await tx.fetchval("picture_of_image", image)
        locales = list(line.texts)
        columns = ([line.texts[locale].get(size) for locale in locales] for size in ("large", "small"))
        await tx.execute("put_picture_texts", picture, locales, *columns)

    async def _put_nones(self, tx: Transaction, product: int, types: Types, stores: Mapping[str, Types]) -> int:
        """How many types became an explicit "none"."""
        scopes = [(None, types), *((self._known.stores[code], of_store) for code, of_store in stores.items())]
        changed, fresh = 0, dict[str, list[str]]()
        for scope, given in scopes:
            if nones := [code for code, is_held in given.items() if not is_held]:
                rows = await tx.fetch("put_nones", product, scope, nones)
                changed += len(rows)
                if unheld := [row["type_code"] for row in rows if row["is_new"]]:
                    fresh[str(scope or 0)] = sorted(unheld)
        if fresh:
            await _record_nones(tx, product, fresh)
        return changed


async def _record_nones(tx: Transaction, product: int, nones: Mapping[str, Sequence[str]]) -> None:
    """Types, by scope, that no image held: what an image held, its own row tells."""
    revision = await tx.fetchval("next_product_revision", product)
    before: dict[str, object] = {"nones": dict.fromkeys(nones, ())}
    await record_rows(tx, [Row("product.updated", product, revision=revision, before=before, after={"nones": nones})])


def _both(given: Values, of_all: Values | None) -> Values:
    """What a line says of the global scope: by itself, and as if that were a store view; InvalidCommand."""
    if of_all is None:
        return given
    if of_all.hidden:
        raise InvalidCommand("the global scope hides no image.")
    values = dict[str, Any]()
    for name, empty in (("label", None), ("position", None), ("exclude", None), ("types", {})):
        own, other = getattr(given, name), getattr(of_all, name)
        if empty not in (own, other) and own != other:
            raise InvalidCommand(f"{name} is said twice of the global scope.")
        values[name] = other if own == empty else own
    return Values(**values)


async def _named(tx: Transaction, line: ImageLine, product: int, blob: Blob | None) -> int | None:
    """The image of the product that a line without an id means: by its path, else its key, bytes or URLs."""
    image: int | None
    if line.path is not None:
        image = await tx.fetchval("image_with_path", product, line.path)
    elif line.key is not None:
        image = await tx.fetchval("image_with_key", product, line.key)
    elif blob is not None:
        image = await tx.fetchval("image_with_file", product, bytes.fromhex(blob.hash), line.file_name)
    else:
        image = await tx.fetchval("image_with_urls", product, line.url_large, line.url_small)
    return image


def _check_same(found: Record, line: ImageLine, product: int, blob: Blob | None) -> None:
    if found["product_id"] != product or found["is_deleted"]:
        raise InvalidCommand(
            f"image {found['id']} is {'deleted' if found['is_deleted'] else 'one of another product'}."
        )
    if line.path is not None and found["file_path"] != line.path:
        raise InvalidCommand(f"image {found['id']} has the path {found['file_path']} here.")
    if blob is not None and (found["blob_hash"] is None or found["blob_hash"].hex() != blob.hash):
        raise InvalidCommand(f"image {found['id']} has another file here.")


def _comparable(line: ImageLine, stored: ImageLine) -> bool:
    """Whether a line says what is stored; what it leaves to the service counts as equal."""
    stores = {code: _without_nones(given) for code, given in line.stores.items()}
    wanted = replace(
        line,
        sku=stored.sku,
        id=stored.id,
        path=stored.path,
        file=None,
        file_name=line.file_name or stored.file_name,
        file_updated_at=_stamp(line, stored),
        edit=stored.edit if line.edit is None else line.edit,
        key=stored.key,
        url_large=stored.url_large,
        url_small=stored.url_small,
        given=_without_nones(line.given),
        texts={locale: _given(texts) for locale, texts in line.texts.items() if _given(texts)},
        stores={code: given for code, given in stores.items() if given != Values()},
    )
    return wanted == stored


def _stamp(line: ImageLine, stored: ImageLine) -> datetime | None:
    """An earlier one than that of an edited image changes nothing."""
    given, known = line.file_updated_at or stored.file_updated_at, stored.file_updated_at
    return max(given, known) if given and known and stored.edit != UNEDITED else given


def _given(texts: Mapping[str, str | None]) -> dict[str, str]:
    return {size: text for size, text in texts.items() if text is not None}


def _without_nones(given: Values) -> Values:
    return replace(given, types=dict.fromkeys(given.held, True))


def store_names(rows: Sequence[Record]) -> dict[str, int]:
    """Store views by code and by id."""
    return {str(row["id"]): row["id"] for row in rows} | {row["code"]: row["id"] for row in rows}
