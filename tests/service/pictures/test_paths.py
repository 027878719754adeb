import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.service.pictures.paths import Naming, Profile, folder, plain_base, safe_base, split_number, stem


@pytest.mark.parametrize(
    ("given_name", "base"),
    [
        (None, "image"),
        ("", "image"),
        ("0", "image"),
        ("new image", "new_image"),
        ("ünïcode", "_n_code"),
        ("a b  c", "a_b_c"),
        ("___", "file"),
        ("é", "file"),
        ("photo.png", "photo.png"),
        ("MiXed", "MiXed"),
        ("a\\b", "a_b"),
        (".hidden", ".hidden"),
        ("../x", None),
        ("a/b", None),
        ("x" * 251, "x" * 239),
        ("ü" * 300, "file"),
    ],
)
def test_a_clients_name_becomes_a_safe_base(given_name: str | None, base: str | None) -> None:
    """A client's name becomes a safe base, or none at all where it holds a slash."""
    assert safe_base(given_name) == base


@pytest.mark.parametrize(
    ("name", "extension", "path"),
    [
        ("ve2011", "jpg", "/v/e/ve2011.jpg"),
        ("a", "png", "/a/_/a.png"),
        (".hidden", "png", "/_/h/.hidden.png"),
        ("12", "jpg", "/1/2/12.jpg"),
        ("photo.png", "png", "/p/h/photo.png.png"),
        ("..", "png", "/_/_/...png"),
        (None, "jpg", "/i/m/image.jpg"),
    ],
)
def test_a_path_begins_with_the_names_first_two_characters(name: str | None, extension: str, path: str) -> None:
    """A path begins with the name's first two characters, a dot among them being an underscore."""
    assert Naming(safe_base(name) or "", extension).path(0) == path


def test_the_default_name_counts_from_two_as_documented() -> None:
    """The default name's series is image, image_2, image_3."""
    naming = Naming("image", "png")
    assert [naming.path(n) for n in range(3)] == ["/i/m/image.png", "/i/m/image_2.png", "/i/m/image_3.png"]


def test_the_default_name_counts_from_one_as_the_server_does() -> None:
    """With the server's profile the default name's series is image, image_1, image_2."""
    naming = Naming("image", "png", "server")
    assert [naming.path(n) for n in range(3)] == ["/i/m/image.png", "/i/m/image_1.png", "/i/m/image_2.png"]


@pytest.mark.parametrize("profile", ["documented", "server"])
def test_a_given_name_counts_from_one(profile: str) -> None:
    """A given name's series is name, name_1, name_2 in either profile."""
    naming = Naming("a", "png", profile)  # type: ignore[arg-type]
    assert [naming.path(n) for n in range(3)] == ["/a/_/a.png", "/a/_/a_1.png", "/a/_/a_2.png"]
    assert naming.stem == "/a/_/a"


@pytest.mark.parametrize(("name", "head"), [("a.b.png", "a.b"), ("plain", "plain"), (".png", ".png")])
def test_the_stem_is_what_stands_before_the_last_dot(name: str, head: str) -> None:
    """The stem of a file name is what stands before its last dot, or all of it."""
    assert stem(name) == head


@given(st.text() | st.text("aü._", max_size=400), st.sampled_from(["jpg", "jpeg", "webp"]), st.integers(0, 2**31 - 2))
def test_every_accepted_name_gives_a_path_that_needs_no_escaping(name: str, extension: str, number: int) -> None:
    """Whatever a client sends, an accepted name gives a path of safe characters that stays below its folder."""
    base = safe_base(name)
    if base is None:
        return
    path = Naming(base, extension).path(number)
    assert re.fullmatch(r"/[A-Za-z0-9_-]/[A-Za-z0-9_-]/[A-Za-z0-9_.-]+", path)
    assert path.startswith(folder(base + "." + extension))
    assert path.split("/")[-1] not in (".", "..")
    assert path.endswith("." + extension)
    assert len(path.rpartition("/")[2].encode()) <= 255


@given(st.text(), st.integers(1, 2**31 - 2), st.sampled_from(["documented", "server"]))
def test_the_number_behind_a_name_is_found_again(name: str, number: int, profile: Profile) -> None:
    """What a series puts behind a name is taken off again, once."""
    naming = Naming(plain_base(name), "jpg", profile)
    numbered = stem(naming.path(number).rpartition("/")[2])
    assert split_number(numbered) == (naming.base, naming.suffix(number))


@pytest.mark.parametrize(
    "name", ["night", "night_", "night_0", "DSC_0001", "_7", "night_1b", "night-1", "v_12345678901"]
)
def test_other_names_have_no_number(name: str) -> None:
    """A name that no series would write has no number behind it."""
    assert split_number(name) is None


@given(st.text(alphabet="ab_.-é /", max_size=12))
def test_making_a_base_safe_twice_changes_nothing_more(name: str) -> None:
    """A safe base is already safe."""
    base = safe_base(name)
    assert base is None or safe_base(base) == base
