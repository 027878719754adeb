"""`import glue`: the catalogue of a Glue shop, with progress for people and a report of what was left out."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.commands import gallery
from app.commands.context import Context, complain
from app.commands.progress import progress
from app.commands.registry import Nouns
from app.errors import InvalidCommand
from app.service.foreign.fetch import Fetcher
from app.service.foreign.pictures import PictureFetch
from app.service.pictures.filing import Filing
from app.service.transfer.glue.report import Report, reported
from app.service.transfer.glue.run import Options, run_import
from app.service.transfer.text_file import size_of

if TYPE_CHECKING:
    from app.wiring.parts import Parts

_REPORT: Final = Path("glue-import-rejected.csv")


def register(nouns: Nouns) -> None:
    importer = nouns.noun("import", "Catalogues that other shops have.")
    gallery.register_import(importer)
    parser = importer.command("glue", _import, "Import the CSV files of a Spryker shop: products, image sets, images.")
    parser.add_argument(
        "folder",
        metavar="DIR",
        type=Path,
        help="folder of product_abstract.csv, product_concrete.csv and product_image.csv",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")
    parser.add_argument(
        "--fold-locales",
        action="store_true",
        help="products that show the same in every language get their images once, as the gallery that Spree and "
        "OpenMage edit; not those that have sets of their own already, as an import without this option makes them",
    )
    parser.add_argument(
        "--fetch", action="store_true", help="then download the pictures, store them and serve them from here"
    )
    parser.add_argument(
        "--report",
        metavar="FILE",
        type=Path,
        default=_REPORT,
        help="where lines left out are listed (default: %(default)s)",
    )


async def _import(args: argparse.Namespace, context: Context) -> int:
    if args.fetch and args.dry_run:
        raise InvalidCommand("--fetch and --dry-run do not go together.")
    options = Options(args.folder, tuple(context.settings.locales.values()), args.fold_locales, not args.dry_run)
    size = sum(size_of(path) or 0 for path in options.files())
    with reported(args.report) as report:
        async with context.database() as database:
            with progress("bytes", size) as advanced:
                filing = Filing(context.settings)
                if args.dry_run:
                    await run_import(database, filing, options, report, advanced)
                else:
                    async with context.importing(database, size) as job:
                        await run_import(database, filing, options, report, job.watched(advanced))
        for note in report.notes:
            complain(note)
        if args.fetch:
            await _fetch(context, report)
    context.answer(_document(args, report), _text(args, report))
    return 1 if report.has_lines else 0


async def _fetch(context: Context, report: Report) -> None:
    async with context.parts() as parts:
        with progress("pictures") as advanced:

            def fetched(pictures: int) -> None:
                report.count_fetched(pictures)
                advanced(pictures)

            await _picture_fetch(parts).run(report.count_foreign, fetched)


def _picture_fetch(parts: "Parts") -> PictureFetch:
    settings = parts.settings
    return PictureFetch(settings, parts.storage.database, Fetcher(settings), parts.pictures.intake, Filing(settings))


def _document(args: argparse.Namespace, report: Report) -> dict[str, object]:
    document: dict[str, object] = {**report.counts, "folded_owners": report.folded, "dry_run": args.dry_run}
    if args.fetch:
        document |= {"fetched": report.fetched, "still_foreign": report.still_foreign}
    return document | {"report": report.path if report.has_lines else None}


def _text(args: argparse.Namespace, report: Report) -> str:
    lines = [f"{subject.capitalize()}: {_counted(outcomes)}." for subject, outcomes in report.counts.items()]
    if args.fold_locales:
        lines.append(f"Folded: {report.folded} products.")
    if args.fetch:
        lines.append(f"Pictures: {report.fetched} fetched, {report.still_foreign} URLs still foreign.")
    if report.has_lines:
        lines.append(f"What was left out, and why: {report.path}")
    if args.dry_run:
        lines.append("Nothing was changed, this was a dry run.")
    return "\n".join(lines)


def _counted(outcomes: Mapping[str, int]) -> str:
    """Rows that are for something other than products are counted where there are any."""
    return ", ".join(f"{number} {outcome}" for outcome, number in outcomes.items() if number or outcome != "skipped")
