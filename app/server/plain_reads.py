"""In front of the parser: a read whose head is known, byte for byte, is answered before it is parsed again.

What the framework's parser makes of the lines behind the request line does not hang on that line. So the lines of a
request that it has parsed, and that was one of the plainest, mean the same again (`RequestIndex` says what), under
every target of harmless characters. All that is not known goes to the parser, untouched; it answers the first request
of each connection, too, which tells by whom and under which scheme the service is spoken to.

A signed read has a head of its own each time. What it says of its signature is taken out, and verified without waiting
by what its guard left of one that it has let; whatever is refused is left to the guard, as if nobody had looked.
"""

import asyncio
import re
import time
from collections.abc import Hashable
from typing import Final, NamedTuple, TypeAlias

from aiohttp import web

from app.cache.documents import DocumentCache
from app.cache.generations import Generations
from app.cache.requests import REQUEST_INDEX, Labels, Question
from app.events import REQUEST_ID, RequestServed, RequestsServed, new_request_id
from app.http.apis import APIS
from app.http.appkeys import OBSERVER, SETTINGS
from app.http.drain import DRAIN
from app.http.ready import SLICE, Claim, Document, Guard, LetsAtOnce, wire
from app.server.middleware import LONGEST_LINE, signature

_METHOD: Final = b"GET "
_VERSION: Final = b" HTTP/1.1\r\n"
_END: Final = b"\r\n\r\n"
_TARGET: Final = re.compile(rb"/[A-Za-z0-9/_.~%?&=+:,;@!$'()*\[\]-]{0,1000}")
_LONGEST: Final = 2000
"""Bytes of the lines behind the request line that are worth remembering."""
_MOST: Final = 1000
"""Of such lines that are remembered: a client sends the same ones each time."""
_KNOWN_SHARE: Final = 16
"""How much less than the documents those requests may take, beside them, that are known as a whole."""
_KNOWN_BYTES: Final = 450
"""Reckoned memory of one, beside its own bytes and its path."""
_BODY: Final = re.compile(rb"^(?:content-length|transfer-encoding|upgrade|expect):", re.IGNORECASE | re.MULTILINE)
_SIGNATURE: Final = re.compile(rb"OAuth [\x21-\x7e][\x20-\x7e]{0,%d}" % _LONGEST)
_SIGNED: Final = re.compile(rb"^authorization: (%b)\r\n" % _SIGNATURE.pattern, re.IGNORECASE | re.MULTILINE)
_USUALLY_SIGNED: Final = b"\nAuthorization: "
_AUTHORIZATION: Final = re.compile(rb"authorization", re.IGNORECASE)
_PLAIN_PATH: Final = re.compile(rb"/[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*")
_VARIES: Final = re.compile(rb"^x-request-id:", re.IGNORECASE | re.MULTILINE)


class Head(NamedTuple):
    """Of a request without a body, that is all of what came: its target, the lines behind the request line, what these
    say for the signature of this one request, which is left out of them, and the whole of it."""

    target: bytes
    lines: bytes
    signature: bytes
    whole: bytes

    @property
    def kind(self) -> tuple[bytes, bool]:
        """What is the same of all that differ in target and signature; a signature that is empty is none."""
        return self.lines, bool(self.signature)


_Meaning: TypeAlias = tuple[tuple[tuple[bytes, bytes], ...], str]
"""Headers that APIs read and what of `Authorization` counts, as in a `Question`."""


class _Known(NamedTuple):
    """Where the document lies that a request means, spoken to as `spoken`, unless the index has forgotten (`era`)."""

    documents: DocumentCache
    key: Hashable
    labels: Labels
    spoken: Hashable
    era: int


