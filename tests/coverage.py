"""Which lines of `app` the tests reach: `pytest -p tests.coverage`, which is `make test COVERAGE=1`.

SlipCover sets a probe before each line of a module when it is imported. That costs a process of pytest two to three
seconds once, and next to nothing later; a tracer takes a tenth of all its time. Programs that tests start are not
measured, for each would take those seconds.
"""

import os
from collections.abc import Mapping
from typing import Any, Final

import pytest
from slipcover import FileMatcher, ImportManager, Slipcover, merge_coverage, print_coverage
from slipcover.config import read_config

_WORST: Final = 8
"""Files that are named after a run."""
_NEVER: Final = -1
"""SlipCover can take out probes that were passed so often. It then exchanges the code of functions, for which it looks
in the frames of all threads, in the midst of whatever a test does; a probe that stays costs 20 nanoseconds."""

Reached = Mapping[str, list[int]]
"""Numbers of lines, by file."""


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Before a conftest imports the first module of `app`."""
    settings = read_config(early_config.inipath)
    if "PYTEST_XDIST_WORKER" in os.environ:
        early_config.pluginmanager.register(_Worker(settings["source"]))
    elif early_config.known_args_namespace.numprocesses:
        early_config.pluginmanager.register(_Summary(early_config, settings))
    else:
        raise pytest.UsageError("Lines are measured in processes of xdist alone: -n 1 or more.")


class _Worker:
    """A process of xdist: it sets probes, and in the end tells the one that started it what it reached."""

    def __init__(self, source: str) -> None:
        self._probes = Slipcover(d_miss_threshold=_NEVER, exclude_lines=[])
        ImportManager(self._probes, FileMatcher(sources=[source])).__enter__()

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        files = self._probes.get_coverage()["files"]
        reached: Reached = {name: file["executed_lines"] for name, file in files.items()}
        session.config.workeroutput["reached"] = reached  # type: ignore[attr-defined]


class _Summary:
    """What all processes reached together, and whether it suffices where the whole suite was run."""

    def __init__(self, config: pytest.Config, settings: Mapping[str, Any]) -> None:
        self._file = config.rootpath / "build" / "coverage.txt"
        self._source: str = settings["source"]
        self._floor: float = settings["fail-under"]
        self._lines = Slipcover(source=[self._source], exclude_also=settings["exclude-also"]).get_coverage()
        self._has_lost = False

    def pytest_testnodedown(self, node: Any) -> None:
        output = getattr(node, "workeroutput", None)
        if output is None:
            self._has_lost = True
        else:
            self._add(output["reached"])

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if session.exitstatus == pytest.ExitCode.OK and self._is_too_little(session.config):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
        self._file.parent.mkdir(exist_ok=True)
        with self._file.open("w", encoding="utf-8") as file:
            print_coverage(self._lines, outfile=file, skip_covered=True)
        too_little = self._is_too_little(config)
        terminalreporter.write_line("TOO LITTLE: " * too_little + self._total(), red=too_little)
        for name, missing, lines in self._worst():
            terminalreporter.write_line(f"{missing:5,} of {lines:5,} lines are not reached of {name}")

    def _is_too_little(self, config: pytest.Config) -> bool:
        """A part need not suffice; and nobody knows where a process was killed."""
        is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not config.option.keyword
        return is_whole and not self._has_lost and self._percent < self._floor

    def _add(self, reached: Reached) -> None:
        """Lines that are excluded from the report stay so when they are reached."""
        files = {
            name: {"executed_lines": sorted(set(file["missing_lines"]).intersection(reached.get(name, ())))}
            for name, file in self._lines["files"].items()
        }
        merge_coverage(self._lines, {"meta": self._lines["meta"], "files": files})

    @property
    def _percent(self) -> float:
        percent: float = self._lines["summary"]["percent_covered"]
        return percent

    def _total(self) -> str:
        summary = self._lines["summary"]
        lost = "; a process was killed, and what it had reached is not known" if self._has_lost else ""
        return (
            f"{self._percent:.2f} % of {summary['covered_lines'] + summary['missing_lines']:,} lines of {self._source}"
            f" are reached (the whole suite has to reach {self._floor} %); which are not: {self._file}{lost}"
        )

    def _worst(self) -> list[tuple[str, int, int]]:
        """Files with most lines that are not reached: (name, such lines, all lines)."""
        files = [
            (name, len(file["missing_lines"]), len(file["missing_lines"]) + len(file["executed_lines"]))
            for name, file in self._lines["files"].items()
            if file["missing_lines"]
        ]
        return sorted(files, key=lambda file: file[1], reverse=True)[:_WORST]
