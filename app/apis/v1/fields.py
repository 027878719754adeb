"""What the values of a query and of a body may be. Each field says in what it is mistaken, and its JSON Schema."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

import marshmallow
from marshmallow import fields as mf

from app.apis.v1.errors import Mistake, below
from app.openapi.sections import JsonSchema

_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,18})", re.ASCII)
_NO_TEXT: Final = re.compile(r"[\x00\ud800-\udfff]")
_NO_WORD: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_LARGEST: Final = 2**63 - 1
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class Fault(str):
    """A mistake without its place: the sentence, and what else is said of it."""

    code: str
    limit: Any
    measured: Any

    def __new__(cls, code: str, detail: str, limit: Any = None, measured: Any = None) -> "Fault":
        fault = super().__new__(cls, detail)
        fault.code, fault.limit, fault.measured = code, limit, measured
        return fault


def wrong(code: str, detail: str, limit: Any = None, measured: Any = None) -> marshmallow.ValidationError:
    """To be raised by a field."""
    return marshmallow.ValidationError(Fault(code, detail, limit, measured))


_FAULTS: Final[Mapping[str, Fault]] = {
    "required": Fault("required", "It has to be given."),
    "null": Fault("wrong_type", "It must not be null."),
    "unknown": Fault("unknown", "There is no such member."),
    "type": Fault("wrong_type", "It has to be an object."),
    "invalid": Fault("wrong_type", "It is of the wrong type."),
}


_OF_SCHEMAS: Final[dict[str, str]] = {name: _FAULTS[name] for name in ("unknown", "type")}


class CodedField(mf.Field[Any]):
    """A field whose mistakes have codes. `json_schema` is what `/docs` says of it."""

    sentence: str = ""

    def __init__(self, *, sentence: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sentence = sentence or self.sentence

    def make_error(self, key: str, **kwargs: Any) -> marshmallow.ValidationError:
        return marshmallow.ValidationError(_FAULTS.get(key, _FAULTS["invalid"]))

    @property
    def json_schema(self) -> JsonSchema:
        return {}

    @property
    def shown(self) -> JsonSchema:
        """With null, where that is a value."""
        schema = dict(self.json_schema)
        if self.allow_none and schema.get("type", "null") != "null":
            schema["type"] = [schema["type"], "null"]
        return schema


class Text(CodedField):
    """A text of `least` to `most` characters, or one of `words`, without NUL and half characters; as a `word` without
    any control character. In a query, too."""

    def __init__(
        self,
        most: int = 255,
        *,
        least: int = 0,
        pattern: str = "",
        words: Iterable[str] = (),
        word: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._most, self._least, self._pattern, self._words = most, least, pattern, tuple(words)
        self._no_text = _NO_WORD if word else _NO_TEXT

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str):
            raise wrong("wrong_type", "It has to be a text.")
        if self._no_text.search(value):
            raise wrong("out_of_range", "It has a character that it must not have.")
        if len(value) > self._most:
            raise wrong("too_long", f"It has {self._most} characters at most.", self._most, len(value))
        if self._words and value not in self._words:
            raise wrong("out_of_range", f"It has to be one of: {', '.join(self._words)}.")
        if len(value) < self._least or (self._pattern and not re.fullmatch(self._pattern, value)):
            raise wrong("out_of_range", self._form)
        return value

    @property
    def _form(self) -> str:
        if self._pattern:
            return f"It has to be as the pattern says: {self._pattern}."
        return f"It has {self._least} characters at least."

    @property
    def json_schema(self) -> JsonSchema:
        if self._words:
            return {"type": "string", "enum": list(self._words)}
        pattern = {"pattern": f"^{self._pattern}$"} if self._pattern else {}
        return {"type": "string", "minLength": self._least, "maxLength": self._most, **pattern}


class Whole(CodedField):
    """A whole number from `low` to `high`; neither `true` nor `1.5` is one."""

    def __init__(self, low: int = 0, high: int = _LARGEST, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._low, self._high = low, high

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong("wrong_type", "It has to be a whole number.")
        if not self._low <= value <= self._high:
            limit = self._low if value < self._low else self._high
            raise wrong("out_of_range", f"It has to be {self._low} to {self._high}.", limit, readable(value))
        return value

    @property
    def json_schema(self) -> JsonSchema:
        return {"type": "integer", "minimum": self._low, "maximum": self._high}


class WholeInQuery(Whole):
    """The same as digits."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if not _INTEGER.fullmatch(value):
            raise wrong("wrong_type", "It has to be a whole number.")
        return super()._deserialize(int(value), *args, **kwargs)


