import json
import stat
from dataclasses import asdict
from pathlib import Path

import aiohttp
import pytest

from app.commands.banner import banner
from app.demo.shop import DemoCredentials
from app.settings import Settings
from tests.commands.conftest import CommandLine
from tests.processes import serving


async def test_the_demo_shop_never_goes_into_somebody_elses_database(cli: CommandLine) -> None:
    """With DATABASE_URL the demo shop is refused."""
    assert "embedded Postgres only" in await cli.fails("demo")


async def test_a_first_start_shows_a_shop_and_a_second_one_keeps_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The service starts with a demo shop whose pictures can be read and added to; later starts change nothing. Where
    no terminal shows it no start tells a credential, but where they are."""
    async with serving(DATA_DIR=tmp_path) as (base, _), aiohttp.ClientSession() as session:
        demo = json.loads((tmp_path / "demo.json").read_text())
        assert stat.S_IMODE((tmp_path / "demo.json").stat().st_mode) == 0o600
        assert await _labels(session, base) == ["A mug from the front", "The maker's sign"]
        async with session.get(f"{base}/media/catalog/product/m/u/mug.jpg") as answer:
            assert (answer.status, answer.content_type) == (200, "image/jpeg")
        body = {
            "file_mime_type": "image/gif",
            "file_content": "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7",
        }
        async with session.post(
            f"{base}/api/rest/products/lamp/images", json=body, headers={"Authorization": _plaintext(demo)}
        ) as answer:
            assert answer.status == 200, await answer.text()
    async with serving(DATA_DIR=tmp_path) as (base, _), aiohttp.ClientSession() as session:
        assert json.loads((tmp_path / "demo.json").read_text()) == demo
        assert await _labels(session, base) == ["A mug from the front", "The maker's sign"]
    reported = capsys.readouterr().out
    assert reported.count(f"Demo credentials: {(tmp_path / 'demo.json').resolve()}") == 2
    assert [name for name, secret in demo.items() if secret in reported] == []


def test_people_at_a_terminal_are_told_the_credentials(tmp_path: Path) -> None:
    """What `serve` says to a terminal has the credentials, and a request to try them with."""
    demo = DemoCredentials("key", "consumer", "consumer secret", "token", "token secret")
    reported = banner(Settings(data_dir=tmp_path), 8080, demo, to_people=True)

    assert [secret for secret in asdict(demo).values() if secret not in reported] == []


async def test_the_demo_shop_can_be_left_out(tmp_path: Path) -> None:
    """With DEMO=false a first start has an empty catalogue and no credentials; one that is loaded already stays."""
    async with serving(DATA_DIR=tmp_path, DEMO="false") as (base, _), aiohttp.ClientSession() as session:
        assert not (tmp_path / "demo.json").exists()
        async with session.get(f"{base}/abstract-products/mug/abstract-product-image-sets") as answer:
            assert answer.status == 404


def test_what_serves_says_where_to_look_and_how_to_leave_the_demo_out() -> None:
    """The banner names `/docs`, and, with the demo shop, how to start without it."""
    credentials = DemoCredentials("key", "consumer", "secret", "token", "token secret")
    assert "http://127.0.0.1:8080/docs" in banner(Settings(), 8080, None)
    assert "DEMO=false" not in banner(Settings(), 8080, None)
    assert "DEMO=false make run" in banner(Settings(), 8080, credentials)


async def test_the_demo_shop_is_loaded_once(cli: CommandLine, tmp_path: Path) -> None:
    """The command prints the credentials, and refuses a catalogue that has something in it."""
    embedded = {"DATABASE_URL": "", "SECRET_KEY": "", "DATA_DIR": str(tmp_path)}
    here = CommandLine({**cli.environ, **embedded}, cli.capture)
    assert (await here("demo")) == json.loads((tmp_path / "demo.json").read_text())
    assert "not empty" in await here.fails("demo")
    assert [row["sku"] for row in (await here("product", "list"))["products"]][:2] == ["mug", "mug-large"]


async def _labels(session: aiohttp.ClientSession, base: str) -> list[str]:
    async with session.get(f"{base}/api/rest/products/mug/images", headers={"Accept": "application/json"}) as answer:
        return [image["label"] for image in await answer.json(content_type=None)]


def _plaintext(demo: dict[str, str]) -> str:
    return (
        f'OAuth oauth_consumer_key="{demo["consumer_key"]}", oauth_token="{demo["token"]}", '
        f'oauth_signature_method="PLAINTEXT", oauth_signature="{demo["consumer_secret"]}%26{demo["token_secret"]}"'
    )
