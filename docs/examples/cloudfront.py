"""Has CloudFront forget what is named, by paths: it knows no tags. Credentials come from the usual AWS_* variables."""

import os
from asyncio import to_thread

import boto3
from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

HOOK, SHOP = Webhook(os.environ["WEBHOOK_SECRET"]), os.environ["CLOUDFRONT_DISTRIBUTION"]
CDN = boto3.client("cloudfront", region_name="us-east-1", endpoint_url=os.environ.get("CLOUDFRONT_API"))


async def receive(request: web.Request) -> web.Response:
    try:
        event = HOOK.verify(await request.read(), {name.lower(): value for name, value in request.headers.items()})
    except WebhookVerificationError:
        return web.Response(status=401)
    data = event["data"]
    if paths := sorted({*data.get("documents", ()), *(url[url.index("/", 8) :] for url in data.get("urls", ()))}):
        batch = {"Paths": {"Quantity": len(paths), "Items": paths}, "CallerReference": request.headers["webhook-id"]}
        await to_thread(CDN.create_invalidation, DistributionId=SHOP, InvalidationBatch=batch)
    return web.Response(status=204)


app = web.Application(client_max_size=2**20)
app.router.add_post("/", receive)
if __name__ == "__main__":
    web.run_app(app)
