"""What a CDN gets when it pulls: originals and renditions, hot and cold, whole and in parts, and what cannot be had."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime

import asyncpg
import pytest
import pytest_asyncio
from yarl import URL

from app.db.pool import Database
from app.embedded.cluster import Cluster
from app.model import FORMAT_OF_EXTENSION, BlobHash
from app.store import blob_key, rendition_key
from tests.conftest import fresh_database
from tests.e2e.conftest import Answer, Serve, Shop, eventually, serving_in
from tests.e2e.test_formats import SETS
from tests.e2e.test_housekeeping import IMAGES, keeping, upload
from tests.pictures import encoded, picture

IMMUTABLE = "public, max-age=31536000, immutable"
PASSING = "public, max-age=60"
SPREE = "/api/v1/variants/8/images"


@dataclass(frozen=True)
class Paths:
    """Where the one image of a shop is delivered."""

    shop: Shop
    photo: bytes
    all: dict[str, str]


async def paths(shop: Shop, photo: bytes) -> Paths:
    image = await upload(shop, photo)
    own = (await shop.signed("GET", f"{IMAGES}/{image}")).json()["url"]
    sets = (await shop.get(SETS, Accept="*/*")).json()["data"][0]["attributes"]["imageSets"]
    listed = (await shop.call("GET", f"{SPREE}/{image}", headers={"X-Spree-Token": shop.api_key})).json()
    return Paths(
        shop,
        photo,
        {
            "original": URL(own).raw_path,
            "rendition": URL(sets[0]["images"][0]["externalUrlLarge"]).raw_path,
            "spree": listed["product_url"],
            "spree original": listed["product_url"].replace("/product/", "/original/"),
        },
    )


ALL = ["original", "rendition", "spree", "spree original"]


shared = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(params=["hot", "cold"], scope="module", loop_scope="session")
async def pulled(
    request: pytest.FixtureRequest, cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Paths]:
    """One image, its files in memory or (where nothing fits into it) streamed from the store each time; for tests that
    only read."""
    async with (
        fresh_database(cluster, template) as dsn,
        Database(dsn) as database,
        serving_in(database, tmp_path_factory.mktemp("shop")) as serve,
    ):
        shop = await serve(run_worker=False, media_cache_bytes=64 * 2**20 if request.param == "hot" else 0)
        found = await paths(shop, encoded(picture(900, 600)))
        for path in found.all.values():
            assert (await shop.get(path)).status == 200
        yield found


@shared
@pytest.mark.parametrize("kind", ALL)
async def test_what_is_delivered_is_safe_to_keep_and_to_show(pulled: Paths, kind: str) -> None:
    """Every image comes typed, named, cacheable for ever, usable by any page and harmless in a browser."""
    answer = await pulled.shop.get(pulled.all[kind])
    assert answer.status == 200
    headers = answer.headers
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["Content-Length"] == str(len(answer.body))
    assert headers["Cache-Control"] == IMMUTABLE
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert re.fullmatch(r'inline; filename="[a-z0-9]+\.jpg"', headers["Content-Disposition"])
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Accept-Ranges"] == "bytes"
    assert re.fullmatch(r'"[0-9a-f]{32}"', headers["ETag"])
    assert headers["ETag"][1:-1] == hashlib.sha256(answer.body).hexdigest()[:32]
    assert parsedate_to_datetime(headers["Last-Modified"])
    head = await pulled.shop.call("HEAD", pulled.all[kind])
    assert (head.status, head.body) == (200, b"")
    of_the_moment = {"Date", "X-Request-ID", "X-Runtime"}
    reported, expected = ({k: v for k, v in one.items() if k not in of_the_moment} for one in (head.headers, headers))
    assert reported == expected


@shared
@pytest.mark.parametrize("kind", ALL)
async def test_parts_are_cut_out_of_the_whole(pulled: Paths, kind: str) -> None:
    """One range gets its part, several or what is none get the whole, and one behind the end gets 416 with the size."""
    shop, path = pulled.shop, pulled.all[kind]
    whole = (await shop.get(path)).body
    size = len(whole)
    for asked, first, last in (("0-99", 0, 99), ("100-", 100, size - 1), ("-50", size - 50, size - 1), ("5-5", 5, 5)):
        part = await shop.get(path, Range=f"bytes={asked}")
        assert (part.status, part.body) == (206, whole[first : last + 1])
        assert part.headers["Content-Range"] == f"bytes {first}-{last}/{size}"
        assert part.headers["Content-Length"] == str(last + 1 - first)
    for asked in ("bytes=0-1,5-6", "bytes=9-3", "lines=1-2", "bytes=x"):
        answer = await shop.get(path, Range=asked)
        assert (answer.status, answer.body) == (200, whole)
    beyond = await shop.get(path, Range=f"bytes={size}-")
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")


@shared
@pytest.mark.parametrize("kind", ALL)
async def test_conditions_are_heard(pulled: Paths, kind: str) -> None:
    """What a client has already is not sent again, and a part only of the version that it knows."""
    shop, path = pulled.shop, pulled.all[kind]
    headers = (await shop.get(path)).headers
    etag, modified = headers["ETag"], headers["Last-Modified"]
    before = formatdate(parsedate_to_datetime(modified).timestamp() - 1, usegmt=True)
    for asked, status in (
        ({"If_None_Match": etag}, 304),
        ({"If_None_Match": f'"other", W/{etag}'}, 304),
        ({"If_None_Match": "*"}, 304),
        ({"If_None_Match": '"other"'}, 200),
        ({"If_None_Match": '"other"', "If_Modified_Since": modified}, 200),
        ({"If_Modified_Since": modified}, 304),
        ({"If_Modified_Since": before}, 200),
        ({"If_Match": etag}, 200),
        ({"If_Match": '"other"'}, 412),
        ({"If_Unmodified_Since": before}, 412),
        ({"Range": "bytes=0-9", "If_Range": etag}, 206),
        ({"Range": "bytes=0-9", "If_Range": modified}, 206),
        ({"Range": "bytes=0-9", "If_Range": f"W/{etag}"}, 200),
        ({"Range": "bytes=0-9", "If_Range": before}, 200),
    ):
        answer = await shop.get(path, **asked)
        assert answer.status == status, asked
        if status == 304:
            assert answer.body == b""
            assert (answer.headers["ETag"], answer.headers["Cache-Control"]) == (etag, IMMUTABLE)


@shared
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_files_are_only_read(pulled: Paths, method: str) -> None:
    """Any other verb is refused, with those that are allowed."""
    answer = await pulled.shop.call(method, pulled.all["rendition"])
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


async def held(shop: Shop) -> float:
    """Bytes of hot files in memory."""
    metrics = (await shop.get("/metrics")).body.decode()
    found = re.findall(r'product_images_cache_bytes\{cache="(?:media|spree_files)"\} ([0-9.e+]+)', metrics)
    assert len(found) == 2
    return sum(map(float, found))


async def test_memory_holds_hot_files_up_to_its_limit(serve: Serve) -> None:
    """However much is pulled, the hot files in memory stay within their bound, and all are answered."""
    limit = 64_000
    shop = await serve(run_worker=False, media_cache_bytes=limit)
    photos = [encoded(picture(150, 100, seed=seed)) for seed in range(20)]
    for photo in photos:
        await upload(shop, photo)
    urls = [image["url"] for image in (await shop.signed("GET", IMAGES)).json()]

    async def is_full() -> bool:
        pulled = [await shop.get(URL(url).raw_path) for url in urls]
        assert [answer.body for answer in pulled] == photos
        assert await held(shop) <= limit
        return await held(shop) > limit / 2

    assert sum(map(len, photos)) > limit
    await eventually(is_full)


async def test_memory_forgets_what_was_purged(serve: Serve) -> None:
    """Within a second of a purge by another process no file of the picture is in memory, under whatever URL."""
    shop = await serve(run_worker=False)
    found = await paths(shop, encoded(picture(90, 60)))
    await eventually(lambda: is_hot(shop, found.all["original"]))
    for path in found.all.values():
        await shop.get(path)
    async with keeping(shop) as parts:
        await parts.upkeep.purge.purge(BlobHash(hashlib.sha256(found.photo).hexdigest()))

    async def is_forgotten() -> bool:
        return await held(shop) == 0

    await eventually(is_forgotten, seconds=1)


async def test_hot_files_need_no_store(serve: Serve) -> None:
    """While the store is away, what is in memory is delivered and the rest is told to come later."""
    shop = await serve(run_worker=False)
    found = await paths(shop, encoded(picture(900, 600)))
    hot = found.all["rendition"]

    async def is_kept() -> bool:
        """Nothing is before withdrawals by others are heard of."""
        await shop.get(hot)
        return await held(shop) > 0

    await eventually(is_kept)
    webp = hot.replace(".jpg", ".webp")
    (shop.settings.data_dir / "objects").rename(shop.settings.data_dir / "away")
    assert (await shop.get(hot)).status == 200
    away = await shop.get(webp)
    assert (away.status, away.headers["Retry-After"], away.headers["Cache-Control"]) == (503, "5", "no-store")


async def test_builds_on_demand_never_queue_without_end(serve: Serve) -> None:
    """While all slots are taken whoever asks for something else is sent away for a moment; the built one arrives."""
    shop = await serve(run_worker=False, max_builds=1)
    found = await paths(shop, encoded(picture(3000, 2000), quality=95))
    slow = asyncio.create_task(shop.get(found.all["rendition"].replace(".jpg", ".avif")))

    async def is_building() -> bool:
        return b'slots_taken{work="build"} 1.0' in (await shop.get("/metrics")).body

    await eventually(is_building)
    for kind in ("rendition", "spree"):
        answer = await shop.get(found.all[kind])
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1"), kind
    assert (await slow).status == 200
    assert (await shop.get(found.all["rendition"])).status == 200


async def fail(shop: Shop, recipe: str) -> None:
    """Lets the background task have given a recipe's renditions up."""
    connection = await asyncpg.connect(shop.database.dsn)
    await connection.execute(
        "insert into rendition_failure (blob_hash, recipe_hash, reason)"
        " select b.hash, r.hash, 'damaged' from blob b, recipe r where r.name = $1",
        recipe,
    )
    await connection.close()


