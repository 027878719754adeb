"""Those who only read, all the while, from every process: so that caches are full when something changes."""

import asyncio
import hashlib
import random
from typing import Final

from tests.torture import documents
from tests.torture.clients import Answer
from tests.torture.fleet import PRODUCTS
from tests.torture.run import Run

_PAUSE: Final = 0.01
_FINE: Final = frozenset({0, 200, 304, 404, 503})


async def read_on(run: Run, number: int) -> None:
    """Until cancelled; complains of answers that no fault excuses."""
    dice = random.Random(number)
    urls = [""]
    while True:
        member = dice.choice(run.fleet.webs)
        product = dice.choice(list(PRODUCTS))
        url = dice.choice(urls)
        if url and dice.random() < 0.5:
            _look_at_file(run, url, await run.client.call(member, "GET", url))
        else:
            path, headers = _document(run, dice, product)
            answer = await run.client.call(member, "GET", path, **headers)
            _look_at(run, path, answer)
            if answer.status == 200 and path.startswith(("/abstract", "/concrete")):
                urls = [documents.local(one) for pair in documents.glue_images(answer.body) for one in pair] or [""]
            elif answer.status == 200 and path.startswith("/api/rest"):
                urls = [documents.local(item["url"]) for item in answer.json()] or [""]
        run.figures.reads += 1
        await asyncio.sleep(_PAUSE)


def _document(run: Run, dice: random.Random, product: int) -> tuple[str, dict[str, str]]:
    sku, parent = PRODUCTS[product]
    kind = "abstract" if parent is None else "concrete"
    images = f"/api/rest/products/{product}/images"
    return dice.choice(
        (
            (images, {"Accept": "application/json"} | run.client.signature),
            (images, {"Accept": "application/json"}),
            (f"{images}/store/2", {"Accept": "application/json"} | run.client.signature),
            (f"/api/v1/variants/{product}/images", run.client.key),
            (f"/v1/products/{sku}/images", run.client.bearer),
            (f"/{kind}-products/{sku}/{kind}-product-image-sets", {"Accept": "*/*"}),
            (f"/{kind}-products/{sku}/{kind}-product-image-sets", {"Accept": "*/*", "Accept_Language": "de"}),
        )
    )


def _look_at(run: Run, path: str, answer: Answer) -> None:
    if answer.status not in _FINE or answer.status == 404:
        run.complain(f"a reader of {path} got {answer}")


def _look_at_file(run: Run, url: str, answer: Answer) -> None:
    if answer.status not in _FINE:
        run.complain(f"a reader of {url} got {answer}")
    elif answer.status == 200:
        digest = hashlib.sha256(answer.body).hexdigest()[:32]
        if answer.headers.get("ETag") != f'"{digest}"':
            run.complain(f"a reader of {url} got an ETag of other bytes")
