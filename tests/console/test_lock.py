"""What the console's checks consist of is pinned, and no lock says where from."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from tests.processes import ROOT

LOCKS: Final = [
    path
    for path in sorted(ROOT.glob("tests/**/package-lock.json"))
    if "node_modules" not in path.relative_to(ROOT).parts
]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.parent.name)
def test_locks_of_javascript_pin_by_hash_and_name_no_host(lock: Path) -> None:
    """Each package has the hash of its bytes, and nothing in the lock is an address."""
    text = lock.read_text()
    assert "://" not in text
    packages: dict[str, Any] = json.loads(text)["packages"]
    assert len(packages) > 1
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []
