from app.db.connections.connect import Connection
from tests.commands.conftest import CommandLine


async def test_a_set_is_put_shown_and_removed(cli: CommandLine, connection: Connection) -> None:
    """A set is made of pictures in an order, shown in the same words, and removed."""
    await cli("product", "add", "--sku", "mug")
    await connection.execute("insert into picture (id, url_large) values (7, 'a'), (8, 'b')")
    which = ("--sku", "mug", "--name", "picto", "--locale", "de_DE")
    put = await cli("set", "put", *which, "p8", "p7")
    assert (put["name"], put["locale"], put["pictures"]) == ("picto", "de_DE", ["p8", "p7"])
    assert await cli("set", "show", "--sku", "mug") == {
        "sets": [{"name": "picto", "locale": "de_DE", "key": None, "pictures": ["p8", "p7"]}]
    }
    assert (await cli("set", "remove", *which))["removed"] is True
    assert (await cli.run("set", "show", "--sku", "mug")).out == "No sets.\n"
    assert await cli.fails("set", "remove", *which) == "mug has no such set."
