"""The parts of the torture that could hide what it should find."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.torture import model
from tests.torture.journal import Disc, write_down
from tests.torture.model import Gallery, Image, Refused, Values, settled
from tests.torture.script import Profile, Script, Step, generate, read_script
from tests.torture.shrink import shrunk


def gallery(*positions: int | None) -> Gallery:
    """Images 1, 2, … at these positions."""
    names = [f"t{number}.jpg" for number in range(1, len(positions) + 1)]
    images = [
        Image(name, name, sha=f"sha of {name}", position=position, id=number)
        for number, (name, position) in enumerate(zip(names, positions, strict=True), 1)
    ]
    return Gallery(tuple(images))


def places(found: Gallery) -> list[int | None]:
    return [image.position for image in sorted(found.images, key=lambda image: image.id or 0)]


@pytest.mark.parametrize(
    ("before", "image", "position", "after"),
    [
        ([1, 2, 3, 4, 5], 1, 3, [3, 1, 2, 4, 5]),
        ([3, 1, 2, 4, 5], 5, 1, [4, 2, 3, 5, 1]),
        ([1, 2, 3, 4, 5], 1, 99, [99, 2, 3, 4, 5]),
        ([1, 2], 2, 0, [2, 1]),
    ],
)
def test_lists_move_as_the_specification_traces_them(
    before: list[int], image: int, position: int, after: list[int]
) -> None:
    """The rows of spree.md, section 10."""
    assert places(model.spree_update(f"t{image}.jpg", position=position)(gallery(*before))) == after


def test_a_destroyed_image_leaves_no_gap_and_no_type_and_its_path_is_withdrawn() -> None:
    """What Spree takes away is gone everywhere."""
    before = model.openmage_update("t1.jpg", 2, Values(types=("image",)))(gallery(1, 2, None))
    after = model.spree_destroy("t1.jpg")(before)
    assert (places(after), after.types, after.withdrawn) == ([1, None], {(2, "image"): None}, {"/t/1/t1.jpg"})


def test_a_deleted_image_stays_where_another_scope_uses_it() -> None:
    """OpenMage keeps listing it, and a store view that hid it refuses to know it."""
    used = model.openmage_update("t1.jpg", 2, Values(types=("image",)))(gallery(1))
    assert model.openmage_delete("t1.jpg", None)(used).has("t1.jpg")
    unused = model.openmage_delete("t1.jpg", None)(gallery(1))
    assert (unused.images, unused.kept) == ((), {"/t/1/t1.jpg": "sha of t1.jpg"})
    hidden = model.openmage_delete("t1.jpg", 2)(gallery(1))
    with pytest.raises(Refused):
        model.openmage_update("t1.jpg", 2, Values(label="x"))(hidden)


def test_what_is_found_decides_between_before_and_after() -> None:
    """With the id that nobody had been told; anything else is neither."""
    before = gallery(1)
    new = Image("t9.jpg", "t9.jpg", "sha")
    after = model.spree_create(new, None)(before)
    found = before.with_image(replace(new, id=7, position=2))
    known = settled([before, after], found)
    assert known is not None
    assert known.image("t9.jpg").id == 7
    assert settled([before, after], before) == before
    assert settled([before, after], found.with_image(replace(new, id=7, position=3))) is None
    assert settled([before, after], Gallery()) is None


def test_a_seed_is_a_script_and_a_script_is_a_file(tmp_path: Path) -> None:
    """The same seed gives the same steps, and they survive being written down."""
    script = generate(5, 1, "s3", Profile())
    assert script == generate(5, 1, "s3", Profile())
    assert script != generate(6, 1, "s3", Profile())
    script.write(tmp_path / "script")
    assert read_script(tmp_path / "script") == script


async def test_a_failing_script_becomes_as_short_as_it_can_be() -> None:
    """Of many steps the two that it takes are left."""
    script = Script(1, 0, "files", 1, 1, tuple(Step(number, "sweep") for number in range(40)))

    async def fails(shorter: Script) -> bool:
        return {7, 31} <= {step.number for step in shorter.steps}

    assert [step.number for step in (await shrunk(script, fails, tries=200)).steps] == [7, 31]


def test_a_power_cut_takes_what_was_not_flushed(tmp_path: Path) -> None:
    """Contents without a flush are lost, and so are names that their folder does not hold safely."""
    root, journal = tmp_path / "objects", tmp_path / "journal"
    root.mkdir()
    pid = os.fork()
    if not pid:
        write_down(journal)
        for name, content, folder in (("safe", True, True), ("empty", False, True), ("nameless", True, False)):
            _put(root / name, content=content, folder=folder)
        os._exit(0)
    os.waitpid(pid, 0)
    disc = Disc(root, journal)
    assert {str(path.relative_to(root)) for path in disc.cut()} == {"empty/file", "nameless/file"}
    assert (root / "safe" / "file").read_bytes() == b"data"
    assert (root / "empty" / "file").read_bytes() == b""
    assert not (root / "nameless" / "file").exists()
    assert disc.cut() == []


def _put(place: Path, *, content: bool, folder: bool) -> None:
    os.mkdir(place)  # noqa: PTH102, as the store does
    _flush(place.parent)
    source = place.with_suffix(".tmp")
    source.write_bytes(b"data")
    if content:
        _flush(source)
    os.link(source, place / "file")
    source.unlink()
    if folder:
        _flush(place)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)
