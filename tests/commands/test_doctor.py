from dataclasses import replace
from pathlib import Path

import pytest

from app.access.secrets import SecretBox
from app.db.connections.connect import Connection
from app.db.pool import Database
from app.service.catalogue.oauth import TokenOptions, put_token
from app.settings.memory import document_share, usable_memory
from tests.commands.conftest import CommandLine
from tests.conftest import S3


async def test_all_is_well(cli: CommandLine) -> None:
    """With everything in place every check is well, the limits are reported and the exit code is 0."""
    document = await cli("doctor")
    assert document["ok"] is True
    assert [check["name"] for check in document["checks"]] == [
        "settings",
        "database",
        "schema",
        "secrets",
        "feed",
        "store",
        "clock",
        "originals",
        "codecs",
        "walls",
    ]
    assert "shut in by environment, privileges, files, network, programs" in document["checks"][-1]["detail"]
    assert all(check["remedy"] is None for check in document["checks"])
    assert document["limits"]["MAX_BODY_BYTES"] == 56 * 1024 * 1024
    documents = document["limits"]["DOCUMENT_CACHE_BYTES"]
    assert documents == document_share(usable_memory(), 1)
    assert f"{documents // 1_000_000:,} of {usable_memory() // 1_000_000:,} MB" in document["checks"][0]["detail"]


async def test_a_short_secret_key_is_refused_before_it_seals_anything(cli: CommandLine) -> None:
    """Nothing is begun with a key that can be guessed: no credential is added, and no process starts."""
    short = replace(cli, environ={**cli.environ, "SECRET_KEY": "a"})

    for words in (
        ("oauth", "token", "add", "--user-type", "admin"),
        ("oauth", "consumer", "add"),
        ("serve",),
        ("worker",),
    ):
        assert await short.fails(*words) == "SECRET_KEY: too short; set 32 random characters or more."


async def test_a_short_secret_key_goes_on_opening_what_it_sealed(cli: CommandLine, database: Database) -> None:
    """Where secrets exist under a short key credentials are added as before, and `doctor` names the way out, which
    works: the short one is the former one then."""
    async with database.transaction() as tx:
        sealed = await put_token(tx, SecretBox("a"), TokenOptions("admin"))
    short = replace(cli, environ={**cli.environ, "SECRET_KEY": "a"})
    assert (await short("oauth", "consumer", "add", "--key", sealed.consumer_key))[
        "consumer_key"
    ] == sealed.consumer_key
    [finding] = [check for check in (await short("doctor"))["checks"] if check["name"] == "secrets"]
    assert (finding["ok"], "short" in finding["detail"], "SECRET_KEY_FORMER" in finding["remedy"]) == (True, True, True)

    after = replace(cli, environ={**cli.environ, "SECRET_KEY_FORMER": "a"})
    assert await after("oauth", "reseal") == {"secrets": 2}
    [finding] = [check for check in (await cli("doctor"))["checks"] if check["name"] == "secrets"]
    assert (finding["ok"], finding["remedy"]) == (True, None)


async def test_people_read_checks_and_limits(cli: CommandLine) -> None:
    """Without --json every check and every limit has a line."""
    output = await cli.run("doctor")
    assert output.code == 0
    assert "ok     database  Postgres" in output.out
    assert "CODEC_SECONDS" in output.out


async def test_a_bucket_is_written_read_and_emptied(cli: CommandLine, s3: S3) -> None:
    """With S3 the bucket is tried, and one that does not exist is named with its remedy."""
    output = await cli.run("doctor", S3_BUCKET=s3.bucket, S3_ENDPOINT_URL=s3.endpoint_url)
    assert output.code == 0
    output = await cli.run("doctor", S3_BUCKET="no-such-bucket", S3_ENDPOINT_URL=s3.endpoint_url)
    assert output.code == 1
    assert "Remedy: Check S3_BUCKET" in output.out


