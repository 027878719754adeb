"""`import gallery` and `export gallery`: a shop moves in, or out, with its ids, paths and stamps."""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

import orjson

from app.commands.context import Context, complain
from app.commands.product_file import parents_first
from app.commands.progress import Advance, progress
from app.commands.registry import Nouns
from app.db.pool import Database
from app.errors import InvalidCommand
from app.service.catalogue.listing import list_products
from app.service.transfer.galleries.export import GalleryExport
from app.service.transfer.galleries.files import GalleryFiles
from app.service.transfer.galleries.importer import GalleryImport, Numbered
from app.service.transfer.galleries.report import Report
from app.service.transfer.report_file import report_file
from app.service.transfer.text_file import size_of, text_file

_REPORT: Final = Path("gallery-import-rejected.txt")


def register_import(importer: Nouns) -> None:
    parser = importer.command("gallery", _import, "Import the images that an existing shop has, from JSON lines.")
    parser.add_argument("file", metavar="FILE", type=Path, help="one JSON object a line")
    parser.add_argument("--files", metavar="DIR", type=Path, required=True, help="folder that the paths are below")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")
    parser.add_argument(
        "--report",
        metavar="FILE",
        type=Path,
        default=_REPORT,
        help="where lines left out are listed (default: %(default)s)",
    )


def register(nouns: Nouns) -> None:
    exporter = nouns.noun("export", "Catalogues for other shops.")
    parser = exporter.command("gallery", _export, "Write all galleries as JSON lines, for `import gallery`.")
    parser.add_argument("file", metavar="FILE", type=Path, help="where the lines go")
    parser.add_argument(
        "--files", metavar="DIR", type=Path, help="where the uploaded files go, private metadata included"
    )
    parser = exporter.command("products", _export_products, "Write all products as JSON lines, for `product import`.")
    parser.add_argument("file", metavar="FILE", type=Path, help="where the lines go")


async def _import(args: argparse.Namespace, context: Context) -> int:
    with report_file(args.report) as rejected:
        report = Report(lambda line, reason: _reject(rejected, line, reason))
        async with context.parts() as parts:
            files = GalleryFiles(parts.pictures.intake, args.files, keep=not args.dry_run)
            importing = GalleryImport(
                parts.storage.database, parts.pictures.filing, files, report, dry_run=args.dry_run
            )
            size = size_of(args.file)
            if size is not None:  # what is no regular file can be read only once
                await importing.reserve_ids(_numbered(args.file, lambda _: None))
            with progress("bytes", size) as advanced:
                await _run(importing, args, context, parts.storage.database, advanced)
    text = "\n".join(
        f"{subject.capitalize()}: {', '.join(f'{count} {outcome}' for outcome, count in outcomes.items())}."
        for subject, outcomes in report.counts.items()
    )
    if report.rejected:
        text += f"\nWhat was left out, and why: {rejected.name}"
    context.answer(
        report.counts | {"dry_run": args.dry_run, "report": rejected.name if report.rejected else None}, text
    )
    return 1 if report.rejected else 0


async def _run(
    importing: GalleryImport, args: argparse.Namespace, context: Context, database: Database, advanced: Advance
) -> None:
    """What changes nothing is no work that others hear of."""
    if args.dry_run:
        await importing.run(_numbered(args.file, advanced))
        return
    async with context.importing(database, size_of(args.file)) as job:
        await importing.run(_numbered(args.file, job.watched(advanced)))


async def _export(args: argparse.Namespace, context: Context) -> int:
    count, left_out = 0, list[str]()

    def leave_out(path: str, reason: str) -> None:
        left_out.append(path)
        complain(f"{path} was not written: {reason}")

    async with context.parts() as parts:
        with _opened(args.file) as target, progress("lines") as advanced:
            async for line in GalleryExport(parts.storage.database, parts.storage.store, args.files, leave_out).lines():
                target.write(orjson.dumps(line) + b"\n")
                count += 1
                advanced(1)
    text = f"{count} lines written to {args.file}."
    if left_out:
        text += f"\nFiles that could not be written: {len(left_out)}."
    context.answer({"lines": count, "files_left_out": left_out}, text)
    return 1 if left_out else 0


async def _export_products(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        products = parents_first(map(dict, await list_products(database)))
    with _opened(args.file) as target:
        for product in products:
            target.write(orjson.dumps(product) + b"\n")
    context.answer({"lines": len(products)}, f"{len(products)} lines written to {args.file}.")
    return 0


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("wb")
    except OSError as error:
        raise InvalidCommand(f"{path}: {error.strerror}.") from None


def _numbered(path: Path, advanced: Callable[[int], object]) -> Iterator[Numbered]:
    with text_file(path, advanced) as text:
        yield from enumerate(text.lines(), 1)


def _reject(rejected: IO[str], line: int, reason: str) -> None:
    rejected.write(f"line {line}: {reason}\n")
    complain(f"line {line}: {reason}")
