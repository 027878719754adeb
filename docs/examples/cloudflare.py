"""Has Cloudflare forget what is named: files by their URLs, documents by tags (CACHE_TAGS=Cache-Tag)."""

import os

from aiohttp import ClientSession, web
from standardwebhooks import Webhook, WebhookVerificationError

HOOK = Webhook(os.environ["WEBHOOK_SECRET"])
API = os.environ.get("CLOUDFLARE_API", "https://api.cloudflare.com/client/v4")
ZONE, TOKEN = os.environ["CLOUDFLARE_ZONE"], os.environ["CLOUDFLARE_TOKEN"]


async def receive(request: web.Request) -> web.Response:
    try:
        event = HOOK.verify(await request.read(), {name.lower(): value for name, value in request.headers.items()})
    except WebhookVerificationError:
        return web.Response(status=401)
    async with ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}, raise_for_status=True) as session:
        for member, named in (("files", event["data"].get("urls", [])), ("tags", event["data"].get("tags", []))):
            for first in range(0, len(named), 30):
                some = {member: named[first : first + 30]}
                await session.post(f"{API}/zones/{ZONE}/purge_cache", json=some)
    return web.Response(status=204)


app = web.Application(client_max_size=2**20)
app.router.add_post("/", receive)
if __name__ == "__main__":
    web.run_app(app)