async def test_a_database_that_is_away_is_named(cli: CommandLine) -> None:
    """Where the database is away what needs it is left out, and the other checks go on."""
    output = await cli.run("doctor", DATABASE_URL="postgresql://127.0.0.1:1/none")
    assert output.code == 1
    assert "WRONG  database  The database is away" in output.out
    assert "Remedy: Check DATABASE_URL" in output.out
    assert "schema" not in output.out
    assert "ok     store" in output.out


async def test_a_schema_that_is_behind_is_named(cli: CommandLine, connection: Connection) -> None:
    """An outside database is looked at, not migrated."""
    await connection.execute(
        "delete from schema_migrations where version = (select max(version) from schema_migrations)"
    )
    output = await cli.run("doctor")
    assert output.code == 1
    assert "WRONG  schema    Migrations are missing" in output.out
    assert "Remedy: Run `product-images migrate`." in output.out


async def test_a_wrong_setting_is_named(cli: CommandLine) -> None:
    """A variable that cannot be understood is the only finding."""
    output = await cli.run("doctor", PORT="eighty")
    assert output.code == 1
    assert output.out.startswith("WRONG  settings  PORT: ")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TRUSTED_PROXIES", "moon"),
        ("FETCH_ALLOWED_NETWORKS", "10.0.0.0/8"),
        ("OPENMAGE_GUEST_ATTRIBUTES", "id,lable"),
        ("OPENMAGE_WRITABLE_ATTRIBUTES", "id"),
        ("OPENMAGE_CUSTOMER_PRIVILEGES", "retreive"),
    ],
)
async def test_a_word_that_means_nothing_is_named(cli: CommandLine, variable: str, value: str) -> None:
    """A list with a word in it that is none of those possible is reported by the name of its variable."""
    output = await cli.run("doctor", **{variable: value})
    assert output.code == 1
    assert f"WRONG  settings  {variable}: " in output.out


async def test_a_data_directory_that_cannot_be_written_is_named(cli: CommandLine) -> None:
    """Where the file store has no room the remedy names the folder."""
    output = await cli.run("doctor", DATA_DIR="/proc/no-such-place")
    assert output.code == 1
    assert "WRONG  store" in output.out
    assert "/proc/no-such-place" in output.out


async def test_settings_that_contradict_each_other_are_told(cli: CommandLine, tmp_path: Path) -> None:
    """An endpoint without a bucket is wrong while nothing lies in the file store, and doubtful then; a database of its
    own beside the file store is doubtful, and all is well for all that."""
    endpoint = {"S3_ENDPOINT_URL": "http://127.0.0.1:1"}
    output = await cli.run("doctor", **endpoint)
    assert output.code == 1
    assert "WRONG  store     S3_ENDPOINT_URL: there is no S3_BUCKET beside it" in output.out
    assert "Remedy: Set S3_BUCKET to keep files there; unset S3_ENDPOINT_URL" in output.out
    assert "no S3_BUCKET" in await cli.fails_with(endpoint, "export", "gallery", str(tmp_path / "lines"))
    (tmp_path / "objects" / "blobs").mkdir(parents=True)
    (tmp_path / "objects" / "blobs" / "one").write_bytes(b"x")
    output = await cli.run("doctor", **endpoint)
    assert output.code == 0
    assert "doubt  S3_ENDPOINT_URL counts for nothing without S3_BUCKET" in output.out
    assert "doubt  The Postgres of DATABASE_URL may serve many machines" in output.out
    assert len((await cli("doctor"))["warnings"]) == 1


async def test_a_proxy_that_is_dead_is_named_with_its_remedy(
    cli: CommandLine, s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the store is asked for through a proxy that does not answer, the remedy speaks of the proxy."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    output = await cli.run("doctor", S3_BUCKET=s3.bucket, S3_ENDPOINT_URL=s3.endpoint_url)
    assert output.code == 1
    assert (
        "Remedy: Unset HTTP_PROXY and HTTPS_PROXY for this service, or name the store's host in NO_PROXY." in output.out
    )
