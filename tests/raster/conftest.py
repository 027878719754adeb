from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
from PIL import PngImagePlugin

from app.events import Event
from app.model import Facts, Format, Recipe, Rendered
from app.raster.child import work as child
from app.raster.child.pool import CodecPool
from app.raster.clean.png import LARGEST_PROFILE
from app.raster.facts.limits import Limits
from app.raster.pipeline import Keep
from app.settings import Settings

PngImagePlugin.MAX_TEXT_CHUNK = LARGEST_PROFILE  # as in a child: the tests decode in this process
LIMITS = Limits(pixels=40_000_000, total_pixels=60_000_000, frames=100)

Build = Callable[..., list[Rendered]]
Write = Callable[[bytes], Path]


@pytest.fixture(name="write")
def _write(tmp_path: Path) -> Write:
    """Puts bytes into a file: work is handed to `raster` by path."""

    def write(data: bytes) -> Path:
        path = tmp_path / "picture"
        path.write_bytes(data)
        return path

    return write


@pytest.fixture(name="inspect")
def _inspect(write: Write) -> Callable[[bytes], Facts]:
    return lambda data: child.inspect(write(data), LIMITS)


@pytest.fixture(name="build")
def _build(write: Write) -> Build:
    """Renditions of these bytes inside a box, made in this process."""

    def build(
        data: bytes, *boxes: tuple[int, int] | None, formats: Sequence[Format] | None = None, quality: int = 95
    ) -> list[Rendered]:
        marks: dict[Format, int] = {"jpeg": quality, "webp": quality, "avif": quality}
        recipes = [Recipe(f"r{number}", box, quality=marks) for number, box in enumerate(boxes)]
        return child.build(write(data), LIMITS, recipes, formats, Keep(copyright=True))

    return build


@pytest.fixture(name="reported")
def _reported() -> list[Event]:
    """What the pool told."""
    return []


@pytest.fixture(name="codecs")
async def _codecs(reported: list[Event]) -> AsyncIterator[CodecPool]:
    pool = CodecPool(Settings(codec_processes=1, codec_seconds=1), reported.append)
    yield pool
    await pool.close()