def is_original(answer: Answer, photo: bytes) -> bool:
    return (answer.status, answer.body) == (200, photo)


async def test_what_failed_for_good_is_shown_by_its_original(serve: Serve) -> None:
    """A rendition that cannot be made is answered with the cleaned original, under its own type, for a minute."""
    shop = await serve(run_worker=False)
    found = await paths(shop, encoded(picture(900, 600)))
    await fail(shop, "large")
    await fail(shop, "spree-product")
    for path in (found.all["rendition"], found.all["rendition"].replace(".jpg", ".webp"), found.all["spree"]):
        answer = await shop.get(path)
        assert is_original(answer, found.photo)
        assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == ("image/jpeg", PASSING)
        assert '.jpg"' in answer.headers["Content-Disposition"]


async def test_an_original_that_cannot_be_cleaned_is_never_shown(serve: Serve) -> None:
    """Cleaning failed for good: nothing is delivered in its place, and that is told for a minute."""
    shop = await serve(run_worker=False)
    found = await paths(shop, encoded(picture(900, 600)))
    for recipe in ("clean", "large", "spree-product"):
        await fail(shop, recipe)
    for kind, path in found.all.items():
        answer = await shop.get(path)
        assert (answer.status, answer.headers["Cache-Control"]) == (404, PASSING), kind
        assert found.photo not in answer.body


