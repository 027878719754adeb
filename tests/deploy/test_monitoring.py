"""deploy/prometheus and deploy/grafana: they ask for what the service reports, and alerts fire when they shall."""

import asyncio
import inspect
import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, get_type_hints

import pytest
import yaml

from app import events
from app.db.queue.jobs import Failure, QueueDepth
from app.telemetry.metrics import Metrics
from app.telemetry.processes import Processes
from app.telemetry.scrape import Scrape, Shared
from tests.apis.v1.conftest import Shop
from tests.programs import needs

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
ALERTS: Final = DEPLOY / "prometheus" / "alerts.yml"
DASHBOARD: Final = DEPLOY / "grafana" / "dashboard.json"
VALUES: Final[dict[Any, Any]] = {str: "x", int: 1, float: 1.0, bool: True, Sequence[float]: (1.0,)}
SAMPLE: Final = re.compile(r"^([a-z_]+)(?:\{(.*)\})? ", re.MULTILINE)
ASKED: Final = re.compile(r"\b((?:product_images|process)_[a-z_]+)\b(?:\{([^}]*)\})?")
LABEL: Final = re.compile(r"(\w+)(?:=~|!~|!=|=)\"")
GROUPED: Final = re.compile(r"\bby \(([^)]*)\)")
OF_THE_SCRAPE: Final = {"job", "instance"}
"""Labels that Prometheus adds to whatever it reads."""


def expressions() -> list[str]:
    """Of all alerts and all panels."""
    [group] = yaml.safe_load(ALERTS.read_text())["groups"]
    panels = json.loads(DASHBOARD.read_text())["panels"]
    asked = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    return [rule["expr"] for rule in group["rules"]] + [expr.replace("$__rate_interval", "5m") for expr in asked]


def happened() -> Metrics:
    """Each kind of event that is counted, once."""
    metrics = Metrics()
    for name, method in inspect.getmembers(Metrics, inspect.isfunction):
        kind = get_type_hints(method).get("event")
        if kind is str:
            metrics.trouble("x", "x")
        elif kind is not None:
            hints = get_type_hints(kind, vars(events))
            getattr(metrics, name)(kind(*(VALUES.get(hint, "x") for hint in hints.values())))
    return metrics


def reported(exposition: str) -> Iterator[tuple[str, set[str]]]:
    """Names of samples with the labels that they have."""
    for name, labels in SAMPLE.findall(exposition):
        yield name, set(LABEL.findall(labels))


async def busy() -> Shared:
    """A queue with jobs, one of them failed."""
    return Shared([QueueDepth("render", 1, 0, 1, 1.0)], [Failure("render", "CodecFailed", 1)], 0.0)


async def test_what_is_asked_for_is_reported(shop: Shop, tmp_path: Path) -> None:
    """Each name and each label in a rule or a panel is one that the service has."""
    async with asyncio.timeout(20):
        while b"clock_skew_seconds{" not in (idle := (await shop.get("/metrics", None)).body):  # noqa: ASYNC110
            await asyncio.sleep(0.05)  # clocks are compared in the background, and nothing tells when
    worked = await Scrape(happened(), Processes(tmp_path / "figures"), busy).text()
    known = dict[str, set[str]]()
    for name, labels in reported((idle + worked).decode()):
        known[name] = known.get(name, set()) | labels
    for expression in expressions():
        names = ASKED.findall(expression)
        assert names or "up{" in expression, expression
        for name, matchers in names:
            assert name in known, expression
            assert set(LABEL.findall(matchers)) <= known[name] | OF_THE_SCRAPE, expression
        has = set[str]().union(*(known[name] for name, _ in names), OF_THE_SCRAPE)
        for grouped in GROUPED.findall(expression):
            assert set(re.split(r",\s*", grouped)) <= has, expression


def test_the_five_figures_have_an_alert_and_a_panel_each() -> None:
    """The guide's five come first on the dashboard, in its order."""
    guide = (DEPLOY.parent / "docs" / "operating.md").read_text().partition("## The five figures to watch")[2]
    figures = re.findall(r"^\| (\d) \| \*\*[^*]+\*\* `(.+?)` ?(?:by|\|)", guide, re.MULTILINE)
    assert [number for number, _ in figures] == ["1", "2", "3", "4", "5"]
    titles = [panel["title"] for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]
    assert [title[0] for title in titles[:5]] == ["1", "2", "3", "4", "5"]
    alerts = ALERTS.read_text()
    for _, figure in figures:
        [name] = {name for name, _ in ASKED.findall(figure)}
        assert name in alerts


def test_panels_have_places_and_names_of_their_own() -> None:
    """Nothing lies above another panel, and each says what it shows."""
    dashboard = json.loads(DASHBOARD.read_text())
    places: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        own = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not own & places
        assert at["x"] + at["w"] <= 24
        places |= own
        assert panel["type"] == "row" or (panel["description"] and panel["targets"])
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


@needs("promtool", "prometheus")
@pytest.mark.parametrize("words", [("check", "rules", "alerts.yml"), ("test", "rules", "alerts.test.yml")])
def test_alerts_fire_when_they_shall(words: tuple[str, ...]) -> None:
    """By Prometheus' own tool: the rules are well formed, and alerts.test.yml holds."""
    done = subprocess.run(["promtool", *words], cwd=ALERTS.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs("promtool", "prometheus")
def test_panels_ask_what_prometheus_understands(tmp_path: Path) -> None:
    """Each panel's query parses."""
    rules = [{"record": f"panel:{number}", "expr": expr} for number, expr in enumerate(expressions())]
    (tmp_path / "panels.yml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    done = subprocess.run(
        ["promtool", "check", "rules", "panels.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
