import io
from dataclasses import replace

import pytest

from app.access.accounts import Accounts
from app.access.secrets import SecretBox, hash_key
from app.db.connections.connect import Connection
from app.db.listen import Hearing
from app.db.pool import Database
from tests.commands.conftest import CommandLine

CHOSEN = "s3cr3t-of-the-old-shop"


async def test_a_made_up_key_is_long_and_kept_as_its_hash(cli: CommandLine, connection: Connection) -> None:
    """A key has 48 hex digits and is stored hashed."""
    key = (await cli("key", "add", "--role", "admin"))["key"]
    assert len(bytes.fromhex(key)) == 24
    row = await connection.fetchrow("select key_hash, role from api_key")
    assert row is not None
    assert (row["key_hash"], row["role"]) == (hash_key(key), "admin")


async def test_a_chosen_key_is_added_once(cli: CommandLine) -> None:
    """Adding a key that exists gives it the role and lets it in again."""
    assert (await cli("key", "add", "--role", "admin", "--key", CHOSEN))["key"] == CHOSEN
    await cli("key", "revoke", CHOSEN)
    await cli("key", "add", "--role", "customer", "--key", CHOSEN)
    [key] = (await cli("key", "list"))["keys"]
    assert (key["role"], key["revoked_at"]) == ("customer", None)


@pytest.mark.parametrize("key", ["a", "s3cr3t", "x" * 19])
async def test_a_key_that_could_be_guessed_is_not_taken(cli: CommandLine, key: str) -> None:
    """A key given by hand has 20 characters at least."""
    assert "20 characters" in await cli.fails("key", "add", "--role", "admin", "--key", key)
    assert (await cli("key", "list"))["keys"] == []


