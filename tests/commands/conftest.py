"""The commands in this process, as `python -m app` runs them, on a database of the test's own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.__main__ import parser
from app.commands.context import Context
from app.errors import ProductImagesError, sentence


@dataclass(frozen=True, slots=True)
class Output:
    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class CommandLine:
    environ: Mapping[str, str]
    capture: pytest.CaptureFixture[str]

    async def __call__(self, *words: str) -> Any:
        """The JSON object that a command answers with when all goes well: the last line, for a service of the same test
        may have logged that it is slow."""
        output = await self.run(*words, "--json")
        assert output.code == 0, output
        return json.loads(output.out.splitlines()[-1])

    async def fails(self, *words: str) -> str:
        """The sentence with which a command refuses."""
        return await self.fails_with({}, *words)

    async def fails_with(self, environ: Mapping[str, str], *words: str) -> str:
        with pytest.raises(ProductImagesError) as raised:
            await self.run(*words, **environ)
        return sentence(raised.value)

    async def run(self, *words: str, **environ: str) -> Output:
        args = parser().parse_args(words)
        self.capture.readouterr()
        code = await args.run(args, Context({**self.environ, **environ}, json=args.json, words=args.words))
        return Output(code, *self.capture.readouterr())


@pytest.fixture
def cli(dsn: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], _restored_logging: None) -> CommandLine:
    environ = {"DATABASE_URL": dsn, "SECRET_KEY": "a-key-for-tests-and-nothing-else", "DATA_DIR": str(tmp_path)}
    return CommandLine(environ, capsys)
