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
    said = (await shell.communicate())[0].decode()

    assert shell.returncode == 0, said
    assert '"name":"pipeline"' in said
    assert "HTTP/1.1 201 Created" in said
    assert '"code":"italian","locale":"it_IT","website":"base","active":false' in said
    assert 'rel="next"' in said
    refused = (tmp_path / "refused.json").read_text()
    assert re.findall(r'"pointer":"([^"]*)"', refused) == ["?dry", "/code", "/active"]
    assert '"retried":0' in said
    assert '"database":"ok"' in said
    keys = await shop.get("/v1/keys", Authorization=f"Bearer {shop.api_key}")
    [pipeline] = [key for key in keys.json()["items"] if key["name"] == "pipeline"]
    assert pipeline["revoked_at"]
