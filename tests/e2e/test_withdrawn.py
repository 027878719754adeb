"""What stopped answering is named, and what is named stopped answering: over a running service."""

from typing import Any, Final

import pytest
from yarl import URL

from app.model import BlobHash
from tests.e2e.conftest import Serve, Shop
from tests.e2e.test_housekeeping import IMAGES, SPREE, keeping, upload
from tests.pictures import encoded, picture

CDN: Final = "https://cdn.example"


class Watch:
    """URLs that a cache holds, and what the feed has said of them so far."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.key = {"Authorization": f"Bearer {shop.api_key}"}
        self.after = "0"

    async def held(self, image: str) -> list[str]:
        """All that the APIs have handed out for an image, and what was made of it."""
        spree = (await self.shop.call("GET", f"{SPREE}/{image}", headers={"X-Spree-Token": self.shop.api_key})).json()
        native = await self.native(f"/v1/images/{image}")
        urls = [spree[f"{style}_url"] for style in ("mini", "small", "product", "large")]
        urls += [url.partition("?")[0] for url in urls] + [native["original"]]
        return [str(self.shop.url.join(URL(url, encoded=True))) for url in urls]

    async def renditions(self, image: str) -> list[str]:
        return [one["url"] for one in (await self.native(f"/v1/images/{image}"))["renditions"]]

    async def native(self, path: str) -> Any:
        return (await self.shop.get(path, **self.key)).json()

    async def statuses(self, urls: list[str]) -> list[int]:
        return [(await self.shop.call("GET", str(URL(url, encoded=True).relative()))).status for url in urls]

    async def told(self) -> tuple[set[str], set[str]]:
        """URLs on the service's own host, and tags, named since the last time; each also on the CDN's host."""
        page = await self.native(f"/v1/events?after={self.after}&types=media.withdrawn&limit=200")
        self.after = page["next"]
        urls = {url for event in page["items"] for url in event["data"]["urls"]}
        own = {url for url in urls if not url.startswith(CDN)}
        assert {URL(url, encoded=True).raw_path_qs for url in urls - own} == {
            URL(u, encoded=True).raw_path_qs for u in own
        }
        return own, {tag for event in page["items"] for tag in event["data"]["tags"]}


@pytest.mark.timeout(240)
async def test_what_stops_answering_is_named(serve: Serve) -> None:
    """Of a rename, a delete and a purge: of all that a cache may hold, what answers no more is named, and what is named
    as a path answers no more. Renditions of shared bytes go on until the purge."""
    shop = await serve(run_worker=False, purge_hosts=(CDN,))
    watch = Watch(shop)
    photo = encoded(picture(60, 40))
    image, other = await upload(shop, photo), await upload(shop, photo, IMAGES)
    digest = (await watch.native(f"/v1/images/{image}"))["picture"]["sha256"]
    await watch.told()

    held, renditions = await watch.held(image), await watch.renditions(image)
    assert set(await watch.statuses([*held, *renditions])) == {200}
    answer = await shop.call("PATCH", f"/v1/images/{image}", json={"file_name": "renamed.jpg"}, headers=watch.key)
    assert answer.status == 200
    named, tags = await watch.told()
    assert tags == {f"media-{digest[:16]}"}
    gone = {url for url, status in zip(held, await watch.statuses(held), strict=True) if status != 200}
    assert gone == set(held)
    assert gone <= named
    assert set(await watch.statuses(sorted(named))) == {404}

    held = await watch.held(image)
    assert set(await watch.statuses(held)) == {200}
    assert (await shop.call("DELETE", f"/v1/images/{image}", headers=watch.key)).status == 204
    named, _ = await watch.told()
    assert set(held) <= named
    assert set(await watch.statuses(sorted(named))) == {404}
    assert set(await watch.statuses(renditions)) == {200}

    held = await watch.held(other)
    async with keeping(shop) as parts:
        await parts.upkeep.purge.purge(BlobHash(digest))
    named, _ = await watch.told()
    assert {*renditions, *held} <= named
    assert set(await watch.statuses([*renditions, *held])) == {404}
