"""`import gallery` and `export gallery`: a shop moves in, or out, with its ids, paths and stamps."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

import orjson
from tqdm import tqdm

from app.commands.context import Context, complain
from app.commands.registry import Nouns
from app.errors import InvalidCommand
from app.service.gallery_transfer.export import GalleryExport
from app.service.gallery_transfer.files import GalleryFiles
from app.service.gallery_transfer.importer import GalleryImport, Numbered
from app.service.gallery_transfer.report import Report

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


async def _import(args: argparse.Namespace, context: Context) -> int:
    with _opened(args.report, "wb") as rejected, _opened(args.file, "rb") as source:
        report = Report(lambda line, reason: _tell(rejected, line, reason))
        async with context.parts() as parts:
            files = GalleryFiles(parts.intake, args.files, keep=not args.dry_run)
            importing = GalleryImport(parts.database, parts.filing, files, report, dry_run=args.dry_run)
            await importing.run(_numbered(source, args.file.stat().st_size))
    text = "\n".join(
        f"{subject.capitalize()}: {', '.join(f'{count} {outcome}' for outcome, count in outcomes.items())}."
        for subject, outcomes in report.counts.items()
    )
    if report.rejected:
        text += f"\nWhat was left out, and why: {args.report}"
    context.answer(
        report.counts | {"dry_run": args.dry_run, "report": str(args.report) if report.rejected else None}, text
    )
    return 1 if report.rejected else 0


async def _export(args: argparse.Namespace, context: Context) -> int:
    count, left_out = 0, list[str]()

    def tell(path: str, reason: str) -> None:
        left_out.append(path)
        complain(f"{path} was not written: {reason}")

    async with context.parts() as parts:
        with _opened(args.file, "wb") as target, tqdm(unit=" lines", disable=None) as progress:
            async for line in GalleryExport(parts.database, parts.store, args.files, tell).lines():
                target.write(orjson.dumps(line) + b"\n")
                count += 1
                progress.update()
    text = f"{count} lines written to {args.file}."
    if left_out:
        text += f"\nFiles that could not be written: {len(left_out)}."
    context.answer({"lines": count, "files_left_out": left_out}, text)
    return 1 if left_out else 0


def _opened(path: Path, mode: str) -> IO[bytes]:
    try:
        return path.open(mode)
    except OSError as error:
        raise InvalidCommand(f"{path}: {error.strerror}.") from None


def _numbered(source: IO[bytes], size: int) -> Iterator[Numbered]:
    with tqdm(total=size, unit="B", unit_scale=True, leave=False, disable=not sys.stderr.isatty()) as progress:
        for number, line in enumerate(source, 1):
            yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            progress.update(len(line))


def _tell(rejected: IO[bytes], line: int, reason: str) -> None:
    rejected.write(f"line {line}: {reason}\n".encode())
    complain(f"line {line}: {reason}")
