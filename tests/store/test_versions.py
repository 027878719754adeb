"""Buckets that keep former versions, and rules by which they tidy themselves."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.errors import Misconfigured
from app.model import BlobHash
from app.store import beginnings_of, blob_key
from app.store.s3 import S3Store
from app.store.s3_rules import harm_of
from tests.conftest import S3
from tests.lengths import by_length
from tests.store.servers import Program, Running

_BLOB = BlobHash("ab" * 32)
_OTHER = BlobHash("ab" * 31 + "cd")
_KEY, _OTHERS_KEY = blob_key(_BLOB), blob_key(_OTHER)
_RENDITION = f"renditions/ab/{_BLOB}/0a1b.jpg"
_EDIT = f"renditions/ab/{_BLOB}-0123456789abcdef/0a1b.jpg"


class Bucket:
    """One that keeps versions, as its owner sees it."""

    def __init__(self, client: Any, name: str, url: str) -> None:
        self.client = client
        self.name = name
        self.url = url
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})

    def versions(self, beginning: str = "") -> list[str]:
        """Keys of what is there and was, once for each version and each mark of a deletion."""
        found = self.client.list_object_versions(Bucket=self.name, Prefix=beginning)
        return sorted(one["Key"] for kind in ("Versions", "DeleteMarkers") for one in found.get(kind, ()))

    def rule(self, prefix: str, **does: Any) -> None:
        rule = {"ID": "tidy", "Status": "Enabled", "Filter": {"Prefix": prefix}, **does}
        self.client.put_bucket_lifecycle_configuration(Bucket=self.name, LifecycleConfiguration={"Rules": [rule]})


@pytest.fixture(params=["moto", "seaweedfs"], name="bucket")
def _bucket(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    if request.param == "moto":
        s3: S3 = request.getfixturevalue("s3")
        server = Running(Program("moto", "moto of PyPI"), s3.endpoint_url)
    else:
        server = request.getfixturevalue("others")(request.param)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    with server.client() as client:
        yield Bucket(client, server.fresh_bucket(), server.url)


@pytest.fixture(name="store")
async def _store(bucket: Bucket, tmp_path: Path) -> AsyncIterator[S3Store]:
    async with S3Store(bucket.name, copies=tmp_path / "copies", endpoint_url=bucket.url) as store:
        yield store


async def test_all_versions_of_a_picture_go_and_no_others(bucket: Bucket, store: S3Store) -> None:
    """Deleting hides bytes alone; then nothing is left of them, of what was made of them, and of what hid them."""
    for key in (_KEY, _RENDITION, _EDIT, _OTHERS_KEY):
        await store.put(key, b"former", media_type="image/jpeg")
    await store.delete([_KEY])
    await store.put(_KEY, b"again", media_type="image/jpeg")
    await store.delete([_KEY, _RENDITION])
    assert bucket.versions(_KEY) == [_KEY] * 4

    assert await store.delete_versions(beginnings_of(_BLOB)) == 7

    assert bucket.versions("blobs/") == [_OTHERS_KEY]
    assert bucket.versions("renditions/") == []
    assert await store.read(_OTHERS_KEY, 100) == b"former"


@pytest.mark.parametrize("bucket", by_length(["seaweedfs"], ["moto", "seaweedfs"]), indirect=True)
async def test_more_versions_than_a_page_has_go(bucket: Bucket, store: S3Store) -> None:
    """A server lists a thousand at a time, and deletes no more of them at once; others of the bucket stay."""
    await store.put(_OTHERS_KEY, b"another's", media_type="image/jpeg")
    for number in range(1001):
        bucket.client.put_object(Bucket=bucket.name, Key=_KEY, Body=b"%d" % number)

    assert await store.delete_versions(beginnings_of(_BLOB)) == 1001

    assert bucket.versions("blobs/") == [_OTHERS_KEY]


@pytest.mark.parametrize("bucket", ["seaweedfs"], indirect=True)  # moto answers 500 here
async def test_versions_of_a_bucket_that_keeps_no_further_ones_go(bucket: Bucket, store: S3Store) -> None:
    """Those that it kept before it was told to stop."""
    await store.put(_KEY, b"former", media_type="image/jpeg")
    await store.delete([_KEY])
    bucket.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Suspended"})
    assert bucket.versions(_KEY) == [_KEY] * 2

    await store.delete_versions(beginnings_of(_BLOB))

    assert bucket.versions(_KEY) == []


async def test_an_operator_is_told_that_versions_are_kept(bucket: Bucket, store: S3Store) -> None:
    """With what that means."""
    [remark] = await store.remarks()
    assert "keeps former versions" in remark


async def test_a_rule_that_removes_originals_is_told(bucket: Bucket, store: S3Store) -> None:
    """One that removes former versions alone is none of those."""
    bucket.rule("blobs/", NoncurrentVersionExpiration={"NoncurrentDays": 30})
    await store.remarks()

    bucket.rule("blobs/", Expiration={"Days": 30})
    with pytest.raises(Misconfigured, match="tidy removes originals"):
        await store.remarks()


@pytest.mark.parametrize(
    ("rule", "harm"),
    [
        ({"Expiration": {"Days": 1}}, "removes"),
        ({"Expiration": {"Days": 1}, "Prefix": "blobs/ab"}, "removes"),
        ({"Expiration": {"Days": 1}, "Filter": {"And": {"Prefix": "bl", "Tags": []}}}, "removes"),
        ({"Expiration": {"Days": 1}, "Filter": {"Prefix": "renditions/"}}, None),
        ({"Expiration": {"Days": 1}, "Status": "Disabled"}, None),
        ({"Expiration": {"ExpiredObjectDeleteMarker": True}}, None),
        ({"Transitions": [{"Days": 1, "StorageClass": "STANDARD_IA"}]}, None),
        ({"Transitions": [{"Days": 1, "StorageClass": "DEEP_ARCHIVE"}]}, "moves"),
    ],
)
def test_rules_are_harmful_where_originals_go(rule: dict[str, Any], harm: str | None) -> None:
    """Whatever way their prefix is told in; none is all there is."""
    found = harm_of({"Status": "Enabled", "ID": "tidy"} | rule)
    assert (found is None) if harm is None else (found is not None and harm in found)
