"""`history`: what was changed, and taking it back."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from app.commands.context import Context
from app.commands.progress import progress
from app.commands.registry import Nouns
from app.commands.table import table
from app.db.pool import Record
from app.errors import InvalidCommand
from app.service.changes.acting import WAYS
from app.service.changes.history import Filters, History, Place
from app.service.changes.long_jobs import LongJobs
from app.service.galleries.undo import TooManyChanges, Undone

if TYPE_CHECKING:
    from app.wiring.parts import Parts

_USUAL: Final = 50
_MOST: Final = 1000


def register(nouns: Nouns) -> None:
    history = nouns.noun("history", "What was changed, and taking it back.")
    _register_list(history.command("list", _list, "List changes, the newest first."))
    show = history.command("show", _show, "Show one change, with what was and what is.")
    show.add_argument("change", metavar="ID", type=int)
    undo = history.command("undo", _undo, "Take back a batch of changes, or one of them.")
    which = undo.add_mutually_exclusive_group(required=True)
    which.add_argument("--batch", help="all of this batch that can be taken back")
    which.add_argument("--change", type=int, help="the number of one change")
    undo.add_argument("--actor", help="id or name of whose batch it is, where several have one of this name")
    undo.add_argument("--force", action="store_true", help="leave images that were changed since, and undo the others")


def _register_list(parser: argparse.ArgumentParser) -> None:
    of_one = parser.add_mutually_exclusive_group()
    of_one.add_argument("--image", metavar="ID", type=int, help="those of one image alone")
    of_one.add_argument("--sku", help="those of one product alone, its sets and its images")
    parser.add_argument("--actor", help="id or name of who acted")
    parser.add_argument("--via", choices=WAYS, help="by this way")
    parser.add_argument("--batch", help="of this batch")
    parser.add_argument("--kind", action="append", help="of this kind, or image.*; may be given more than once")
    parser.add_argument("--since", metavar="TIME", type=_moment, help="from this time on, such as 2026-01-31T12:00")
    parser.add_argument("--limit", type=_limit, default=_USUAL, help=f"at most so many, up to {_MOST} (%(default)s)")
    parser.add_argument("--before", metavar="ID", type=int, help="those before this one, as `next` said")


def _moment(text: str) -> datetime:
    """An argparse type; in the machine's zone, where none is told."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-01-31T12:00") from None


def _limit(text: str) -> int:
    """An argparse type."""
    if not text.isdecimal() or not 1 <= int(text) <= _MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {_MOST}")
    return int(text)


async def _list(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        rows, last = await _rows(args, History(database))
    found = {"changes": [_document(row) for row in rows], "next": last}
    text = table([_line(row) for row in rows]) or "No changes."
    context.answer(found, text if last is None else f"{text}\n\nMore of them: --before {last}")
    return 0


async def _rows(args: argparse.Namespace, history: History) -> tuple[Sequence[Record], int | None]:
    """And before which one the list goes on."""
    if (args.sku, args.image) != (None, None) and any((args.actor, args.via, args.batch, args.kind, args.since)):
        raise InvalidCommand("The history of one product or image is listed as a whole.")
    if args.sku is not None:
        return await history.of_product(args.sku, args.before, args.limit)
    if args.image is not None:
        behind = None if args.before is None else await _place(history, args.before)
        rows, place = await history.of_image(args.image, behind, args.limit)
        return rows, place and place.id
    filters = Filters(args.actor, args.via, args.batch, args.kind, args.since, shows_credentials=True)
    rows, last = await history.page(filters, args.before, args.limit)
    while len(rows) < args.limit and last is not None:
        further, last = await history.page(filters, last, args.limit - len(rows))
        rows += further
    return rows, last


async def _place(history: History, number: int) -> Place:
    row = await history.change(number)
    return Place(row["revision"] or 0, number)


async def _show(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        change = _document(await History(database).change(args.change))
    sides = {side: change.pop(side) for side in ("before", "after")}
    text = "\n".join(f"{side}: {orjson.dumps(members).decode()}" for side, members in sides.items())
    context.answer({**change, **sides}, f"{table([change])}\n\n{text}")
    return 0


def _document(row: Record) -> dict[str, Any]:
    sides = {side: row[side] and orjson.loads(row[side]) for side in ("before", "after")}
    return {**dict(row), **sides}


def _line(row: Record) -> Mapping[str, Any]:
    names = ("id", "at", "kind", "sku", "image_id", "revision", "via", "batch")
    return {**{name: row[name] for name in names}, "actor": row["actor_name"] or row["actor_id"] or row["actor_kind"]}


def _summary(undone: Undone) -> str:
    text = f"{undone.undone} things are as they were; this is batch {undone.batch}."
    for sort, left in (("", undone.left), (" products", undone.left_products), (" pictures", undone.left_pictures)):
        if left:
            text += f" Left{sort}, since they were changed meanwhile: {', '.join(map(str, left))}."
    if undone.leaves:
        text += f" Not taken back: {', '.join(f'{number} {kind}' for kind, number in undone.leaves.items())}."
    return text


async def _undo(args: argparse.Namespace, context: Context) -> int:
    async with context.parts() as parts:
        undo = parts.catalogue.undo
        try:
            if args.batch is not None:
                undone = await undo.undo("batch", args.batch, force=args.force, actor=args.actor)
            else:
                undone = await undo.undo("change", args.change, force=args.force)
        except TooManyChanges as many:
            await _undo_long(parts, args.batch, many, context, force=args.force)
        else:
            context.answer(asdict(undone), _summary(undone))
    return 0


async def _undo_long(parts: "Parts", batch: str, many: TooManyChanges, context: Context, *, force: bool) -> None:
    """Slice by slice; what a command that was killed had begun goes on."""
    undo, database = parts.catalogue.long_undo, parts.storage.database
    number = await undo.begin(batch, many.owner, many.leaves, force=force, queued=False)
    job = await LongJobs(database).job(number)
    with progress("changes", job["total"]) as advanced:
        await undo.work(number, advanced)
    job = await LongJobs(database).job(number)
    outcome, left = orjson.loads(job["told"]), list(job["left_images"])
    undone = Undone(job["batch"], outcome["undone"], left, leaves=outcome["leaves"])
    context.answer({**asdict(undone), "state": job["state"]}, _summary(undone))
