"""What runs inside a codec child: limits on itself first, then one image at a time."""

import codecs
import ctypes
import fcntl
import importlib
import os
import re
import resource
import select
import signal
import socket
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import PIL
from PIL import AvifImagePlugin, Image, PngImagePlugin, _imaging, features

from app.errors import (
    CodecFailed,
    CodecsUnavailable,
    Excess,
    ImageLimitExceeded,
    ImageTruncated,
    ImageUndecodable,
    ProductImagesError,
)
from app.model import SOURCE_FORMATS, Facts, Format, MarksKey, PixelFacts, Placeholder, Recipe, Rendered, SourceFormat
from app.raster.buffer import File
from app.raster.child.containment import contain
from app.raster.child.wire import OUT_OF_MEMORY, Hung, hear_task, say
from app.raster.clean.png import LARGEST_PROFILE
from app.raster.colour.srgb import default_cmyk
from app.raster.facts.ending import is_cut_short
from app.raster.facts.limits import Limits, check
from app.raster.facts.sniff import facts_of, mapped
from app.raster.marks.notes import notes_on
from app.raster.marks.packet import key_of
from app.raster.marks.read import marks_of
from app.raster.pipeline import pixel_facts as pixel_facts_in
from app.raster.pipeline import placeholder as placeholder_in
from app.raster.pipeline import rendered
from app.raster.published import Keep, published_of
from app.raster.remarks import notes_beside
from app.raster.steps.edit import UNEDITED, Edit

P = ParamSpec("P")
T = TypeVar("T")

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_MOST_KEPT_BYTES: Final = 64 * 1024 * 1024

_NICENESS: Final = 10
"""A picture can wait for a processor, a reader cannot: this much behind the service itself."""

_LATE: Final = ("PIL.ImagePalette", "PIL.ImageColor", "PIL.MpoImagePlugin", "PIL.TiffImagePlugin", "PIL.JpegPresets")
_ENCODINGS: Final = ("ascii", "latin-1", "utf-8", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "cp1252")


_CODECS: Final = ("jpg", "webp", "avif", "zlib", "littlecms2")


def main(number: int, memory_bytes: int, max_pixels: int) -> None:
    """The life of a child: it shuts itself in, tells what holds, and works off what it is given at standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    _die_with_parent(sys.stdout.fileno())
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    warnings.simplefilter("ignore")
    tune(max_pixels)
    _load_the_rest()
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stderr.fileno())  # until here, it tells why a child does not start
    say(line, contain(number))
    with suppress(Hung):
        while True:
            _serve(line)


def _load_the_rest() -> None:
    """What Pillow and Python look for only when they need it: a child that is shut in finds no file any more."""
    Image.preinit()
    for name in _LATE:
        importlib.import_module(name)
    with suppress(ImportError):  # an extra
        importlib.import_module("pi_heif")
    for encoding in _ENCODINGS:
        codecs.lookup(encoding)
    default_cmyk()


def _serve(line: socket.socket) -> None:
    """One task: what comes of it is (True, its result) or (False, an error of our own family)."""
    (seconds, task, args), file = hear_task(line)
    try:
        say(line, (True, run(seconds, task, *(args if file is None else (file, *args)))))
    except ProductImagesError as error:
        say(line, (False, error))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # and whatever it holds is free for the next one
    finally:
        if file is not None:
            os.close(file)


def tune(max_pixels: int) -> None:
    """Sets the library up for one image after the other."""
    Image.MAX_IMAGE_PIXELS = max_pixels
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    PngImagePlugin.MAX_TEXT_CHUNK = LARGEST_PROFILE
    _imaging.set_blocks_max(1)  # one block of pixel memory stays for the next picture: 5 % of the time of a large one
    _keep_freed_memory()


def _keep_freed_memory() -> None:
    """What one picture gave back the next one takes, instead of fresh pages from the kernel: 3 % of a large one's time.

    Only glibc can be told.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _MOST_KEPT_BYTES // 2)
        mallopt(_M_TRIM_THRESHOLD, _MOST_KEPT_BYTES)
        mallopt(_M_ARENA_MAX, 1)  # both threads of a treatment share it


