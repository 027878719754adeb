"""Addresses that people open."""

from typing import Final

from app.settings import Settings

_WILDCARDS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104


def address_of(settings: Settings, port: int) -> str:
    """Where the service is found on this machine."""
    host = _WILDCARDS.get(settings.host, settings.host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def console_link(address: str, token: str) -> str:
    """What opens the console once: a fragment reaches no log and no previewer."""
    return f"{address}/console#link={token}"
