"""`product import`: batches of lines into the catalogue, with progress for people."""

import itertools
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from app.commands.context import complain
from app.commands.product_file import Line, read_products
from app.commands.progress import Advance, progress
from app.db.pool import Database
from app.errors import InvalidCommand, sentence
from app.service.catalogue.products import put_batch
from app.service.transfer.text_file import size_of

_BATCH: Final = 1000


async def import_file(database: Database, path: Path, watched: Callable[[Advance], Advance]) -> dict[str, int]:
    """How many products were created, updated, unchanged and rejected; the rejected ones are told by line number.
    `watched` hears of the bytes read, too."""
    counts: Counter[str] = Counter()
    with progress("bytes", size_of(path)) as advanced:
        lines = read_products(path, watched(advanced))
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
        complain(f"line {number}: {sentence(error)}")
    outcomes["rejected"] = len(problems)
    return outcomes