async def test_uploaded_bytes_have_no_address(serve: Serve) -> None:
    """Nothing below the store's own names, nor any other path, is delivered."""
    shop = await serve(run_worker=False)
    found = await paths(shop, encoded(picture(60, 40)))
    digest = hashlib.sha256(found.photo).hexdigest()
    recipe = shop.settings.clean
    keys = (blob_key(digest), rendition_key(digest, recipe.hash, FORMAT_OF_EXTENSION["jpg"]))
    tries = [
        *(f"/media/{key}" for key in keys),
        *(f"/media/catalog/product/{key}" for key in keys),
        f"/media/catalog/product/../../{keys[0]}",
        f"/media/catalog/product/%2e%2e/%2e%2e/{keys[0]}",
        f"/media/renditions/{recipe.slug}/{digest}/..%2f..%2fx.jpg",
        f"/media/renditions/original/{digest}/x.jpg",
        "/media/",
        "/media/renditions/",
    ]
    for path in tries:
        answer = await shop.get(path)
        assert answer.status == 404 or answer.body == (await shop.get(found.all["original"])).body, path


async def test_hot_files_are_counted_like_all_others(serve: Serve) -> None:
    """What goes out from memory counts as a hit and as a request; what has to be looked for as one miss."""
    shop = await serve(run_worker=False)
    found = await paths(shop, encoded(picture(60, 40)))
    path = found.all["original"]
    await eventually(lambda: is_hot(shop, path))
    before = [await counted(shop, figure) for figure in FIGURES]
    for _ in range(3):
        await shop.get(path)
    await shop.get(path, Range="bytes=0-1")
    await shop.get("/media/catalog/product/n/o/nothing.jpg")
    assert [await counted(shop, figure) - past for figure, past in zip(FIGURES, before, strict=True)] == [4, 1, 3, 1, 1]


