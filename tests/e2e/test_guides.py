"""The guides name nothing that does not exist."""

import re
from pathlib import Path
from typing import Final

import pytest

from app.__main__ import parser
from app.settings import options
from tests.e2e.conftest import Serve

ROOT: Final = Path(__file__).parents[2]
README: Final = ROOT / "README.md"
OPERATING: Final = ROOT / "docs" / "operating.md"
GUIDES: Final = sorted((ROOT / "docs").glob("*.md"))
TEXTS: Final = {guide: guide.read_text() for guide in (*GUIDES, README)}
OF_OTHERS: Final = {
    "DEEP_ARCHIVE",
    "GLACIER_IR",
    "STANDARD_IA",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_TRACES_SAMPLER",
    "WEB_CONCURRENCY",
    "SO_REUSEPORT",
    "CAP_SYS_ADMIN",
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
}

by_name = pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)


@pytest.mark.parametrize("guide", [*GUIDES, README], ids=lambda guide: guide.stem)
async def test_figures_named_are_told(serve: Serve, guide: Path) -> None:
    """Every figure that a guide or the README names is among those that a process tells."""
    shop = await serve(run_worker=False)
    families = set(re.findall(r"^# TYPE (\S+)", (await shop.get("/metrics")).body.decode(), re.MULTILINE))
    reported = families | {f"{name}_{end}" for name in families for end in ("bucket", "count", "sum", "total")}

    assert set(re.findall(r"(?:product_images|process)_[a-z_]+[a-z]", TEXTS[guide])) <= reported


def test_the_readme_names_the_five_figures_of_the_guide() -> None:
    """Both tell the same five figures in the same order."""
    rows = [re.findall(r"^\| (\d) \| \*\*(.+?):?\*\*", TEXTS[file], re.MULTILINE) for file in (README, OPERATING)]

    assert [number for number, _ in rows[0]] == list("12345")
    assert [(number, name.lower()) for number, name in rows[1]] == rows[0]


@by_name
def test_settings_named_exist(guide: Path) -> None:
    """Every setting that a guide names is one."""
    named = set(re.findall(r"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b", TEXTS[guide]))

    assert {name for name in named if not name.startswith("AWS_")} <= {
        one.name.upper() for one in options()
    } | OF_OTHERS


@by_name
def test_commands_named_exist(guide: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every command that a guide names has a help text."""
    text = TEXTS[guide]
    nouns = set(re.findall(r"^    ([a-z-]+)", parser().format_help(), re.MULTILINE))
    named = set(re.findall(r"product-images ([a-z]+(?: [a-z]+)*)", text))
    named |= {words for words in re.findall(r"`([a-z]+(?: [a-z]+)+)`", text) if words.split()[0] in nouns}

    assert named or guide.stem in {"architecture", "scaling"}
    for words in named:
        with pytest.raises(SystemExit) as end:
            parser().parse_args([*words.split(), "--help"])
        assert end.value.code == 0, words
    assert not named or "usage:" in capsys.readouterr().out


@by_name
def test_links_lead_somewhere(guide: Path) -> None:
    """Every link to a file of the repository finds one."""
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", TEXTS[guide]):
        assert (guide.parent / link).exists(), link
