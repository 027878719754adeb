"""Fixtures of `tests.small_app`."""

from tests.small_app import _serve

__all__ = ["_serve"]
