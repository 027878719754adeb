"""Plants one small fault after the other, and tells which of them no test notices: `make mutants MINUTES=20`.

Faults are those of Cosmic Ray's operators. Each is written into a copy of this repository, whose tests of the same
folder then run; a seed says which come first. A fault that survives is a missing test, makes no difference, or is
noticed by tests of whole programs alone.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Final, NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

from tests.processes import ROOT

FOLDERS: Final = ("service", "cache", "access")
_COMPARED: Final = (
    "Is_IsNot",
    "IsNot_Is",
    "Eq_NotEq",
    "Lt_LtE",
    "LtE_Lt",
    "Gt_GtE",
    "GtE_Gt",
    "Lt_Gt",
)
_OPERATORS: Final = (
    "AddNot",
    "NumberReplacer",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ExceptionReplacer",
    "ZeroIterationForLoop",
    "ReplaceUnaryOperator_Delete_Not",
    "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_Sub_Add",
    *(f"ReplaceComparisonOperator_{compared}" for compared in _COMPARED),
)
_MOST_SECONDS: Final = 240
"""A fault that makes the tests go on for longer is noticed."""


class Mutant(NamedTuple):
    """The fault that an operator makes at one of the places that it finds in a module."""

    module: Path
    operator: str
    occurrence: int

    def written(self, code: str) -> str:
        mutated: str = mutate_code(code, get_operator(f"core/{self.operator}")(), self.occurrence)
        return mutated


def mutants(folder: str) -> Iterator[Mutant]:
    for module in sorted((ROOT / "app" / folder).rglob("*.py")):
        tree = get_ast(module.read_text(encoding="utf-8"))
        for name in _OPERATORS:
            operator = get_operator(f"core/{name}")()
            places = sum(1 for node in ast_nodes(tree) for _ in operator.mutation_positions(node))
            yield from (Mutant(module.relative_to(ROOT), name, place) for place in range(places))


def nearest_tests(module: Path) -> list[Path]:
    """The tests that are named after the module, wherever they lie, and, where none of them lies where the module does,
    those of the nearest folder that has any."""
    folder = Path("tests", *module.parent.parts[1:])
    named = [path.relative_to(ROOT) for path in (ROOT / "tests").rglob(f"test_{module.name}")]
    if folder / f"test_{module.name}" in named:
        return named
    return [*named, next(each for each in (folder, *folder.parents) if any((ROOT / each).glob("test_*.py")))]


def copied(target: Path) -> None:
    """What a clone of this working tree would hold."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, files.split("\0")):
        if (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)


def is_noticed(copy: Path, mutant: Mutant) -> bool:
    """Whether a test fails with it."""
    place = copy / mutant.module
    code = place.read_text(encoding="utf-8")
    place.write_text(mutant.written(code), encoding="utf-8")
    try:
        return not passes(copy, nearest_tests(mutant.module))
    finally:
        place.write_text(code, encoding="utf-8")


def passes(copy: Path, tests: list[Path]) -> bool:
    words = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", *map(str, tests)]
    try:
        return subprocess.run(words, cwd=copy, capture_output=True, check=False, timeout=_MOST_SECONDS).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def shown(mutant: Mutant) -> str:
    code = (ROOT / mutant.module).read_text(encoding="utf-8")
    lines = unified_diff(code.splitlines(), mutant.written(code).splitlines(), str(mutant.module), lineterm="", n=0)
    return "\n".join(line for line in lines if not line.startswith("+++"))


def chosen(folders: list[str], seed: int) -> list[Mutant]:
    found = [mutant for folder in folders for mutant in mutants(folder)]
    random.Random(seed).shuffle(found)
    return found


def run(options: argparse.Namespace) -> Counter[str]:
    counts: Counter[str] = Counter()
    until = time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory() as folder:
        copied(Path(folder))
        for mutant in chosen(options.folders or list(FOLDERS), options.seed):
            if time.monotonic() > until:
                break
            noticed = is_noticed(Path(folder), mutant)
            counts["noticed" if noticed else "survived"] += 1
            if not noticed:
                sys.stdout.write(f"{shown(mutant)}\n")
                sys.stdout.flush()
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("folders", nargs="*", help=f"below `app`; by default {', '.join(FOLDERS)}")
    counts = run(parser.parse_args())
    sys.stdout.write(f"{counts['noticed']} faults were noticed, {counts['survived']} were not.\n")


if __name__ == "__main__":
    main()
