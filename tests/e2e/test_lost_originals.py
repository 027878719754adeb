"""An original that the store has lost: told as a service that is away for a minute, named to the operator, put back."""

import hashlib
import json
from pathlib import Path
from typing import Final

import aioboto3
import pytest
from PIL import Image
from yarl import URL

from app.db.connections.connect import Connection
from app.store import blob_key, rendition_key
from tests.commands.conftest import CommandLine
from tests.conftest import S3
from tests.e2e.conftest import Answer, Commands, Serve, Shop, eventually
from tests.e2e.test_converted_formats import HEIC
from tests.e2e.test_formats import SETS, asked
from tests.e2e.test_gallery_transfer import imported, parts_of
from tests.e2e.test_housekeeping import IMAGES, keeping, upload
from tests.e2e.test_main_job import has_renditions
from tests.e2e.test_observability import figure
from tests.pictures import encoded, picture
from tests.tmpfs import small_disc

_DATA: Final = encoded(picture(400, 300))
_DIGEST: Final = hashlib.sha256(_DATA).hexdigest()


def objects(shop: Shop) -> Path:
    return shop.settings.data_dir / "objects"


async def everywhere(shop: Shop) -> list[Answer]:
    """The only image by its path, as a rendition, and under its address of Spree."""
    [image] = (await shop.signed("GET", IMAGES)).json()
    sets = (await shop.get(SETS, Accept="*/*")).json()["data"][0]["attributes"]["imageSets"]
    spree = await shop.call("GET", "/api/v1/products/a-dress/images", headers={"X-Spree-Token": shop.api_key})
    urls = (image["url"], sets[0]["images"][0]["externalUrlSmall"], spree.json()["images"][0]["large_url"])
    return [await shop.get(URL(url).raw_path_qs) for url in urls]


async def test_a_lost_original_is_a_503_in_each_api_s_words(serve: Serve) -> None:
    """Every URL that needs it says that the service is away for a minute, and metrics count it; nothing is a 500."""
    shop = await serve(run_worker=False)
    await upload(shop, _DATA)
    (objects(shop) / blob_key(_DIGEST)).unlink()
    original, rendition, spree = await everywhere(shop)
    assert {(answer.status, answer.headers["Retry-After"]) for answer in (original, rendition, spree)} == {(503, "60")}
    assert (original.body, rendition.body) == (b"", b"")
    assert spree.json() == {"exception": "Service temporarily unavailable."}
    figures = (await shop.get("/metrics")).body.decode()
    for event, count in (("request_turned_away", 3),):
        assert figure(figures, "trouble_total", event=event, what="OriginalMissing") == count
    assert figure(figures, "trouble_total", event="request_failed", what="ObjectMissing") is None


async def test_a_lost_original_that_nobody_needs_is_not_missed(serve: Serve) -> None:
    """What is built already goes on being served."""
    shop = await serve(media_cache_bytes=0)
    await upload(shop, _DATA)
    await eventually(lambda: has_renditions(shop, _DATA))
    (objects(shop) / blob_key(_DIGEST)).unlink()
    assert {answer.status for answer in await everywhere(shop)} == {200}


async def test_a_job_waits_for_its_original(serve: Serve, connection: Connection) -> None:
    """A job whose original is lost never fails for good: once the bytes are back it builds what it has to."""
    shop = await serve()
    async with keeping(shop) as parts:
        await upload(shop, _DATA)
        await eventually(lambda: has_renditions(shop, _DATA))
        done = "select not exists (select from pgqueuer)"  # a job in hand would stand for the one that is to wait
        await eventually(lambda: connection.fetchval(done))
        await connection.execute("delete from rendition")
        await parts.storage.store.delete([blob_key(_DIGEST)])
        await connection.execute("insert into missing_original (hash) values (sha256('of nothing that is recorded'))")
        assert [count async for count in parts.upkeep.recipe_change.build()] == [1]
        waiting = "select exists (select from pgqueuer where status = 'queued' and execute_after > created)"
        await eventually(lambda: connection.fetchval(waiting))
        await parts.storage.store.put(blob_key(_DIGEST), _DATA, media_type="image/jpeg")
        await connection.execute("update pgqueuer set execute_after = now()")
        await eventually(lambda: has_renditions(shop, _DATA), seconds=40)


