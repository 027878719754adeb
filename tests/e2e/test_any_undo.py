"""Whatever was done through whichever API is taken back, and every API shows what it showed before, byte for byte."""

import base64
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from app.db.connections.connect import Connection
from tests.e2e.conftest import Answer, Serve, Shop
from tests.lengths import IS_LONG, by_length
from tests.pictures import encoded, picture

OPENMAGE: Final = "/api/rest/products/dress/images"
SPREE: Final = "/api/v1/products/a-dress/images"
GALLERY: Final = "/v1/products/dress/images"
SHOWN: Final = (
    "/abstract-products/dress/abstract-product-image-sets",
    "/concrete-products/dress-red/concrete-product-image-sets",
    OPENMAGE,
    f"{OPENMAGE}/store/german",
    SPREE,
    "/api/v1/variants/10/images",
    GALLERY,
    f"{GALLERY}?store=german",
    "/v1/products/dress",
)
_MUST_MOVE: Final = re.compile(
    rb'"(?:revision|\w*updated_at|created_at)":\s*(?:"[^"]*"|\d+)|\?\d{10}\b|"next":\s*"[^"]*"', re.ASCII
)
"""Revisions and stamps, which tell caches that something has happened."""
_FILES: Final = [encoded(picture(40, 30, seed=seed)) for seed in range(4)]


@dataclass
class Hands:
    """Does things to the images of a shop, through each API in its own way; `pick` chooses which image."""

    shop: Shop

    async def ids(self) -> list[int]:
        return [image["id"] for image in (await self.v1("GET", GALLERY)).json()["items"]]

    async def v1(self, method: str, path: str, **options: Any) -> Answer:
        headers = {"Authorization": f"Bearer {self.shop.api_key}", **options.pop("headers", {})}
        return await self.shop.call(method, path, headers=headers, **options)

    async def spree(self, method: str, path: str, **fields: str | bytes) -> Answer:
        form = aiohttp.FormData()
        for name, value in fields.items():
            extra = {"filename": "view.jpg"} if isinstance(value, bytes) else {}
            form.add_field(f"image[{name}]", value, **extra)
        headers = {"X-Spree-Token": self.shop.api_key}
        return await self.shop.call(method, path, data=form if fields else None, headers=headers)

    async def openmage(self, method: str, path: str, **said: Any) -> Answer:
        content = {"Content-Type": "application/json"}
        return await self.shop.signed(method, path, data=json.dumps(said), headers=content)

    async def shown(self) -> dict[str, bytes]:
        """What every API tells, but for what must move."""
        found = {}
        for path in SHOWN:
            if path.startswith("/api/rest"):
                answer = await self.shop.signed("GET", path)
            elif path.startswith("/v1"):
                answer = await self.v1("GET", path)
            else:
                answer = await self.shop.get(path, X_Spree_Token=self.shop.api_key)
            assert answer.status in (200, 404), (path, answer.body)
            found[path] = _MUST_MOVE.sub(b"", answer.body)
        return found


def _file(seed: int) -> dict[str, str]:
    return {"file_mime_type": "image/jpeg", "file_content": base64.b64encode(_FILES[seed]).decode()}


async def _order(hands: Hands, image: int, seed: int) -> Answer:
    query = "?store=german" if seed % 2 else ""
    listed = [one["id"] for one in (await hands.v1("GET", f"{GALLERY}{query}")).json()["items"]]
    turned = listed[seed % max(1, len(listed)) :] + listed[: seed % max(1, len(listed))]
    return await hands.v1("PUT", f"{GALLERY}/order{query}", json={"images": turned[::-1]})


async def _text(hands: Hands, image: int, seed: int) -> Answer:
    picture = (await hands.v1("GET", f"/v1/images/{image}")).json()["picture"]["id"]
    texts = {"de_DE": {"large": f"P{seed}", "small": None}}
    return await hands.v1("PATCH", f"/v1/pictures/{picture}", json={"texts": texts})


