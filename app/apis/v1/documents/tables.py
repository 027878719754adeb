"""Tables for spreadsheets and scripts, as CSV, sent as they are read."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from types import MappingProxyType
from typing import Final

from aiohttp import hdrs, web

from app.apis.v1.call import Call
from app.apis.v1.errors import Unauthenticated
from app.http.apis import UNKEPT

CSV: Final = "text/csv"
_LOOK_SECONDS: Final = 3.0
"""After so long it is asked again whether the caller is somebody still."""
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


async def send_table(
    call: Call, name: str, head: str, pages: AsyncIterable[str], further: Mapping[str, str] = _NONE
) -> web.StreamResponse:
    """Lines of a table, however many there are, below the `head`; `name` is its file's, without an extension. Whatever
    goes wrong before the first page can be told: Busy, where too many tables are on their way. Later the connection
    breaks off, so that no part is taken for the whole."""
    with call.services.tables.take():
        return await _sent(call, name, head, _while_wanted(call, pages), further)


async def _while_wanted(call: Call, pages: AsyncIterable[str]) -> AsyncIterator[str]:
    """The pages, also of those that have nothing to send: writing alone would not notice who has gone. Raises
    ConnectionResetError, Unauthenticated."""
    clock = asyncio.get_running_loop().time
    looked = clock()
    async for page in pages:
        if call.is_left:
            raise ConnectionResetError("the client has left")
        if clock() >= looked + _LOOK_SECONDS:
            if not await call.is_let():
                raise Unauthenticated
            looked = clock()
        yield page


async def _sent(
    call: Call, name: str, head: str, pages: AsyncIterable[str], further: Mapping[str, str]
) -> web.StreamResponse:
    headers = {**UNKEPT, **further, hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}.csv"'}
    response = web.StreamResponse(headers={**headers, hdrs.CONTENT_TYPE: f"{CSV}; charset=utf-8"})
    text = head
    async for page in pages:
        text += page
        if call.request.method == hdrs.METH_HEAD:
            break
        if not response.prepared:
            await response.prepare(call.request)
        if text:
            await response.write(text.encode())
        text = ""
    if not response.prepared:
        await response.prepare(call.request)
    if text and call.request.method != hdrs.METH_HEAD:
        await response.write(text.encode())
    await response.write_eof()
    return response
