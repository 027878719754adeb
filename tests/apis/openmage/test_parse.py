"""From a body's values to commands, in the order of the checks."""

from dataclasses import replace

import pytest

from app.apis.openmage.body.file_in import FileState
from app.apis.openmage.body.reader import ParsedBody
from app.apis.openmage.errors import OpenMageError
from app.apis.openmage.parse import CreateImage, UpdateImage, parse_create, parse_update
from app.apis.openmage.profile_settings import ProfileSettings
from app.apis.php.values import Value
from app.service.galleries.openmage.writer import Values
from app.service.pictures.filing import FileName
from app.settings import Settings


class Place:
    """Stands where an upload's bytes wait."""

    async def write(self, data: bytes) -> None: ...

    async def restart(self) -> None: ...


DOCUMENTED = ProfileSettings.of(Settings())
SERVER = ProfileSettings.of(Settings(openmage_profile="server"))
PLACE = Place()
NOTHING = Values()


def body(file: FileState | None = None, **fields: Value) -> ParsedBody[Place]:
    """A body with these fields; `file` None = without the key."""
    if file is None:
        return ParsedBody("fields" if fields else "nothing", fields)
    return ParsedBody("fields", {"file_content": None, **fields}, file, PLACE if file == "decoded" else None)


def create(file: FileState | None = "decoded", mime: Value = "image/png", **fields: Value) -> CreateImage[Place]:
    return parse_create(body(file, file_mime_type=mime, **fields), DOCUMENTED)


def update(
    file: FileState | None = None, settings: ProfileSettings = DOCUMENTED, **fields: Value
) -> UpdateImage[Place]:
    return parse_update(body(file, **fields), settings)


def texts(caught: pytest.ExceptionInfo[OpenMageError]) -> list[str]:
    return [message.documented for message in caught.value.messages]


NOT_SPECIFIED = ["The image is not specified", "Resource data pre-validator error"]
NOT_BASE64 = ["The image content must be valid base64 encoded data"]
BAD_MIME = ["Unsupported image MIME type"]
INVALID = ["The request data is invalid."]
NOT_IMPLEMENTED = ["Resource method not implemented yet."]


def test_a_create_without_more_has_all_defaults() -> None:
    """Content and media type are enough."""
    assert create() == CreateImage(PLACE, FileName(None, "png"), NOTHING)


def test_a_create_carries_every_field() -> None:
    """All fields of a create are carried on."""
    command = create(
        file_name="new image", label="front", position=3, exclude=0, types=["image", "small_image"], unknown="x"
    )
    assert command.name == FileName("new image", "png")
    assert command.values == Values("front", 3, False, ("image", "small_image"))


@pytest.mark.parametrize(
    ("mime", "extension"),
    [("image/jpeg", "jpg"), ("image/jpg", "jpg"), ("image/png", "png"), ("image/gif", "gif"), ("image/webp", "webp")],
)
def test_the_media_type_gives_the_extension(mime: str, extension: str) -> None:
    """The declared media type decides about the extension, whatever the bytes are."""
    assert create(mime=mime).name.extension == extension


@pytest.mark.parametrize("name", [None, "", "0", False, 0])
def test_an_empty_name_is_the_default_one(name: Value) -> None:
    """A name that PHP calls empty is as good as none."""
    assert create(file_name=name).name.base is None


@pytest.mark.parametrize(
    ("file", "mime", "expected"),
    [
        (None, "image/png", NOT_SPECIFIED),
        ("absent", "image/png", NOT_SPECIFIED),
        ("empty", "image/png", NOT_SPECIFIED),
        ("decoded", None, NOT_SPECIFIED),
        ("decoded", "", NOT_SPECIFIED),
        ("decoded", "0", NOT_SPECIFIED),
        ("not base64", "", NOT_SPECIFIED),
        ("not base64", "image/png", NOT_BASE64),
        ("not base64", "image/bmp", NOT_BASE64),
        ("decoded", "image/bmp", BAD_MIME),
        ("decoded", "image/svg+xml", BAD_MIME),
        ("decoded", "IMAGE/PNG", BAD_MIME),
        ("decoded", " image/png", BAD_MIME),
        ("decoded", 5, BAD_MIME),
        ("decoded", ["image/png"], BAD_MIME),
    ],
)
def test_a_create_tells_the_first_thing_that_is_wrong(file: FileState | None, mime: Value, expected: list[str]) -> None:
    """Missing parts come first, then base64, then the media type."""
    with pytest.raises(OpenMageError) as caught:
        create(file, mime)
    assert texts(caught) == expected


@pytest.mark.parametrize(
    ("sent", "for_create", "for_update"),
    [
        (ParsedBody("nothing", {}), INVALID, INVALID),
        (ParsedBody("list", {}), NOT_IMPLEMENTED, INVALID),
        (body(id=5, url="x", disabled=1, unknown=[1]), INVALID, INVALID),
        (body("decoded", file_mime_type="image/png", label=["a"]), INVALID, INVALID),
        (body("decoded", file_mime_type="image/png", file_name={"a": "b"}), INVALID, INVALID),
    ],
)
def test_a_body_without_usable_fields_is_invalid(
    sent: ParsedBody[Place], for_create: list[str], for_update: list[str]
) -> None:
    """Nothing, a list, or nothing that may be written is refused before anything else."""
    with pytest.raises(OpenMageError) as caught:
        parse_create(sent, DOCUMENTED)
    assert texts(caught) == for_create
    with pytest.raises(OpenMageError) as caught:
        parse_update(sent, DOCUMENTED)
    assert texts(caught) == for_update


