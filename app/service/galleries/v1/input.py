"""What a client says of an image: a member that is absent leaves all as it is. Source: native.md, sections 3 and 13."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypedDict

from app.model import ImageId
from app.service.pictures.edits.values import EditInput
from app.service.pictures.intake import Blob


class StoreInput(TypedDict, total=False):
    """Of one store view; null means the global value again, of `types` that the image holds none by an own assignment,
    and of `hidden` that it is not."""

    label: str | None
    position: int | None
    exclude: bool | None
    hidden: bool | None
    types: Sequence[str] | None


class ImageInput(TypedDict, total=False):
    """Of an image. Null: no label, listed last, not excluded, no types, no edit; and of `stores`, which go by their
    codes, or of one of them, that it says nothing."""

    label: str | None
    position: int | None
    exclude: bool | None
    types: Sequence[str] | None
    file_name: str
    edit: EditInput | None
    stores: Mapping[str, StoreInput | None] | None


NOTHING: Final = ImageInput()

Revisions: TypeAlias = frozenset[int] | None
"""Those at which an image may be changed; None: at any."""


@dataclass(frozen=True, slots=True)
class NewBytes:
    """Bytes that the store holds, and the name and the media type that they came with, if any."""

    blob: Blob
    name: str | None = None
    declared: str | None = None


@dataclass(frozen=True, slots=True)
class PictureOf:
    """The picture that another image shows, as it is, or with what is done to it there."""

    image: ImageId
    edited: bool = False


Source: TypeAlias = NewBytes | PictureOf
"""What an image is to show."""
