"""What the service itself and delivery answer, declared."""

from typing import Final

from app.openapi.sections import Content, Operation, Parameter, Response, Section, json, record, ref
from app.settings import Settings

_FAILED: Final = json(ref("ServiceError"), {"status": "error", "detail": "Not Found"})
_TEXT: Final = {"type": "string"}
_BINARY: Final = Content({f"image/{kind}": {} for kind in ("jpeg", "png", "gif", "webp", "avif")})
_CACHED: Final = ("Cache-Control", "ETag", "Last-Modified")
_CHECK: Final = {"type": "string", "enum": ["ok", "failed"]}

SERVICE: Final = Section(
    "Service",
    "Health, figures and this document.",
    operations=(
        Operation(
            "get",
            "/health/live",
            "Whether the process lives; it asks nobody else.",
            {200: Response("It does.", json(ref("Alive"), {"status": "ok"}))},
        ),
        Operation(
            "get",
            "/health/ready",
            "Whether requests should be sent here. What is found out is remembered for two seconds.",
            {
                200: Response(
                    "Yes; `degraded` while the object store is away and only reads work.", json(ref("Health"))
                ),
                503: Response("No: the database is away, or the process is about to end.", json(ref("Health"))),
            },
        ),
        Operation(
            "get",
            "/metrics",
            "Figures of all processes on this machine, in Prometheus' text format.",
            {200: Response("The figures.", Content({"text/plain": _TEXT}))},
        ),
        Operation(
            "get",
            "/openapi.json",
            "This document.",
            {200: Response("OpenAPI 3.1.", json({"type": "object"}))},
        ),
        Operation(
            "get",
            "/docs",
            "A page to read this document and to try what it describes; it needs no other server.",
            {200: Response("The page.", Content({"text/html": _TEXT}))},
        ),
        Operation(
            "get",
            "/favicon.ico",
            "The page's icon, for browsers.",
            {200: Response("The icon.", Content({"image/svg+xml": _TEXT}))},
        ),
        Operation(
            "get",
            "/robots.txt",
            "What search engines may read: pictures.",
            {200: Response("The rules.", Content({"text/plain": _TEXT}))},
        ),
        Operation(
            "get",
            "/docs/{file}",
            "What the page is made of.",
            {
                200: Response("The file.", Content({"text/css": _TEXT, "text/javascript": _TEXT})),
                404: Response("There is no such file.", _FAILED),
            },
            parameters=(Parameter("file", "path", "The file's name.", "page.js"),),
        ),
        Operation(
            "get",
            "/",
            "What this is, for people: only with an `Accept` that names `text/html`. All others get Glue's answer.",
            {
                200: Response("The page.", Content({"text/html": _TEXT})),
                404: Response(
                    "Glue knows no such resource.", Content({"application/vnd.api+json": {"type": "object"}})
                ),
                406: Response("No `Accept` was sent.", Content({"text/html": _TEXT})),
            },
            parameters=(Parameter("Accept", "header", "What the client wants.", "text/html", required=True),),
        ),
    ),
    schemas={
        "Alive": record({"status": {"const": "ok"}}),
        "Health": record(
            {
                "status": {"type": "string", "enum": ["ok", "degraded", "unavailable", "draining"]},
                "checks": {"type": "object", "additionalProperties": _CHECK},
            }
        ),
        "ServiceError": record({"status": {"const": "error"}, "detail": {"type": "string"}}),
    },
)

_DELIVERED: Final = {
    200: Response("The image. Its bytes never change, so it may be kept for ever.", _BINARY, _CACHED),
    206: Response("The part that was asked for with `Range`.", _BINARY, (*_CACHED, "Content-Range")),
    304: Response("The client has it already.", headers=_CACHED),
    404: Response("There is no such image, or it was withdrawn.", headers=("Cache-Control",)),
    412: Response("A condition does not hold."),
    416: Response("There is no such part.", headers=("Content-Range",)),
    503: Response("Too much is asked for at once, or the store is away.", headers=("Retry-After",)),
}
_ORIGINAL: Final = (
    Parameter("first", "path", "First letter of the file name.", "m"),
    Parameter("second", "path", "Second letter of the file name.", "u"),
    Parameter("file", "path", "The file name.", "mug.jpg"),
)
_HEX: Final = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_LARGE: Final = next(recipe.slug for recipe in Settings().recipes if recipe.name == "large")
_MUG: Final = "4f694cbf2a32672cb4c0bef632c8a52c24f1bcac30b28f3a179b8f2c0f55c934"
_RENDITION: Final = (
    Parameter("recipe", "path", "A recipe's name and the hash of its parameters.", _LARGE),
    Parameter("hash", "path", "SHA-256 of the uploaded bytes.", _MUG, _HEX),
    Parameter("name", "path", "For people only: any name will do.", "mug"),
    Parameter("extension", "path", "Chooses the format: the source's own, `webp` or `avif`.", "jpg"),
)

DELIVERY: Final = Section(
    "Delivery",
    "The origin that content delivery networks pull from.",
    operations=tuple(
        Operation(method, path, summary, _DELIVERED, parameters)
        for path, summary, parameters in (
            (
                "/media/catalog/product/{first}/{second}/{file}",
                "A cleaned original: every pixel of the upload, without private metadata.",
                _ORIGINAL,
            ),
            (
                "/media/renditions/{recipe}/{hash}/{name}.{extension}",
                "A rendition; one that does not exist yet is built now.",
                _RENDITION,
            ),
        )
        for method in ("get", "head")
    ),
)
