"""What the parts do together."""

from pathlib import Path

import pytest

from app.http.ready import Document
from app.settings import Settings
from app.wiring.parts import Parts


@pytest.fixture(name="parts")
def _parts(tmp_path: Path) -> Parts:
    parts = Parts(Settings(data_dir=tmp_path, secret_key="x" * 32), "postgresql://nobody@/none")
    parts.listener.hearing.listening = parts.listener.hearing.current = True
    return parts


async def _keep(parts: Parts, family: int) -> None:
    """Under its number; 0 for a document of an unknown address."""

    async def load() -> Document:
        return Document(200, {}, b"{}", family or None)

    await parts.caches.documents.fill(family, load)


@pytest.mark.parametrize(
    ("payload", "kept"),
    [
        ("7", {0, 8}),
        ("7,8", {0}),
        ("unknown", {7, 8}),
        ("addresses", set()),
        ("*", set()),
        ("paths", {0, 7, 8}),
        ("emptied", set()),
        ("of a later version", set()),
    ],
)
async def test_a_change_drops_what_it_names(parts: Parts, payload: str, kept: set[int]) -> None:
    """Families go by their numbers, and a word that is not known means everything."""
    for family in (0, 7, 8):
        await _keep(parts, family)
    parts.caches.hear(payload)
    assert {family for family in (0, 7, 8) if parts.caches.documents.get(family)} == kept
