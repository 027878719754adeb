"""The name of an image's file beside the one that a client would give it."""

from app.db.pool import Record
from app.model import EXTENSIONS, FORMAT_OF_EXTENSION
from app.service.pictures.filing import checked_base
from app.service.pictures.paths import plain_base, stem


def is_name_of(row: Record, series: str | None, base: str) -> bool:
    """Whether an image's file has this base name, or belongs to its series; InvalidFileName."""
    present = stem((row["file_path"] or "").rpartition("/")[2])
    return checked_base(base) in {plain_base(name) for name in (present, series) if name}


def extension_of(row: Record) -> str | None:
    """That of an image's path, where it is one of a picture's; else its bytes' own."""
    spelled = str(row["file_path"] or "").rpartition(".")[2]
    return spelled if spelled.lower() in FORMAT_OF_EXTENSION else EXTENSIONS.get(row["format"])
