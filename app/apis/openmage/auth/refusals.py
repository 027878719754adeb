"""Why requests are refused as signed wrongly, told to the operator: clients hear that they are, and no more."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from app.access.oauth import OAuthProblem, SignatureInvalid, consumer_key
from app.access.signature import SignedRequest
from app.events import Observe, SignatureRefused, SignaturesFollowed
from app.settings import Settings

_MOST: Final = 100
"""Pairs of a consumer key and a cause that are told of in a minute: keys can be made up."""
_LONGEST: Final = 300
_SHOWN: Final = 8  # characters of a key
_OTHER: Final = {"http": "https", "https": "http"}
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}
_USUAL: Final[Mapping[str, str]] = {
    "consumer_key_rejected": "there is no consumer with this key",
    "token_rejected": "this consumer has no such token",
    "timestamp_refused": "a clock is wrong, the client's or this machine's, or the request has waited",
    "nonce_used": "the same request came twice",
    "signature_method_rejected": "HMAC-SHA1 is taken, and PLAINTEXT over https",
    "version_rejected": "oauth_version has to be 1.0",
}
_UNKNOWN: Final = "no usual cause: a wrong secret, or a proxy that changes the path (such as %2F into /) or the query"
_CAUSES: Final = {
    "scheme": "signed for {scheme}: the proxy in front has to be in TRUSTED_PROXIES and to say X-Forwarded-Proto",
    "host": "signed for the host {host}: the proxy in front has to be in TRUSTED_PROXIES and to say X-Forwarded-Host",
    "query": "signed without its query",
}
_FIRST_VALUES: Final = (
    "of a name that is in its query more than once the first value alone was signed: write a list as attrs=id,url"
)


@dataclass(frozen=True, slots=True)
class _First:
    """The first one of a minute, and how many have followed."""

    reported: SignatureRefused
    followed: int = 0


class Refusals:
    """Of each consumer key and cause the first refusal in so many `seconds` is reported, and then how many followed."""

    def __init__(self, settings: Settings, observe: Observe, seconds: float = 60) -> None:
        self._settings = settings
        self._observe = observe
        self._seconds = seconds
        self._open: dict[tuple[str, str], _First] = {}

    def note(self, problem: OAuthProblem, request: web.BaseRequest, signed: SignedRequest) -> None:
        """A request that is about to be told `problem`; `signed` is what its signature was compared with."""
        consumer = consumer_key(request.headers.get(hdrs.AUTHORIZATION, ""))
        key = consumer, problem.problem
        if (first := self._open.get(key)) is not None:
            self._open[key] = replace(first, followed=first.followed + 1)
        elif len(self._open) < _MOST:
            why = self._why(problem, request, signed)
            shown = consumer and f"{consumer[:_SHOWN]}…"
            reported = SignatureRefused(shown, problem.problem, signed.method, shown_url(signed), why)
            self._open[key] = _First(reported)
            self._observe(reported)
            asyncio.get_running_loop().call_later(self._seconds, self._close, key)

    def _close(self, key: tuple[str, str]) -> None:
        first = self._open.pop(key)
        if first.followed:
            self._observe(SignaturesFollowed(first.reported.consumer, first.reported.problem, first.followed))

    def _why(self, problem: OAuthProblem, request: web.BaseRequest, signed: SignedRequest) -> str:
        if not isinstance(problem, SignatureInvalid):
            return _USUAL.get(problem.name, "")
        other = next(filter(problem.fits, readings(signed, request.headers, self._settings.public_url)), None)
        return _UNKNOWN if other is None else difference(signed, other)


def readings(signed: SignedRequest, headers: Mapping[str, str], public_url: str) -> Iterator[SignedRequest]:
    """What the client may have signed instead: another scheme or host that somebody names, and of the query the first
    value of each name, or nothing."""
    bare = signed.host.rpartition(":")[0]
    port = headers.get("X-Forwarded-Port", "")
    named = (headers.get(hdrs.X_FORWARDED_HOST, ""), urlsplit(public_url).netloc, port and f"{bare}:{port}")
    hosts = dict.fromkeys((signed.host, *filter(None, named)))
    schemes, queries = (signed.scheme, _OTHER[signed.scheme]), dict.fromkeys((signed.query, _first(signed.query), ""))
    for query, host, scheme in product(queries, hosts, schemes):
        yield signed._replace(scheme=scheme, host=host, query=query)


def difference(signed: SignedRequest, other: SignedRequest) -> str:
    """In which parts the client has signed something else."""
    parts = [part for part in _CAUSES if getattr(signed, part) != getattr(other, part)]
    causes = _CAUSES | ({"query": _FIRST_VALUES} if other.query else {})
    return "; ".join(causes[part].format(**other._asdict()) for part in parts)


def _first(query: str) -> str:
    """A query without all but the first value of each name, as Perl's Net::OAuth signs it."""
    pairs = {pair.partition("=")[0]: pair for pair in reversed(query.split("&"))}
    return "&".join(pairs.values())


def shown_url(signed: SignedRequest) -> str:
    """The URL that was signed over, without what may be private: the values of its query."""
    host = signed.host.removesuffix(_DEFAULT_PORTS[signed.scheme])
    names = "&".join(f"{pair.partition('=')[0]}=…" for pair in signed.query.split("&")) if signed.query else ""
    return (f"{signed.scheme}://{host}{signed.path}" + (names and f"?{names}"))[:_LONGEST]
