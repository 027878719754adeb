"""What goes wrong, as problem documents. Source: RFC 9457; native.md, section 2."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import hdrs, web

from app import errors as core
from app.apis.v1.present import json_bytes
from app.apis.v1.problems import CODES, PAGE, Code
from app.db.errors import TransactionConflict
from app.service.catalogue.plan import InvalidProduct
from app.service.pictures.file_names import scrubbed

MEDIA_TYPE: Final = "application/problem+json"
_MOST_MISTAKES: Final = 1000
"""Mistakes that one answer lists: a megabyte of members that nobody knows is no reason to write thirty."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """`pointer` is a JSON pointer into the body, or `?name`. `limit` and `measured` in the same unit, None where there
    is no such thing."""

    pointer: str
    code: str
    detail: str
    limit: Any = None
    measured: Any = None

    @property
    def document(self) -> dict[str, Any]:
        return {
            "pointer": scrubbed(self.pointer),
            "code": self.code,
            "detail": scrubbed(self.detail),
            "limit": self.limit,
            "measured": self.measured,
        }


def below(pointer: str, name: str) -> str:
    """The JSON pointer of a member, RFC 6901."""
    return f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"


class Unauthenticated(core.ProductImagesError):
    """A key is needed, as Authorization: Bearer KEY."""


class Forbidden(core.ProductImagesError):
    """The key's role does not suffice."""


class NoChangeToken(Forbidden):
    """A session changes nothing without its token in the header X-Change-Token."""


class NoSuchAddress(core.NotFound):
    """There is nothing at this address."""


class MethodNotAllowed(core.ProductImagesError):
    """The method is not allowed here."""

    def __init__(self, allow: str) -> None:
        super().__init__(f"{allow} are")
        self.allow = allow


class Malformed(core.Rejected):
    """The request cannot be read."""

    def __init__(self, detail: str, mistakes: Sequence[Mistake] = ()) -> None:
        super().__init__(detail)
        self.mistakes = mistakes

    @property
    def public(self) -> str:
        return self.reason


class MalformedHead(Malformed):
    """A header cannot be read: the same request with another one may be."""


class UnsupportedMediaType(core.Rejected):
    """The body is of a type that this operation does not take."""


class Invalid(core.Rejected):
    """Some values cannot be taken."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("; ".join(f"{one.pointer}: {one.code}" for one in mistakes[:5]))
        self.mistakes = mistakes


class FormatRefused(core.FormatNotAllowed):
    """The file's format is not accepted."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind} is not accepted")
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Problem:
    """An answer that tells an error. `further` are members beyond those that every problem has."""

    code: Code
    detail: str
    mistakes: Sequence[Mistake] = ()
    headers: Mapping[str, str] | None = None
    further: Mapping[str, Any] | None = None

    @property
    def status(self) -> int:
        return CODES[self.code].status

    @property
    def document(self) -> dict[str, Any]:
        """As a document, or in one."""
        document: dict[str, Any] = {
            "type": f"{PAGE}#{self.code}",
            "title": CODES[self.code].title,
            "status": self.status,
            "code": self.code,
            "detail": scrubbed(self.detail),
        }
        if self.mistakes:
            document["errors"] = [mistake.document for mistake in self.mistakes[:_MOST_MISTAKES]]
        return {**document, **(self.further or {})}

    @property
    def body(self) -> bytes:
        return json_bytes(self.document)


def problem_of(error: Exception) -> Problem:
    """The problem that tells `error`: its class decides, or the nearest one above it; a bug is told without a word."""
    if isinstance(error, web.HTTPException):
        return _of_http(error)
    of_class = (_BY_CLASS[kind] for kind in type(error).__mro__ if kind in _BY_CLASS)
    present = next(of_class, None)
    if present is None or not isinstance(error, core.ProductImagesError):
        return _INTERNAL
    return present(error)


def response(problem: Problem) -> web.Response:
    headers = {hdrs.CONTENT_TYPE: MEDIA_TYPE, **(problem.headers or {})}
    return web.Response(status=problem.status, body=problem.body, headers=headers)


_ProblemOf = Callable[[Any], Problem]
_INTERNAL: Final = Problem("internal", "Something went wrong inside the service.")


def _plain(code: Code) -> _ProblemOf:
    """Of errors whose public sentence says all."""
    return lambda error: Problem(code, error.public)


def _later(code: Code) -> _ProblemOf:
    return lambda error: Problem(code, error.public, headers={hdrs.RETRY_AFTER: str(error.retry_after)})


def _mistaken(code: Code) -> _ProblemOf:
    return lambda error: Problem(code, error.public, tuple(error.mistakes))


def _command(error: core.InvalidCommand) -> Problem:
    """What the service refuses of a change is said in sentences for those who make it."""
    return Problem("invalid", error.reason or error.public, (_of_command(error),))


def _of_command(error: core.InvalidCommand) -> Mistake:
    pointer = f"/{error.member}" if error.member else ""
    return Mistake(pointer, error.code, error.reason or error.public)


def _product(error: InvalidProduct) -> Problem:
    if error.code == "conflict":
        return Problem("conflict", error.reason)
    wrong = [one for one in (error, *error.further) if one.code != "conflict"]
    return Problem("invalid", error.reason, tuple(map(_of_command, wrong)))


def _conflict(error: core.Conflict) -> Problem:
    return Problem("conflict", error.reason or error.public, further=error.details)


