"""JSON with a file in it, however it is cut into pieces on its way."""

import base64
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.apis.v1.body.base64_text import Base64Text
from app.http.bodies.json_scan import JsonScanner


def taken(document: bytes, cuts: list[int]) -> tuple[Any, bytes | None]:
    """What remains of a document, and the file in it, None for what is no base64."""
    text = Base64Text()
    scanner = JsonScanner(("file", "base64"), text, 10_000)
    places = sorted({0, len(document), *(cut % (len(document) + 1) for cut in cuts)})
    for low, high in pairwise(places):
        scanner.feed(document[low:high])
    scanner.end()
    text.finish()
    return json.loads(scanner.rest), None if text.bad else text.take()


@given(
    st.binary(max_size=200), st.sampled_from(["", "data:;base64,", "data:image/png;base64,"]), st.lists(st.integers(0))
)
def test_a_file_is_read_however_it_is_cut(data: bytes, scheme: str, cuts: list[int]) -> None:
    """The base64 of the member `file` is decoded, with and without what makes it a data URI; the rest stays."""
    text = scheme + base64.b64encode(data).decode()
    document = {
        "base64": "x",
        "file": {"name": "base64", "base64": text, "z": 1},
        "label": "file",
        "x": {"base64": "y"},
    }

    rest, file = taken(json.dumps(document).encode(), cuts)

    assert file == data
    assert rest == {**document, "file": {"name": "base64", "base64": "", "z": 1}}


@pytest.mark.parametrize("text", ["%", "A", "AAA=A", "data:image/png,AAAA", "dataAAAA:"])
def test_what_is_no_base64_is_found(text: str) -> None:
    """Neither other characters, nor wrong padding, nor a URI without base64 is taken for a file."""
    assert taken(json.dumps({"file": {"base64": text}}).encode(), [15, 18])[1] is None


@pytest.mark.parametrize("document", [b'{"file": {"base64": "AA', b'{"file": {"base64": "\\u0000"}}', b'{"file": "'])
def test_what_is_no_json_is_refused(document: bytes) -> None:
    """A text without an end, and a NUL in the file, are no JSON."""
    with pytest.raises(ValueError, match=r"[a-z]"):
        taken(document, [])


def test_a_list_of_files_is_left_as_it_is() -> None:
    """What stands elsewhere than in the outermost object's member `file` is not taken."""
    document = [{"file": {"base64": "AAAA"}}]
    assert taken(json.dumps(document).encode(), [3]) == (document, b"")
