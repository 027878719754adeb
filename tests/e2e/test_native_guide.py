"""What the guide to the native API tells to type works."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.conftest import Serve

GUIDE: Final = Path(__file__).parents[2] / "docs" / "native.md"


@pytest.mark.timeout(240)  # a command starts anew, on a busy machine
async def test_every_line_of_the_guide_works(serve: Serve, tmp_path: Path) -> None:
    """One shell session with a real `product-images` and a real curl."""
    shop = await serve(run_worker=False)
    blocks: list[str] = re.findall(r"^```sh\n(.*?)^```$", GUIDE.read_text(), re.DOTALL | re.MULTILINE)
    typed = "\n".join(["set -e -o pipefail", *blocks])
    typed = typed.replace("http://127.0.0.1:8080", str(shop.url).rstrip("/")).replace("curl ", "curl -sS ")
    environ = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DATABASE_URL": shop.database.dsn,
        "DATA_DIR": str(shop.settings.data_dir),
        "SECRET_KEY": shop.settings.secret_key,
    }
    shell = await asyncio.create_subprocess_exec(
        "bash", "-c", typed, cwd=tmp_path, env=environ, stdout=PIPE, stderr=STDOUT
    )
    given = (await shell.communicate())[0].decode()

    assert shell.returncode == 0, given
    assert '"name":"pipeline"' in given
    assert "HTTP/1.1 201 Created" in given
    assert '"code":"italian","locale":"it_IT","website":"base","active":false' in given
    assert 'rel="next"' in given
    refused = (tmp_path / "refused.json").read_text()
    assert re.findall(r'"pointer":"([^"]*)"', refused) == ["?dry", "/code", "/active"]
    assert (tmp_path / "vase.png").read_bytes().startswith(b"\x89PNG")
    assert '"name":"details","locale":"en_US"' in given
    assert '"dry_run":true,"batch":null,"lines":{"changed":0,' in given
    assert '"before":"Vase","after":"The vase"' in given
    assert '"retried":0' in given
    assert "Preference-Applied: wait=1" in given
    assert '"database":"ok"' in given
    keys = await shop.get("/v1/keys", Authorization=f"Bearer {shop.api_key}")
    [pipeline] = [key for key in keys.json()["items"] if key["name"] == "pipeline"]
    assert pipeline["revoked_at"]
