"""A storefront's view of the catalogue: its gallery per language, an import, pictures brought here."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from app.raster.child.pool import CodecPool
from app.service.foreign.fetch import Fetcher
from app.service.foreign.pictures import PictureFetch
from app.service.pictures.edits.following import Edits
from app.service.pictures.filing import Filing
from app.service.pictures.intake import Intake
from app.service.transfer.glue.report import Report, reported
from app.service.transfer.glue.run import Options, run_import
from app.store import open_store
from tests.e2e.conftest import Serve, Shop, eventually
from tests.pictures import decoded, encoded, picture

OPENMAGE = "/api/rest/products/dress/images"
GLUE = "/abstract-products/dress/abstract-product-image-sets"
JSON = {"Content-Type": "application/json"}
COLUMNS = "product_image_key,image_set_name,external_url_large,external_url_small,locale,abstract_sku"


async def gallery(shop: Shop, language: str) -> list[dict[str, Any]]:
    document = (await shop.get(GLUE, Accept="*/*", Accept_Language=language)).json()
    return [image for one in document["data"][0]["attributes"]["imageSets"] for image in one["images"]]


async def labels(shop: Shop, language: str) -> list[str]:
    return [image["altTextLarge"] for image in await gallery(shop, language)]


async def change(shop: Shop, image: str, store: str, **values: object) -> None:
    path = f"{OPENMAGE}/{image}/store/{store}"
    answer = await shop.signed("PUT", path, data=json.dumps(values), headers=JSON)
    assert answer.status == 200, answer.body


async def test_a_store_view_is_edited_in_its_language_only(serve: Serve) -> None:
    """A storefront sees each change of label, order and exclusion in one store view, in that language only."""
    shop = await serve(run_worker=False, glue_alt_text="on")
    for label in ("first", "second"):
        body = upload(label)
        assert (await shop.signed("POST", OPENMAGE, data=body, headers=JSON)).status == 200
    listed = (await shop.signed("GET", OPENMAGE)).json()
    first, second = sorted((image["id"] for image in listed), key=int)
    assert [await labels(shop, language) for language in ("en", "de")] == [["first", "second"]] * 2
    await change(shop, second, "german", label="zweites")
    assert await labels(shop, "de") == ["first", "zweites"]
    await change(shop, first, "german", position=9)
    assert await labels(shop, "de") == ["zweites", "first"]
    await change(shop, second, "german", exclude=1)
    assert await labels(shop, "de") == ["first"]
    assert await labels(shop, "en") == ["first", "second"]


def upload(label: str) -> str:
    content = base64.b64encode(encoded(picture(60, 40))).decode()
    return json.dumps({"file_mime_type": "image/jpeg", "file_name": label, "label": label, "file_content": content})


@dataclass
class Foreign:
    """A server of pictures on this machine; it counts who asks at once, and fails what it is told to."""

    server: TestServer | None = None
    failing: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    busy: int = 0
    busiest: int = 0
    body: bytes = b""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        body = self.body or await asyncio.to_thread(lambda: encoded(picture(640, 400)))
        self.busy -= 1
        if request.path in self.failing:
            return web.Response(status=500)
        if request.path == "/away":
            return web.Response(status=302, headers={"Location": "http://a..b/x"})
        if request.path.endswith(".html"):
            return web.Response(text="<html>")
        return web.Response(body=body)

    @property
    def base(self) -> str:
        assert self.server
        return str(self.server.make_url("/")).rstrip("/")


@pytest.fixture
async def foreign() -> AsyncIterator[Foreign]:
    foreign = Foreign()
    app = web.Application()
    app.router.add_get("/{path:.*}", foreign.answer)
    async with TestServer(app) as foreign.server:
        yield foreign


@dataclass
class Team:
    """A team that imports its catalogue into a running shop, from another process."""

    shop: Shop
    folder: Path
    report: Report | None = None

    async def imports(self, *rows: str, fold: bool = False) -> None:
        (self.folder / "product_image.csv").write_text("\n".join([COLUMNS, *rows, ""]))
        settings = self.shop.settings
        with reported(self.folder / "report.csv") as report:
            options = Options(self.folder, tuple(settings.locales.values()), fold=fold)
            await run_import(self.shop.database, Filing(settings), options, report, lambda _: None)
        assert report.rejected == 0

    async def fetches(self) -> Report:
        settings, database = self.shop.settings, self.shop.database
        codecs = CodecPool(settings)
        try:
            async with open_store(settings) as store:
                intake = Intake(settings, database, store, codecs)
                fetch = PictureFetch(settings, database, Fetcher(settings), intake, Filing(settings))
                with reported(self.folder / "report.csv") as report:
                    await fetch.run(report.count_foreign, report.count_fetched)
        finally:
            await codecs.close()
        return report

    def left_out(self) -> list[str]:
        return (self.folder / "report.csv").read_text().splitlines()[1:]


@pytest.fixture
async def team(serve: Serve, foreign: Foreign, tmp_path: Path) -> Team:
    folder = tmp_path / "catalogue"
    folder.mkdir()
    port = foreign.base.rpartition(":")[2]
    shop = await serve(run_worker=False, fetch_allowed_networks=(f"127.0.0.1:{port}",), fetch_per_host=2)
    return Team(shop, folder)


async def large(shop: Shop, language: str = "en") -> list[str]:
    return [image["externalUrlLarge"] for image in await gallery(shop, language)]


async def test_an_import_shows_in_a_running_shop(team: Team) -> None:
    """A document that was cached shows within a second what another process imports."""
    assert await large(team.shop) == []
    await team.imports("k,default,//h/a b.jpg,//h/s.jpg,,dress")
    await eventually(lambda: shows(team.shop, ["//h/a b.jpg"]), seconds=1)
    await team.imports("k,default,https://h/new.jpg,//h/s.jpg,,dress")
    await eventually(lambda: shows(team.shop, ["https://h/new.jpg"]), seconds=1)


async def shows(shop: Shop, urls: list[str]) -> bool:
    return await large(shop) == urls


async def test_fetched_pictures_are_served_from_here(team: Team, foreign: Foreign) -> None:
    """A fetched picture is served from here in every dialect, under the last segment of its URL; a later import of
    the same URL changes nothing."""
    row = f"k,default,{foreign.base}/big/Front%20view.png?x=1,{foreign.base}/s.jpg,,dress"
    await team.imports(row)
    report = await team.fetches()
    assert (report.fetched, report.still_foreign, foreign.asked) == (1, 0, ["/big/Front view.png"])
    await eventually(lambda: served(team.shop), seconds=1)
    (image,) = await gallery(team.shop, "en")
    assert decoded((await team.shop.get(image["externalUrlSmall"])).body).size == (300, 188)
    (listed,) = (await team.shop.signed("GET", OPENMAGE)).json()
    assert listed["url"].endswith("/media/catalog/product/F/r/Front_view.jpg")
    path = "/api/v1/products/a-dress/images"
    (spree,) = (await team.shop.call("GET", path, headers={"X-Spree-Token": team.shop.api_key})).json()["images"]
    assert spree["attachment_file_name"] == "Front_view.png"
    await team.imports(row)
    await team.fetches()
    assert len(foreign.asked) == 1


async def served(shop: Shop) -> bool:
    return all("/media/renditions/" in url for url in await large(shop))


async def test_a_fetch_goes_on_where_it_stopped(team: Team, foreign: Foreign) -> None:
    """What could not be fetched is reported and stays foreign; the next run asks for that alone, politely."""
    urls = [f"{foreign.base}/{number}.jpg" for number in range(12)]
    foreign.failing = {"/3.jpg"}
    page = f"{foreign.base}/video.html"
    rows = [f"{at},default,{url},{url},en_US,dress" for at, url in enumerate([*urls, page, "/assets/site.jpg"])]
    await team.imports(*rows)
    first = await team.fetches()
    assert (first.fetched, first.still_foreign) == (11, 3)
    assert foreign.busiest <= 2
    assert [line.partition(",")[0] for line in sorted(team.left_out())] == ["/assets/site.jpg", urls[3], page]
    shown = await large(team.shop)
    assert [shown[3], shown[12], shown[13]] == [urls[3], page, "/assets/site.jpg"]
    foreign.failing.clear()
    foreign.asked.clear()
    second = await team.fetches()
    assert (second.fetched, sorted(foreign.asked)) == (1, ["/3.jpg", "/video.html"])


async def test_one_bad_address_costs_no_other(team: Team, foreign: Foreign) -> None:
    """Hosts that no library can encode, in the file or in a redirect, are reported one by one, and all else comes."""
    good = f"{foreign.base}/a.jpg"
    bad = ["http://a..b/x", "http://xn--/x", "http://.a/x", f"http://{'a' * 70}/x", "http://[/x", "//a..b/x"]
    bad.append(f"{foreign.base}/away")
    await team.imports(*[f"{at},default,{url},{url},en_US,dress" for at, url in enumerate([*bad, good])])
    report = await team.fetches()

    assert (report.fetched, report.still_foreign) == (1, len(bad))
    assert {line.partition(",")[0] for line in team.left_out()} == set(bad)


async def test_a_new_entry_of_a_fetched_picture_is_complete(team: Team, foreign: Foreign) -> None:
    """A picture that was fetched before comes into another gallery with name and path."""
    url = f"{foreign.base}/a.jpg"
    await team.imports(f"k,picto,{url},{url},,dress")
    await team.fetches()
    await team.imports(f"k,default,{url},{url},,dress")
    (listed,) = (await team.shop.signed("GET", OPENMAGE)).json()
    assert listed["url"].endswith("/media/catalog/product/a/_/a.jpg")
    assert (await team.shop.get(listed["url"])).status == 200


async def test_imports_and_fetches_leave_edits_alone(team: Team, foreign: Foreign) -> None:
    """An edit of a fetched picture stays with its image: also where an import names another URL, whose bytes are edited
    once they are here."""
    await team.imports(f"k,default,{foreign.base}/a.png,{foreign.base}/s.jpg,,dress")
    await team.fetches()
    (listed,) = (await team.shop.signed("GET", OPENMAGE)).json()
    async with team.shop.database.transaction() as tx:
        await Edits(team.shop.settings).write(tx, int(listed["id"]), {"rotate": 90})
    await team.imports(f"k,default,{foreign.base}/a.png,{foreign.base}/s.jpg,,dress")
    (before,) = await gallery(team.shop, "en")
    assert decoded((await team.shop.get(before["externalUrlSmall"])).body).size == (188, 300)

    await team.imports(f"k,default,{foreign.base}/b.png,{foreign.base}/s.jpg,,dress")
    await eventually(lambda: shows(team.shop, [f"{foreign.base}/b.png"]), seconds=1)
    foreign.body = encoded(picture(500, 100))
    await team.fetches()
    await eventually(lambda: served(team.shop), seconds=1)
    (after,) = await gallery(team.shop, "en")
    assert decoded((await team.shop.get(after["externalUrlSmall"])).body).size == (60, 300)
    assert (await team.shop.get(before["externalUrlSmall"])).status == 200


async def test_folded_galleries_are_edited_by_everybody(team: Team) -> None:
    """A folded gallery is OpenMage's to edit, and the storefront sees the edit in every language."""
    rows = [f"{locale}{at},default,/L{at},/S{at},{locale},dress" for locale in ("en_US", "de_DE") for at in (1, 2)]
    await team.imports(*rows, fold=True)
    await eventually(lambda: shows(team.shop, ["/L1", "/L2"]), seconds=1)
    listed = (await team.shop.signed("GET", OPENMAGE)).json()
    assert [image["url"] for image in listed] == ["/L1", "/L2"]
    path = f"{OPENMAGE}/{listed[0]['id']}"
    answer = await team.shop.signed("PUT", path, data=json.dumps({"position": 7}), headers=JSON)
    assert answer.status == 200
    assert [await large(team.shop, language) for language in ("en", "de")] == [["/L2", "/L1"]] * 2
