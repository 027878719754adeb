"""As what files were declared, where they are something else. Source: native.md, section 6, `name_differs`."""

from typing import Final

from app.db.pool import Transaction
from app.model import SourceFormat
from app.service.pictures.intake import Blob

_DECLARED: Final = {"jpg": "jpeg", "pjpeg": "jpeg", "x-png": "png", "tif": "tiff", "heif": "heic"}
"""Subtypes by which programs call a format, too."""


def is_of_another_format(media_type: str, source: SourceFormat) -> bool:
    """Whether a media type says that a file is an image of another format than it is; one that says none does not."""
    kind, _, subtype = media_type.lower().partition("/")
    return kind == "image" and _DECLARED.get(subtype, subtype) not in (source, "*")


async def keep_declared(tx: Transaction, image: int, picture: int, blob: Blob, declared: str | None) -> None:
    """Keeps with an image as what its file was `declared`, a media type, if that is something else."""
    if declared is not None and is_of_another_format(declared, blob.facts.source_format):
        await tx.execute("declare_type", image, picture, declared)
