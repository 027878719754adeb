"""What memory keeps of files: by what is served, and never one in place of another."""

from pathlib import Path

import pytest
from yarl import URL

from app.wiring.parts import Parts
from tests.e2e.conftest import Serve, Shop, eventually
from tests.e2e.test_delivery import held, paths
from tests.e2e.test_gallery_transfer import imported
from tests.pictures import encoded, picture


async def raw(shop: Shop, path: str, times: int = 1) -> bytes:
    """What the last of so many requests for exactly this path gets."""
    answers = [await shop.get(path) for _ in range(times)]
    assert {answer.status for answer in answers} == {200}, path
    assert len({answer.body for answer in answers}) == 1, path
    return answers[-1].body


NAMES = {
    "%41.jpg": "A.jpg",
    "a%3Fb.jpg": "a?b.jpg",
    "%2e.jpg": "..jpg",
    "%23.jpg": "#.jpg",
    "%25.jpg": "%.jpg",
    "%2525.jpg": "%25.jpg",
}
"""File names that look like the spelling of others."""


async def test_a_hot_file_never_goes_out_in_place_of_another(serve: Serve, tmp_path: Path) -> None:
    """A file whose name is the spelling of another's, as an import may bring it, and that other one: each is served at
    its own address, cold and hot, in any order."""
    shop = await serve(run_worker=False)
    names = sorted({*NAMES, *NAMES.values()})
    photos = {name: encoded(picture(60, 40, seed=seed)) for seed, name in enumerate(names)}
    (tmp_path / "files").mkdir()
    lines = []
    for number, name in enumerate(names):
        (tmp_path / "files" / f"{number}.jpg").write_bytes(photos[name])
        lines.append({"sku": "dress", "path": f"/a/b/{name}", "file": f"{number}.jpg"})
    parts = Parts(shop.settings, shop.database.dsn)
    async with parts.opened():
        counts, rejected = await imported(parts, lines, tmp_path / "files")
    assert rejected == [], counts
    for _ in range(2):
        for name in names:
            spelled = str(URL.build(path=f"/media/catalog/product/a/b/{name}").raw_path)
            assert "%" in spelled or name == "A.jpg" or name == "..jpg"
            assert await raw(shop, spelled, 3) == photos[name], name
    for name in ("a?b.jpg", "#.jpg"):  # as they stand, these are another path with a query, or a part of one
        assert (await shop.get(f"/media/catalog/product/a/b/{name}")).status == 404


async def test_made_up_names_take_no_room(serve: Serve) -> None:
    """A rendition is in memory once, whatever file name its address ends in, and each answer carries the name that was
    asked for."""
    shop = await serve(run_worker=False)
    found = await paths(shop, encoded(picture(900, 600)))
    folder, _, name = found.all["rendition"].rpartition("/")
    body = await raw(shop, found.all["rendition"], 2)

    async def is_hot() -> bool:
        await raw(shop, found.all["rendition"])
        return await held(shop) > 0

    await eventually(is_hot)
    before = await held(shop)
    for number in range(50):
        for _ in range(2):
            answer = await shop.get(f"{folder}/made-up-{number}.jpg")
            assert answer.body == body
            assert f'filename="made-up-{number}.jpg"' in answer.headers["Content-Disposition"]
    assert await held(shop) == before
    assert f'filename="{name}"' in (await shop.get(found.all["rendition"])).headers["Content-Disposition"]


@pytest.mark.parametrize("hot", [True, False])
async def test_a_recipe_has_one_name(serve: Serve, hot: bool) -> None:
    """The hash of a recipe under another name than its own is no address."""
    shop = await serve(run_worker=False)
    found = await paths(shop, encoded(picture(90, 60)))
    own = found.all["rendition"]
    if hot:
        await raw(shop, own, 3)
    for name in ("zzz", "small", "large-large"):
        assert (await shop.get(own.replace("/large-", f"/{name}-"))).status == 404
    await raw(shop, own, 3)
