"""Texts in XML."""

import subprocess
import sys
from xml.sax.saxutils import escape, quoteattr

import hypothesis.strategies as st
from hypothesis import given

from app.raster.child.containment import environment
from app.raster.marks.markup import as_attribute, as_text

_LOADED = "import sys; from app.raster.child.work import main; print(*sys.modules)"
words = st.text(st.sampled_from("a&<>\"'\t\n\r ü"), max_size=12) | st.text(max_size=12)


@given(words)
def test_texts_are_written_as_the_standard_library_does(text: str) -> None:
    """Public originals that were made before have the very same bytes."""
    assert (as_text(text), as_attribute(text)) == (escape(text), quoteattr(text))


def test_a_codec_child_has_no_client_at_hand() -> None:
    """What decodes foreign bytes loads nothing that speaks to others, or starts them."""
    printed = subprocess.run(
        [sys.executable, "-c", _LOADED], env=environment(), capture_output=True, text=True, check=True
    ).stdout
    assert {"http.client", "urllib.request", "ssl", "asyncio", "multiprocessing"} & set(printed.split()) == set()
