"""What inspection notes of marks (native.md 6)."""

from collections.abc import Iterator
from typing import Final

from app.model import Note
from app.raster.buffer import Buffer
from app.raster.marks.model import Marks

_ARTIFICIAL: Final = (
    "algorithmicMedia",
    "algorithmicallyEnhanced",
    "compositeSynthetic",
    "compositeWithTrainedAlgorithmicMedia",
    "trainedAlgorithmicData",
    "trainedAlgorithmicMedia",
)
_MANIFEST_STORE: Final = b"jumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"
"""How a store of C2PA manifests begins, in whatever container: the JUMBF description box with its type."""


def notes_on(marks: Marks, upload: Buffer) -> Iterator[Note]:
    """That a picture says it was made, wholly or in part, by a machine, and that content credentials came with it."""
    if marks.source_type.rstrip("/").rpartition("/")[2] in _ARTIFICIAL:
        yield Note("ai_generated", marks.source_type)
    if upload.find(_MANIFEST_STORE) >= 0:
        yield Note("content_credentials")
