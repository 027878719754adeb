"""How one option of the service is written down: a default, a sentence, and a parser for the variable."""

import re
from dataclasses import field
from typing import Any

from marshmallow import ValidationError, validate
from marshmallow import fields as mf

MIB = 1024 * 1024
_SIDE = re.compile(r"[1-9][0-9]{0,3}")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def option(
    default: Any, sentence: str, parser: mf.Field[Any] | None = None, *, secret: bool = False, reckoned: bool = False
) -> Any:
    """A field read from the environment variable of the same name, upper-cased; `reckoned` where, without the variable,
    something else than the default comes of what else is there."""
    return field(
        default=default,
        metadata={"sentence": sentence, "parser": parser or mf.String(), "secret": secret, "reckoned": reckoned},
    )


def number(low: int, high: int = 2**40) -> mf.Integer:
    return mf.Integer(validate=validate.Range(low, high))


def choice(*values: str) -> mf.String:
    return mf.String(validate=validate.OneOf(values))


def words(*values: str) -> mf.Field[Any]:
    """A comma-separated list of some of `values`."""
    return Words(validate=validate.ContainsOnly(values))


def header_names() -> mf.Field[Any]:
    """A comma-separated list of names of headers."""
    return Words(validate=_are_header_names)


def url() -> mf.Field[Any]:
    """The beginning of addresses: other paths are put behind it."""
    plain = validate.Regexp("[^?#@]*$", error="Write it without a query, a fragment and credentials.")
    return mf.Url(require_tld=False, schemes={"http", "https"}, validate=plain)


def urls() -> mf.Field[Any]:
    """A comma-separated list of beginnings of addresses."""
    return Words(validate=_are_urls)


def rate() -> mf.String:
    """So many in a second, a minute, an hour or a day."""
    return mf.String(
        validate=validate.Regexp(r"[1-9][0-9]{0,8}/(second|minute|hour|day)\Z", error="Write it as 100/minute.")
    )


class Words(mf.Field[tuple[str, ...]]):
    """A comma-separated list."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> tuple[str, ...]:
        return tuple(word.strip() for word in str(value).split(",") if word.strip())


class Sides(mf.Field[tuple[int, ...]]):
    """A comma-separated list of sides of pictures in pixels, at most `most` different ones, which are put in order."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> tuple[int, ...]:
        words = [word.strip() for word in str(value).split(",")]
        if not all(_SIDE.fullmatch(word) for word in words):
            raise ValidationError("Write whole numbers of 1 to 9999, comma-separated.")
        sides = sorted({int(word) for word in words})
        if len(sides) > self._most:
            raise ValidationError(f"Name {self._most} at most.")
        return tuple(sides)


def _are_urls(texts: tuple[str, ...]) -> None:
    for text in texts:
        url().deserialize(text)


def _are_header_names(names: tuple[str, ...]) -> None:
    for name in names:
        if not _TOKEN.fullmatch(name):
            raise ValidationError(f"{name!r} is no name of a header.")
