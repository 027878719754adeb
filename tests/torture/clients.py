"""Requests as clients of each API send them, and what is known once they have been answered, or have not."""

import asyncio
import base64
import io
import json
from collections.abc import Mapping
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
        deadline = asyncio.get_running_loop().time() + (_PATIENCE if request else 0)
        while True:
            body = data() if callable(data) else data
            child = member.child
            answer = replace(await self._once(method, f"{member.base}{path}", body, sent), child=child)
            if answer.verdict != "not sent" or asyncio.get_running_loop().time() > deadline:
                return answer
            await asyncio.sleep(_PAUSE)

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
        self, member: Member, product: int, name: str, data: bytes, *, request: str, **fields: object
    ) -> Answer:
        def form() -> aiohttp.FormData:
            return _form(name, data, fields)

        return await self.call(
            member, "POST", f"/api/v1/variants/{product}/images", request=request, data=form, **self.key
        )

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
    ) -> Answer:
        """`path` behind `/api/rest/products/`."""
        kind = "text/xml" if as_xml else "application/json"
        data = None if fields is None else (xml(fields) if as_xml else json.dumps(fields)).encode()
        headers = {"Accept": kind} | ({"Content_Type": kind} if fields is not None else {}) | self.signature
        return await self.call(member, method, f"/api/rest/products/{path}", request=request, data=data, **headers)


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
        "file_content": base64.b64encode(picture.data).decode(),
        "file_name": name.rpartition(".")[0],
    }


def xml(fields: Mapping[str, Any]) -> str:
    return f'<?xml version="1.0"?><magento_api>{"".join(_element(*field) for field in fields.items())}</magento_api>'


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        inner = "".join(f"<data_item>{escape(one)}</data_item>" for one in value)
        return f"<{name}>{inner}</{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"