Step = Callable[[Hands, int, int], Awaitable[Answer]]
_BYTES: Final = {"Content-Type": "image/jpeg"}
STEPS: Final[dict[str, Step]] = {
    "openmage adds": lambda h, _, n: h.openmage("POST", OPENMAGE, **_file(n), label="Neu", types=["image"]),
    "openmage says": lambda h, i, n: h.openmage("PUT", f"{OPENMAGE}/{i}", label=f"L{n}", position=n, exclude=n % 2),
    "openmage says in a store": lambda h, i, n: h.openmage(
        "PUT", f"{OPENMAGE}/{i}/store/german", label=f"G{n}", types=["thumbnail"]
    ),
    "openmage renames": lambda h, i, n: h.openmage("PUT", f"{OPENMAGE}/{i}", file_name=f"name{n}"),
    "openmage replaces": lambda h, i, n: h.openmage("PUT", f"{OPENMAGE}/{i}", **_file(n)),
    "openmage removes": lambda h, i, _: h.shop.signed("DELETE", f"{OPENMAGE}/{i}"),
    "openmage removes in a store": lambda h, i, _: h.shop.signed("DELETE", f"{OPENMAGE}/{i}/store/german"),
    "spree adds": lambda h, _, n: h.spree("POST", SPREE, attachment=_FILES[n], alt=f"S{n}", position="1"),
    "spree moves": lambda h, i, n: h.spree("PUT", f"{SPREE}/{i}", position=str(n + 1), alt=f"S{n}"),
    "spree replaces": lambda h, i, n: h.spree("PUT", f"{SPREE}/{i}", attachment=_FILES[n]),
    "spree takes away": lambda h, i, _: h.spree(
        "PUT", f"{SPREE}/{i}", viewable_id="10", viewable_type="Spree::Variant"
    ),
    "spree removes": lambda h, i, _: h.spree("DELETE", f"{SPREE}/{i}"),
    "v1 adds": lambda h, _, n: h.v1("POST", f"{GALLERY}?position={n + 1}", data=_FILES[n], headers=_BYTES),
    "v1 says": lambda h, i, n: h.v1(
        "PATCH", f"/v1/images/{i}", json={"types": ["image", "small_image"][: n % 3], "position": n or None}
    ),
    "v1 says in a store": lambda h, i, n: h.v1(
        "PATCH", f"/v1/images/{i}", json={"stores": {"german": {"types": [], "hidden": n % 2 == 0, "position": n}}}
    ),
    "v1 edits": lambda h, i, n: h.v1("PATCH", f"/v1/images/{i}", json={"edit": {"rotate": 90 * n, "focal": [0, 1]}}),
    "v1 renames": lambda h, i, n: h.v1("PATCH", f"/v1/images/{i}", json={"file_name": f"other{n}"}),
    "v1 says of the picture": _text,
    "v1 replaces": lambda h, i, n: h.v1("PUT", f"/v1/images/{i}/file", data=_FILES[n], headers=_BYTES),
    "v1 copies": lambda h, i, n: h.v1("POST", f"/v1/images/{i}/copy", json={"sku": "dress", "position": n}),
    "v1 removes": lambda h, i, _: h.v1("DELETE", f"/v1/images/{i}"),
    "v1 puts in order": _order,
    "v1 removes the product": lambda h, _, __: h.v1("DELETE", "/v1/products/dress"),
}


@pytest.fixture(name="hands")
async def _hands(serve: Serve) -> Hands:
    """Three images, one of each API."""
    hands = Hands(await serve(run_worker=False))
    for step in ("openmage adds", "spree adds", "v1 adds"):
        answer = await STEPS[step](hands, 0, 0)
        assert answer.status < 300, (step, answer.body)
    return hands


async def _undo(hands: Hands, connection: Connection, after: int) -> None:
    """All changes behind a row, as one batch, whoever made them."""
    await connection.execute(
        "update change set batch = $2, actor_kind = 'key', actor_id = '0' where id > $1", after, f"all-{after}"
    )
    answer = await hands.v1("POST", "/v1/history/undo", json={"batch": f"all-{after}"})
    assert (answer.status, answer.json().get("left")) == (200, []), answer.body


async def _leaves_no_trace(hands: Hands, connection: Connection, steps: Sequence[tuple[str, int, int]]) -> None:
    before, after = await hands.shown(), await connection.fetchval("select max(id) from change")
    for name, place, seed in steps:
        if ids := await hands.ids():
            answer = await STEPS[name](hands, ids[place % len(ids)], seed)
            assert answer.status < 500, (name, answer.body)
        if name == "v1 removes the product":
            break
    if await connection.fetchval("select count(*) from change where id > $1", after):
        await _undo(hands, connection, after)
    assert await hands.shown() == before, steps


@pytest.mark.timeout(300)
async def test_each_change_leaves_no_trace(hands: Hands, connection: Connection) -> None:
    """Every way to change a gallery, undone, gives the documents of all APIs as they were."""
    for name in STEPS:
        await _leaves_no_trace(hands, connection, [(name, 1, 1)])


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(sorted(STEPS)), st.integers(0, 9), st.integers(0, 3)), min_size=2, max_size=5
    ),
)
@settings(
    max_examples=by_length(6, 300),
    derandomize=not IS_LONG,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@pytest.mark.timeout(600)
async def test_any_sequence_leaves_no_trace(
    hands: Hands, connection: Connection, steps: list[tuple[str, int, int]]
) -> None:
    """So do changes through all APIs in any sequence, taken back as one."""
    await _leaves_no_trace(hands, connection, steps)
