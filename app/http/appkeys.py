"""What handlers and middlewares find in the application."""

from typing import Final

from aiohttp import web

from app.http.observe import Observer
from app.settings import Settings

SETTINGS: Final = web.AppKey("settings", Settings)
OBSERVER: Final = web.AppKey("observer", Observer)
