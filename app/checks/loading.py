"""The rule sets that there are: those that come along, and a shop's own."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from app.checks.reading import Unreadable, read_rule_set
from app.checks.rule_set import RuleSet
from app.errors import Misconfigured

_SHIPPED: Final = Path(__file__).parent
_MOST_BYTES: Final = 64 * 1024


def rule_sets(folder: str) -> Mapping[str, RuleSet]:
    """By their ids, in that order; one of `folder` (empty: none) takes the place of a shipped one. Misconfigured tells
    the mistakes of a file by line."""
    own = dict[str, RuleSet]()
    for path, rules in _read(Path(folder)) if folder else ():
        if rules.id in own:
            raise Misconfigured(f"{path}: another file of CHECKS_DIR has the id {rules.id}, too.")
        own[rules.id] = rules
    shipped = {rules.id: rules for _, rules in _read(_SHIPPED)}
    return dict(sorted((shipped | own).items()))


def _read(folder: Path) -> Iterator[tuple[Path, RuleSet]]:
    """In the order of their names."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    except OSError as error:
        raise Misconfigured(f"CHECKS_DIR: {folder}: {error.strerror}.") from None
    for path in paths:
        yield path, _read_file(path)


def _read_file(path: Path) -> RuleSet:
    try:
        data = path.read_bytes()
        if len(data) > _MOST_BYTES:
            raise Misconfigured(f"{path}: a rule set has {_MOST_BYTES // 1024} KiB at most.")
        return read_rule_set(data.decode())
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Misconfigured(f"{path}, line {line}: This is not UTF-8.") from None
    except Unreadable as error:
        raise Misconfigured("\n".join(f"{path}, {line}" for line in str(error).splitlines())) from None
