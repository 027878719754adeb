"""The local disc may be full, read-only, broken or gone. That is never the fault of the picture that lies on it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from app.errors import DiscUnavailable, ImageRejected
from app.model import BlobHash

T = TypeVar("T")


async def on_disc(work: Callable[[], T]) -> T:
    """`work` in a thread; DiscUnavailable where the disc does not let it be done."""
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        raise DiscUnavailable(str(error)) from error


@asynccontextmanager
async def fair(path: Path, blob: BlobHash) -> AsyncIterator[None]:
    """A picture is refused by those only who have seen all its bytes: DiscUnavailable takes the place of a refusal
    where the file at `path` does not hold what it should."""
    try:
        yield
    except ImageRejected as refusal:
        if await on_disc(lambda: _sha256(path)) != blob:
            raise DiscUnavailable(f"{path} does not hold what was written to it: {refusal}") from refusal
        raise


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
