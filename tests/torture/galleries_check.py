"""Documents of all APIs and processes beside those of the model."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.torture import documents
from tests.torture.asking import read, unchanged
from tests.torture.documents import SCOPES
from tests.torture.fleet import EXTERNAL, PRODUCTS, Member
from tests.torture.model import GERMAN, Scope
from tests.torture.run import Run


@dataclass(frozen=True)
class Document:
    """What one API says of one gallery: where it is asked for, and what is wrong with the answer's body."""

    name: str
    path: str
    headers: dict[str, str]
    wrong: Callable[[bytes], object]


def _documents(run: Run, product: int) -> Iterator[Document]:
    gallery, sku = run.galleries[product], PRODUCTS[product][0]
    admin = run.client.signature
    images = f"/api/rest/products/{product}/images"
    kinds: tuple[tuple[str, Callable[[bytes], Any]], ...] = (
        ("application/json", json.loads),
        ("text/xml", documents.of_xml),
    )
    for accept, understood in kinds:
        for scope in (None, GERMAN):
            expected = documents.openmage(gallery, scope)
            path = images if scope is None else f"{images}/store/{scope}"
            yield Document(f"OpenMage {accept} {scope}", path, {"Accept": accept} | admin, _not(expected, understood))
        public = documents.openmage_public(gallery)
        yield Document(f"OpenMage {accept} guest", images, {"Accept": accept}, _not(public, understood))
    listed = documents.spree(gallery, product)
    path = f"/api/v1/variants/{product}/images"
    yield Document("Spree", path, dict(run.client.key), _not(listed, documents.of_spree))
    native = documents.native(gallery, product)
    path = f"/v1/products/{sku}/images"
    yield Document("The native API", path, dict(run.client.bearer), _not(native, documents.of_native))
    kind = "abstract" if PRODUCTS[product][1] is None else "concrete"
    for language, scope in SCOPES.items():
        path = f"/{kind}-products/{sku}/{kind}-product-image-sets"
        yield Document(
            f"Glue {language}", path, {"Accept": "*/*", "Accept_Language": language}, _not_glue(run, product, scope)
        )


def _not(expected: object, understood: Callable[[bytes], Any]) -> Callable[[bytes], object]:
    def wrong(body: bytes) -> object:
        found = understood(body)
        return None if found == expected else f"{found}\nand not {expected}"

    return wrong


def _not_glue(run: Run, product: int, scope: Scope) -> Callable[[bytes], object]:
    expected = documents.glue(run.galleries[product], scope)
    parent = PRODUCTS[product][1]
    if not expected and parent is not None:
        expected = documents.glue(run.galleries[parent], scope)

    def wrong(body: bytes) -> object:
        for which in zip(*documents.glue_images(body), strict=True):
            if not documents.is_glue(documents.hashes(which), expected):
                return f"{documents.hashes(which)}\nand not {expected}"
        return None if expected or not list(documents.glue_images(body)) else f"{body!r}\nand not nothing"

    return wrong


async def check_galleries(run: Run, members: list[Member]) -> None:
    for product in PRODUCTS:
        for document in _documents(run, product):
            answers = [await read(run, member, document.path, document.headers) for member in members]
            for member, answer in zip(members, answers, strict=True):
                run.figures.compared += 1
                if answer.status != 200:
                    run.complain(f"{member.name}: {document.name} of {product}: {answer}")
                elif (wrong := document.wrong(answer.body)) is not None:
                    run.complain(f"{member.name}: {document.name} of {product} says {wrong}")
            if len({(answer.body, answer.headers.get("ETag")) for answer in answers}) > 1:
                run.complain(f"{document.name} of {product} is not the same in all processes: {answers}")
            await unchanged(run, members[0], document.path, document.headers, answers[0])
    for member in members:
        await _external(run, member)


async def _external(run: Run, member: Member) -> None:
    path = f"/abstract-products/{EXTERNAL}/abstract-product-image-sets"
    answer = await read(run, member, path, {"Accept": "*/*"})
    found = [large for large, _ in documents.glue_images(answer.body)] if answer.status == 200 else answer
    if found != (expected := [url for _, url in sorted(run.external)]):
        run.complain(f"{member.name}: the imported set is {found} and not {expected}")
