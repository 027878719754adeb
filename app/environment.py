"""Reads the settings from environment variables: once, then they are passed down."""

import os
import re
from collections.abc import Mapping
from dataclasses import Field
from pathlib import Path
from typing import Any, Final

import marshmallow

from app.errors import Misconfigured
from app.settings import Settings, options
from app.settings.memory import document_share, usable_memory

_LANGUAGE: Final = re.compile(r"\s*[A-Za-z]{1,8}\s*=\s*[A-Za-z]{2,8}([_-][A-Za-z0-9]+)*\s*", re.ASCII)
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f]")
_IN_ORDER: Final = (("max_image_bytes", "max_body_bytes"),)
"""Pairs of which the first must not be more than the second."""


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings that `environ` holds; an empty variable counts as unset. Misconfigured where one makes no sense."""
    values: dict[str, Any] = {}
    for item in options():
        text = environ.get(item.name.upper(), "")
        if text:
            values[item.name] = _parse(item, text)
    values.setdefault("document_cache_bytes", document_share(usable_memory(), _processes(environ)))
    settings = Settings(**_reconciled(values))
    _check(settings)
    return settings


def _processes(environ: Mapping[str, str]) -> int:
    """Of web servers on this machine, as gunicorn takes it and tells its workers."""
    try:
        return int(environ.get("WEB_CONCURRENCY") or 1)
    except ValueError:
        raise Misconfigured("WEB_CONCURRENCY: Not a valid integer.") from None


def _reconciled(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values given, and for each of two that contradict a default the other. Two that are given must not."""
    defaults = {item.name: item.default for item in options()}
    reconciled = dict(values)
    for small, large in _IN_ORDER:
        if values.get(small, defaults[small]) <= values.get(large, defaults[large]):
            continue
        if small in values and large in values:
            raise Misconfigured(f"{small.upper()}: more than {large.upper()} allows.")
        follows, leads = (large, small) if small in values else (small, large)
        reconciled[follows] = values[leads]
    return reconciled


def _parse(item: Field[Any], text: str) -> Any:
    if _CONTROLS.search(text):
        raise Misconfigured(f"{item.name.upper()}: must not have line breaks or other control characters.")
    try:
        value = item.metadata["parser"].deserialize(text)
    except marshmallow.ValidationError as error:
        raise Misconfigured(f"{item.name.upper()}: {' '.join(map(str, error.messages))}") from None
    if isinstance(item.default, Path):
        return Path(value)
    return value.rstrip("/") if item.name.endswith("_url") else value


def _check(settings: Settings) -> None:
    pairs = settings.glue_languages.split(",")
    if not all(_LANGUAGE.fullmatch(pair) for pair in pairs):
        raise Misconfigured("GLUE_LANGUAGES: write it as en=en_US,de=de_DE.")
    if len(settings.locales) < len(pairs):
        raise Misconfigured("GLUE_LANGUAGES: a language has one locale.")
    for name, what in vars(settings).items():
        if name.endswith("_margin") and what and not getattr(settings, name.replace("_margin", "_trim")):
            raise Misconfigured(f"{name.upper()}: keeps what is trimmed; set {name.upper()[:-6]}TRIM, too.")
    for name in ("database_listen_url", "database_read_url"):
        if settings.embedded and getattr(settings, name):
            raise Misconfigured(f"{name.upper()}: goes with DATABASE_URL, which is not set.")
    if not settings.embedded and not settings.secret_key:
        raise Misconfigured("SECRET_KEY: required together with DATABASE_URL; set 32 random characters or more.")
