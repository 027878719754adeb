"""What runs inside a codec child: limits on itself first, then one image at a time."""

import ctypes
import fcntl
import os
import re
import resource
import select
import signal
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import parent_process
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import PIL
from PIL import AvifImagePlugin, Image, PngImagePlugin, _imaging, features

from app.errors import CodecFailed, Excess, ImageLimitExceeded, ImageUndecodable, ProductImagesError
from app.model import Facts, Format, Recipe, Rendered
from app.raster.clean.png import LARGEST_PROFILE
from app.raster.limits import Limits, check
from app.raster.pixels import forgiving
from app.raster.sniff import facts_of, mapped
from app.raster.source import Source
from app.raster.treat import treat

P = ParamSpec("P")
T = TypeVar("T")

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8
_MOST_KEPT_BYTES: Final = 64 * 1024 * 1024

_NICENESS: Final = 10
"""A picture can wait for a processor, a reader cannot: this much behind the service itself."""

_CODECS: Final = ("jpg", "webp", "avif", "zlib", "littlecms2")


def prepare(memory_bytes: int, max_pixels: int) -> None:
    """Runs once in each new child: bounds its memory, ties its life to its parent's, and lets others go first."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a decoder that hangs never returns to a Python handler
    _die_with_parent()
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    warnings.simplefilter("ignore")
    tune(max_pixels)


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


def _die_with_parent() -> None:
    """The kernel kills this process when the parent's end of their pipe closes, even in the middle of a decoder.

    PR_SET_PDEATHSIG would watch the fork server instead, which lives as long as its children do.
    """
    parent = parent_process()
    assert parent is not None
    pipe = parent.sentinel
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
    """A second line behind the pool's clock. The kernel ends the process when the time is used up."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    until = int(spent.ru_utime + spent.ru_stime) + seconds + 2
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
    except BaseException as error:  # SystemExit too: it would travel to the parent and end the service there
        raise CodecFailed(f"{type(error).__name__}: {error}") from None


@contextmanager
def _decoding() -> Iterator[None]:
    """Pillow tells damage by many exceptions; inside a decoder all but a want of memory mean the same."""
    try:
        yield
    except (ProductImagesError, MemoryError, FileNotFoundError, PermissionError):
        raise
    except Image.DecompressionBombError as error:
        raise ImageLimitExceeded(str(error), _excess(error)) from error
    except Exception as error:
        raise ImageUndecodable(f"{type(error).__name__}: {error}") from error


def _excess(error: Image.DecompressionBombError) -> Excess:
    """Pillow says in words alone how many pixels there are; it looks before we can."""
    told = re.search(r"\d+", str(error))
    return Excess("MAX_PIXELS", Image.MAX_IMAGE_PIXELS or 0, int(told[0]) if told else 0)


def header(path: Path, limits: Limits) -> Facts:
    """The facts of an image within the limits, without decoding it."""
    with _decoding():
        return check(facts_of(path, most_frames=limits.frames), limits)


def inspect(path: Path, limits: Limits, whole: bool = True) -> Facts:
    """The facts of an image of which every frame decodes and whose original can be cleaned, with what was found.

    Without `whole` a JPEG may end inside its scans.
    """
    facts = header(path, limits)
    with _decoding(), forgiving(not whole and facts.format == "jpeg"), mapped(path) as upload:
        source = Source(upload, facts, keep_copyright=True, whole=whole)
        source.public()
    return replace(facts, notes=tuple(source.notes))


def build(
    path: Path,
    limits: Limits,
    recipes: Sequence[Recipe],
    formats: Sequence[Format] | None,
    keep_copyright: bool,
) -> list[Rendered]:
    """Every recipe in every format; in the source's own where `formats` is None."""
    facts = header(path, limits)
    return list(treat(path, facts, recipes, formats or (facts.format,), keep_copyright=keep_copyright))


def versions() -> dict[str, str]:
    """Pillow's and its codecs' versions."""
    found = {name: features.version(name) or "missing" for name in _CODECS}
    return {"pillow": PIL.__version__} | found
