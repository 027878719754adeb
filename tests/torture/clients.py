"""Requests as clients of each API send them, and what is known once they have been answered, or have not."""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from urllib.parse import quote
from xml.sax.saxutils import escape

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy

from tests.torture.fleet import Member, Shop
from tests.torture.nursery import Child
from tests.torture.pictures import Picture

Verdict = Literal["acknowledged", "refused", "unknown", "not sent"]

_SECONDS: Final = aiohttp.ClientTimeout(total=12)
_STREAM: Final = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=20)
_PATIENCE: Final = 30.0
_PAUSE: Final = 0.1
_NONE: Final[CIMultiDictProxy[str]] = CIMultiDictProxy(CIMultiDict())


@dataclass(frozen=True)
class Answer:
    """`status` 0: there was none, because of `reason`."""

    verdict: Verdict
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    reason: str = ""
    child: Child | None = None
    """The process that was asked."""
    seconds: float = 0.0
    """How long it took."""

    def json(self) -> Any:
        return json.loads(self.body)

    def __str__(self) -> str:
        return f"{self.status} {self.body[:300]!r}" if self.status else self.reason


def _verdict(status: int) -> Verdict:
    """An error of the service, or one that is away, may have been told after the commit."""
    if status < 400:
        return "acknowledged"
    return "refused" if status < 500 else "unknown"


class Client:
    """Every request has a connection of its own, so that none is sent twice unasked. Writes (`request` names them) wait
    for a process that is not there; what `data` is called for is made anew for each try."""

    def __init__(self, shop: Shop, session: aiohttp.ClientSession) -> None:
        self._shop = shop
        self._session = session

    async def call(
        self, member: Member, method: str, path: str, *, request: str = "", data: Any = None, **headers: str
    ) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if request:
            sent["X-Request-Id"] = request
        loop = asyncio.get_running_loop()
        deadline = loop.time() + (_PATIENCE if request else 0)
        while True:
            body = data() if callable(data) else data
            child, began = member.child, loop.time()
            answer = await self._once(method, f"{member.base}{path}", body, sent)
            answer = replace(answer, child=child, seconds=loop.time() - began)
            if answer.verdict != "not sent" or loop.time() > deadline:
                return answer
            await asyncio.sleep(_PAUSE)

    async def lines(self, member: Member, path: str, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """Those of a stream, until it ends or breaks off."""
        with suppress(aiohttp.ClientError, TimeoutError, ConnectionError):
            async with self._session.get(f"{member.base}{path}", headers=headers, timeout=_STREAM) as answer:
                if answer.status == 200:
                    async for line in answer.content:
                        yield line

    async def _once(self, method: str, url: str, data: Any, headers: dict[str, str]) -> Answer:
        try:
            async with self._session.request(
                method, url, data=data, headers=headers, timeout=_SECONDS, allow_redirects=False
            ) as answer:
                return Answer(_verdict(answer.status), answer.status, answer.headers, await answer.read())
        except aiohttp.ClientConnectorError as error:
            return Answer("not sent", 0, _NONE, b"", repr(error))
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            return Answer("unknown", 0, _NONE, b"", repr(error) or type(error).__name__)

    # --- Spree ---

    @property
    def key(self) -> dict[str, str]:
        return {"X_Spree_Token": self._shop.api_key}

    async def spree_create(
        self, member: Member, product: int, name: str, data: bytes, *, request: str, key: str = "", **fields: object
    ) -> Answer:
        """`key` is one of idempotency."""

        def form() -> aiohttp.FormData:
            return _form(name, data, fields)

        path, headers = f"/api/v1/variants/{product}/images", self.key | _keyed(key)
        return await self.call(member, "POST", path, request=request, data=form, **headers)

    async def spree_replace(
        self, member: Member, product: int, image: int, name: str, data: bytes, *, request: str
    ) -> Answer:
        path = f"/api/v1/variants/{product}/images/{image}"
        return await self.call(member, "PUT", path, request=request, data=lambda: _form(name, data, {}), **self.key)

    async def spree_update(
        self, member: Member, product: int, image: int, fields: Mapping[str, object], *, request: str
    ) -> Answer:
        data = "&".join(f"image[{name}]={quote(str(value))}" for name, value in fields.items())
        return await self.call(
            member,
            "PUT",
            f"/api/v1/variants/{product}/images/{image}",
            request=request,
            data=data,
            Content_Type="application/x-www-form-urlencoded",
            **self.key,
        )

    async def spree_destroy(self, member: Member, product: int, image: int, *, request: str) -> Answer:
        path = f"/api/v1/variants/{product}/images/{image}"
        return await self.call(member, "DELETE", path, request=request, **self.key)

    # --- the native API ---

    async def native(
        self,
        member: Member,
        method: str,
        path: str,
        data: bytes | None = None,
        *,
        request: str = "",
        kind: str = "application/json",
        **headers: str,
    ) -> Answer:
        """`path` behind `/v1/`; `kind` is the media type of `data`."""
        sent = self.bearer | ({"Content_Type": kind} if data is not None else {}) | headers
        return await self.call(member, method, f"/v1/{path}", request=request, data=data, **sent)

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._shop.native_key}"}

    # --- OpenMage ---

    @property
    def signature(self) -> dict[str, str]:
        admin = self._shop.admin
        fields = {
            "oauth_consumer_key": admin.consumer_key,
            "oauth_token": admin.token,
            "oauth_signature_method": "PLAINTEXT",
            "oauth_signature": quote(f"{admin.consumer_secret}&{admin.token_secret}"),
        }
        return {"Authorization": "OAuth " + ", ".join(f'{name}="{value}"' for name, value in fields.items())}

    async def openmage(
        self,
        member: Member,
        method: str,
        path: str,
        fields: Mapping[str, Any] | None = None,
        *,
        request: str,
        as_xml: bool = False,
        key: str = "",
    ) -> Answer:
        """`path` behind `/api/rest/products/`; `key` is one of idempotency."""
        kind = "text/xml" if as_xml else "application/json"
        data = None if fields is None else (xml(fields) if as_xml else json.dumps(fields)).encode()
        headers = {"Accept": kind} | ({"Content_Type": kind} if fields is not None else {}) | self.signature
        headers |= _keyed(key)
        return await self.call(member, method, f"/api/rest/products/{path}", request=request, data=data, **headers)


def _keyed(key: str) -> dict[str, str]:
    return {"Idempotency_Key": key} if key else {}


def _form(name: str, data: bytes, fields: Mapping[str, object]) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for field, value in fields.items():
        form.add_field(f"image[{field}]", str(value))
    form.add_field("image[attachment]", io.BytesIO(data), filename=name, content_type="application/octet-stream")
    return form


def file_fields(picture: Picture, name: str) -> dict[str, str]:
    """What OpenMage is told of a file; the extension it appends itself."""
    return {
        "file_mime_type": picture.media_type,
        "file_content": picture.base64,
        "file_name": name.rpartition(".")[0],
    }


def xml(fields: Mapping[str, Any]) -> str:
    return f'<?xml version="1.0"?><magento_api>{"".join(_element(*field) for field in fields.items())}</magento_api>'


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        inner = "".join(f"<data_item>{escape(one)}</data_item>" for one in value)
        return f"<{name}>{inner}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"
