"""Answers from memory are those that the APIs would give."""

import random
from typing import Final

from oauthlib.oauth1 import Client as Signer

from app.access.secrets import SecretBox
from app.service.catalogue.keys import revoke_key
from app.service.catalogue.oauth import IssuedToken, TokenOptions, put_token
from tests.e2e.conftest import SECRET_KEY, Answer, Serve, Shop, eventually

PATHS: Final = [
    "/abstract-products/dress/abstract-product-image-sets",
    "/abstract-products/DRESS?include=abstract-product-image-sets",
    "/abstract-products/dress?page[offset]=1",
    "/abstract-products/dress?page[offset]=odd",
    "/abstract-products/dress/abstract-product-image-sets/7",
    "/abstract-products/unknown/abstract-product-image-sets",
    "/abstract-products/dress/concrete-product-image-sets",
    "/concrete-products/dress-red",
    "/concrete-products/dress-red/concrete-product-image-sets?fields[a]=b/c",
    "/abstract-products/unknown",
    "/",
    "/api/rest/products/8/images",
    "/api/rest/products/dress/images/store/german",
    "/api/rest/products/77/images",
    "/api/products/a-dress/images",
    "/api/v1/variants/9/images",
    "/api/products/unknown/images",
]
HEADERS: Final = {
    "Host": ["shop.example", "other.example:8080", "not a host"],
    "Accept": ["*/*", "application/json", "text/html", "text/xml", "application/vnd.api+xml", ""],
    "Accept-Language": ["de", "en;q=0.5, de;q=0.7", "xx"],
    "Content-Type": ["application/vnd.api+json", "application/vnd.api+Json; version=1.0", "text/plain", " "],
    "Access-Control-Request-Method": ["GET", "DELETE"],
    "Access-Control-Request-Headers": ["accept", "x-odd"],
    "Authorization": ["Bearer a", "OAuth broken"],
    "Version": ["1", "0"],
    "X-Spree-Token": ["{key}", "wrong", ""],
    "X-Spree-Order-Token": ["", "R1"],
    "If-None-Match": ["*", '"a"'],
    "Cookie": ["a=b", "c=d"],
    "X-Forwarded-Host": ["a.example"],
}
CHANGING: Final = {"date", "x-request-id", "x-runtime"}


def reported(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    headers = {name: value for name, value in answer.headers.items() if name.lower() not in CHANGING}
    return answer.status, headers, answer.body


async def hits(shop: Shop) -> float:
    text = (await shop.get("/metrics")).body.decode()
    return float(text.partition('cache_hits_total{cache="documents"} ')[2].partition("\n")[0])


async def test_a_request_is_answered_as_if_it_were_the_first(serve: Serve) -> None:
    """Whatever was asked before, in whatever order: status, headers and bytes are those of a service without memory."""
    dice = random.Random(1)
    shop, forgetful = await serve(), await serve(document_cache_bytes=0)

    async def remembers() -> bool:
        await shop.get(PATHS[0], Accept="*/*")
        return await hits(shop) > 0

    await eventually(remembers)
    begun = await hits(shop)
    for _ in range(2000):
        path, names = dice.choice(PATHS), dice.sample(list(HEADERS), dice.randrange(5))
        headers = {"Accept": "*/*", "Host": "shop.example"} | {name: dice.choice(HEADERS[name]) for name in names}
        headers = {name: value.format(key=shop.api_key) for name, value in headers.items()}
        assert reported(await shop.call("GET", path, headers=headers)) == reported(
            await forgetful.call("GET", path, headers=headers)
        ), (path, headers)
    assert await hits(shop) - begun > 300


async def test_a_signed_request_is_answered_as_if_it_were_the_first(serve: Serve) -> None:
    """Admins, customers, guests, bad signatures and replays, in whatever order, each get what is theirs."""
    dice = random.Random(2)
    shop, forgetful = await serve(), await serve(document_cache_bytes=0)
    others = [
        await token(shop, TokenOptions("customer")),
        await token(shop, TokenOptions("admin", privileges=("update",))),
    ]
    path = "/api/rest/products/8/images"

    async def remembers() -> bool:
        await shop.get(path, Accept="application/json")
        return await hits(shop) > 0

    await eventually(remembers)
    begun, last = await hits(shop), ""
    for _ in range(400):
        fresh = signature(dice.choice([shop.admin, shop.admin, shop.admin, *others]), path)
        last = dice.choice([fresh, fresh, fresh, last, fresh[:-5] + 'AA%3D"', "Bearer a"])
        headers = {
            "Host": "shop.example",
            "Accept": dice.choice(["text/xml", "application/json"]),
            "Authorization": last,
        }
        answers = [reported(await one.call("GET", path, headers=headers)) for one in (shop, forgetful)]
        assert answers[0] == answers[1], headers
    assert await hits(shop) - begun > 100


async def token(shop: Shop, options: TokenOptions) -> IssuedToken:
    async with shop.database.transaction() as tx:
        return await put_token(tx, SecretBox(SECRET_KEY), options)


def signature(credentials: IssuedToken, path: str) -> str:
    """For the host that all requests here name."""
    given = credentials.consumer_key, credentials.consumer_secret, credentials.token, credentials.token_secret
    _, headers, _ = Signer(*given).sign(f"http://shop.example{path}")
    return str(headers["Authorization"])


async def test_a_key_that_is_revoked_opens_no_document_from_memory(serve: Serve) -> None:
    """Within a second of the change, whatever was answered with the key before."""
    shop = await serve()
    path, headers = "/api/products/a-dress/images", {"X-Spree-Token": shop.api_key}

    async def remembers() -> bool:
        before = await hits(shop)
        assert (await shop.call("GET", path, headers=headers)).status == 200
        return await hits(shop) > before

    async def refuses() -> bool:
        return (await shop.call("GET", path, headers=headers)).status == 401

    await eventually(remembers)
    await revoke_key(shop.database, shop.api_key)
    await eventually(refuses, seconds=1)