@pytest.mark.parametrize("is_noticed", [True, False])
async def test_doctor_names_lost_originals(serve: Serve, commands: Commands, is_noticed: bool) -> None:
    """Asked for or not, a lost original is named with the remedy, until it is back; one that was removed is not."""
    shop = await serve(run_worker=False)
    cli = commands(shop)
    await upload(shop, _DATA)
    (objects(shop) / blob_key(_DIGEST)).rename(shop.settings.data_dir / "kept.jpg")
    if is_noticed:
        await everywhere(shop)
    output = await cli.run("doctor")
    assert output.code == 1
    assert f"WRONG  originals 1 of 1 originals looked for are not in the store: {_DIGEST}." in output.out
    assert "blobs verify --repair DIR" in output.out
    code, given = await of_command(cli, "blobs", "verify", "--repair", str(shop.settings.data_dir), "--json")
    assert (code, json.loads(given)["repaired"]) == (0, [blob_key(_DIGEST)])
    assert (await of_command(cli, "doctor"))[0] == 0
    assert await asked(shop, "select from missing_original") == []


async def of_command(cli: CommandLine, *words: str) -> tuple[int, str]:
    """The exit code and the last line, before which a service in this process may have logged that it is slow."""
    output = await cli.run(*words)
    return output.code, output.out.splitlines()[-1]


async def test_what_is_missing_or_damaged_is_put_back_by_its_hash(
    serve: Serve, commands: Commands, tmp_path: Path
) -> None:
    """From a folder of any depth and any names: originals are put back, renditions built anew; what is not found stays
    named, and then the exit code stays 1."""
    shop = await serve(run_worker=False)
    cli = commands(shop)
    missing, damaged, hopeless = (encoded(picture(60, 40, seed=seed)) for seed in range(3))
    for data in (missing, damaged, hopeless):
        await upload(shop, data)
        async with keeping(shop) as parts:
            await parts.pictures.renderer.build_all(hashlib.sha256(data).hexdigest())
    keys = [blob_key(hashlib.sha256(data).hexdigest()) for data in (missing, damaged, hopeless)]
    for key, content in zip(keys, (None, damaged[:-1], None), strict=True):
        (objects(shop) / key).unlink()
        if content is not None:
            (objects(shop) / key).write_bytes(content)
    small = next(recipe.hash for recipe in shop.settings.recipes if recipe.name == "small")
    spoilt = [rendition_key(hashlib.sha256(data).hexdigest(), small, "jpeg") for data in (missing, hopeless)]
    for key in spoilt:
        (objects(shop) / key).unlink()
        (objects(shop) / key).write_bytes(b"something else")
    backup = tmp_path / "backup" / "of last night"
    backup.mkdir(parents=True)
    (backup / "one").write_bytes(missing)
    (backup / "two.png").write_bytes(damaged)
    (backup / "three").write_bytes(bytes(len(hopeless)))
    (backup / "nowhere").symlink_to(tmp_path / "nothing")

    code, out = await of_command(cli, "blobs", "verify", "--repair", str(tmp_path / "backup"))
    assert (code, out.partition(", ")[2]) == (1, "5 are not whole. 3 of them are repaired.")
    left = {line for line in (await cli.run("blobs", "verify")).err.splitlines() if ": " in line}
    assert left == {f"missing: {keys[2]}", f"damaged: {spoilt[1]}"}
    (backup / "file").write_bytes(hopeless)
    code, _ = await of_command(cli, "blobs", "verify", "--repair", str(backup / "file"))
    assert code == 0
    assert await of_command(cli, "blobs", "verify") == (0, f"{3 * 8 - 2} objects read, 0 are not whole.")
    for key, data in zip(keys, (missing, damaged, hopeless), strict=True):
        assert (objects(shop) / key).read_bytes() == data
    assert len(await asked(shop, "select from pgqueuer where entrypoint = 'render'")) == 3
    assert await cli.fails("blobs", "verify", "--repair", "/nowhere") == "/nowhere does not exist."


