"""How much memory there is, and what documents get of it by default."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from app.environment import read_settings
from app.errors import Misconfigured
from app.settings.memory import document_share, usable_memory

MB = 1024 * 1024
_V2 = "0::/shop/web\n"
_V1 = "4:cpu:/elsewhere\n3:memory,hugetlb:/docker/abc\n0::/\n"


@pytest.mark.parametrize(
    ("groups", "files", "expected"),
    [
        (_V2, {"sys/fs/cgroup/shop/web/memory.max": f"{300 * MB}\n"}, 300 * MB),
        (
            _V2,
            {"sys/fs/cgroup/shop/web/memory.max": "max\n", "sys/fs/cgroup/shop/memory.max": f"{200 * MB}\n"},
            200 * MB,
        ),
        (
            _V2,
            {"sys/fs/cgroup/shop/web/memory.max": f"{300 * MB}", "sys/fs/cgroup/shop/web/memory.high": f"{99 * MB}"},
            99 * MB,
        ),
        ("0::/\n", {"sys/fs/cgroup/memory.max": f"{300 * MB}\n"}, 300 * MB),
        (_V1, {"sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes": f"{150 * MB}\n"}, 150 * MB),
        (_V1, {"sys/fs/cgroup/memory/memory.limit_in_bytes": f"{150 * MB}\n"}, 150 * MB),  # within a container
        (_V1, {"sys/fs/cgroup/memory/memory.limit_in_bytes": f"{2**63 - 4096}\n"}, None),
        (_V1, {"sys/fs/cgroup/cpu/elsewhere/memory.limit_in_bytes": f"{150 * MB}\n"}, None),
        (_V2, {"sys/fs/cgroup/shop/web/memory.max": "what?\n"}, None),
        (None, {}, None),
    ],
)
def test_the_smallest_bound_counts(
    tmp_path: Path, groups: str | None, files: Mapping[str, str], expected: int | None
) -> None:
    """A control group's limit, of either version, or of one around it; where none is told, the machine's memory."""
    told = files if groups is None else {"proc/self/cgroup": groups, **files}
    for name, text in told.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert usable_memory(tmp_path) == (expected or usable_memory(tmp_path / "nothing"))


@pytest.mark.parametrize(
    ("memory", "processes", "expected"),
    [(4096 * MB, 1, 512 * MB), (4096 * MB, 4, 128 * MB), (512 * MB, 1, 64 * MB), (64 * 1024 * MB, 2, 1024 * MB)],
)
def test_documents_get_an_eighth_among_all_processes(memory: int, processes: int, expected: int) -> None:
    """No less than 64 MB each, and no more than 1 GB."""
    assert document_share(memory, processes) == expected


def test_what_is_set_counts() -> None:
    """A figure of the operator's own is taken as it is, and a mistyped number of processes told."""
    assert read_settings({"DOCUMENT_CACHE_BYTES": "0"}).document_cache_bytes == 0
    assert read_settings({"WEB_CONCURRENCY": "2"}).document_cache_bytes == document_share(usable_memory(), 2)
    with pytest.raises(Misconfigured, match=r"^WEB_CONCURRENCY: "):
        read_settings({"WEB_CONCURRENCY": "two"})
