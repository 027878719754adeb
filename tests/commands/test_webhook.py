"""`webhook add|list|remove|test|deliveries`."""

import pytest

from tests.commands.conftest import CommandLine

_URL = "https://shop.example/hook"


@pytest.fixture(name="cli")
def _cli(cli: CommandLine) -> CommandLine:
    return CommandLine({**cli.environ, "PUBLIC_URL": "https://images.example"}, cli.capture)


async def test_a_webhook_is_added_listed_and_removed(cli: CommandLine) -> None:
    """Its secret is printed once."""
    made = await cli("webhook", "add", _URL, "--types", "image.*, media.withdrawn", "--sku-prefix", "dr")
    assert (made["url"], made["types"]) == (_URL, ["image.*", "media.withdrawn"])
    assert made["secret"].startswith("whsec_")
    second = await cli("webhook", "add", _URL, "--description", "A cache")

    listed = await cli.run("webhook", "list", "--json")
    assert made["secret"] not in listed.out
    first, other = (await cli("webhook", "list"))["webhooks"]
    assert (first["id"], first["sku_prefix"], first["enabled"]) == (made["id"], "dr", True)
    assert (other["types"], other["description"]) == (["*"], "A cache")

    assert await cli("webhook", "remove", str(made["id"])) == {"id": made["id"], "removed": True}
    assert [one["id"] for one in (await cli("webhook", "list"))["webhooks"]] == [second["id"]]


async def test_a_test_stands_among_the_deliveries(cli: CommandLine) -> None:
    """The latest first; of a state, if one is named."""
    made = await cli("webhook", "add", _URL)
    sent = [(await cli("webhook", "test", str(made["id"])))["id"] for _ in range(2)]
    rows = (await cli("webhook", "deliveries", str(made["id"])))["deliveries"]
    assert [(row["id"], row["type"], row["state"]) for row in rows] == [
        (one, "webhook.test", "pending") for one in reversed(sent)
    ]
    assert (await cli("webhook", "deliveries", str(made["id"]), "--state", "done"))["deliveries"] == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("add", _URL, "--types", "image.painted"), "There are no events image.painted."),
        (("add", "https://shop.example/" + "x" * 2000), "url has 2000 characters at most."),
        (("add", _URL, "--sku-prefix", "x" * 256), "--sku-prefix has 255 characters at most."),
        (("remove", "9"), "There is no such webhook: webhook 9"),
        (("test", "9"), "There is no such webhook: webhook 9"),
        (("deliveries", "9"), "There is no such webhook: webhook 9"),
    ],
)
async def test_what_cannot_be_is_refused(cli: CommandLine, words: tuple[str, ...], sentence: str) -> None:
    """In a sentence, and nothing is kept."""
    assert await cli.fails("webhook", *words) == sentence
    assert (await cli("webhook", "list"))["webhooks"] == []


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "https://me:secret@shop.example/", "nonsense"])
async def test_an_address_that_may_not_be_is_refused(cli: CommandLine, url: str) -> None:
    """As by the API."""
    assert await cli.fails("webhook", "add", url)
    assert (await cli("webhook", "list"))["webhooks"] == []


async def test_events_name_whole_addresses(cli: CommandLine) -> None:
    """Without an address of its own the service tells nobody."""
    plain = {name: value for name, value in cli.environ.items() if name != "PUBLIC_URL"}
    assert "PUBLIC_URL" in await CommandLine(plain, cli.capture).fails("webhook", "add", _URL)
