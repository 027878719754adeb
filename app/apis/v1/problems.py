"""The codes of problems: their status and what they mean. `/docs/problems` is made of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Final, Literal

Code = Literal[
    "malformed",
    "invalid",
    "unauthenticated",
    "forbidden",
    "not_found",
    "method_not_allowed",
    "timeout",
    "conflict",
    "gone",
    "precondition_failed",
    "too_large",
    "unsupported_media_type",
    "expectation_failed",
    "image_refused",
    "key_reused",
    "too_many_requests",
    "busy",
    "unavailable",
    "internal",
]

PAGE: Final = "/docs/problems"


@dataclass(frozen=True, slots=True)
class Meaning:
    """`paragraph` says what has happened and what a client does about it."""

    status: int
    title: str
    paragraph: str


CODES: Final[Mapping[Code, Meaning]] = {
    "malformed": Meaning(
        400,
        "Malformed request",
        "The request cannot be read: its body is no JSON, is not UTF-8 or names a member twice, its query has escapes "
        "that are no text, or it names no valid host. errors[0].code is digest_mismatch where the body is not the one "
        "that Content-Digest announced. The same request fails again.",
    ),
    "invalid": Meaning(
        422,
        "Invalid values",
        "The request can be read, and some of its values cannot be taken. errors lists all of them: pointer is a JSON "
        "pointer into the body, or ?name for a parameter of the query; code is required, unknown, wrong_type, "
        "out_of_range, too_long, not_found, invalid_base64 or switched_off; limit and measured say by how much.",
    ),
    "unauthenticated": Meaning(
        401,
        "Unauthenticated",
        "No key was sent as Authorization: Bearer KEY, or it is unknown here or revoked. A key that was made for "
        "another API is unknown.",
    ),
    "forbidden": Meaning(
        403,
        "Forbidden",
        "The key is known and its role does not suffice: a reader reads, an editor writes, an admin manages keys, "
        "store views and jobs.",
    ),
    "not_found": Meaning(
        404,
        "Not found",
        "There is no such address, or what it names is unknown or deleted; detail says what.",
    ),
    "method_not_allowed": Meaning(
        405,
        "Method not allowed",
        "The address is there, and this method is not; the header Allow lists those that are.",
    ),
    "timeout": Meaning(
        408,
        "Request timeout",
        "The body did not arrive in time. Nothing was changed; the request may be sent again.",
    ),
    "conflict": Meaning(
        409,
        "Conflict",
        "The request contradicts what is there by now: a SKU, slug, code or id is taken, a list is no longer the one "
        "that was read, or the same Idempotency-Key is in flight (then with Retry-After). Read again, then decide.",
    ),
    "gone": Meaning(
        410,
        "Gone",
        "A cursor or a revision is older than the history is kept. Begin anew with what is there now.",
    ),
    "precondition_failed": Meaning(
        412,
        "Precondition failed",
        "If-Match does not hold: somebody changed it meanwhile. current is the image, or the product, as it is now.",
    ),
    "too_large": Meaning(
        413,
        "Body too large",
        "The body is larger than is accepted, MAX_BODY_BYTES at most.",
    ),
    "unsupported_media_type": Meaning(
        415,
        "Unsupported media type",
        "The body is of a type that this operation does not take, or it is compressed.",
    ),
    "expectation_failed": Meaning(
        417,
        "Expectation failed",
        "The header Expect asks for something that the service does not do.",
    ),
    "image_refused": Meaning(
        422,
        "Image refused",
        "The picture cannot be taken. errors[0].code says why: not_an_image, format_not_accepted (measured is the "
        "format), file_too_large, too_many_pixels, too_many_frames, truncated, damaged, too_slow, barred or "
        "fetch_failed; limit and measured where there is one.",
    ),
    "key_reused": Meaning(
        422,
        "Idempotency key reused",
        "The Idempotency-Key was sent before with another request. Each change has a key of its own.",
    ),
    "too_many_requests": Meaning(
        429,
        "Too many requests",
        "The key or the address wrote too often; Retry-After says when it may again.",
    ),
    "busy": Meaning(
        503,
        "Busy",
        "All slots are taken, or others change the same thing. Retry-After says when to come back.",
    ),
    "unavailable": Meaning(
        503,
        "Unavailable",
        "The database, the store or the disc is away. Retry-After says when to come back.",
    ),
    "internal": Meaning(
        500,
        "Internal error",
        "A defect of the service; no more is said. Whoever operates it finds X-Request-Id in the log.",
    ),
}


def page() -> bytes:
    """A paragraph for each code, as HTML."""
    parts = [
        f'<h2 id="{code}">{code} <small>{meaning.status}</small></h2>\n<p>{escape(meaning.paragraph)}</p>\n'
        for code, meaning in CODES.items()
    ]
    return (_HEAD + "".join(parts) + "</main>\n</html>\n").encode()


_HEAD: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Problems</title>
<link rel="icon" href="/favicon.ico">
<link rel="stylesheet" href="/docs/page.css">
<main>
<h1>Problems</h1>
<p>What the native API, <code>/v1</code>, tells when it refuses: <code>application/problem+json</code>, RFC 9457.
The <code>type</code> of a problem leads to its paragraph here.</p>
"""
