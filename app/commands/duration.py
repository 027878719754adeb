"""Spans of time as people write them: `90s`, `12h`, `7d`."""

import argparse
import re
from datetime import timedelta
from typing import Final

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """An argparse type."""
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no span of time such as 90s, 12h or 7d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
