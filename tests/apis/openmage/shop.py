"""A shop as OpenMage's clients know it: store views, products of every state, one account of each user type."""

import base64
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from html import escape
from itertools import count
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlencode
from xml.sax.saxutils import escape as xml_escape

import aiohttp
from multidict import CIMultiDictProxy
from oauthlib.oauth1 import Client as Signer
from yarl import URL

from app.access.secrets import SecretBox
from app.db.pool import Database
from app.service.catalogue.image_types import put_image_type
from app.service.catalogue.oauth import IssuedToken, TokenOptions, put_token, revoke_token
from app.service.catalogue.plan import ProductOptions
from app.service.catalogue.products import put_product
from app.service.catalogue.stores import StoreOptions, put_store
from app.settings import Settings
from app.wiring.application import build_app
from tests.pictures import encoded, picture
from tests.serving import ProductServer

User = Literal["admin", "customer", "guest"]

USERS: Final[tuple[User, ...]] = ("admin", "customer", "guest")
ACCEPTS: Final = {"json": "application/json", "xml": "text/xml"}
MEDIA: Final = "http://magento"
SECRET_KEY: Final = "a secret of the tests, and of nobody else"
PNG: Final = encoded(picture(12, 8), "PNG")
JPEG: Final = encoded(picture(12, 8, seed=2), "JPEG")
IMAGES: Final = "/api/rest/products/8/images"

VIEWS: Final = (
    StoreOptions("default", 1, "en_US", "base", is_default=True),
    StoreOptions("german", 2, "de_DE", "base"),
    StoreOptions("french", 3, "fr_FR", "base"),
    StoreOptions("polish", 4, "pl_PL", "other"),
    StoreOptions("closed", 5, "nl_NL", "base", active=False),
)
PRODUCTS: Final = (
    ProductOptions("dress", id=8),
    ProductOptions("disabled", id=20, enabled=False),
    ProductOptions("invisible", id=21, visible=False),
    ProductOptions("homeless", id=22, websites=()),
    ProductOptions("gift-card", id=23, supports_images=False),
    ProductOptions("polish-dress", id=24, websites=("other",)),
)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> int:
        """The image that a create has made."""
        assert self.status == 200, self.body
        return int(self.headers["Location"].rpartition("/")[2])


@dataclass
class Api:
    """A running service with OpenMage's shop in it."""

    base: str
    settings: Settings
    database: Database
    session: aiohttp.ClientSession
    accounts: Mapping[str, IssuedToken]
    _numbers: "count[int]" = field(default_factory=lambda: count(1000))

    async def call(
        self,
        user: User,
        method: str,
        path: str,
        *,
        body: bytes | str | None = None,
        accept: str | None = "application/json",
        **headers: str | None,
    ) -> Answer:
        """Signed unless it is a guest's. A header that is None is not sent; `Content_Type` is `Content-Type`."""
        given = {"Accept": accept} | {name.replace("_", "-"): value for name, value in headers.items()}
        if user != "guest":
            given = self.signed(user, method, path) | given
        sent = {name: value for name, value in given.items() if value is not None}
        return await self.raw(method, path, body, sent)

    async def raw(self, method: str, path: str, body: bytes | str | None, headers: Mapping[str, str]) -> Answer:
        """Sends these headers and no others."""
        data = None if body is None else io.BytesIO(body.encode() if isinstance(body, str) else body)
        url = URL(f"{self.base}{path}", encoded=True)
        automatic = ("Accept", "Content-Type", "User-Agent", "Accept-Encoding")
        async with self.session.request(method, url, data=data, headers=headers, skip_auto_headers=automatic) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    def signed(self, account: str, method: str, path: str, base: str = "") -> dict[str, str | None]:
        one = self.accounts[account]
        signer = Signer(one.consumer_key, one.consumer_secret, one.token, one.token_secret)
        return dict(signer.sign(f"{base or self.base}{path}", method)[1])

    async def create(self, images: str = IMAGES, data: bytes = PNG, **fields: Any) -> int:
        """The id of a new image."""
        return (await self.post(images, upload(data, **fields))).id

    async def post(self, images: str, fields: Mapping[str, Any]) -> Answer:
        return await self.call("admin", "POST", images, body=json.dumps(fields), Content_Type="application/json")

    async def put(self, path: str, **fields: Any) -> Answer:
        return await self.call("admin", "PUT", path, body=json.dumps(fields), Content_Type="application/json")

    async def delete(self, path: str) -> Answer:
        return await self.call("admin", "DELETE", path)

    async def get(self, path: str, user: User = "admin") -> Any:
        """A document that there is."""
        answer = await self.call(user, "GET", path)
        assert answer.status == 200, answer.body
        return answer.json()

    async def product(self, sku: str | None = None, **options: Any) -> str:
        """The images of a product of the test's own."""
        number = next(self._numbers)
        async with self.database.transaction() as tx:
            await put_product(tx, ProductOptions(sku or f"product-{number}", id=number, **options))
        return f"/api/rest/products/{number}/images"

    async def sql(self, statement: str, *args: object) -> Any:
        async with self.database.transaction() as tx:
            return await tx.connection.fetchval(statement, *args)


