"""What was asked for, as one process writes it down and the next one reads it."""

import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cache.asked import AskedFile, NotToBeRead

LINES = [b'["glue","/abstract-products/%d"]' % number for number in range(100)]


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> AskedFile:
    return AskedFile(tmp_path / "asked", "ours")


def test_what_is_written_is_read(file: AskedFile, tmp_path: Path) -> None:
    """Nothing at first, then the lines as they were; nobody else may read them."""
    assert file.read() == []
    file.write(LINES)
    assert file.read() == LINES
    found = tmp_path / "asked" / "lately"
    assert (stat.S_IMODE(found.stat().st_mode), stat.S_IMODE(found.parent.stat().st_mode)) == (0o600, 0o700)
    assert {path.name for path in found.parent.iterdir()} == {"lately", "lock"}


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _changed(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"/7", b"/8"))


def _replaced(data: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(data)


def _linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    "harm",
    [
        _cut,
        _changed,
        _linked,
        _pipe,
        _replaced(b""),
        _replaced(b"\xff\0" * 5000),
        _replaced(b"[]\n"),
        _replaced(b'{"asked":1,"of":"ours"}\n'),
        _replaced(b'{"asked":2,"of":"ours","digest":""}\n'),
        lambda path: path.chmod(0o666),
        lambda path: AskedFile(path.parent, "another's").write(LINES),
    ],
)
def test_what_is_damaged_or_anothers_is_not_read(
    file: AskedFile, tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    """However it came about; and it is no hindrance to writing anew."""
    file.write(LINES)
    harm(tmp_path / "asked" / "lately")
    with pytest.raises(NotToBeRead):
        file.read()
    file.write(LINES[:1])
    assert file.read() == LINES[:1]


def test_one_that_the_volumes_group_may_write_is_closed_again(file: AskedFile, tmp_path: Path) -> None:
    """As clusters open all that lies on a volume whenever it is mounted."""
    file.write(LINES)
    found = tmp_path / "asked" / "lately"
    found.chmod(0o660)
    assert file.read() == LINES
    assert stat.S_IMODE(found.stat().st_mode) == 0o600


def test_no_more_is_written_than_is_read_again(file: AskedFile, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first of them are."""
    monkeypatch.setattr("app.cache.asked._MOST_BYTES", 3000)
    file.write(LINES)
    found = file.read()
    assert 50 < len(found) < 100
    assert found == LINES[: len(found)]


def test_a_short_list_takes_the_place_of_a_long_one_only_later(file: AskedFile, tmp_path: Path) -> None:
    """What was forgotten for a moment is asked for all the same, and an empty list says nothing at all."""
    file.write(LINES)
    for fewer in ([], LINES[:49]):
        file.write(fewer)
        assert file.read() == LINES
    file.write(LINES[:50])
    assert file.read() == LINES[:50]
    os.utime(tmp_path / "asked" / "lately", (0, 0))
    file.write(LINES[:1])
    assert file.read() == LINES[:1]


def test_several_processes_write_below_one_folder(tmp_path: Path) -> None:
    """Whoever reads meanwhile has one list or the other, and never a part of it."""
    lists = [[line + b" " * number for line in LINES] for number in range(2)]
    files = [AskedFile(tmp_path, "ours") for _ in range(3)]
    files[0].write(lists[0])
    over = threading.Event()

    def write(number: int) -> None:
        while not over.is_set():
            files[number].write(lists[number])

    writers = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for writer in writers:
        writer.start()
    try:
        assert all(files[2].read() in lists for _ in range(300))
    finally:
        over.set()
        for writer in writers:
            writer.join()
