"""What a first change need not wait for is known before it is read."""

from pathlib import Path

import pytest

from tests import fast

CONFTEST = """
@pytest.fixture(name="shop")
async def _shop(page: Page) -> Shop:
    return Shop()

@pytest_asyncio.fixture(scope="module")
async def page(pool: Pool) -> Page:
    return Page()

@pytest.fixture
def number() -> int:
    return 1
"""
STARTING = "async def test_a(shop: Shop) -> None: ...\n"


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        (STARTING, True),
        (STARTING + "def test_b(number: int) -> None: ...\n", False),
        ("def test_c() -> None: ...\n", False),
        ("def test_d(unknown: int, page: Page) -> None: ...\n", True),
        ('@pytest.fixture(name="shop")\ndef _shop() -> Shop: ...\n' + STARTING, False),
        (STARTING + "TestMachine = Machine.TestCase\n", False),
        ("", False),
    ],
)
def test_a_file_is_left_out_where_all_its_tests_start_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, left_out: bool
) -> None:
    """By itself, or through what it asks for, which a file may have of its own; in doubt it is read."""
    monkeypatch.setattr(fast, "_TESTS", tmp_path)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_some.py").write_text(text)
    assert fast.is_left_out(tmp_path / "test_some.py") == left_out
