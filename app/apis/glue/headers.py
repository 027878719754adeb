"""Headers in and out (spec §3.3, §3.4, §8)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_MEDIA_TYPE: Final = re.compile(r"application/vnd\.api\+([a-z]+)", re.IGNORECASE)
_ALLOWED_HEADERS: Final = (
    "accept",
    "content-type",
    "content-language",
    "accept-language",
    "authorization",
    "X-Anonymous-Customer-Unique-Id",
    "access-control-allow-origin",
)
ALLOWED_METHODS: Final = ("GET", "OPTIONS")
_ALWAYS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-cache, private",
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "1; mode=block",
    "Referrer-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Cors:
    """What a page of another origin may send: the original's headers, and `further` ones."""

    further: tuple[str, ...] = ()

    def allows_header(self, name: str) -> bool:
        return name.strip().lower() in {allowed.lower() for allowed in (*_ALLOWED_HEADERS, *self.further)}

    @property
    def headers(self) -> Mapping[str, str]:
        """Of the answer to a preflight."""
        return {
            "access-control-allow-methods": ", ".join(ALLOWED_METHODS),
            "access-control-allow-headers": ", ".join((*_ALLOWED_HEADERS, *self.further)),
        }


def named_format(media_type: str | None) -> str | None:
    """The format in `application/vnd.api+<format>`, letters only; None where there is none."""
    found = _MEDIA_TYPE.search(media_type or "")
    return found[1] if found else None


@dataclass(frozen=True, slots=True)
class Headers:
    """The headers of every answer; the two optional ones are sent only where they are configured."""

    allow_origin: str = ""
    transport_security: bool = False

    def of_document(self, content_type: str | None, locale: str) -> dict[str, str]:
        """For a JSON answer to a request with this `Content-Type`, whose format is mirrored."""
        headers = self._common(f"application/vnd.api+{named_format(content_type) or 'json'}")
        headers["Content-Language"] = locale
        if self.allow_origin:
            headers["Access-Control-Allow-Origin"] = self.allow_origin
        return headers

    def of_text(self) -> dict[str, str]:
        return self._common("text/html; charset=UTF-8")

    def _common(self, content_type: str) -> dict[str, str]:
        headers = {"Content-Type": content_type, **_ALWAYS}
        if self.transport_security:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains; preload"
        return headers
