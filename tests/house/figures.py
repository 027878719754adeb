"""How large things are: `python -m tests.house.figures` prints what `test_figures` holds."""

import ast
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median, quantiles
from typing import Final

APP: Final = Path(__file__).parents[2] / "app"
Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> dict[str, int]:
    """Lines of each module that has any; empty ones do not count."""
    lines = {
        path.relative_to(APP).as_posix(): sum(map(bool, path.read_text().splitlines())) for path in APP.rglob("*.py")
    }
    return {name: count for name, count in lines.items() if count}


def beside() -> dict[str, int]:
    """Modules beside one another in each folder, without its `__init__`."""
    return Counter(path.parent.relative_to(APP).as_posix() for path in APP.rglob("*.py") if path.name != "__init__.py")


def functions() -> Iterator[tuple[str, Function]]:
    for path in sorted(APP.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, Function):
                yield f"{path.relative_to(APP).as_posix()}:{node.name}", node


def size_of(function: Function) -> int:
    """Its lines, with head and docstring."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def is_typed(function: Function) -> bool:
    """Whether its result has a type, and so have all parameters but `self` and `cls`."""
    given = function.args
    named = [
        *given.posonlyargs,
        *given.args,
        *given.kwonlyargs,
        *(each for each in (given.vararg, given.kwarg) if each),
    ]
    return function.returns is not None and all(
        each.annotation is not None or each.arg in {"self", "cls"} for each in named
    )


def middle_and_tail(sizes: list[int]) -> tuple[float, float]:
    """The median, and what nine of ten stay below or at."""
    return median(sizes), quantiles(sizes, n=10, method="inclusive")[-1]


def reported() -> Iterator[str]:
    sizes = {name: size_of(function) for name, function in functions()}
    yield f"functions: {len(sizes)}, lines: {_spread(sizes)}"
    lines = modules()
    yield f"modules: {len(lines)}, lines: {_spread(lines)}"
    for folder, count in Counter(beside()).most_common(5):
        yield f"beside one another in {folder}: {count}"


def _spread(sizes: Mapping[str, int]) -> str:
    middle, tail = middle_and_tail(list(sizes.values()))
    largest = max(sizes, key=lambda name: sizes[name])
    return f"median {middle:g}, p90 {tail:g}, largest {sizes[largest]} ({largest})"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in reported())
