import pytest

from app.apis.openmage.body.content import body_format
from app.apis.openmage.errors import OpenMageError


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("application/json", "json"),
        ("application/xml", "xml"),
        ("text/xml", "xml"),
        ("application/xhtml+xml", "xml"),
        ("text/plain", "query"),
        ("application/json; charset=utf-8", "json"),
        ("application/json;charset=UTF-8", "json"),
        ('text/xml; charset="utf-8"', "xml"),
        ("Application/JSON; Charset=Utf-8", "json"),
    ],
)
def test_the_header_names_the_format(header: str, expected: str) -> None:
    """Each media type names its format, with or without the one charset."""
    assert body_format(header) == expected


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("", "Content-Type header is empty"),
        ("multipart/form-data; boundary=x", "Invalid Content-Type header"),
        ("application/json; charset=utf-8; x=y", "UTF-8 is the only supported charset"),
        ("application json", "Invalid Content-Type header"),
        ("application/json; charset=iso-8859-1", "UTF-8 is the only supported charset"),
        ("application/octet-stream; charset=latin1", "UTF-8 is the only supported charset"),
        (
            "application/octet-stream",
            'Server can not understand Content-Type HTTP header media type "application/octet-stream"',
        ),
        (
            "application/x-www-form-urlencoded",
            'Server can not understand Content-Type HTTP header media type "application/x-www-form-urlencoded"',
        ),
        ("IMAGE/png", 'Server can not understand Content-Type HTTP header media type "IMAGE/png"'),
    ],
)
def test_a_header_that_nobody_can_read_is_told_why(header: str, text: str) -> None:
    """A header that names no format is refused with the reason."""
    with pytest.raises(OpenMageError) as caught:
        body_format(header)
    assert [(message.status, message.documented) for message in caught.value.messages] == [(400, text)]


@pytest.mark.parametrize("encoding", ["gzip", "br", "GZIP", "identity, gzip"])
def test_a_compressed_body_is_refused(encoding: str) -> None:
    """A body in a content encoding cannot be decoded."""
    with pytest.raises(OpenMageError, match="Decoding error"):
        body_format("application/json", encoding)
    assert body_format("application/json", "identity") == "json"
