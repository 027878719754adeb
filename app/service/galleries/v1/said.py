"""What a client says of an image: a member that is absent leaves all as it is. Source: native.md, sections 3 and 13."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypedDict

from app.model import ImageId
from app.service.pictures.intake import Blob


class StoreSaid(TypedDict, total=False):
    """Of one store view; null means the global value again, of `types` that the image holds none by an own assignment,
    and of `hidden` that it is not."""

    label: str | None
    position: int | None
    exclude: bool | None
    hidden: bool | None
    types: Sequence[str] | None


class Said(TypedDict, total=False):
    """Of an image. Null: no label, listed last, not excluded, no types; and of `stores`, which go by their codes, or
    of one of them, that it says nothing."""

    label: str | None
    position: int | None
    exclude: bool | None
    types: Sequence[str] | None
    file_name: str
    stores: Mapping[str, StoreSaid | None] | None


NOTHING: Final = Said()

Revisions: TypeAlias = frozenset[int] | None
"""Those at which an image may be changed; None: at any."""


@dataclass(frozen=True, slots=True)
class NewBytes:
    """Bytes that the store holds, and the name that they came with, if any."""

    blob: Blob
    name: str | None = None


@dataclass(frozen=True, slots=True)
class PictureOf:
    """The picture that another image shows."""

    image: ImageId


Source: TypeAlias = NewBytes | PictureOf
"""What an image is to show."""
