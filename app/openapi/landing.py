"""The page at `/` for people who open the service in a browser."""

import base64
import hashlib
from typing import Final

from aiohttp import hdrs, web

from app.http.apis import PROTECTED

_PAGE: Final = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<link rel="icon" href="/favicon.ico">
<title>Product images</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 40em; margin: 4em auto; padding: 0 1em }
code { background: #eee; padding: .1em .3em; overflow-wrap: anywhere }
</style>
<h1>Product images</h1>
<p>This service keeps the pictures of a shop's products. It is meant for programs: storefronts read image sets,
pipelines upload, content delivery networks pull the files.</p>
<p><a href="/console">The console</a> is for people: galleries, texts, and what went wrong.</p>
<ul>
<li>Spryker Glue: <code>GET /abstract-products/{sku}/abstract-product-image-sets</code></li>
<li>OpenMage REST: <code>GET /api/rest/products/{id or sku}/images</code></li>
<li>Spree v1: <code>GET /api/v1/products/{slug}/images</code></li>
<li>All of it, to read and to try: <a href="/docs">/docs</a></li>
<li>Health: <a href="/health/ready">/health/ready</a>, figures: <a href="/metrics">/metrics</a></li>
</ul>
</html>
"""
_WITHOUT_CONSOLE: Final = b"".join(line for line in _PAGE.splitlines(True) if b"/console" not in line)
_STYLE: Final = _PAGE[_PAGE.index(b"<style>") + len(b"<style>") : _PAGE.index(b"</style>")]
_HEADERS: Final = {
    **PROTECTED,
    hdrs.CONTENT_TYPE: "text/html; charset=utf-8",
    hdrs.CACHE_CONTROL: "no-cache",
    hdrs.VARY: hdrs.ACCEPT,
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE).digest()).decode()}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
}


def wants_landing(request: web.Request) -> bool:
    """Only a browser names HTML; every other client of `/` is a storefront and gets Glue's answer."""
    if request.path != "/" or request.method != hdrs.METH_GET:
        return False
    return "text/html" in request.headers.get(hdrs.ACCEPT, "")


def landing(*, console: bool) -> web.Response:
    """`console`: whether there is one to lead to."""
    return web.Response(body=_PAGE if console else _WITHOUT_CONSOLE, headers=_HEADERS)
