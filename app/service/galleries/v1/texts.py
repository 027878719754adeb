"""Alternative texts of a picture, wherever it is used. Source: native.md, section 3."""

from collections.abc import Mapping
from typing import Final, TypeAlias, TypedDict

from app.db.pool import REQUEST_LOCK_SECONDS, Database, Record, Transaction
from app.errors import PictureNotFound, PreconditionFailed
from app.model import ProductId
from app.service.changes.record import Row, record_rows
from app.service.galleries.removal import Committed
from app.service.galleries.v1.said import Revisions


class TextsSaid(TypedDict, total=False):
    """In one locale; what is absent stays, null means none."""

    large: str | None
    small: str | None


Texts: TypeAlias = Mapping[str, TextsSaid | None]
"""By locale; null means none in it."""

_NONE: Final = TextsSaid(large=None, small=None)


class PictureTexts:
    def __init__(self, database: Database, committed: Committed) -> None:
        self._db = database
        self._committed = committed

    async def patch(self, picture: int, said: Texts | None, revisions: Revisions = None) -> None:
        """Changes what is said; None: there are no texts any more. PictureNotFound, PreconditionFailed."""
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            revision = await tx.fetchval("lock_picture", picture)
            if revision is None:
                raise PictureNotFound(f"There is no picture {picture}.")
            if revisions is not None and revision not in revisions:
                raise PreconditionFailed(f"picture {picture} is at revision {revision}")
            former = {row["locale"]: _texts(row) for row in await tx.fetch("texts_of_picture", picture)}
            present = _merged(former, said)
            if present != former:
                await _write(tx, picture, former, present)
            families = await tx.fetch("families_of_picture", picture)
        if present != former:
            self._committed.tell([ProductId(row["family"]) for row in families], None)


def _texts(row: Record) -> TextsSaid:
    return TextsSaid(large=row["large"], small=row["small"])


def _merged(former: Mapping[str, TextsSaid], said: Texts | None) -> dict[str, TextsSaid]:
    present = {} if said is None else dict(former)
    for locale, texts in (said or {}).items():
        merged = _NONE.copy()
        if texts is not None:
            merged.update(former.get(locale, _NONE))
            merged.update(texts)
        present[locale] = merged
    return {locale: texts for locale, texts in present.items() if texts != _NONE}


async def _write(
    tx: Transaction, picture: int, former: Mapping[str, TextsSaid], present: Mapping[str, TextsSaid]
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
