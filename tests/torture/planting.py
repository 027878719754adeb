"""How a planted bug is told of, and what many of them are made with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, Final

from tests.torture.script import Profile

Plant = Callable[[Any], Any]
"""From the function that is to be replaced to the one that takes its place."""

QUERIES: Final = "app.db.pool:load_queries"


@dataclass(frozen=True)
class Planted:
    """`what` it breaks; `places` says what takes the place of what; `profile` leads to where it can be found."""

    what: str
    places: Mapping[str, Plant]
    profile: Profile
    store: str = "files"
    rounds: int = 4


def found(place: str) -> tuple[Any, str]:
    """What has the named function, and its name there; AttributeError or ImportError where there is none."""
    module, _, path = place.partition(":")
    *owners, attribute = path.split(".")
    owner: Any = import_module(module)
    for one in owners:
        owner = getattr(owner, one)
    getattr(owner, attribute)
    return owner, attribute


def nothing(_: Any) -> Any:
    return lambda *_, **__: None


def nothing_async(_: Any) -> Any:
    async def nothing(*_: Any, **__: Any) -> None:
        return None

    return nothing


def queries(**edits: tuple[str, str]) -> Plant:
    """Statements of which a piece is another one."""

    def planted(load: Any) -> Any:
        def loaded(*arguments: Any) -> Any:
            statements = dict(load(*arguments))
            for name, (piece, other) in edits.items():
                assert piece in statements[name].sql, f"{name} has no {piece!r}"
                statements[name] = replace(statements[name], sql=statements[name].sql.replace(piece, other))
            return statements

        return loaded

    return planted


def profile(operations: dict[str, int], faults: dict[str, int] | None = None, **more: Any) -> Profile:
    return replace(Profile(steps=36, operations=operations, faults=faults or {}), **more)
