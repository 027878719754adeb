"""What handlers and middlewares find in the application."""

from typing import Final

from aiohttp import web

from app.settings import Settings
from app.telemetry.observer import Observer
from app.traces import Spans

SETTINGS: Final = web.AppKey("settings", Settings)
OBSERVER: Final = web.AppKey("observer", Observer)
SPANS: Final[web.AppKey[Spans]] = web.AppKey("spans")