def _changed(error: core.PreconditionFailed) -> Problem:
    return Problem("precondition_failed", error.public, further=error.details)


def _at(pointer: str, code: str) -> _ProblemOf:
    return lambda error: Problem("invalid", error.public, (Mistake(pointer, code, error.public),))


def _too_small(error: core.EditTooSmall) -> Problem:
    limit, measured = (error.excess.allowed, error.excess.measured) if error.excess else (None, None)
    return Problem("invalid", error.public, (Mistake("/edit/crop", "out_of_range", error.public, limit, measured),))


def _picture(code: str) -> _ProblemOf:
    def present(error: core.ProductImagesError) -> Problem:
        excess = getattr(error, "excess", None)
        limit, measured = (excess.allowed, excess.measured) if excess else (None, None)
        return Problem("image_refused", error.public, (Mistake("", code, error.public, limit, measured),))

    return present


def _format(error: FormatRefused) -> Problem:
    mistake = Mistake("", "format_not_accepted", error.public, measured=error.kind)
    return Problem("image_refused", error.public, (mistake,))


def _limit(error: core.ImageLimitExceeded) -> Problem:
    is_frames = error.excess is not None and error.excess.setting == "MAX_FRAMES"
    return _picture("too_many_frames" if is_frames else "too_many_pixels")(error)


def _of_http(error: web.HTTPException) -> Problem:
    """What aiohttp refuses before anything here is asked."""
    if error.status == 417:
        return Problem("expectation_failed", "Expect: 100-continue alone is understood.")
    if error.status == 405:
        return Problem("method_not_allowed", MethodNotAllowed("").public)
    return Problem("malformed", error.reason) if error.status < 500 else _INTERNAL


_BY_CLASS: Final[Mapping[type[Exception], _ProblemOf]] = {
    Unauthenticated: lambda error: Problem("unauthenticated", error.public, headers={hdrs.WWW_AUTHENTICATE: "Bearer"}),
    Forbidden: _plain("forbidden"),
    MethodNotAllowed: lambda error: Problem("method_not_allowed", error.public, headers={hdrs.ALLOW: error.allow}),
    Malformed: _mistaken("malformed"),
    UnsupportedMediaType: _plain("unsupported_media_type"),
    Invalid: _mistaken("invalid"),
    core.NotFound: _plain("not_found"),
    core.RenditionFailed: _plain("not_found"),
    core.Conflict: _conflict,
    core.Gone: _plain("gone"),
    core.PreconditionFailed: _changed,
    core.BodyTooLarge: _plain("too_large"),
    core.BodyTooSlow: _plain("timeout"),
    core.BodyBroken: _plain("malformed"),
    core.EncodingNotAccepted: _plain("unsupported_media_type"),
    core.InvalidHost: _plain("malformed"),
    core.ImagesNotSupported: _plain("conflict"),
    core.InvalidCommand: _command,
    InvalidProduct: _product,
    core.InvalidFileName: _at("/file_name", "out_of_range"),
    core.InvalidAddress: _at("/url", "out_of_range"),
    core.NoSuchRevision: _at("/revision", "out_of_range"),
    core.EditTooSmall: _too_small,
    core.ImageNotSpecified: _at("/file", "required"),
    core.Rejected: _plain("invalid"),
    core.FetchRefused: _picture("fetch_failed"),
    core.FetchFailed: _picture("fetch_failed"),
    core.ImageRejected: _picture("not_an_image"),
    core.FormatNotAllowed: _picture("format_not_accepted"),
    FormatRefused: _format,
    core.ImageLimitExceeded: _limit,
    core.FileTooLarge: _picture("file_too_large"),
    core.ImageUndecodable: _picture("damaged"),
    core.ImageTruncated: _picture("truncated"),
    core.CodecFailed: _picture("damaged"),
    core.ImageTooSlow: _picture("too_slow"),
    core.BlobBarred: _picture("barred"),
    core.KeyMalformed: _plain("malformed"),
    core.KeyReused: _plain("key_reused"),
    core.AnswerWithheld: _plain("conflict"),
    core.Unavailable: _later("unavailable"),
    core.KeyInFlight: _later("conflict"),
    core.Busy: _later("busy"),
    core.RateExceeded: _later("too_many_requests"),
    TransactionConflict: _later("busy"),
}


_UNKEPT: Final = frozenset(("digest_mismatch", "not_found", "switched_off", "fetch_failed", "too_slow", "barred"))


_OF_THIS_MOMENT: Final = (
    MalformedHead,
    core.InvalidHost,
    core.BodyBroken,
    core.CodecFailed,
    core.InvalidCommand,
    core.NoSuchRevision,
    core.EditTooSmall,
)
"""What a service refuses of a change lies in what is there: another time it may be done. Headers are no part of what
makes a request the same."""


def of_the_body(error: Exception) -> web.Response | None:
    """The answer to a refusal whose cause is in the body's bytes alone: the same request would meet it again."""
    problem = problem_of(error)
    if isinstance(error, _OF_THIS_MOMENT) or (isinstance(error, core.ProductImagesError) and error.is_elsewhere):
        return None
    is_kept = problem.code in {"malformed", "image_refused", "invalid"}
    causes = {mistake.code for mistake in problem.mistakes}
    return response(problem) if is_kept and causes.isdisjoint(_UNKEPT) else None


def refuse(mistakes: Iterable[Mistake]) -> None:
    """Invalid where there are any."""
    if found := list(mistakes):
        raise Invalid(found)
