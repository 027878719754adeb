"""Has Varnish forget what is named, a PURGE for each URL, which it takes from this machine (docs/events.md)."""

import os

from aiohttp import ClientSession, web
from standardwebhooks import Webhook, WebhookVerificationError
from yarl import URL

HOOK, CACHE = Webhook(os.environ["WEBHOOK_SECRET"]), os.environ.get("CACHE", "http://127.0.0.1:6081")


async def receive(request: web.Request) -> web.Response:
    try:
        event = HOOK.verify(await request.read(), {name.lower(): value for name, value in request.headers.items()})
    except WebhookVerificationError:
        return web.Response(status=401)
    async with ClientSession(raise_for_status=True) as session:
        for text in event["data"].get("urls", ()):
            url = URL(text, encoded=True)
            address = URL(f"{CACHE}{url.raw_path_qs}", encoded=True)
            await session.request("PURGE", address, headers={"Host": url.raw_authority})
    return web.Response(status=204)


app = web.Application(client_max_size=2**20)
app.router.add_post("/", receive)
if __name__ == "__main__":
    web.run_app(app)