class Truth(CodedField):
    """`true` or `false`."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise wrong("wrong_type", "It has to be true or false.")
        return value

    @property
    def json_schema(self) -> JsonSchema:
        return {"type": "boolean"}


class TruthInQuery(Truth):
    """The same as a word."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:
        return super()._deserialize({"true": True, "false": False}.get(value), *args, **kwargs)


class Moment(CodedField):
    """A time as RFC 3339 has it, with its zone; given as UTC. Of a query."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        moment = _moment(value)
        if moment is None:
            raise wrong("wrong_type", "It has to be a time such as 2026-01-31T12:00:00Z.")
        return moment

    @property
    def json_schema(self) -> JsonSchema:
        return {"type": "string", "format": "date-time"}


class Many(CodedField):
    """`least` to `most` values of a kind; in a query, the parameter as often as it is given."""

    def __init__(
        self, inner: CodedField, *, least: int = 0, most: int = 1000, unique: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._inner, self._least, self._most, self._unique = inner, least, most, unique

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> list[Any]:
        if not isinstance(value, list):
            raise wrong("wrong_type", "It has to be a list.")
        if not self._least <= len(value) <= self._most:
            limit = self._least if len(value) < self._least else self._most
            raise wrong("out_of_range", f"It has {self._least} to {self._most} values.", limit, len(value))
        values, mistakes = [], {}
        for place, one in enumerate(value):
            try:
                values.append(self._inner.deserialize(one))
            except marshmallow.ValidationError as error:
                mistakes[place] = error.messages
        if mistakes:
            raise marshmallow.ValidationError(mistakes)
        if self._unique and len(set(values)) < len(values):
            raise wrong("out_of_range", "It names one of its values twice.")
        return values

    @property
    def json_schema(self) -> JsonSchema:
        unique = {"uniqueItems": True} if self._unique else {}
        items = dict(self._inner.shown)
        return {"type": "array", "items": items, "minItems": self._least, "maxItems": self._most, **unique}


class Schema(marshmallow.Schema):
    """The members that a body, or a query, may have, and no others."""

    error_messages = _OF_SCHEMAS

    class Meta:
        unknown = marshmallow.RAISE

    @classmethod
    def coded_fields(cls) -> dict[str, CodedField]:
        """Its fields by the names of their members."""
        return {name: field for name, field in made(cls).fields.items() if isinstance(field, CodedField)}

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        members = cls.coded_fields()
        required = [name for name, field in members.items() if field.required]
        properties = {name: dict(field.shown) for name, field in members.items()}
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


@cache
def made(schema: type[Schema]) -> Schema:
    """One of a class is enough: making one takes much longer than using it."""
    return schema()


class Within(CodedField):
    """An object in an object."""

    def __init__(self, schema: type[Schema], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._schema = schema

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return made(self._schema).load(value)

    @property
    def json_schema(self) -> JsonSchema:
        return self._schema.json_schema()


def mistakes_of(error: marshmallow.ValidationError, *, query: bool = False) -> Iterator[Mistake]:
    """All that a schema found wrong, in the order of the members."""
    yield from _flat(error.messages, "?" if query else "", query=query)


def _flat(messages: object, pointer: str, *, query: bool) -> Iterator[Mistake]:
    match messages:
        case dict():
            for name, inner in messages.items():
                yield from _flat(inner, _below(pointer, name, query=query), query=query)
        case list():
            for inner in messages:
                yield from _flat(inner, pointer, query=query)
        case Fault():
            yield Mistake(pointer, messages.code, str(messages), messages.limit, messages.measured)
        case _:
            yield Mistake(pointer, "wrong_type", str(messages))


def _below(pointer: str, name: object, *, query: bool) -> str:
    if name == marshmallow.exceptions.SCHEMA:
        return pointer
    if query:
        return pointer if pointer != "?" else f"?{name}"
    return below(pointer, str(name))


def _moment(text: str) -> datetime | None:
    """None for what is no time, or has no zone."""
    try:
        moment = datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
        return None if moment is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def readable(number: float) -> float | str:
    """What JSON's readers take as it is; others as text."""
    return number if abs(number) <= _LARGEST else f"{'-' if number < 0 else ''}…"
