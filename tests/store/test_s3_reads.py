"""Objects are read by signed addresses, and by the SDK where something is out of order."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from app.errors import StoreUnavailable
from app.store.presign import Presigner, Signatory
from app.store.s3 import S3Store

KEYS = st.from_regex(r"[a-z0-9_-][a-z0-9._-]{0,20}(/[a-z0-9_-][a-z0-9._-]{0,20}){0,3}", fullmatch=True)
SECRETS = st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1)
BASES = st.sampled_from(["http://127.0.0.1:9000/bucket/", "https://bucket.s3.eu-central-1.amazonaws.com/"])


@given(BASES, KEYS, SECRETS, SECRETS, st.none() | SECRETS)
def test_addresses_are_signed_as_the_sdk_signs_them(
    base: str, key: str, access_key: str, secret: str, token: str | None
) -> None:
    """Letter by letter, with and without the token of a role."""
    request = AWSRequest("GET", base + key)
    theirs = S3SigV4QueryAuth(Credentials(access_key, secret, token), "s3", "eu-central-1", expires=900)
    theirs.add_auth(request)
    at = datetime.strptime(request.context["timestamp"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)

    url = str(Presigner(base, "eu-central-1").get(key, Signatory(access_key, secret, token), at))

    address, _, query = url.partition("?")
    their_address, _, their_query = str(request.url).partition("?")
    assert address == their_address
    assert sorted(query.split("&")) == sorted(their_query.split("&"))


def test_a_signatory_does_not_show_secrets() -> None:
    """Neither in a log nor in an error."""
    shown = repr(Signatory("AKIA", "hidden", "as well"))
    assert "hidden" not in shown
    assert "as well" not in shown


class Bucket:
    """A server that answers each read as the test says, and remembers how it was asked."""

    def __init__(self) -> None:
        self.answers: list[web.Response] = []
        self.signed: list[str] = []
        """In the `address`, or in a `header` as the SDK does."""
        self.url = ""

    async def get(self, request: web.Request) -> web.Response:
        self.signed.append("address" if "X-Amz-Signature" in request.query else "header")
        return self.answers.pop(0)


@pytest.fixture(name="bucket")
async def _bucket(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bucket]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.setenv(name, "us-east-1")
    bucket, app = Bucket(), web.Application()
    app.router.add_get("/pictures/a/b", bucket.get)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    bucket.url = "http://127.0.0.1:{1}".format(*runner.addresses[0])
    yield bucket
    await runner.cleanup()


async def test_an_object_is_read_with_one_request(bucket: Bucket, tmp_path: Path) -> None:
    """The address is signed, and nothing is asked a second time."""
    bucket.answers = [web.Response(body=b"picture")]
    async with S3Store("pictures", copies=tmp_path / "copies", endpoint_url=bucket.url) as store:
        assert await store.read("a/b", 100) == b"picture"
    assert bucket.signed == ["address"]


@pytest.mark.parametrize("status", [301, 400, 403, 500, 503])
async def test_the_sdk_has_the_last_word(bucket: Bucket, tmp_path: Path, status: int) -> None:
    """A server that is out of order for a moment, or wants to be asked otherwise, costs a request and not the read."""
    bucket.answers = [web.Response(status=status, headers={"Location": "/elsewhere"}), web.Response(body=b"picture")]
    async with S3Store("pictures", copies=tmp_path / "copies", endpoint_url=bucket.url) as store:
        assert await store.read("a/b", 100) == b"picture"
    assert bucket.signed == ["address", "header"]


async def test_missing_credentials_are_told(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing to sign with the store is away, and the reason says what to mend."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "none")
    async with S3Store("pictures", copies=tmp_path / "copies", endpoint_url=bucket.url) as store:
        with pytest.raises(StoreUnavailable, match="credentials"):
            await store.read("a/b", 100)
