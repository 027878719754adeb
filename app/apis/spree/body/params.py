"""What a request asks for: from raw parameters to plain types. Source: spree.md, section 7."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.apis.spree.body.texts import LONGEST_TEXT, without_nul
from app.apis.spree.errors import MISSING_IMAGE, Invalid, Unusable
from app.model import MAX_POSITION

Params = dict[str, Any]
"""Parameters by name; bracket names are nested one level, deeper ones are kept as an empty list."""

_COLUMNS: Final = frozenset(
    {"id", "viewable_type", "viewable_id", "position", "alt", "type", "created_at", "updated_at"}
    | {f"attachment_{name}" for name in ("file_name", "content_type", "file_size", "width", "height", "updated_at")}
)
_READ: Final = ("attachment", "alt", "position", "viewable_id", "viewable_type")
_BRACKETS: Final = re.compile(r"([^\[\]]+)\[([^\[\]]*)\](.*)", re.DOTALL)
_LEADING_INTEGER: Final = re.compile(r"\s{0,1000}([+-]?\d{1,30})", re.ASCII)
_FURTHEST: Final = 10**30
_VARIANT: Final = "Spree::Variant"
MOST_FIELDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came as one and now lies in the spool; `head` its first bytes.

    `too_large`: only counted, not kept. `declared`: the media type that it is said to have.
    """

    name: str
    head: bytes
    too_large: bool = False
    declared: str | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """No attachment was sent, or an empty one: what is there stays."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """The attachment was set to null."""


Attachment = Upload | Absent | Cleared | str
"""A string is one that names the file some other way: a data URI, a URL, or nothing usable."""


@dataclass(frozen=True, slots=True)
class ImageForm:
    """The values of `image`; only those named in `given` were sent. `viewable_id` of a move, if any."""

    given: frozenset[str]
    attachment: Attachment
    alt: str | None = None
    position: int | None = None
    viewable_id: int | None = None


def nest(params: Params, name: str, value: object) -> None:
    """Puts a form field where its bracket name says."""
    found = _BRACKETS.fullmatch(name)
    if found is None:
        params[name] = value
        return
    outer, inner, deeper = found.groups()
    if not inner:
        params[outer] = []
        return
    group = params.get(outer)
    if not isinstance(group, dict):
        group = params[outer] = {}
    group[inner] = [] if deeper else value


def nested(pairs: Iterable[tuple[str, object]]) -> Params:
    params: Params = {}
    for name, value in pairs:
        nest(params, name, value)
    return params


def wrapped(document: object) -> Params:
    """The parameters of a JSON body: top-level columns become `image` where that key is missing."""
    params: Params = dict(document) if isinstance(document, dict) else {}
    if "image" not in params:
        params["image"] = {key: value for key, value in params.items() if key in _COLUMNS}
    return params


def image_form(params: Mapping[str, Any]) -> ImageForm:
    """The `image` among the parameters; Unusable where it is missing, empty or no object, Invalid for a text that is
    too long."""
    image = params.get("image")
    if not isinstance(image, dict) or not image:
        raise Unusable(MISSING_IMAGE)
    sent = {key: image[key] for key in _READ if key in image and not isinstance(image[key], dict | list)}
    given = frozenset(sent) - {"attachment"}
    return ImageForm(
        given=given,
        attachment=_attachment(sent),
        alt=_alt(sent.get("alt")),
        position=_position(sent.get("position")),
        viewable_id=_integer(sent.get("viewable_id")),
    )


def check_viewable(params: Mapping[str, Any]) -> None:
    """Images hang on variants: Unusable for any other type that is asked for."""
    image = params["image"]
    kind = image.get("viewable_type", _VARIANT)
    if kind != _VARIANT and not isinstance(kind, dict | list):
        raise Unusable(f"uninitialized constant {_text(kind) or 'nil'}")


def _attachment(sent: Mapping[str, Any]) -> Attachment:
    if "attachment" not in sent or sent["attachment"] == "":
        return Absent()
    value = sent["attachment"]
    if value is None:
        return Cleared()
    return value if isinstance(value, Upload) else _text(value) or ""


def _text(value: object) -> str | None:
    """A scalar as the column would hold it."""
    if value is None or isinstance(value, Upload):
        return None
    if isinstance(value, bool):
        return "t" if value else "f"
    return without_nul(value if isinstance(value, str) else str(value))


def _alt(value: object) -> str | None:
    text = _text(value)
    if text is not None and len(text) > LONGEST_TEXT:
        raise Invalid({"alt": [f"is too long (maximum is {LONGEST_TEXT} characters)"]})
    return text


def _integer(value: object) -> int | None:
    """The integer that a scalar begins with: 0 without one, None for null and blank."""
    if isinstance(value, str):
        found = _LEADING_INTEGER.match(value)
        number = int(found[1]) if found else 0
        return number if value.strip() else None
    return int(max(-_FURTHEST, min(value, _FURTHEST))) if isinstance(value, int | float) else None


def _position(value: object) -> int | None:
    number = _integer(value)
    return None if number is None else max(-1, min(number, MAX_POSITION))