def upload(data: bytes = PNG, **fields: Any) -> dict[str, Any]:
    """The fields of a create."""
    return {"file_mime_type": "image/png", "file_content": base64.b64encode(data).decode()} | fields


def xml(fields: Mapping[str, str]) -> str:
    """A body, as XML."""
    items = "".join(f"<{name}>{xml_escape(value)}</{name}>" for name, value in fields.items())
    return f'<?xml version="1.0"?>\n<magento_api>{items}</magento_api>'


BODIES: Final = {
    "application/json": lambda fields: json.dumps(fields),
    "text/xml": xml,
    "text/plain": lambda fields: urlencode(fields),
}
"""How each content type writes plain fields."""


def error_body(form: str, *messages: tuple[int, str]) -> bytes:
    """The document that tells these messages, in `json` or `xml`."""
    if form == "json":
        items = ",".join(f'{{"code":{code},"message":{_json_text(text)}}}' for code, text in messages)
        return f'{{"messages":{{"error":[{items}]}}}}'.encode()
    members = "".join(
        f"      <data_item>\n        <code>{code}</code>\n        <message>{escape(text, quote=False)}</message>\n"
        "      </data_item>\n"
        for code, text in messages
    )
    return (
        f'<?xml version="1.0"?>\n<magento_api>\n  <messages>\n    <error>\n{members}    </error>\n'
        "  </messages>\n</magento_api>\n"
    ).encode()


def _json_text(text: str) -> str:
    return json.dumps(text).replace("/", "\\/")


async def provision(database: Database) -> dict[str, IssuedToken]:
    """Accounts: one of each user type, `roleless`, `reader` with one privilege, and `revoked`."""
    box = SecretBox(SECRET_KEY)
    wanted = {
        "admin": TokenOptions("admin"),
        "customer": TokenOptions("customer"),
        "roleless": TokenOptions("admin", has_role=False),
        "reader": TokenOptions("admin", privileges=("retrieve",)),
        "revoked": TokenOptions("admin"),
    }
    async with database.transaction() as tx:
        for view in VIEWS:
            await put_store(tx, view)
        for product in PRODUCTS:
            await put_product(tx, product)
        await put_image_type(tx, "swatch", None)
        accounts = {name: await put_token(tx, box, options) for name, options in wanted.items()}
    await revoke_token(database, accounts["revoked"].token)
    return accounts


@asynccontextmanager
async def open_api(dsn: str, data_dir: Path, **options: Any) -> AsyncIterator[Api]:
    """A service over a database that is still empty; keywords are settings."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(dsn))
        accounts = await provision(database)
        yield await serve_api(stack, database, accounts, data_dir, **options)


async def serve_api(
    stack: AsyncExitStack, database: Database, accounts: Mapping[str, IssuedToken], data_dir: Path, **options: Any
) -> Api:
    """One more server over a shop's database, closed with the stack."""
    quiet = {"run_worker": False, "codec_processes": 1, "log_sample": 10**9, "media_url": MEDIA}
    settings = replace(Settings(data_dir=data_dir, secret_key=SECRET_KEY), **(quiet | options))
    server = ProductServer(build_app(settings, database.dsn))
    await server.start_server()
    stack.push_async_callback(server.close)
    session = await stack.enter_async_context(aiohttp.ClientSession())
    return Api(str(server.make_url("")).rstrip("/"), settings, database, session, accounts)
