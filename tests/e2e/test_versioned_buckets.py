"""What a bucket that keeps former versions means for who has to erase a picture."""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest

from app.model import BlobHash
from tests.conftest import S3
from tests.e2e.conftest import Commands, Serve, eventually
from tests.e2e.test_housekeeping import keeping
from tests.e2e.test_main_job import IMAGES, body, has_renditions
from tests.pictures import encoded, picture
from tests.store.servers import Program, Running


@pytest.fixture(name="client")
def _client(s3: S3) -> Iterator[Any]:
    with Running(Program("moto", "moto of PyPI"), s3.endpoint_url).client() as client:
        client.put_bucket_versioning(Bucket=s3.bucket, VersioningConfiguration={"Status": "Enabled"})
        yield client


async def test_a_purge_leaves_no_version_behind(serve: Serve, commands: Commands, s3: S3, client: Any) -> None:
    """Of the picture and its renditions alone, also where they had been deleted before; `doctor` tells of versions."""
    place = {"s3_bucket": s3.bucket, "s3_endpoint_url": s3.endpoint_url}
    shop = await serve(**place)
    erased, stays = encoded(picture(60, 40)), encoded(picture(70, 40))
    for data in (erased, stays):
        await shop.signed("POST", IMAGES, data=body(data), headers={"Content-Type": "application/json"})
        await eventually(lambda data=data: has_renditions(shop, data))

    async with keeping(shop) as parts:
        await parts.upkeep.purge.purge(BlobHash(hashlib.sha256(erased).hexdigest()))

    keys = [one["Key"] for one in client.list_object_versions(Bucket=s3.bucket)["Versions"]]
    assert not [key for key in keys if hashlib.sha256(erased).hexdigest() in key]
    assert len([key for key in keys if hashlib.sha256(stays).hexdigest() in key]) > len(shop.settings.recipes)
    output = await commands(shop, **{name.upper(): value for name, value in place.items()}).run("doctor")
    assert "the bucket keeps former versions: sweeps leave them there, a purge removes them" in output.out
