"""The page and what it is made of: read and compressed once, when the process starts."""

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from app.errors import NotFound
from app.http.conditions import evaluate
from app.settings import Settings

PAGE: Final = "index.html"
_MEDIA_TYPES: Final = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_LEVEL: Final = 9


@dataclass(frozen=True, slots=True)
class Body:
    """One encoding of a file. It is as old as its tag says, and no older."""

    etag: str
    bytes: bytes
    headers: Mapping[str, str]
    modified: int | None = None


@dataclass(frozen=True, slots=True)
class File:
    plain: Body
    packed: Body

    def answer(self, request: web.Request) -> web.Response:
        """Compressed for whoever takes it; 304 for whoever has it."""
        body = self.packed if "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, "").lower() else self.plain
        if evaluate(request.headers, body) == "not_modified":
            unsaid = {hdrs.CONTENT_TYPE, hdrs.CONTENT_ENCODING}
            return web.Response(status=304, headers={k: v for k, v in body.headers.items() if k not in unsaid})
        return web.Response(body=body.bytes, headers=body.headers)


class Files:
    """By their names below `page/`. NotFound for others."""

    def __init__(self, settings: Settings) -> None:
        policy = content_policy(settings)
        self._files = {name: _file(name, source.read_bytes(), policy) for name, source in sources()}

    def answer(self, request: web.Request, name: str) -> web.Response:
        file = self._files.get(name)
        if file is None:
            raise NotFound(f"the console has no {name}")
        return file.answer(request)

    @property
    def sizes(self) -> Mapping[str, int]:
        """Bytes of each file as it is sent to browsers."""
        return {name: len(file.packed.bytes) for name, file in self._files.items()}


def sources() -> Iterator[tuple[str, Traversable]]:
    """All files of the page, by name."""
    return _below(files(__package__) / "page", "")


def content_policy(settings: Settings) -> str:
    """What a browser lets the page do: nothing but this service, and pictures from where it serves them."""
    external = ["https:"] if settings.console_external else []
    pictures = " ".join(["'self'", "data:", "blob:", *picture_hosts(settings), *external])
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {pictures}; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


def picture_hosts(settings: Settings) -> list[str]:
    """From where pictures may come, beside the page's own origin."""
    return list(dict.fromkeys(_origin(url) for url in (settings.media_url, settings.public_url) if url))


def _origin(url: str) -> str:
    """A path in a policy would mean this one file."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _below(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _below(entry, f"{prefix}{entry.name}/")
        elif entry.name.rpartition(".")[2] in _MEDIA_TYPES:
            yield f"{prefix}{entry.name}", entry


def _file(name: str, content: bytes, policy: str) -> File:
    tag = hashlib.sha256(content + policy.encode()).hexdigest()[:16]
    headers = {
        hdrs.CONTENT_TYPE: f"{_MEDIA_TYPES[name.rpartition('.')[2]]}; charset=utf-8",
        hdrs.CACHE_CONTROL: "no-cache",
        hdrs.VARY: hdrs.ACCEPT_ENCODING,
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    packed = {**headers, hdrs.CONTENT_ENCODING: "gzip", hdrs.ETAG: f'"{tag}-gz"'}
    return File(
        Body(f'"{tag}"', content, {**headers, hdrs.ETAG: f'"{tag}"'}),
        Body(f'"{tag}-gz"', _packed(content), packed),
    )


@cache
def _packed(content: bytes) -> bytes:
    """Once in a process, however many applications it serves."""
    return gzip.compress(content, _LEVEL, mtime=0)
