"""The key that encrypts stored OAuth secrets where nobody has chosen one."""

import os
import secrets
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from app.access.secret_key import SHORTEST
from app.embedded.folders import made_folder
from app.errors import Misconfigured
from app.settings import Settings


def with_secret_key(settings: Settings) -> Settings:
    """The settings with `secret_key` filled in: the one configured or, with the embedded Postgres, the one in
    `DATA_DIR/secret_key`, which is made up on first need. Raises `Misconfigured`."""
    if settings.secret_key:
        return settings
    path = made_folder(settings.data_dir) / "secret_key"
    return replace(settings, secret_key=_read(path) or _create(path))


def _read(path: Path) -> str | None:
    try:
        key = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        key = ""
    if len(key) < SHORTEST:
        raise Misconfigured(f"{path} cannot be read or is damaged: restore it, it opens the stored OAuth secrets.")
    return key


def _create(path: Path) -> str:
    """Written aside and linked into place, so that of two processes one wins and neither reads half a key."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        aside.unlink()
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{secrets.token_hex(32)}\n")
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(aside, path)
    aside.unlink()
    key = _read(path)
    assert key is not None
    return key
