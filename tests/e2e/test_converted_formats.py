"""Print shops send TIFF and telephones HEIC: both imports take them, and every API shows another format."""

import json
from pathlib import Path

import pytest
from yarl import URL

from app.db.connections.connect import Connection
from tests.e2e.conftest import Serve
from tests.e2e.test_gallery_transfer import imported, parts_of
from tests.e2e.test_glue_catalogue import Foreign, Team, foreign, large, team
from tests.e2e.test_rejections import _openmage, _spree
from tests.pictures import decoded, encoded, picture

__all__ = ["foreign", "team"]

HEIC = Path(__file__).parents[1] / "raster" / "heic" / "turned.heic"


async def test_a_shop_moves_in_with_tiff_and_heic(serve: Serve, connection: Connection, tmp_path: Path) -> None:
    """They lie under paths of the format that is shown; the same file again changes nothing, and every API shows it."""
    pytest.importorskip("pi_heif", reason="the extra heic is not installed")
    shop = await serve(run_worker=False)
    (tmp_path / "print.tif").write_bytes(encoded(picture(600, 400), "TIFF"))
    (tmp_path / "phone.heic").write_bytes(HEIC.read_bytes())
    lines = [{"sku": "dress", "file": "print.tif"}, {"sku": "dress", "file": "phone.heic"}]
    async with parts_of(shop) as parts:
        counts, rejected = await imported(parts, lines, tmp_path)
        assert (counts["images"], rejected) == ({"created": 2}, [])
        counts, rejected = await imported(parts, lines, tmp_path)
        assert (counts["images"], rejected) == ({"unchanged": 2}, [])
    listed = (await shop.signed("GET", "/api/rest/products/dress/images")).json()
    paths = [image["url"].rpartition("/media/")[2] for image in listed]
    assert paths == ["catalog/product/p/r/print.png", "catalog/product/p/h/phone.jpg"]
    shown = [await shop.get(f"/media/{path}") for path in paths]
    assert [answer.headers["Content-Type"] for answer in shown] == ["image/png", "image/jpeg"]
    assert decoded(shown[0].body).tobytes() == picture(600, 400).tobytes()
    assert decoded(shown[1].body).size == (64, 96)
    headers = {"X-Spree-Token": shop.api_key}
    spree = (await shop.call("GET", "/api/v1/variants/8/images", headers=headers)).json()["images"]
    assert [image["attachment_content_type"] for image in spree] == ["image/png", "image/jpeg"]
    for image in spree:
        assert (await shop.get(image["small_url"])).status == 200
    rows = await connection.fetch("select format, converted_from, notes from blob order by format")
    assert [
        (row["format"], row["converted_from"], [note["code"] for note in json.loads(row["notes"])]) for row in rows
    ] == [
        ("jpeg", "heic", ["converted_format", "converted_colour", "removed_location"]),
        ("png", "tiff", ["converted_format"]),
    ]


async def test_a_fetched_tiff_is_shown_as_a_png(team: Team, foreign: Foreign) -> None:
    """The path has the extension of what is shown."""
    foreign.body = encoded(picture(640, 400), "TIFF")
    await team.imports(f"k1,default,{foreign.base}/print.tif,{foreign.base}/s.jpg,,dress")
    report = await team.fetches()
    assert (report.fetched, report.still_foreign) == (1, 0)
    (image,) = (await team.shop.signed("GET", "/api/rest/products/dress/images")).json()
    assert image["url"].endswith("/catalog/product/p/r/print.png")
    (url,) = await large(team.shop)
    assert decoded((await team.shop.get(URL(url).path)).body).size == (640, 400)


@pytest.mark.parametrize("data", [encoded(picture(60, 40), "TIFF"), HEIC.read_bytes()], ids=["tiff", "heic"])
async def test_dialects_keep_their_lists(serve: Serve, data: bytes) -> None:
    """What Spree and OpenMage do not know they go on refusing, also once an import has brought the same bytes."""
    shop = await serve(run_worker=False)
    assert await _spree(shop, data) == 422
    assert await _openmage(shop, data) == 400
