"""Has an nginx on this machine forget what is named: its cache is files that are called after the MD5 of their key."""

import os
from hashlib import md5
from pathlib import Path

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError
from yarl import URL

HOOK, FOLDER = Webhook(os.environ["WEBHOOK_SECRET"]), Path(os.environ["CACHE_FOLDER"])


async def receive(request: web.Request) -> web.Response:
    try:
        event = HOOK.verify(await request.read(), {name.lower(): value for name, value in request.headers.items()})
    except WebhookVerificationError:
        return web.Response(status=401)
    for text in event["data"].get("urls", ()):
        url = URL(text, encoded=True)
        key = f"{url.raw_host}{url.raw_path_qs}"  # as in proxy_cache_key $host$request_uri
        (FOLDER / md5(key.encode(), usedforsecurity=False).hexdigest()).unlink(missing_ok=True)
    return web.Response(status=204)


app = web.Application(client_max_size=2**20)
app.router.add_post("/", receive)
if __name__ == "__main__":
    web.run_app(app)
