"""Documents of this dialect as bytes (spec §3, §7, §9). Pure: every part is written once, in its final form."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final, Literal
from urllib.parse import quote

from app.apis.glue.match import PARENT, ResourceType, Target
from app.apis.glue.query import Query
from app.apis.php.json_text import quoted, quoted_or_null
from app.service.galleries.glue import ImageSet, ProductFamily, ProductView, SetImage

AltText = Literal["omit", "null", "on"]

PREFLIGHT: Final = b'{"data":[],"links":[]}'
_SETS_OF: Final[Mapping[ResourceType, ResourceType]] = {parent: child for child, parent in PARENT.items()}
_PATH_SAFE: Final = "!$&'()*+,;=:@"
_segment: Final = lru_cache(maxsize=1024)(partial(quote, safe=_PATH_SAFE))


@dataclass(frozen=True, slots=True)
class View:
    """How a document is written: the base of its links (no trailing slash), what the query asks for, and
    whether images carry alternative texts."""

    base: str
    query: Query
    alt_text: AltText = "omit"

    def link(self, *segments: str) -> str:
        return "/".join((self.base, *map(_segment, segments)))

    def with_query(self, link: str) -> str:
        return f"{link}?{self.query.echo}" if self.query.echo else link


def image_sets_document(target: Target, sku: str, sets: tuple[ImageSet, ...], view: View) -> bytes:
    """The image sets of the product with `sku` (as typed): a collection of one, or a single object."""
    link = view.link(target.product_type, sku, target.type)
    resource = _sets_resource(target.type, sku, sets, link, view)
    if not target.is_collection:
        return f'{{"data":{resource}}}'.encode()
    mine = f"/{_segment(target.ignored_id)}" if target.ignored_id else ""
    return f'{{"data":[{resource}],"links":{_self(view.with_query(link + mine))}}}'.encode()


def product_document(family: ProductFamily, view: View) -> bytes:
    """A product, with what `include` asks for."""
    link = view.with_query(view.link(_type(family.main), family.main.sku))
    data = _product_resource(family.main, family, link, view)
    items = ",".join(_included(family.main, family, view, {(_type(family.main), family.main.sku)}))
    included = f',"included":[{items}]' if items else ""
    return f'{{"data":{data}{included}}}'.encode()


def _sets_resource(kind: ResourceType, sku: str, sets: tuple[ImageSet, ...], link: str, view: View) -> str:
    written = ",".join(_image_set(image_set, view.alt_text) for image_set in sets)
    attributes = _attributes(kind, {"imageSets": f"[{written}]"}, view)
    return _resource(kind, sku, attributes, link)


def _image_set(image_set: ImageSet, alt_text: AltText) -> str:
    images = ",".join(_image(image, alt_text) for image in image_set.images)
    return f'{{"name":{quoted(image_set.name)},"images":[{images}]}}'


def _image(image: SetImage, alt_text: AltText) -> str:
    urls = f'"externalUrlLarge":{quoted(image.large_url)},"externalUrlSmall":{quoted(image.small_url)}'
    if alt_text == "omit":
        return f"{{{urls}}}"
    large, small = (image.alt_large, image.alt_small) if alt_text == "on" else (None, None)
    return f'{{{urls},"altTextLarge":{quoted_or_null(large)},"altTextSmall":{quoted_or_null(small)}}}'


def _product_resource(product: ProductView, family: ProductFamily, link: str, view: View) -> str:
    known = {"sku": product.sku, "productAbstractSku": product.abstract_sku, "name": product.name}
    written = {name: quoted(value) for name, value in known.items() if value is not None}
    kind = _type(product)
    return _resource(kind, product.sku, _attributes(kind, written, view), link, _relationships(product, family, view))


def _resource(kind: ResourceType, identity: str, attributes: str, link: str, relationships: str = "") -> str:
    related = f',"relationships":{relationships}' if relationships else ""
    return f'{{"type":"{kind}","id":{quoted(identity)},"attributes":{attributes},"links":{_self(link)}{related}}}'


def _self(link: str) -> str:
    return f'{{"self":{quoted(link)}}}'


def _attributes(kind: ResourceType, written: Mapping[str, str], view: View) -> str:
    """An empty table is an empty array, as PHP writes it."""
    wanted = view.query.fields.get(kind)
    kept = [f'"{name}":{value}' for name, value in written.items() if wanted is None or name in wanted]
    return f"{{{','.join(kept)}}}" if kept else "[]"


def _relations(
    product: ProductView, family: ProductFamily, view: View
) -> Iterator[tuple[ResourceType, tuple[ProductView, ...]]]:
    """The relationships that are asked for and not empty, in the order in which they are written."""
    abstract = family.abstract_of(product)
    related: dict[ResourceType, tuple[ProductView, ...]] = {_SETS_OF[_type(product)]: (product,)}
    related["concrete-products"] = family.concretes_of(product)
    related["abstract-products"] = (abstract,) if abstract else ()
    return ((kind, products) for kind, products in related.items() if products and kind in view.query.include)


def _relationships(product: ProductView, family: ProductFamily, view: View) -> str:
    written = [
        f'"{kind}":{{"data":[{",".join(_identifier(kind, other) for other in products)}]}}'
        for kind, products in _relations(product, family, view)
    ]
    return f"{{{','.join(written)}}}" if written else ""


def _identifier(kind: ResourceType, product: ProductView) -> str:
    return f'{{"type":"{kind}","id":{quoted(product.sku)}}}'


def _included(
    product: ProductView, family: ProductFamily, view: View, seen: set[tuple[ResourceType, str]]
) -> Iterator[str]:
    """Depth first, children before their carrier; each resource once, and never the main one."""
    for kind, products in _relations(product, family, view):
        for other in products:
            if (kind, other.sku) in seen:
                continue
            seen.add((kind, other.sku))
            if kind in PARENT:
                yield _sets_resource(kind, other.sku, other.sets, view.link(PARENT[kind], other.sku, kind), view)
            else:
                yield from _included(other, family, view, seen)
                yield _product_resource(other, family, view.link(kind, other.sku), view)


def _type(product: ProductView) -> ResourceType:
    return "abstract-products" if product.abstract_sku is None else "concrete-products"
