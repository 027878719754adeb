"""What this dialect answers, declared."""

from typing import Final

from app.apis.glue.match import PARENT, ResourceType
from app.openapi.sections import Content, Operation, Parameter, Response, Section, array, json, nullable, record, ref

_MEDIA_TYPE: Final = "application/vnd.api+json"
_ANY: Final = {"type": "object"}
_PLAIN: Final = Content({"text/html": {"type": "string"}})
_ODD: Final = Content({"text/html": {"type": "string"}, _MEDIA_TYPE: {}})

_QUERY: Final = (
    Parameter("fields[abstract-products]", "query", "Attributes to keep of a resource type.", "sku,name"),
    Parameter("page[offset]", "query", "Looked at for its form alone: there are no pages.", 0, {"type": "integer"}),
)
_INCLUDE: Final = Parameter("include", "query", "Related resources to add, by type.", "abstract-product-image-sets")
_LANGUAGE: Final = Parameter("Accept-Language", "header", "Chooses the locale.", "en")


def _sku(kind: str) -> Parameter:
    return Parameter("sku", "path", f"SKU of the {kind} product.", "mug" if kind == "abstract" else "mug-large")


def _failed(code: str, detail: str) -> Content:
    example = {"errors": [{"code": code, "status": 404, "detail": detail}]}
    return json(ref("GlueErrors"), example, _MEDIA_TYPE)


_REFUSED: Final = {
    400: Response("A pagination parameter is malformed, or the SKU is `0`.", _ODD),
    403: Response("CORS does not allow it.", _PLAIN),
    406: Response("No `Accept` header was sent.", _PLAIN),
    415: Response("The `Content-Type` or `Accept` sent names no format that there is.", _ODD),
    503: Response("The database is away.", json(ref("GlueErrors"), media_type=_MEDIA_TYPE), ("Retry-After",)),
}


def _reads(sets: ResourceType, product: ResourceType) -> tuple[Operation, ...]:
    kind = product.partition("-")[0]
    code, missing = ("301", "303") if kind == "abstract" else ("302", "304")
    return (
        Operation(
            "get",
            f"/{product}/{{sku}}/{sets}",
            f"The image sets of the {kind} product, those it inherits included.",
            {
                200: Response("A collection of one resource.", json(ref("GlueCollection"), media_type=_MEDIA_TYPE)),
                404: Response("There is no such product.", _failed(missing, f"Can`t find {kind} product image sets.")),
                **_REFUSED,
            },
            (_sku(kind), _LANGUAGE, *_QUERY),
        ),
        Operation(
            "get",
            f"/{product}/{{sku}}",
            f"The {kind} product, as far as images need it.",
            {
                200: Response("One resource.", json(ref("GlueResourceDocument"), media_type=_MEDIA_TYPE)),
                404: Response("There is no such product.", _failed(code, f"{kind.title()} product is not found.")),
                **_REFUSED,
            },
            (_sku(kind), _INCLUDE, _LANGUAGE, *_QUERY),
        ),
    )


_PREFLIGHT: Final = (
    Parameter("Origin", "header", "The page's origin.", "https://shop.example", required=True),
    Parameter("Access-Control-Request-Method", "header", "The method to be used.", "GET", required=True),
    Parameter("Access-Control-Request-Headers", "header", "The headers to be sent.", "accept-language", required=True),
)


def _preflight(path: str, kind: str) -> Operation:
    answers = {
        200: Response("It may ask.", json(_ANY, {"data": [], "links": []}, _MEDIA_TYPE)),
        404: Response("Nothing is routed there.", json(ref("GlueErrors"), media_type=_MEDIA_TYPE)),
        501: Response("A header of a preflight request is missing.", _PLAIN),
        **{status: answer for status, answer in _REFUSED.items() if status != 503},
    }
    return Operation("options", path, "Whether a page of another origin may ask.", answers, (_sku(kind), *_PREFLIGHT))


_LINKS: Final = record({"self": {"type": "string"}})
_IMAGE: Final = record(
    {
        "externalUrlLarge": nullable("string"),
        "externalUrlSmall": nullable("string"),
        "altTextLarge": nullable("string"),
        "altTextSmall": nullable("string"),
    },
    optional=("altTextLarge", "altTextSmall"),
)

SECTION: Final = Section(
    "Glue",
    "Spryker's storefront API: image sets of products, for everybody. Other methods are answered with 404.",
    operations=tuple(
        operation
        for sets, product in PARENT.items()
        for read in _reads(sets, product)
        for operation in (read, _preflight(read.path, product.partition("-")[0]))
    ),
    schemas={
        "GlueImageSet": record({"name": {"type": "string"}, "images": array(_IMAGE)}),
        "GlueResource": record(
            {
                "type": {"type": "string", "enum": [kind for pair in PARENT.items() for kind in pair]},
                "id": {"type": "string"},
                "attributes": {
                    "anyOf": [
                        {"type": "object", "properties": {"imageSets": array(ref("GlueImageSet"))}},
                        {"type": "array", "maxItems": 0, "description": "No attribute is left."},
                    ]
                },
                "links": _LINKS,
                "relationships": _ANY,
            },
            optional=("relationships",),
        ),
        "GlueCollection": record({"data": array(ref("GlueResource")), "links": _LINKS}),
        "GlueResourceDocument": record(
            {"data": ref("GlueResource"), "included": array(ref("GlueResource"))}, optional=("included",)
        ),
        "GlueErrors": record(
            {
                "errors": array(
                    record(
                        {"code": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"}},
                        optional=("code",),
                    )
                )
            }
        ),
    },
)
