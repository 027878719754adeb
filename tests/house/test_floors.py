"""`docs/architecture.md` draws the house as the import contracts hold it."""

import re
import tomllib
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
_PAGE: Final = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
_CONTRACTS: Final[list[dict[str, Any]]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
    "contracts"
]
_FLOORS: Final = [
    re.split(r" [|:] ", layer)
    for contract in _CONTRACTS
    if contract.get("containers") == ["app"]
    for layer in contract["layers"]
]
_ABOVE_ALL: Final = "__main__"


def _names(text: str) -> list[str]:
    return re.findall(r"`([\w/]+)`", text)


def test_the_picture_has_the_floors_in_their_order() -> None:
    """The picture's lines are the floors of the contract, from top to bottom, with the same folders on each."""
    lines = _PAGE.partition("```\n")[2].partition("```")[0].splitlines()
    drawn = [re.split(r" {2,}", line.strip(" ↓"))[0].split(" | ") for line in lines]
    assert [set(names) for names in drawn] == [set(names) for names in _FLOORS]


def test_the_table_lists_every_folder() -> None:
    """Every folder, and every module beside them, has its line, and what has a line is there."""
    table = _PAGE.partition("## What each may touch")[2].partition("## ")[0]
    listed = {name for line in table.splitlines() for name in _names(line.partition("|")[2].partition("|")[0])}
    assert {name.partition("/")[0] for name in listed} == {name for floor in _FLOORS for name in floor} - {_ABOVE_ALL}
    app = ROOT / "app"
    assert [name for name in listed if not ((app / name).is_dir() or (app / f"{name}.py").is_file())] == []


def test_the_service_is_listed_folder_by_folder() -> None:
    """What the service consists of has its lines, too."""
    folders = {path.parent.name for path in (ROOT / "app" / "service").glob("*/__init__.py")}
    assert {name for name in folders if f"`service/{name}`" not in _PAGE} == set()


def test_no_api_is_left_out_where_none_may_know_another() -> None:
    """The contract names each of them; how PHP does things they share."""
    [contract] = [one for one in _CONTRACTS if one["name"] == "No API knows another"]
    folders = {path.parent.name for path in (ROOT / "app" / "apis").glob("*/__init__.py")}
    assert set(contract["modules"]) == {f"app.apis.{name}" for name in folders - {"php"}}


def test_each_rule_is_where_it_is_said_to_be() -> None:
    """Whoever looks for a rule is sent to a module or folder that there is."""
    lines = _PAGE.partition("## Where is the rule that")[2].partition("## ")[0].splitlines()
    places = {name for line in lines if line.startswith("| ") for name in _names(line.split("|")[2])}
    app = ROOT / "app"
    assert len(places) > 20
    assert [name for name in places if not ((app / name).is_dir() or (app / f"{name}.py").is_file())] == []


def test_the_glossary_is_short() -> None:
    """Words of our own are few: 25 lines at most."""
    words = [line for line in _PAGE.partition("## Words")[2].splitlines() if line.startswith("| ")][2:]
    assert 0 < len(words) <= 25