def test_what_may_not_be_written_counts_as_not_sent() -> None:
    """Fields that an operator took away are dropped."""
    narrowed = replace(DOCUMENTED, writes=frozenset({"label"}))
    assert parse_update(body("decoded", label="a", position=3), narrowed) == UpdateImage(None, None, None, Values("a"))
    with pytest.raises(OpenMageError) as caught:
        parse_update(body("decoded", position=3), narrowed)
    assert texts(caught) == INVALID


@pytest.mark.parametrize(
    ("fields", "values"),
    [
        ({"label": "a"}, Values(label="a")),
        ({"label": ""}, Values(label="")),
        ({"label": "  a "}, Values(label="  a ")),
        ({"label": "é" * 300}, Values(label="é" * 255)),
        ({"label": 5}, Values(label="5")),
        ({"label": 1.5}, Values(label="1.5")),
        ({"label": None}, NOTHING),
        ({"position": "2.7"}, Values(position=2)),
        ({"position": "abc"}, Values(position=0)),
        ({"position": ""}, Values(position=0)),
        ({"position": -3}, Values(position=0)),
        ({"position": 10**12}, Values(position=2**31 - 1)),
        ({"position": True}, Values(position=1)),
        ({"position": None}, NOTHING),
        ({"exclude": True}, Values(excluded=True)),
        ({"exclude": 1}, Values(excluded=True)),
        ({"exclude": "1"}, Values(excluded=True)),
        ({"exclude": -7}, Values(excluded=True)),
        ({"exclude": False}, Values(excluded=False)),
        ({"exclude": "0"}, Values(excluded=False)),
        ({"exclude": ""}, Values(excluded=False)),
        ({"exclude": "yes"}, Values(excluded=False)),
        ({"exclude": None}, NOTHING),
        ({"types": ["image", "unknown"]}, Values(types=("image", "unknown"))),
        ({"types": {"0": "image", "1": "thumbnail"}}, Values(types=("image", "thumbnail"))),
        (
            {"types": {"type": ["image", "thumbnail"], "other": "swatch"}},
            Values(types=("image", "thumbnail", "swatch")),
        ),
        ({"types": []}, Values(types=())),
        ({"types": ""}, NOTHING),
        ({"types": "\n  "}, NOTHING),
        ({"types": None}, NOTHING),
        ({"types": "thumbnail"}, Values(types=("thumbnail",))),
        ({"types": [["image"], None, 5]}, Values(types=("", "", "5"))),
    ],
)
def test_values_are_coerced_as_php_would(fields: dict[str, Value], values: Values) -> None:
    """Each field is coerced, on an update as on a create."""
    assert update(**fields).values == values
    assert create(**fields).values == values


def test_the_servers_profile_ignores_a_single_type_on_an_update() -> None:
    """With the server's profile an update ignores types that are one text; a create takes them."""
    assert update(settings=SERVER, types="thumbnail").values.types is None
    assert update(settings=SERVER, types=["thumbnail"]).values.types == ("thumbnail",)
    sent = body("decoded", file_mime_type="image/png", types="thumbnail")
    assert parse_create(sent, SERVER).values.types == ("thumbnail",)


@pytest.mark.parametrize(
    ("file", "fields", "command"),
    [
        (None, {"file_name": "new"}, UpdateImage(None, "new", None, NOTHING)),
        (None, {"file_mime_type": "image/png"}, UpdateImage(None, None, None, NOTHING)),
        (None, {"file_mime_type": ""}, UpdateImage(None, None, None, NOTHING)),
        ("absent", {}, UpdateImage(None, None, None, NOTHING)),
        ("decoded", {}, UpdateImage(PLACE, None, None, NOTHING)),
        ("decoded", {"file_mime_type": "image/gif"}, UpdateImage(PLACE, None, "gif", NOTHING)),
        ("decoded", {"file_name": "0", "file_mime_type": None}, UpdateImage(PLACE, None, None, NOTHING)),
        ("decoded", {"file_name": "a/b"}, UpdateImage(PLACE, "a/b", None, NOTHING)),
    ],
)
def test_an_update_may_replace_or_rename_the_file(
    file: FileState | None, fields: dict[str, Value], command: UpdateImage[Place]
) -> None:
    """New bytes, a new name or both; a media type alone changes nothing."""
    assert update(file, **fields) == command


@pytest.mark.parametrize(
    ("file", "fields", "expected"),
    [
        ("empty", {}, NOT_SPECIFIED),
        ("empty", {"file_mime_type": "image/bmp"}, NOT_SPECIFIED),
        ("not base64", {}, NOT_BASE64),
        ("not base64", {"file_mime_type": "image/bmp"}, NOT_BASE64),
        ("decoded", {"file_mime_type": "image/bmp"}, BAD_MIME),
        (None, {"file_mime_type": "image/bmp"}, BAD_MIME),
        (None, {"file_mime_type": ["image/png"], "label": "a"}, BAD_MIME),
    ],
)
def test_an_update_tells_the_first_thing_that_is_wrong(
    file: FileState | None, fields: dict[str, Value], expected: list[str]
) -> None:
    """A replacement is checked like an upload."""
    with pytest.raises(OpenMageError) as caught:
        update(file, **fields)
    assert texts(caught) == expected
