"""Has Fastly forget what is named: files by their URLs, documents by tags (CACHE_TAGS=Surrogate-Key)."""

import os

from aiohttp import ClientSession, web
from standardwebhooks import Webhook, WebhookVerificationError

HOOK = Webhook(os.environ["WEBHOOK_SECRET"])
API = os.environ.get("FASTLY_API", "https://api.fastly.com")
SERVICE, TOKEN = os.environ["FASTLY_SERVICE"], os.environ["FASTLY_TOKEN"]


async def receive(request: web.Request) -> web.Response:
    try:
        event = HOOK.verify(await request.read(), {name.lower(): value for name, value in request.headers.items()})
    except WebhookVerificationError:
        return web.Response(status=401)
    async with ClientSession(headers={"Fastly-Key": TOKEN}, raise_for_status=True) as session:
        for url in event["data"].get("urls", ()):
            await session.post(f"{API}/purge/{url.partition('://')[2]}")
        if tags := event["data"].get("tags"):
            await session.post(f"{API}/service/{SERVICE}/purge", json={"surrogate_keys": tags[:256]})
    return web.Response(status=204)


app = web.Application(client_max_size=2**20)
app.router.add_post("/", receive)
if __name__ == "__main__":
    web.run_app(app)
