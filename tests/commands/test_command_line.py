"""The real command line, in processes of its own; few tests, for each start costs half a second."""

import asyncio
import json
import os
import stat
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from app.__main__ import MODULES, parser
from tests.processes import command, serving, started


async def _run(*words: str, **environ: Any) -> tuple[int, str]:
    process = await command(*words, **environ)
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def test_commands_work_while_the_service_runs_and_while_it_does_not(data_dir: Path) -> None:
    """Commands start the embedded Postgres for as long as they need it, or use the one that runs."""
    code, output = await _run("product", "add", "--sku", "mug", "--json", DATA_DIR=data_dir)
    assert (code, json.loads(output)["sku"]) == (0, "mug")
    async with serving(DATA_DIR=data_dir) as (base, _), aiohttp.ClientSession() as session:
        code, output = await _run("product", "add", "--sku", "lamp", DATA_DIR=data_dir)
        assert code == 0, output
        async with session.get(f"{base}/abstract-products/lamp/abstract-product-image-sets") as answer:
            assert answer.status == 200
    code, output = await _run("product", "list", "--json", DATA_DIR=data_dir)
    assert [row["sku"] for row in json.loads(output)["products"]] == ["mug", "lamp"]


async def test_the_secret_key_is_made_once_and_private(data_dir: Path) -> None:
    """The key of the embedded default is made up on first need, readable by its owner only, and kept."""
    first, _ = await asyncio.gather(
        *(_run("oauth", "token", "add", "--user-type", "admin", DATA_DIR=data_dir) for _ in range(2))
    )
    assert first[0] == 0, first[1]
    path = data_dir / "secret_key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = path.read_text()
    code, output = await _run("doctor", DATA_DIR=data_dir)
    assert (code, path.read_text()) == (0, key), output
    assert "opens the stored OAuth secrets" in output


async def test_what_goes_wrong_is_one_sentence_and_exit_code_1(tmp_path: Path) -> None:
    """A damaged data directory, a database that is away and an unknown product are reported without a traceback."""
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("nonsense")
    away = {"DATABASE_URL": "postgresql://127.0.0.1:1/none", "SECRET_KEY": "x" * 32}
    for words, environ in [
        (("product", "list"), {"DATA_DIR": tmp_path}),
        (("serve",), {"DATA_DIR": tmp_path}),
        (("product", "list"), away),
        (("demo",), away),
        (("product", "list"), {"PORT": "eighty"}),
        (("product", "list"), {"DATABASE_URL": "postgresql://127.0.0.1:1/none"}),
    ]:
        code, output = await _run(*words, **environ)
        assert (code, len(output.splitlines())) == (1, 1), output


async def test_wrong_usage_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown command, a missing option and a half-typed option are wrong usage."""
    code, output = await _run("fly")
    assert (code, output.startswith("usage: product-images")) == (2, True)
    for words in (["product", "add"], ["store", "add", "--cod", "x"], ["product"]):
        with pytest.raises(SystemExit) as ended:
            parser().parse_args(words)
        assert (ended.value.code, capsys.readouterr().err.startswith("usage: product-images")) == (2, True)


@pytest.mark.parametrize("word", MODULES)
def test_a_command_loads_its_own_module_alone(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The first word of a command is known without any other, and answers with the same help."""
    helps = []
    for known in (parser([word]), parser()):
        with pytest.raises(SystemExit) as ended:
            known.parse_args([word, "--help"])
        assert ended.value.code == 0
        helps.append(capsys.readouterr().out)
    assert helps[0] == helps[1]


async def test_a_command_starts_without_what_it_does_not_need() -> None:
    """What takes long to load is loaded by who needs it: not the queue's library, Pillow or HTTP for a list of keys."""
    dear = ["PIL", "aiohttp", "pgqueuer", "pydantic"]
    program = f"import sys; from app.__main__ import parser; parser(['key']); print(*(set({dear}) & set(sys.modules)))"
    process = await started("-c", program)
    output, _ = await process.communicate()
    assert output.split() == []


async def test_a_reader_that_has_seen_enough_is_no_error(data_dir: Path) -> None:
    """Output into a closed pipe ends the command without complaint."""
    read, write = os.pipe()
    os.close(read)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "app",
        "product",
        "list",
        env=os.environ | {"DATA_DIR": str(data_dir)},
        stdout=write,
        stderr=asyncio.subprocess.PIPE,
    )
    os.close(write)
    _, complaints = await process.communicate()
    assert complaints == b""


async def test_the_version_is_told() -> None:
    """`--version` says which version this is, as `/openapi.json` does."""
    code, output = await _run("--version")
    assert (code, output) == (0, f"product-images {version('product-images')}\n")
