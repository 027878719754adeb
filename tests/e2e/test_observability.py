"""What whoever watches the service is told."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Final

import aiohttp
import pytest
from yarl import URL

from app.db.queue.jobs import queue_depths
from app.store import FileStore, blob_key
from tests.e2e.conftest import SECRET_KEY, Serve, Shop, eventually
from tests.e2e.test_main_job import body, has_renditions
from tests.e2e.test_overload import spree_upload
from tests.pictures import encoded, picture
from tests.processes import free_port, serving, started
from tests.telemetry.test_scrape import figure

IMAGES: Final = "/api/rest/products/dress/images"
JSON: Final = {"Content-Type": "application/json"}


async def figures(shop: Shop) -> str:
    return (await shop.get("/metrics")).body.decode()


async def test_metrics_tell_the_life_of_an_upload(serve: Serve) -> None:
    """From the request to its renditions all that happens to an upload is counted: by API, operation, query, recipe
    and cause, and the state of pools, slots and event loop is reported."""
    shop = await serve()
    photo = encoded(picture(600, 400))
    assert (await shop.signed("POST", IMAGES, data=body(photo), headers=JSON)).status == 200
    assert (await shop.signed("POST", IMAGES, data=body(b"no image"), headers=JSON)).status == 400
    assert (await spree_upload(shop)).status == 201
    await eventually(lambda: has_renditions(shop, photo))
    await shop.get(IMAGES)

    text = await figures(shop)
    for name, expected, labels in (
        ("upload_seconds_count", 1, {"room": "openmage"}),
        ("upload_seconds_count", 1, {"room": "spree"}),
        ("uploaded_bytes_total", len(photo), {"room": "openmage"}),
        ("trouble_total", 1, {"event": "upload_rejected"}),
        ("http_request_seconds_count", 1, {"room": "openmage", "method": "POST", "status": "400"}),
        ("database_statement_seconds_count", 2, {"query": "insert_image"}),
        ("database_connections", shop.settings.database_pool_size, {"state": "allowed"}),
        ("slots_taken", 0, {"work": "upload"}),
        ("slots_allowed", shop.settings.max_uploads, {"work": "upload"}),
    ):
        assert figure(text, name, **labels) == expected, (name, labels)
    for name, labels in (
        ("renditions_built_total", {"recipe": "large", "cause": "job"}),
        ("rendition_pixels_total", {"cause": "job"}),
        ("codec_seconds_count", {"task": "build"}),
        ("codec_pixels_total", {"task": "inspect"}),
        ("job_seconds_count", {"kind": "render"}),
        ("store_call_seconds_count", {"operation": "put"}),
        ("event_loop_lag_seconds_count", {}),
        ("cache_bytes", {"cache": "documents"}),
    ):
        value = figure(text, name, **labels)
        assert value is not None
        assert value > 0, name


async def test_the_queue_is_told_though_nobody_works(serve: Serve) -> None:
    """What waits in the queue, and for how long, is reported by any process."""
    shop = await serve(run_worker=False)
    for seed in range(2):
        photo = encoded(picture(60, 40, seed=seed))
        assert (await shop.signed("POST", IMAGES, data=body(photo), headers=JSON)).status == 200

    text = await figures(shop)

    assert figure(text, "queue_jobs", kind="render", state="waiting") == 2
    assert (figure(text, "queue_oldest_seconds", kind="render") or 0) > 0


async def lines_of(process: asyncio.subprocess.Process) -> AsyncIterator[dict[str, Any]]:
    """The log lines of a process, which are JSON."""
    assert process.stdout is not None
    async for line in process.stdout:
        if line.startswith(b"{"):
            yield json.loads(line)


async def test_a_request_id_goes_through_web_job_and_worker(serve: Serve) -> None:
    """A job that fails in another process names the request that caused it, the blob and the reason in one line; that
    process tells its health and its figures on a port of its own."""
    shop, photo, port = await serve(run_worker=False), encoded(picture(60, 40)), free_port()
    named = JSON | {"X-Request-Id": "pipeline-7"}
    assert (await shop.signed("POST", IMAGES, data=body(photo), headers=named)).status == 200
    digest = hashlib.sha256(photo).hexdigest()
    async with FileStore(shop.settings.data_dir / "objects") as objects:
        await objects.delete([blob_key(digest)])
    place = {"DATABASE_URL": shop.database.dsn, "DATA_DIR": shop.settings.data_dir, "SECRET_KEY": SECRET_KEY}

    worker = await started("-m", "app", "worker", LOG_FORMAT="json", WORKER_PORT=port, **place)
    async with asyncio.timeout(30), aiohttp.ClientSession() as session:
        reported = await anext(line async for line in lines_of(worker) if line["event"] == "job_failed")
        async with session.get(f"http://127.0.0.1:{port}/health/ready") as answer:
            assert (answer.status, (await answer.json())["status"]) == (200, "ok")
        async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
            assert (figure(await answer.text(), "trouble_total", event="job_failed", what="render") or 0) >= 1
        async with session.get(f"http://127.0.0.1:{port}{IMAGES}") as answer:
            assert answer.status == 404
        worker.terminate()
        assert worker.stdout is not None
        await worker.stdout.read()
        assert await worker.wait() == 0

    assert reported["request_id"] == "pipeline-7"
    assert reported["subject"] == digest
    assert reported["reason"].startswith("OriginalMissing")
    assert (reported["kind"], reported["final"], reported["level"]) == ("render", False, "warning")
    assert [depth.in_hand for depth in await queue_depths(shop.database)] == [0]


async def test_no_log_line_holds_a_secret(serve: Serve, capfd: pytest.CaptureFixture[str]) -> None:
    """With every request logged, no line repeats a key, a secret, a signature or a setting that is secret, whether a
    request succeeds or fails, and wherever its credentials stand."""
    shop = await serve(run_worker=False)
    options = {"DATABASE_URL": shop.database.dsn, "DATA_DIR": shop.settings.data_dir, "SECRET_KEY": SECRET_KEY}
    wrong = "0123456789abcdef" * 3
    async with serving(LOG_SAMPLE=1, **options) as (base, _):
        there = replace(shop, url=URL(base))
        for key in (shop.api_key, wrong):
            await spree_upload(replace(there, api_key=key))
            await there.get(f"/api/v1/products/a-dress/images?token={key}")
            await there.call("POST", "/api/v1/products/a-dress/images", json={"token": key, "image": "none"})
        for secret in (shop.admin.token_secret, wrong):
            one = replace(there, admin=replace(shop.admin, token_secret=secret))
            await one.signed("POST", IMAGES, data=body(b"no image"), headers=JSON)
            signature = f"{shop.admin.consumer_secret}%26{secret}"
            await there.get(IMAGES, Authorization=plaintext(shop, signature))

    printed = "".join(capfd.readouterr())
    assert printed.count("[info     ] request ") >= 10
    for secret in (shop.api_key, wrong, shop.admin.consumer_secret, shop.admin.token_secret, SECRET_KEY):
        assert secret not in printed


def plaintext(shop: Shop, signature: str) -> str:
    return (
        f'OAuth oauth_consumer_key="{shop.admin.consumer_key}", oauth_token="{shop.admin.token}", '
        f'oauth_signature_method="PLAINTEXT", oauth_signature="{signature}"'
    )
