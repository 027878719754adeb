"""Reads the settings from environment variables: once, then they are passed down."""

import os
from collections.abc import Mapping
from dataclasses import Field
from pathlib import Path
from typing import Any

import marshmallow

from app.errors import Misconfigured
from app.settings import Settings, options


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings that `environ` holds; an empty variable counts as unset. Misconfigured where one makes no sense."""
    values: dict[str, Any] = {}
    for item in options():
        text = environ.get(item.name.upper(), "")
        if text:
            values[item.name] = _parse(item, text)
    settings = Settings(**values)
    _check(settings)
    return settings


def _parse(item: Field[Any], text: str) -> Any:
    try:
        value = item.metadata["parser"].deserialize(text)
    except marshmallow.ValidationError as error:
        raise Misconfigured(f"{item.name.upper()}: {' '.join(map(str, error.messages))}") from None
    if isinstance(item.default, Path):
        return Path(value)
    return value.rstrip("/") if item.name.endswith("_url") else value


def _check(settings: Settings) -> None:
    if any("=" not in pair for pair in settings.glue_languages.split(",")):
        raise Misconfigured("GLUE_LANGUAGES: write it as en=en_US,de=de_DE.")
    if not settings.embedded and not settings.secret_key:
        raise Misconfigured("SECRET_KEY: required together with DATABASE_URL; set 32 random characters or more.")