class PlainReads:
    """What heads mean, for all connections of a process. Requests that came lately are known as a whole."""

    def __init__(self, app: web.Application) -> None:
        self._index, self._apis, self._observe = app[REQUEST_INDEX], app[APIS], app[OBSERVER]
        self._drain = app[DRAIN]
        self._meanings: dict[tuple[bytes, bool], _Meaning] = {}
        self._known: Generations[bytes, _Known] = Generations(app[SETTINGS].document_cache_bytes // _KNOWN_SHARE)
        self._guards: dict[tuple[bytes, Hashable, Guard], LetsAtOnce] = {}
        self._unreported: dict[tuple[Labels, int], list[float]] = {}

    def head(self, data: bytes) -> Head | None:
        """Of what has come since the last request ended; None where that is anything but one head without a body. What
        may hold a line that the parser refuses is not looked at, whatever strangers send."""
        if len(data) > LONGEST_LINE or not data.startswith(_METHOD) or not data.endswith(_END):
            return None
        behind = data.find(_VERSION)
        target, lines = data[len(_METHOD) : behind], data[behind + len(_VERSION) :]
        if behind < 0 or not _TARGET.fullmatch(target):
            return None
        parts = self._signed_as_before(lines)
        if parts is None and ((lines, False) in self._meanings or _is_one_head(lines)):
            parts = _without_signature(lines)
        return Head(target, *parts, data) if parts else None

    def _signed_as_before(self, lines: bytes) -> tuple[bytes, bytes] | None:
        """What `_without_signature` gives of lines that are known but for their signature, and what these say of where
        it begins and ends. A signature that is part of one line ends no head and begins no body."""
        begin = lines.find(_USUALLY_SIGNED) + len(_USUALLY_SIGNED)
        end = lines.find(b"\r\n", begin)
        rest = lines[:begin] + lines[end:]
        is_known = begin >= len(_USUALLY_SIGNED) and (rest, True) in self._meanings
        return (rest, lines[begin:end]) if is_known and _SIGNATURE.fullmatch(lines, begin, end) else None

    def learn(self, head: Head, question: Question) -> None:
        """What the parser made of it."""
        path, read, caller, spoken = question
        if head.signature and caller != "oauth":
            return
        if path.encode() != head.target or not _names_a_host(spoken):
            return
        if len(head.lines) > _LONGEST or _VARIES.search(head.lines):
            return
        if len(self._meanings) >= _MOST:
            self._meanings = {}
        self._meanings[head.kind] = read, caller

    def learn_guard(self, head: Head, spoken: Hashable, guard: Guard, lets: LetsAtOnce) -> None:
        """Who let it, and would let others like it."""
        if head.signature and head.kind in self._meanings and _PLAIN_PATH.fullmatch(head.target):
            if len(self._guards) >= _MOST:
                self._guards = {}
            self._guards[head.lines, spoken, guard] = lets

    def answer(self, head: Head, spoken: Hashable) -> bytes | None:
        """All bytes of a ready answer, which is counted and logged as any other; None where the application has to be
        asked. `spoken` is what a `Question` says of the connection."""
        started, meaning = time.perf_counter(), self._meanings.get(head.kind)
        if meaning is None or self._drain.begun:
            return None
        path = head.target.decode()
        remembered = self._index.find((path, *meaning, spoken))
        if remembered is None or bool(remembered.guard) != bool(head.signature):
            return None
        documents, key = self._index.place(remembered, path)
        known = _Known(documents, key, remembered.labels, spoken, self._index.era)
        if remembered.guard is not None:
            lets = self._guards.get((head.lines, spoken, remembered.guard))
            claim = lets.ask(path, head.signature.decode()) if lets and _PLAIN_PATH.fullmatch(head.target) else None
            return self._answer(known, started, claim) if claim else None
        answer = self._answer(known, started)
        if answer is not None:  # what is not there is asked for under any name
            self._known.put(head.whole, known, len(head.whole) + len(path) + _KNOWN_BYTES)
        return answer

    def again(self, whole: bytes, spoken: Hashable) -> bytes | None:
        """The same of a request that came lately, byte for byte."""
        known = self._known.get(whole) if len(whole) <= LONGEST_LINE else None
        if known is None or known.spoken != spoken or known.era != self._index.era or self._drain.begun:
            return None
        return self._answer(known, time.perf_counter())

    def _answer(self, known: _Known, started: float, claim: Claim | None = None) -> bytes | None:
        document = known.documents.get(known.key)
        if document is None or len(document.body) > SLICE:
            return None
        if claim is not None:
            claim()
        if self._apis[known.labels[0]].is_signed:
            return self._signed(known, document, started)
        answer = wire(document.head, {}, document.body)
        self._count((known.labels, document.status), time.perf_counter() - started)
        return answer

    def _signed(self, known: _Known, document: Document, started: float) -> bytes:
        request_id = new_request_id()
        token = REQUEST_ID.set(request_id)
        seconds = time.perf_counter() - started
        try:
            self._observe(RequestServed(*known.labels, document.status, seconds))
        finally:
            REQUEST_ID.reset(token)
        return wire(document.head, signature(self._apis[known.labels[0]], request_id, seconds), document.body)

    def _count(self, served: tuple[Labels, int], seconds: float) -> None:
        """To be reported once all that has arrived is answered: each kind by itself, so none is lost with another."""
        if served not in self._unreported:
            asyncio.get_running_loop().call_soon(self._report, served)
        self._unreported.setdefault(served, []).append(seconds)

    def _report(self, served: tuple[Labels, int]) -> None:
        labels, status = served
        self._observe(RequestsServed(*labels, status, self._unreported.pop(served)))


def _is_one_head(lines: bytes) -> bool:
    """Whether the parser is done with it when it ends: no body follows, and no other request."""
    return lines.find(_END) == len(lines) - len(_END) and not _BODY.search(lines) and _has_plain_ends(lines)


def _has_plain_ends(lines: bytes) -> bool:
    return lines.count(b"\n") == lines.count(b"\r") == lines.count(b"\r\n")


def _without_signature(lines: bytes) -> tuple[bytes, bytes]:
    """Where they hold one, and nothing else that says who asks."""
    found = _SIGNED.search(lines)
    if found is None or len(_AUTHORIZATION.findall(lines)) != 1:
        return lines, b""
    return lines[: found.start(1)] + lines[found.end(1) :], found[1]


def _names_a_host(spoken: Hashable) -> bool:
    """Else the address at which the service was reached is asked, too, which connections have of their own."""
    return isinstance(spoken, tuple) and spoken[-1] == ""
