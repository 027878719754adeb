import pytest

from app.apis.spree.validation import is_spoofed, media_type, name_and_type_errors, undecodable

TEXT = b"just a text\n"
SVG = b'<?xml version="1.0"?>\n<!-- a --><svg xmlns="http://www.w3.org/2000/svg"/>'
IMAGES = [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a"]
BMP = b"BM\x00\x00\x00\x00"
SPOOF = "has contents that are not what they are reported to be"


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("a.txt", TEXT),
        ("a.svg", SVG),
        ("a.svg", b"\xef\xbb\xbf" + SVG),
        ("a.svg", SVG.decode().encode("utf-16")),
        ("a.svg", b"<!DOCTYPE svg [<!ENTITY a '>'>]><svg:svg/>"),
        ("a.webp", b"RIFF____WEBP"),
        ("a.jpg", b"RIFF____WEBP"),
        ("a.bmp", BMP),
        ("readme", TEXT),
        ("data", b""),
        ("a.pdf", b"%PDF-1.7"),
    ],
)
def test_a_plausible_name_of_another_type_is_invalid(name: str, head: bytes) -> None:
    """Another type under a plausible name is invalid, the type first."""
    errors = name_and_type_errors(name, head)
    assert list(errors.items()) == [("attachment_content_type", ["is invalid"]), ("attachment", ["is invalid"])]


@pytest.mark.parametrize("name", ["cat.txt", "local.path", "x.tar.gz", "x.mp4"])
@pytest.mark.parametrize("head", IMAGES)
def test_an_image_under_another_extension_is_a_spoof(name: str, head: bytes) -> None:
    """A good image under an extension that is no image's, or unknown, is refused."""
    assert name_and_type_errors(name, head) == {"attachment": [SPOOF]}


@pytest.mark.parametrize("head", [TEXT, b"", b"%PDF-1.7", b"\x00\x01\x02"])
@pytest.mark.parametrize("name", ["cat.jpg", "cat.png", "cat.GIF"])
def test_no_image_under_an_image_extension_is_a_spoof_and_invalid(name: str, head: bytes) -> None:
    """What is no image but is named like one has both faults, the attachment first."""
    errors = name_and_type_errors(name, head)
    assert list(errors.items()) == [("attachment", [SPOOF, "is invalid"]), ("attachment_content_type", ["is invalid"])]


@pytest.mark.parametrize("name", ["cat.jpg", "cat.png", "cat.JPEG", "cat", "data", ".hidden", "a."])
@pytest.mark.parametrize("head", IMAGES)
def test_any_image_extension_or_none_will_do(name: str, head: bytes) -> None:
    """The extension of any image type will do, and none will."""
    assert name_and_type_errors(name, head) == {}


def test_damaged_images_are_reported_once_for_each_style() -> None:
    """A damaged image names the file and has the same error once for each style."""
    assert undecodable("a_b.jpg") == {
        "attachment": [
            "Paperclip returned errors for file 'a_b.jpg' - check ImageMagick installation or image source file.",
            *["Paperclip::Errors::NotIdentifiedByImageMagickError"] * 4,
        ]
    }


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"\xff\xd8\xff\xe0", "image"),
        (b"GIF89a", "image"),
        (SVG, "image"),
        (b"<!----><svg", "image"),
        (b"II+\x00\x08", "image"),
        (b"\xff\x0a", "image"),
        (b"%PDF-1.7", "application"),
        (b"<html><svg", "text"),
        (b"<!---->" * 140, "text"),
        (b"\x00\x00\x00\x18ftypavif", "image"),
        (b"\x00\x00\x00\x18ftypmp42", "video"),
        (b"PK\x03\x04", "application"),
        ("größe".encode(), "text"),
        (b"", "inode"),
    ],
)
def test_the_media_type_is_told_by_the_first_bytes(head: bytes, found: str) -> None:
    """The media type is told by the first bytes, in bounded time."""
    assert media_type(head) == found


def test_extensions_are_compared_without_their_case() -> None:
    """Extensions are compared without their case."""
    assert not is_spoofed("X.PnG", "image")
    assert is_spoofed("X.TXT", "image")