async def test_an_original_comes_back_under_the_type_that_it_had(
    serve: Serve, commands: Commands, s3: S3, tmp_path: Path
) -> None:
    """Whatever format it has, also one that the public never sees, a bucket holds it under the same type again."""
    pytest.importorskip("pi_heif", reason="the extra heic is not installed")
    formats = {"tif": "TIFF", "png": "PNG", "jpg": "JPEG", "webp": "WEBP"}
    files = {f"a.{end}": encoded(picture(60, 40), fmt) for end, fmt in formats.items()} | {"a.heic": HEIC.read_bytes()}
    place = {"s3_bucket": s3.bucket, "s3_endpoint_url": s3.endpoint_url}
    shop = await serve(run_worker=False, **place)
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    keys = {name: blob_key(hashlib.sha256(data).hexdigest()) for name, data in files.items()}

    async def types() -> dict[str, str]:
        async with aioboto3.Session().client("s3", endpoint_url=s3.endpoint_url) as client:
            heads = {name: await client.head_object(Bucket=s3.bucket, Key=key) for name, key in keys.items()}
        return {name: head["ContentType"] for name, head in heads.items()}

    async with parts_of(shop) as parts:
        await imported(parts, [{"sku": "dress", "file": name} for name in files], tmp_path)
        before = await types()
        assert before["a.tif"] == "image/tiff"
        assert before["a.heic"] == "image/heic"
        await parts.storage.store.delete(keys.values())
    cli = commands(shop, S3_BUCKET=s3.bucket, S3_ENDPOINT_URL=s3.endpoint_url)
    code, _ = await of_command(cli, "blobs", "verify", "--repair", str(tmp_path))
    assert code == 0
    assert await types() == before


async def test_an_export_goes_on_behind_a_lost_original(serve: Serve, commands: Commands, tmp_path: Path) -> None:
    """It is told by its path and its hash, the exit code is 1, and what stands behind it is written; put back, it comes
    along."""
    shop = await serve(run_worker=False)
    cli = commands(shop)
    others = [encoded(picture(60, 40, seed=seed)) for seed in range(2)]
    for data in (others[0], _DATA, others[1]):
        await upload(shop, data)
    lost, kept = objects(shop) / blob_key(_DIGEST), tmp_path / "kept.jpg"
    lost.rename(kept)
    out, folder = tmp_path / "out.jsonl", tmp_path / "files"

    output = await cli.run("export", "gallery", str(out), "--files", str(folder), "--json")
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    [path] = json.loads(output.out.splitlines()[-1])["files_left_out"]
    assert (output.code, len(lines)) == (1, 3)
    assert path == lines[1]["path"]
    assert f"{path} was not written: the store has lost the original, {_DIGEST}" in output.err
    assert sorted(file.read_bytes() for file in folder.rglob("*") if file.is_file()) == sorted(others)

    await of_command(cli, "blobs", "verify", "--repair", str(kept))
    assert (await of_command(cli, "export", "gallery", str(out), "--files", str(folder)))[0] == 0
    assert (folder / path.lstrip("/")).read_bytes() == _DATA


async def test_an_export_leaves_no_half_of_a_file(serve: Serve, commands: Commands, tmp_path: Path) -> None:
    """An import would take it for the whole; a file for which the disc has no room is told, and smaller ones go on."""
    shop = await serve(run_worker=False)
    large, small = encoded(Image.effect_noise((600, 600), 100)), encoded(picture(12, 8))
    for data in (large, small):
        await upload(shop, data)
    with small_disc(128 * 1024) as folder:
        output = await commands(shop).run("export", "gallery", str(tmp_path / "out.jsonl"), "--files", str(folder))
        assert output.code == 1
        assert "was not written: No space left on device" in output.err
        assert [file.read_bytes() for file in folder.rglob("*") if file.is_file()] == [small]