async def test_secrets_are_read_from_standard_input(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` stands for a line of standard input, so that no secret stands in the list of processes."""
    typed = io.StringIO(f"{CHOSEN}\n{CHOSEN}\r\n{'a' * 32}\n{'b' * 32}\n\n")
    monkeypatch.setattr("sys.stdin", typed)

    added = await cli("key", "add", "--role", "admin", "--key", "-")
    revoked = await cli("key", "revoke", "-")
    consumer = await cli("oauth", "consumer", "add", "--secret", "-")
    token = await cli("oauth", "token", "add", "--user-type", "admin", "--secret", "-")

    assert (added["key"], revoked["id"]) == (CHOSEN, added["id"])
    assert (consumer["consumer_secret"], token["token_secret"]) == ("a" * 32, "b" * 32)
    for _ in ("an empty line", "the end"):
        assert await cli.fails("key", "add", "--role", "admin", "--key", "-") == "There is no key on standard input."


async def test_a_key_is_revoked_by_itself_or_by_its_id(cli: CommandLine) -> None:
    """A key is revoked by its text or its id, a second time too; an unknown one is an error."""
    key = await cli("key", "add", "--role", "admin")
    other = await cli("key", "add", "--role", "admin")
    assert (await cli("key", "revoke", key["key"]))["id"] == key["id"]
    assert (await cli("key", "revoke", str(other["id"])))["id"] == other["id"]
    assert (await cli("key", "revoke", str(other["id"])))["id"] == other["id"]
    assert all(row["revoked_at"] for row in (await cli("key", "list"))["keys"])
    assert await cli.fails("key", "revoke", "unknown") == "There is no such key."


async def test_a_token_brings_its_own_consumer(cli: CommandLine, connection: Connection) -> None:
    """A token without a named consumer gets one; both secrets are stored encrypted."""
    credentials = await cli("oauth", "token", "add", "--user-type", "admin")
    assert {len(value) for value in credentials.values()} == {32}
    box = SecretBox(cli.environ["SECRET_KEY"])
    row = await connection.fetchrow(
        "select c.key, c.secret, t.token, t.secret as token_secret from oauth_consumer c, oauth_token t"
    )
    assert row is not None
    assert box.open(row["secret"], row["key"]) == credentials["consumer_secret"]
    assert box.open(row["token_secret"], row["token"]) == credentials["token_secret"]


async def test_the_secret_key_is_exchanged_without_new_credentials(cli: CommandLine, database: Database) -> None:
    """With the former key at hand the stored secrets are encrypted anew; then the new key alone opens them. Without
    it nothing is touched."""
    credentials = await cli("oauth", "token", "add", "--user-type", "admin")
    new = replace(cli, environ={**cli.environ, "SECRET_KEY": "another-key-for-tests"})
    assert "SECRET_KEY" in await new.fails("oauth", "reseal")
    both = replace(new, environ={**new.environ, "SECRET_KEY_FORMER": cli.environ["SECRET_KEY"]})

    assert await both("oauth", "reseal") == {"secrets": 2}

    accounts = Accounts(database, SecretBox(new.environ["SECRET_KEY"]), Hearing())
    consumer, token = await accounts.find_oauth(credentials["consumer_key"], credentials["token"])
    assert consumer is not None
    assert token is not None
    assert (consumer.secret, token.secret) == (credentials["consumer_secret"], credentials["token_secret"])
    assert await new("oauth", "reseal") == {"secrets": 2}


async def test_credentials_that_clients_have_already_are_taken_over(cli: CommandLine) -> None:
    """Consumers and tokens can be added with the keys and secrets that a shop has given out before."""
    consumer = await cli("oauth", "consumer", "add", "--key", "k" * 32, "--secret", "s" * 32, "--name", "pipeline")
    assert consumer == {"consumer_key": "k" * 32, "consumer_secret": "s" * 32}
    words = ("--consumer", "k" * 32, "--token", "t" * 32, "--secret", "u" * 32)
    assert await cli("oauth", "token", "add", "--user-type", "admin", *words) == {
        "consumer_key": "k" * 32,
        "consumer_secret": "s" * 32,
        "token": "t" * 32,
        "token_secret": "u" * 32,
    }
    assert [row["tokens"] for row in (await cli("oauth", "consumer", "list"))["consumers"]] == [1]


async def test_adding_a_token_again_updates_what_was_given(cli: CommandLine) -> None:
    """A second add changes privileges or role and keeps user type, consumer and secret."""
    first = await cli("oauth", "token", "add", "--user-type", "admin", "--privilege", "retrieve", "create")
    token = first["token"]
    assert await cli("oauth", "token", "add", "--token", token, "--no-role") == first
    [row] = (await cli("oauth", "token", "list"))["tokens"]
    assert (row["user_type"], row["privileges"], row["has_role"]) == ("admin", ["create", "retrieve"], False)
    await cli("oauth", "token", "add", "--token", token, "--privilege", "all", "--role")
    [row] = (await cli("oauth", "token", "list"))["tokens"]
    assert (row["privileges"], row["has_role"]) == (["all"], True)


async def test_a_consumer_keeps_its_secret_when_it_is_named_again(cli: CommandLine) -> None:
    """A second add renames a consumer without changing its credentials."""
    first = await cli("oauth", "consumer", "add", "--name", "one")
    assert await cli("oauth", "consumer", "add", "--key", first["consumer_key"], "--name", "two") == first
    assert [row["name"] for row in (await cli("oauth", "consumer", "list"))["consumers"]] == ["two"]


async def test_a_token_is_revoked(cli: CommandLine) -> None:
    """A revoked token is listed as such; revoking it again changes nothing."""
    token = (await cli("oauth", "token", "add", "--user-type", "customer"))["token"]
    await cli("oauth", "token", "revoke", token)
    [row] = (await cli("oauth", "token", "list"))["tokens"]
    await cli("oauth", "token", "revoke", token)
    assert (await cli("oauth", "token", "list"))["tokens"] == [row]
    assert row["revoked_at"] is not None
    assert await cli.fails("oauth", "token", "revoke", "unknown") == "There is no token unknown."


async def test_lists_never_show_a_secret(cli: CommandLine) -> None:
    """Neither for people nor for programs does a list hold a key or a secret."""
    key = (await cli("key", "add", "--role", "admin"))["key"]
    credentials = await cli("oauth", "token", "add", "--user-type", "admin")
    secrets = [key, credentials["consumer_secret"], credentials["token_secret"]]
    for noun in (["key"], ["oauth", "consumer"], ["oauth", "token"]):
        for form in ([], ["--json"]):
            output = await cli.run(*noun, "list", *form)
            assert not any(secret in output.out for secret in secrets)


async def test_impossible_accounts_are_refused_in_a_sentence(cli: CommandLine) -> None:
    """A new token without a user type, unknown consumers and credentials of another length are refused."""
    assert "user type" in await cli.fails("oauth", "token", "add")
    assert "no consumer" in await cli.fails("oauth", "token", "add", "--user-type", "admin", "--consumer", "x" * 32)
    assert "32 printable" in await cli.fails("oauth", "consumer", "add", "--key", "short")
    assert "32 printable" in await cli.fails("oauth", "token", "add", "--user-type", "admin", "--token", "ü" * 32)


async def test_a_changed_secret_key_is_named(cli: CommandLine) -> None:
    """Secrets that another SECRET_KEY encrypted are not taken for damaged rows."""
    key = (await cli("oauth", "consumer", "add"))["consumer_key"]
    output = await cli.run("doctor", SECRET_KEY="another-key-of-sufficient-length!")
    assert output.code == 1
    assert "SECRET_KEY" in output.out
    other = CommandLine({**cli.environ, "SECRET_KEY": "another-key-of-sufficient-length!"}, cli.capture)
    assert "SECRET_KEY changed" in await other.fails("oauth", "consumer", "add", "--key", key)
