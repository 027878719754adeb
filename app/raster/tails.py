"""Cuts off what follows a picture's last pixel inside its own coded bytes, where no decoder reads it."""

import re
from collections.abc import Mapping
from typing import Final

from app.model import Format
from app.raster.clean import gif
from app.raster.clean.result import Cleaned
from app.raster.pixels import fingerprint, shows_the_same
from app.raster.watched import NEAR, Span, Watched, read_through

_AHEAD: Final = 9
"""Bytes that a JPEG decoder may have taken in behind the last one that it needed."""
_END_CODE: Final = 4
"""Bytes of a GIF that may follow its last pixel: a code that says so, perhaps in a block of its own, and the end."""
_STEPS: Final = 1024, 1
_TEXT: Final = re.compile(rb"[\x20-\x7e]{4,}")
_LEAST: Final = 4
"""Bytes that are worth cutting off on trial: the last ones of good coding may say nothing, too."""
_LOOKED_AT: Final = 8
"""Bytes in front of an end among which text may stand that nobody sees."""


def trimmed(clean: Cleaned, fmt: Format, reached: Mapping[int, int]) -> bytes:
    """The cleaned file without its tails. `reached` is what a decoder told that read it (`Watched.reached`)."""
    match fmt:
        case "jpeg":
            return _jpeg(clean, reached)
        case "gif":
            return _gif(clean, reached)
        case _:
            return clean.data


def _gif(clean: Cleaned, reached: Mapping[int, int]) -> bytes:
    spans = {place: clean.coded[place] for place in reached if _has_tail(clean.coded[place], reached[place])}
    if not spans:
        return clean.data
    exact = _exactly(clean, "gif", {place: reached[place] for place in spans})
    parts, at = [], 0
    for place, (start, end) in spans.items():
        parts.append(clean.data[at:start])
        for lower, upper in gif.sub_blocks(clean.data, start):
            content = clean.data[lower : min(upper, exact[place])]
            parts.append(bytes((len(content),)) * bool(content) + content)
        parts.append(b"\0")
        at = end
    return b"".join((*parts, clean.data[at:]))


def _has_tail(span: Span, reached: int) -> bool:
    return span[1] - reached > _END_CODE


def _jpeg(clean: Cleaned, reached: Mapping[int, int]) -> bytes:
    """Where a decoder was done before the end is looked at exactly. It is done too late to tell where a few bytes
    follow, or where there are several scans: there text gives itself away."""
    data, last = clean.data, len(clean.coded) - 1
    whole = b""
    for place in reversed(range(len(clean.coded))):
        start, end = clean.coded[place]
        done = reached.get(place, end + 1) if place == last else end + 1
        if done > end and not _TEXT.search(data, max(start, end - _LOOKED_AT), end):
            continue
        whole = whole or fingerprint(data, "jpeg")
        if done <= end:
            done = _exactly(clean, "jpeg", {place: done})[place]
            lowest, highest = max(start, done - _AHEAD), done
        else:
            lowest, highest = start, end
        data = data[: _shortest(data, end, lowest, highest, whole)] + data[end:]
    return data


def _shortest(data: bytes, end: int, lowest: int, highest: int, whole: bytes) -> int:
    """The least end of coded bytes with which the file still shows the same; `end` where it shows it with no other."""

    def enough(at: int) -> bool:
        return shows_the_same(data[:at] + data[end:], "jpeg", whole)

    if highest == end and not enough(end - 1):
        return end
    while lowest < highest:
        middle = (lowest + highest) // 2
        if enough(middle):
            highest = middle
        else:
            lowest = middle + 1
    return highest if end - highest >= _LEAST and enough(highest) else end


def _exactly(clean: Cleaned, fmt: Format, reached: Mapping[int, int]) -> dict[int, int]:
    """To the byte, how far a decoder has to read in these spans, each of which it was done with before the end."""
    found = dict(reached)
    for step in _STEPS:
        open_ = {place: at for place, at in found.items() if clean.coded[place][1] - at >= NEAR}
        if not open_:
            break
        stops = [at for place in sorted(open_) for at in _stops(clean.coded[place][0], open_[place], step)]
        watched = Watched(clean.data, clean.coded, stops)
        read_through(watched, fmt, len(clean.coded) if fmt == "gif" else 1)
        found |= {place: watched.reached[place] for place in open_}
    return found


def _stops(start: int, done: int, step: int) -> range:
    return range(start if step == _STEPS[0] else max(start, done - _STEPS[0]), done + 1, step)
