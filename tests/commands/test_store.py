from app.db.connections.connect import Connection
from tests.commands.conftest import CommandLine


async def test_a_store_view_is_added(cli: CommandLine) -> None:
    """A store view is answered with its id and code, and listed with its options."""
    added = await cli("store", "add", "--id", "2", "--code", "french", "--locale", "fr_FR", "--website", "eu")
    assert added == {"id": 2, "code": "french"}
    assert (await cli("store", "list"))["stores"] == [
        {"id": 2, "code": "french", "locale": "fr_FR", "website": "eu", "active": True, "is_default": False}
    ]


async def test_adding_a_store_view_again_updates_what_was_given(cli: CommandLine) -> None:
    """A second add changes the options that were given and leaves the rest."""
    await cli("store", "add", "--id", "2", "--code", "french", "--locale", "fr_FR", "--website", "eu")
    await cli("store", "add", "--id", "2", "--code", "french", "--inactive")
    [store] = (await cli("store", "list"))["stores"]
    assert (store["locale"], store["website"], store["active"]) == ("fr_FR", "eu", False)
    await cli("store", "add", "--code", "french", "--active", "--locale", "fr_BE")
    [store] = (await cli("store", "list"))["stores"]
    assert (store["id"], store["locale"], store["active"]) == (2, "fr_BE", True)


async def test_a_store_view_takes_another_code_by_its_id(cli: CommandLine) -> None:
    """The id names a store view, so that its code can change."""
    await cli("store", "add", "--id", "2", "--code", "french")
    await cli("store", "add", "--id", "2", "--code", "francais")
    assert [store["code"] for store in (await cli("store", "list"))["stores"]] == ["francais"]


async def test_only_one_store_view_is_the_default(cli: CommandLine) -> None:
    """Making a store view the default takes that from the one that had it."""
    await cli("store", "add", "--id", "1", "--code", "english", "--default")
    await cli("store", "add", "--id", "2", "--code", "french", "--default")
    stores = (await cli("store", "list"))["stores"]
    assert {store["code"]: store["is_default"] for store in stores} == {"english": False, "french": True}


async def test_a_store_view_without_an_id_gets_the_next(cli: CommandLine) -> None:
    """Without an id a new store view is numbered after the last one."""
    await cli("store", "add", "--id", "4", "--code", "english")
    assert await cli("store", "add", "--code", "french") == {"id": 5, "code": "french"}


async def test_store_views_in_one_website_share_it(cli: CommandLine, connection: Connection) -> None:
    """Naming an unknown website creates it, once."""
    await cli("store", "add", "--code", "english")
    await cli("store", "add", "--code", "french")
    assert await connection.fetchval("select array_agg(code) from website") == ["base"]


async def test_impossible_store_views_are_refused_in_a_sentence(cli: CommandLine) -> None:
    """A code that is none, an id out of range and a code in use by another id are refused."""
    await cli("store", "add", "--id", "1", "--code", "english")
    assert "small letters" in await cli.fails("store", "add", "--code", "Große")
    assert "number from 1" in await cli.fails("store", "add", "--code", "french", "--id", "0")
    assert "number from 1" in await cli.fails("store", "add", "--code", "french", "--id", "99999999999")
    assert await cli.fails("store", "add", "--code", "english", "--id", "2") == "The store view english has the id 1."
    assert "must not be empty" in await cli.fails("store", "add", "--code", "french", "--website", "")


async def test_a_code_that_a_former_version_took_stays(cli: CommandLine, connection: Connection) -> None:
    """A store view whose code is longer than a new one may be is still updated by it; it may get no other such code."""
    await cli("store", "add", "--id", "2", "--code", "french")
    long = "f" * 33
    await connection.execute("update store_view set code = $1", long)
    await cli("store", "add", "--id", "2", "--code", long, "--locale", "fr_FR")
    await cli("store", "add", "--code", long, "--inactive")
    [store] = (await cli("store", "list"))["stores"]
    assert (store["code"], store["locale"], store["active"]) == (long, "fr_FR", False)
    for words in (("--id", "2"), ()):
        assert "32 characters at most" in await cli.fails("store", "add", "--code", "g" * 33, *words)
