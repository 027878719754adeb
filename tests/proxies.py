"""Servers that stand in front of the service: with the lines of the operating guide, and with caches of their own."""

import asyncio
import re
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.processes import ROOT, free_port
from tests.programs import needs

GUIDE: Final = ROOT / "docs" / "operating.md"
EVENTS: Final = ROOT / "docs" / "events.md"
_ORIGIN: Final = "127.0.0.1:8080"
_UP_SECONDS: Final = 30.0

Configure = Callable[[Path, int, int], tuple[str, ...]]
"""Writes what a server needs into a folder and gives the command that starts it, for its port and the service's."""


def of_guide(server: str, origin: int) -> str:
    """The lines for a server that stand in the operating guide, its own addresses but for the service's."""
    found = re.search(rf"^```{server}\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None, f"the guide has no lines for {server}"
    assert _ORIGIN in found[1]
    return found[1].replace(_ORIGIN, f"127.0.0.1:{origin}")


def _nginx(folder: Path, port: int, location: str, http: str = "") -> tuple[str, ...]:
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    kept = "\n".join(f"    {kind}_temp_path {folder}/{kind};" for kind in kinds)
    (folder / "nginx.conf").write_text(f"""
daemon off; master_process off; pid {folder}/pid; error_log stderr warn;
events {{}}
http {{
    access_log off;
{kept}
{http}
    server {{
        listen 127.0.0.1:{port};
{location}
    }}
}}
""")
    return ("nginx", "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf"))


def nginx_of_guide(folder: Path, port: int, origin: int) -> tuple[str, ...]:
    return _nginx(folder, port, of_guide("nginx", origin))


def nginx_cache(folder: Path, port: int, origin: int) -> tuple[str, ...]:
    """Keeps all that is not told otherwise for a minute, whoever asked."""
    location = f"""
    location / {{
        proxy_pass http://127.0.0.1:{origin};
        proxy_set_header Host $http_host;
        proxy_cache kept; proxy_cache_valid 200 404 1m; proxy_cache_key $host$request_uri;
        add_header X-Cache $upstream_cache_status always;
    }}"""
    return _nginx(folder, port, location, f"proxy_cache_path {folder}/kept keys_zone=kept:1m;")


_HAPROXY: Final = """
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
"""


def haproxy_of_guide(folder: Path, port: int, origin: int) -> tuple[str, ...]:
    lines = of_guide("haproxy", origin)
    here, count = re.subn(r"bind :443 .*", f"bind 127.0.0.1:{port}", lines)
    assert count == 1
    (folder / "haproxy.cfg").write_text(_HAPROXY + here)
    return ("haproxy", "-db", "-f", str(folder / "haproxy.cfg"))


def haproxy_cache(folder: Path, port: int, origin: int) -> tuple[str, ...]:
    (folder / "haproxy.cfg").write_text(f"""{_HAPROXY}
cache kept
    total-max-size 16
    max-age 60
    process-vary on

listen images
    bind 127.0.0.1:{port}
    http-request cache-use kept
    http-response cache-store kept
    server service 127.0.0.1:{origin}
""")
    return ("haproxy", "-db", "-f", str(folder / "haproxy.cfg"))


def varnish_cache(folder: Path, port: int, origin: int) -> tuple[str, ...]:
    """By its own rules alone."""
    own = ("-n", str(folder / "work"), "-s", "malloc,16m", "-j", "none")
    return ("varnishd", "-F", "-a", f"127.0.0.1:{port}", "-b", f"127.0.0.1:{origin}", *own)


def varnish_purged(folder: Path, port: int, origin: int) -> tuple[str, ...]:
    """With the lines of the guide to events, by which it forgets what this machine tells it to."""
    lines = re.search(r"^```vcl\n(.*?)^```", EVENTS.read_text(), re.MULTILINE | re.DOTALL)
    assert lines is not None
    (folder / "default.vcl").write_text(lines[1].replace('"8080"', f'"{origin}"'))
    own = ("-n", str(folder / "work"), "-s", "malloc,16m", "-j", "none")
    return ("varnishd", "-F", "-a", f"127.0.0.1:{port}", "-f", str(folder / "default.vcl"), *own)


def caddy_of_guide(folder: Path, port: int, origin: int) -> tuple[str, ...]:
    lines = of_guide("caddy", origin).replace("shop.example {", f"http://127.0.0.1:{port} {{")
    (folder / "Caddyfile").write_text(f"{{\n    admin off\n    storage file_system {folder}\n}}\n{lines}")
    return ("caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile"))


BY_GUIDE: Final = [
    pytest.param(nginx_of_guide, id="nginx", marks=needs("nginx", "nginx-light")),
    pytest.param(haproxy_of_guide, id="haproxy", marks=needs("haproxy")),
    pytest.param(caddy_of_guide, id="caddy", marks=needs("caddy")),
]
CACHES: Final = [
    pytest.param(nginx_cache, id="nginx", marks=needs("nginx", "nginx-light")),
    pytest.param(haproxy_cache, id="haproxy", marks=needs("haproxy")),
    pytest.param(varnish_cache, id="varnish", marks=needs("varnishd", "varnish")),
]


@asynccontextmanager
async def in_front(configure: Configure, folder: Path, origin: int) -> AsyncIterator[int]:
    """The port of a server in front of the service at the port `origin`, for as long as the block lasts."""
    port = free_port()
    folder.mkdir(parents=True)  # noqa: ASYNC240, of a test
    command = configure(folder, port, origin)
    log = (folder / "log").open("wb")
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env={"HOME": str(folder), "PATH": _PATH}
    )
    try:
        await _until_up(process, port)
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        log.close()
        sys.stdout.write((folder / "log").read_text(errors="replace"))


_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


async def _until_up(process: Process, port: int) -> None:
    async with asyncio.timeout(_UP_SECONDS):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return
    raise AssertionError(f"it ended with {process.returncode}")
