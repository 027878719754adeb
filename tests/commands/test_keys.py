"""`key add --api --role --name`, `key grant`, `key list`; `oauth consumer remove`."""

import pytest

from app.db.connections.connect import Connection
from tests.commands.conftest import CommandLine


@pytest.mark.parametrize(
    ("words", "audiences"),
    [
        (("--role", "reader"), ["v1"]),
        (("--role", "editor", "--api", "v1"), ["v1"]),
        (("--role", "admin"), ["spree"]),
        (("--role", "admin", "--api", "v1"), ["v1"]),
        (("--role", "admin", "--api", "spree", "--api", "v1"), ["spree", "v1"]),
        (("--role", "customer"), ["spree"]),
    ],
)
async def test_a_key_is_for_the_apis_that_are_said(
    cli: CommandLine, words: tuple[str, ...], audiences: list[str]
) -> None:
    """Without a word it is for the API whose role it has; its name is the role unless one is given."""
    made = await cli("key", "add", *words)
    named = await cli("key", "add", *words, "--name", "pipeline of PIM")

    assert (made["audiences"], made["name"], made["role"]) == (audiences, words[1], words[1])
    assert named["name"] == "pipeline of PIM"
    listed = (await cli("key", "list"))["keys"]
    assert [(key["id"], key["name"], key["audiences"], key["last_used_at"]) for key in listed] == [
        (made["id"], words[1], audiences, None),
        (named["id"], "pipeline of PIM", audiences, None),
    ]
    assert made["key"] not in (await cli.run("key", "list")).out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--role", "customer", "--api", "v1"), "The API v1 knows no customer."),
        (("--role", "reader", "--api", "spree"), "The API spree knows no reader."),
        (("--role", "editor", "--api", "v1", "--api", "spree"), "The API spree knows no editor."),
    ],
)
async def test_an_api_knows_its_own_roles_alone(cli: CommandLine, words: tuple[str, ...], sentence: str) -> None:
    """Others are refused, and no key is made."""
    assert await cli.fails("key", "add", *words) == sentence
    assert (await cli("key", "list"))["keys"] == []


async def test_a_key_is_granted_an_api(cli: CommandLine) -> None:
    """By itself or its id, once more without effect; only what knows its role, and only a key that is there."""
    made = await cli("key", "add", "--role", "admin")
    customer = await cli("key", "add", "--role", "customer")

    assert (await cli("key", "grant", made["key"], "--api", "v1"))["audiences"] == ["spree", "v1"]
    assert (await cli("key", "grant", str(made["id"]), "--api", "v1"))["audiences"] == ["spree", "v1"]
    assert await cli.fails("key", "grant", str(customer["id"]), "--api", "v1") == "The API v1 knows no customer."
    assert await cli.fails("key", "grant", "unknown", "--api", "v1") == "There is no such key."


async def test_the_database_holds_roles_to_their_apis(cli: CommandLine, connection: Connection) -> None:
    """Also by hand no key becomes what no API knows."""
    strange = [("customer", ["v1"]), ("reader", ["spree"]), ("owner", ["v1"]), ("admin", []), ("admin", ["x"])]
    for role, audiences in strange:
        with pytest.raises(Exception, match="api_key_"):
            await connection.execute(
                "insert into api_key (key_hash, role, audiences) values (sha256('a'), $1, $2)", role, audiences
            )


async def test_a_consumer_is_removed_with_its_tokens(cli: CommandLine) -> None:
    """Others stay; one that is not there is reported."""
    first = await cli("oauth", "token", "add", "--user-type", "admin")
    second = await cli("oauth", "token", "add", "--user-type", "customer")

    await cli("oauth", "consumer", "remove", first["consumer_key"])

    assert [row["key"] for row in (await cli("oauth", "consumer", "list"))["consumers"]] == [second["consumer_key"]]
    assert [row["token"] for row in (await cli("oauth", "token", "list"))["tokens"]] == [second["token"]]
    assert await cli.fails("oauth", "consumer", "remove", first["consumer_key"]) == "There is no such consumer."
