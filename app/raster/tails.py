"""Cuts off what follows a picture's last pixel inside its own coded bytes, where no decoder reads it."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from app.model import Format
from app.raster.clean import gif, webp
from app.raster.clean.result import Cleaned
from app.raster.facts.pixels import fingerprint, shown_by, shows_the_same
from app.raster.facts.watched import NEAR, Watched, read_through

_AHEAD: Final = 9
"""Bytes that a JPEG decoder may have taken in behind the last one that it needed."""
_END_CODE: Final = 4
"""Bytes of a GIF that may follow its last pixel: a code that says so, perhaps in a block of its own, and the end."""
_STEPS: Final = 1024, 1
_TEXT: Final = re.compile(rb"[\x20-\x7e]{4,}")
_LEAST: Final = 4
"""Bytes that are worth cutting off on trial."""
_LOOKED_AT: Final = 8
"""Bytes in front of an end among which text may stand that nobody sees."""


def trimmed(clean: Cleaned, fmt: Format, reached: Mapping[int, int]) -> bytes:
    """The cleaned file without its tails. `reached` is what a decoder told that read it (`Watched.reached`)."""
    match fmt:
        case "jpeg":
            return _jpeg(clean, reached)
        case "gif":
            return _gif(clean, reached)
        case "webp":
            return _webp(clean.data)
        case _:
            return clean.data


def _gif(clean: Cleaned, reached: Mapping[int, int]) -> bytes:
    """A decoder asks for whole blocks of codes, so the last one that it needed is looked at by itself."""
    early = {place: at for place, at in reached.items() if clean.coded[place][1] - at > _END_CODE}
    ends = _exactly(clean, "gif", early)
    frames = [block for block in gif.blocks(clean.data) if block.kind == gif.IMAGE]
    parts: list[bytes] = []
    at = 0
    for place, frame in enumerate(frames):
        end = ends.get(place, frame.end)
        codes = [clean.data[start:stop] for start, stop in gif.sub_blocks(clean.data, frame.coded) if start < end]
        if codes and (place in ends or _ends_in_text(codes[-1])):
            codes[-1] = codes[-1][: _last_code(clean.data, frame, codes)]
            parts += (clean.data[at : frame.coded], gif.closed(codes))
            at = frame.end
    return b"".join((*parts, clean.data[at:]))


def _last_code(data: bytes, frame: gif.Block, codes: Sequence[bytes]) -> int:
    """How many bytes of the last block of a frame's codes show something, in a picture of that frame alone."""
    head = data[: gif.header_length(data)] + data[frame.start : frame.coded]

    def cut(at: int) -> bytes:
        return head + gif.closed([*codes[:-1], codes[-1][:at]]) + b";"

    return _on_trial("gif", 0, len(codes[-1]), cut, cut(len(codes[-1])))


def _jpeg(clean: Cleaned, reached: Mapping[int, int]) -> bytes:
    """Where a decoder was done before the end is looked at exactly. It is done too late to tell where a few bytes
    follow, or where there are several scans: there text gives itself away."""
    data, last = clean.data, len(clean.coded) - 1
    for place in reversed(range(len(clean.coded))):
        start, end = clean.coded[place]
        cut = partial(_joined, data, end)
        if place == last and reached.get(place, end + 1) <= end:
            done = _exactly(clean, "jpeg", {place: reached[place]})[place]
            at = _shortest("jpeg", max(start, done - _AHEAD), done, cut, data)
            data = cut(at) if end - at >= _LEAST else data
        elif _ends_in_text(data[start:end]):
            data = cut(_on_trial("jpeg", start, end, cut, data))
    return data


def _webp(data: bytes) -> bytes:
    """Each frame is looked at by itself, so that its trials decode no other one; at last all are, together."""
    frames = webp.frames(data)
    shorter = [_shorter(frame) for frame in frames]
    if shorter == frames:
        return data
    cut = webp.with_frames(data, shorter)
    return cut if shows_the_same(cut, "webp", fingerprint(data, "webp")) else data


def _shorter(frame: webp.Frame) -> webp.Frame:
    for place, (_, body) in enumerate(frame.parts):
        if _ends_in_text(body):
            cut = partial(_alone, frame, place)
            frame = frame.shorter(place, _on_trial("webp", 0, len(body), cut, webp.alone(frame)))
    return frame


def _alone(frame: webp.Frame, place: int, length: int) -> bytes:
    return webp.alone(frame.shorter(place, length))


def _joined(data: bytes, end: int, at: int) -> bytes:
    return data[:at] + data[end:]


def _ends_in_text(coded: bytes) -> bool:
    return _TEXT.search(coded[-_LOOKED_AT:]) is not None


def _on_trial(fmt: Format, lowest: int, highest: int, cut: Callable[[int], bytes], whole: bytes) -> int:
    """As `_shortest`, but where it is not worth it: the last bytes of good coding may say nothing, too."""
    at = _shortest(fmt, lowest, highest, cut, whole)
    return at if highest - at >= _LEAST else highest


def _shortest(fmt: Format, lowest: int, highest: int, cut: Callable[[int], bytes], whole: bytes) -> int:
    """The least of these ends at which a file that is `cut` there still shows what the whole one does; the highest
    where that shows nothing."""
    shown, last = shown_by(whole, fmt), highest
    if highest == lowest or shown is None or not shows_the_same(cut(highest - 1), fmt, shown):
        return highest
    while lowest < highest:
        middle = (lowest + highest) // 2
        if shows_the_same(cut(middle), fmt, shown):
            highest = middle
        else:
            lowest = middle + 1
    return highest if shows_the_same(cut(highest), fmt, shown) else last


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


def _stops(start: int, done: int, step: int) -> Sequence[int]:
    first = start if step == _STEPS[0] else max(start, done - _STEPS[0])
    return [*range(first, done, step), done]
