"""Alternative texts of a picture, wherever it is used. Source: native.md, section 3."""

from collections.abc import Mapping
from typing import Final, TypeAlias, TypedDict

from app.db.pool import REQUEST_LOCK_SECONDS, Database, Record, Transaction
from app.errors import PictureNotFound, PreconditionFailed
from app.model import ProductId
from app.service.changes.record import Row, record_rows
from app.service.galleries.removal import Committed
from app.service.galleries.v1.input import Revisions


class TextsInput(TypedDict, total=False):
    """In one locale; what is absent stays, null means none."""

    large: str | None
    small: str | None


Texts: TypeAlias = Mapping[str, TextsInput | None]
"""By locale; null means none in it."""

_NONE: Final = TextsInput(large=None, small=None)


class PictureTexts:
    def __init__(self, database: Database, committed: Committed) -> None:
        self._db = database
        self._committed = committed

    async def patch(self, picture: int, given: Texts | None, revisions: Revisions = None) -> None:
        """Changes what is said; None: there are no texts any more. PictureNotFound, PreconditionFailed."""
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            revision = await tx.fetchval("lock_picture", picture)
            if revision is None:
                raise PictureNotFound(f"There is no picture {picture}.")
            if revisions is not None and revision not in revisions:
                raise PreconditionFailed(f"picture {picture} is at revision {revision}")
            former = {row["locale"]: _texts(row) for row in await tx.fetch("texts_of_picture", picture)}
            present = _merged(former, given)
            if present != former:
                await _write(tx, picture, former, present)
            families = await tx.fetch("families_of_picture", picture)
        if present != former:
            self._committed.announce([ProductId(row["family"]) for row in families], None)


async def put_texts_back(
    tx: Transaction, picture: int, revision: int | None, texts: Mapping[str, TextsInput]
) -> set[ProductId] | None:
    """Says of a picture in some locales what a row of the log has; the families that show it. None, and nothing is
    done, where the picture is gone or (`revision`; None: no matter) is another one by now."""
    present_revision = await tx.fetchval("lock_picture", picture)
    if present_revision is None or revision not in (None, present_revision):
        return None
    former = {row["locale"]: _texts(row) for row in await tx.fetch("texts_of_picture", picture)}
    present = _merged(former, {locale: {**_NONE, **(given or {})} for locale, given in texts.items()})
    if present != former:
        await _write(tx, picture, former, present)
    return {ProductId(row["family"]) for row in await tx.fetch("families_of_picture", picture)}


def _texts(row: Record) -> TextsInput:
    return TextsInput(large=row["large"], small=row["small"])


def _merged(former: Mapping[str, TextsInput], given: Texts | None) -> dict[str, TextsInput]:
    present = {} if given is None else dict(former)
    for locale, texts in (given or {}).items():
        merged = _NONE.copy()
        if texts is not None:
            merged.update(former.get(locale, _NONE))
            merged.update(texts)
        present[locale] = merged
    return {locale: texts for locale, texts in present.items() if texts != _NONE}


async def _write(
    tx: Transaction, picture: int, former: Mapping[str, TextsInput], present: Mapping[str, TextsInput]
) -> None:
    columns = ([texts.get(size) for texts in present.values()] for size in ("large", "small"))
    await tx.execute("put_picture_texts", picture, list(present), *columns)
    revision = await tx.fetchval("count_picture_revision", picture)
    differing = [one for one in {**former, **present} if former.get(one) != present.get(one)]
    before, after = (
        {"picture": picture, "texts": {locale: texts.get(locale) for locale in differing}}
        for texts in (former, present)
    )
    await record_rows(tx, [Row("picture.changed", revision=revision, before=before, after=after)])