def _die_with_parent(pipe: int) -> None:
    """The kernel kills this process when the parent's end of a pipe closes, even in the middle of a decoder.

    PR_SET_PDEATHSIG would watch the thread that started us, which may end long before.
    """
    fcntl.fcntl(pipe, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(pipe, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(pipe, fcntl.F_SETFL, fcntl.fcntl(pipe, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([pipe], [], [], 0)[0]:  # it died before the watch began
        os.kill(os.getpid(), signal.SIGKILL)


def run(seconds: int, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """`task` within `seconds` of CPU time; whatever goes wrong comes out as an error of our own family."""
    with _cpu_limit(seconds), _typed_errors():
        return task(*args, **kwargs)


@contextmanager
def _cpu_limit(seconds: int) -> Iterator[None]:
    """The kernel ends the process when the time is used up; it counts in whole seconds."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    until = int(spent.ru_utime + spent.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (until, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))


@contextmanager
def _typed_errors() -> Iterator[None]:
    try:
        yield
    except ProductImagesError as error:
        bare = type(error)(error.reason)
        bare.__dict__.update(error.__dict__)
        raise bare from None
    except MemoryError:
        raise
    except (ImportError, OSError) as error:  # the picture lies in memory, so it is none of its doing
        raise CodecsUnavailable(f"{type(error).__name__}: {error}") from None
    except BaseException as error:  # SystemExit too: it would travel to the parent and end the service there
        raise CodecFailed(f"{type(error).__name__}: {error}") from None


@contextmanager
def _decoding() -> Iterator[None]:
    """Pillow tells damage by many exceptions; inside a decoder all but a want of memory mean the same."""
    try:
        yield
    except (ProductImagesError, MemoryError, ImportError):
        raise
    except Image.DecompressionBombError as error:
        raise ImageLimitExceeded(str(error), _excess(error)) from error
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:  # Pillow's own have no number
            raise
        raise ImageUndecodable(f"{type(error).__name__}: {error}") from error


@contextmanager
def _noticing_truncation(file: File) -> Iterator[None]:
    """Of what cannot be decoded, whether the reason is that the file ends too early."""
    try:
        yield
    except ImageUndecodable as error:
        with mapped(file) as data:
            if is_cut_short(data):
                raise ImageTruncated(error.reason) from error
        raise


def _excess(error: Image.DecompressionBombError) -> Excess:
    """Pillow says in words alone how many pixels there are; it looks before we can."""
    count = re.search(r"\d+", str(error))
    return Excess("MAX_PIXELS", Image.MAX_IMAGE_PIXELS or 0, int(count[0]) if count else 0)


def header(file: File, limits: Limits, allowed: frozenset[SourceFormat] = SOURCE_FORMATS) -> Facts:
    """The facts of an image within the limits, without decoding it; FormatNotAllowed for one that is not `allowed`."""
    with _noticing_truncation(file), _decoding():
        return check(facts_of(file, most_frames=limits.frames, allowed=allowed), limits)


def inspect(file: File, limits: Limits, whole: bool = True) -> Facts:
    """The facts of an image of which every frame decodes and whose original can be cleaned, with what was found.

    Without `whole` a JPEG may end inside its scans.
    """
    facts = header(file, limits)
    keep = Keep(copyright=True, marks=True)
    with _noticing_truncation(file), _decoding(), published_of(file, facts, keep, whole=whole) as source:
        source.check()
        notes = (*source.notes, *notes_on(source.marks, source.upload), *notes_beside(source, facts))
    return replace(facts, notes=notes, marks=MarksKey(key_of(source.marks)))


def marks(file: File, limits: Limits) -> MarksKey:
    """What tells an image's marks from others."""
    facts = header(file, limits)
    with mapped(file) as upload:
        return MarksKey(key_of(marks_of(upload, facts.source_format)))


def placeholder(file: File, limits: Limits) -> Placeholder:
    """What stands for a picture, of which a small rendition is in the file."""
    facts = header(file, limits)
    with _decoding():
        return placeholder_in(file, facts)


def pixel_facts(file: File, limits: Limits) -> PixelFacts:
    """What is found in a picture's pixels."""
    facts = header(file, limits)
    with _decoding():
        return pixel_facts_in(file, facts)


def build(
    file: File,
    limits: Limits,
    recipes: Sequence[Recipe],
    formats: Sequence[Format] | None,
    keep: Keep,
    edit: Edit = UNEDITED,
) -> list[Rendered]:
    """Every recipe in every format, as an edit shows it; in the source's own format where `formats` is None."""
    facts = header(file, limits)
    return list(rendered(file, facts, recipes, formats or (facts.format,), keep, edit))


def versions() -> dict[str, str]:
    """Pillow's and its codecs' versions."""
    found = {name: features.version(name) or "missing" for name in _CODECS}
    return {"pillow": PIL.__version__} | found
