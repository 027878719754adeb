"""Documents of images and errors, compared byte for byte with the golden files."""

from pathlib import Path
from typing import Final

import pytest

from app.access.oauth import OAuthProblem
from app.apis.openmage.errors import (
    IMAGE_NOT_FOUND,
    NOT_SPECIFIED,
    PRE_VALIDATION,
    ErrorStyle,
    Message,
    OpenMageError,
    error_document,
)
from app.apis.openmage.formats import CONTENT_TYPES, Format
from app.apis.openmage.present import ImageItem, Shape, collection, entity
from app.apis.openmage.profile_settings import KEYS

GOLDEN: Final = Path(__file__).parent / "golden"
SUFFIXES: Final[dict[Format, str]] = {"json": "json", "xml": "xml", "query": "txt"}
FORMATS: Final[tuple[Format, ...]] = ("json", "xml", "query")
GUEST_KEYS: Final = ("id", "label", "position", "url", "types")

MEDIA = "http://magento/media/catalog/product"
FIRST = ImageItem(5, None, 1, False, f"{MEDIA}/v/e/ve2011.jpg", ("image", "thumbnail"))
SECOND = ImageItem(7, "second dress", 2, True, f"{MEDIA}/1/2/12.jpg", ("small_image",))
UNSET = ImageItem(3, None, None, None, f"{MEDIA}/i/m/image.png", ())
CHARACTERS = ImageItem(9, "é 中 😀 <b>&\"'\\/\n\t\r\x01~", 1, False, "http://cdn/a?x=1&y=2", ())


def golden(name: str, written: Format) -> bytes:
    return (GOLDEN / f"{name}.{SUFFIXES[written]}").read_bytes()


@pytest.mark.parametrize("written", FORMATS)
@pytest.mark.parametrize(
    ("name", "item", "keys"),
    [
        ("entity_admin", SECOND, KEYS),
        ("entity_guest", SECOND, GUEST_KEYS),
        ("entity_unset", UNSET, KEYS),
        ("entity_characters", CHARACTERS, KEYS),
        ("entity_keyless", SECOND, ()),
    ],
)
def test_an_entity_is_its_golden_document(name: str, item: ImageItem, keys: tuple[str, ...], written: Format) -> None:
    """One image is written as the golden document has it, in each format."""
    assert entity(item, Shape(written, keys)) == golden(name, written)


@pytest.mark.parametrize("written", FORMATS)
@pytest.mark.parametrize(
    ("name", "items", "keys"),
    [
        ("collection_admin", [FIRST, SECOND], KEYS),
        ("collection_guest", [FIRST, SECOND], GUEST_KEYS),
        ("collection_empty", [], KEYS),
        ("collection_keyless", [FIRST, SECOND], ()),
    ],
)
def test_a_collection_is_its_golden_document(
    name: str, items: list[ImageItem], keys: tuple[str, ...], written: Format
) -> None:
    """A gallery is written as the golden document has it, in each format."""
    assert collection(items, Shape(written, keys)) == golden(name, written)


def test_the_servers_profile_closes_empty_elements_at_once() -> None:
    """With the server's profile an empty scalar is a self-closing element."""
    shape = Shape("xml", KEYS, "server")
    assert collection([FIRST, SECOND], shape) == (GOLDEN / "collection_admin_server.xml").read_bytes()
    assert entity(UNSET, shape) == (GOLDEN / "entity_unset_server.xml").read_bytes()


@pytest.mark.parametrize("profile", ["documented", "server"])
def test_the_profiles_differ_in_nothing_else(profile: str) -> None:
    """In JSON both profiles write the same."""
    shape = Shape("json", KEYS, profile)  # type: ignore[arg-type]
    assert entity(UNSET, shape) == golden("entity_unset", "json")


def test_unusual_ascii_is_left_alone_where_php_leaves_it() -> None:
    """The one unprintable character that PHP does not escape is not escaped, a text that looks like an escape is."""
    item = ImageItem(1, "\x7f\\u007f", 1, False, "", ())
    assert entity(item, Shape("json", ("label",))) == b'{"label":"\x7f\\\\u007f"}'


def test_what_xml_forbids_is_dropped() -> None:
    """Characters that would break an XML document are left out of it."""
    item = ImageItem(1, "a\x00\x0b\x1f\ufffe\uffff\ud800b\x85", 1, False, "", ())
    assert b"<label>ab&#x85;</label>" in entity(item, Shape("xml", ("label",)))


@pytest.mark.parametrize("written", FORMATS)
@pytest.mark.parametrize(
    ("name", "error", "status"),
    [
        ("error_one", OpenMageError(IMAGE_NOT_FOUND), 404),
        ("error_two", OpenMageError(NOT_SPECIFIED, PRE_VALIDATION), 400),
        ("error_oauth", OAuthProblem("parameter_absent", "oauth_nonce"), 401),
        ("error_no_role", OpenMageError(Message(500, "Admin role for user ID 3 not found", code=0)), 500),
    ],
)
def test_an_error_is_its_golden_document(name: str, error: Exception, status: int, written: Format) -> None:
    """An error is reported in the negotiated format, with its status as the code."""
    reported = error_document(ErrorStyle(written), error)
    assert reported == (status, {"Content-Type": CONTENT_TYPES[written]}, golden(name, written))
