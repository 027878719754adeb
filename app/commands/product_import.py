"""`product import`: batches of lines into the catalogue, with progress for people."""

import itertools
import sys
from collections import Counter
from pathlib import Path
from typing import Final

from tqdm import tqdm

from app.commands.context import sentence
from app.commands.product_file import Line, read_products, size
from app.db.pool import Database
from app.errors import InvalidCommand
from app.service.provision_products import put_batch

_BATCH: Final = 1000


async def import_file(database: Database, path: Path) -> dict[str, int]:
    """How many products were created, updated, unchanged and rejected; the rejected ones are told by line number."""
    counts: Counter[str] = Counter()
    with tqdm(total=size(path), unit="B", unit_scale=True, leave=False, disable=not sys.stderr.isatty()) as bar:
        lines = read_products(path, bar.update)
        while batch := list(itertools.islice(lines, _BATCH)):
            counts += await _import_batch(database, batch)
    return {outcome: counts[outcome] for outcome in ("created", "updated", "unchanged", "rejected")}


async def _import_batch(database: Database, batch: list[Line]) -> Counter[str]:
    readable = [(number, options) for number, options in batch if not isinstance(options, InvalidCommand)]
    results = await put_batch(database, [options for _, options in readable])
    problems = [(number, error) for number, error in batch if isinstance(error, InvalidCommand)]
    outcomes: Counter[str] = Counter()
    for (number, _), result in zip(readable, results, strict=True):
        if isinstance(result, InvalidCommand):
            problems.append((number, result))
        else:
            outcomes[result[1]] += 1
    for number, error in sorted(problems, key=lambda problem: problem[0]):
        tqdm.write(f"line {number}: {sentence(error)}", file=sys.stderr)
    outcomes["rejected"] = len(problems)
    return outcomes