FIGURES = (
    r'cache_hits_total\{cache="media"\}',
    r'cache_misses_total\{cache="media"\}',
    r'http_request_seconds_count\{method="GET",room="delivery",route="/media/\{file\}",status="200"\}',
    r'http_request_seconds_count\{method="GET",room="delivery",route="/media/\{file\}",status="206"\}',
    r'http_request_seconds_count\{method="GET",room="delivery",route="/media/\{file\}",status="404"\}',
)


async def is_hot(shop: Shop, path: str) -> bool:
    await shop.get(path)
    return await held(shop) > 0


async def counted(shop: Shop, figure: str) -> float:
    metrics = (await shop.get("/metrics")).body.decode()
    found = re.search(rf"product_images_{figure} ([0-9.e+]+)", metrics)
    return float(found[1]) if found else 0.0


async def test_a_page_may_ask_for_files_with_headers_of_its_own(serve: Serve) -> None:
    """A browser's preflight is answered for any page, method of reading and header."""
    shop = await serve(run_worker=False)
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Headers": "x-own"}
    for path in ("/media/catalog/product/n/o/nothing.jpg", "/media/renditions/large-00000000/x/y.jpg"):
        answer = await shop.call("OPTIONS", path, headers=asked | {"Access-Control-Request-Method": "GET"})
        assert (answer.status, answer.body) == (204, b"")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Allow-Headers"] == "*"
        assert "GET" in answer.headers["Access-Control-Allow-Methods"]


@shared
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_doubled_slashes_are_one(pulled: Paths, method: str) -> None:
    """A URL that was put together with a slash too many gives the same file, for as long."""
    for name in ("original", "rendition"):
        plain = await pulled.shop.call(method, pulled.all[name])
        path = pulled.all[name]
        spelled = [path.replace("/media/", "/media//"), path.replace("/", "//")[1:]]
        spelled += [f"/{path}", path.replace("/", "//"), "//".join(path.rsplit("/", 1))]
        for other in spelled:
            answer = await raw(pulled.shop, method, other)
            assert answer == (plain.status, plain.body), other


async def raw(shop: Shop, method: str, target: str) -> tuple[int, bytes]:
    """An answer to a target exactly as it is spelled."""
    reader, writer = await asyncio.open_connection(shop.url.host, shop.url.port)
    writer.write(f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return int(head.split()[1]), body
