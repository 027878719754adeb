"""`import glue`: the catalogue of a Glue shop, with progress for people and a report of what was left out."""

import argparse
import sys
from pathlib import Path
from typing import Final

from tqdm import tqdm

from app.commands.context import Context
from app.commands.registry import Nouns
from app.service.glue_import.report import Report, reported
from app.service.glue_import.run import Options, run_import

_REPORT: Final = Path("glue-import-rejected.csv")


def register(nouns: Nouns) -> None:
    importer = nouns.noun("import", "Catalogues that other shops have.")
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
        "OpenMage edit",
    )
    parser.add_argument(
        "--report",
        metavar="FILE",
        type=Path,
        default=_REPORT,
        help="where lines left out are listed (default: %(default)s)",
    )


async def _import(args: argparse.Namespace, context: Context) -> int:
    options = Options(args.folder, tuple(context.settings.locales.values()), args.fold_locales, not args.dry_run)
    size = sum(path.stat().st_size for path in options.files())
    with reported(args.report) as report:
        async with context.database() as database:
            with tqdm(total=size, unit="B", unit_scale=True, leave=False, disable=not sys.stderr.isatty()) as bar:
                await run_import(database, options, report, bar.update)
    context.answer(_document(args, report), _text(args, report))
    return 1 if report.rejected else 0


def _document(args: argparse.Namespace, report: Report) -> dict[str, object]:
    return dict(report.counts) | {
        "folded_owners": report.folded,
        "dry_run": args.dry_run,
        "report": str(args.report) if report.rejected else None,
    }


def _text(args: argparse.Namespace, report: Report) -> str:
    lines = [
        f"{subject.capitalize()}: {', '.join(f'{number} {outcome}' for outcome, number in outcomes.items())}."
        for subject, outcomes in report.counts.items()
    ]
    if args.fold_locales:
        lines.append(f"Folded: {report.folded} products.")
    if report.rejected:
        lines.append(f"What was left out, and why: {args.report}")
    return "\n".join([*lines, *(["Nothing was changed, this was a dry run."] if args.dry_run else [])])
