"""The image files that come with a gallery, through the same checks as any upload."""

import asyncio
from pathlib import Path
from typing import Final

from app.errors import InvalidCommand
from app.model import EXTENSIONS, Format
from app.service.intake import Blob, Intake, Spool

FORMATS: Final[frozenset[Format]] = frozenset(EXTENSIONS)
"""All that a catalogue may hold: an export has it, too."""

_AT_ONCE: Final = 4
_BLOCK: Final = 1024 * 1024


class GalleryFiles:
    """Files below one folder, a few at a time. With `keep` their bytes go into the store, else they are only
    inspected."""

    def __init__(self, intake: Intake, folder: Path, *, keep: bool) -> None:
        self._intake = intake
        self._folder = folder.resolve()
        self._keep = keep
        self._turns = asyncio.Semaphore(min(_AT_ONCE, intake.slots.limit))

    async def read(self, name: str) -> Blob:
        """The file of that name; InvalidCommand where there is none, ImageRejected for what is no good image."""
        path = (self._folder / name.lstrip("/")).resolve()
        if not path.is_relative_to(self._folder) or not path.is_file():
            raise InvalidCommand(f"there is no file {name} in {self._folder}.")
        async with self._turns, self._intake.spool() as spool:
            await _copy(path, spool)
            if known := await self._intake.recognise(spool, FORMATS, keep=self._keep):
                return known
            return await (self._intake.keep if self._keep else self._intake.inspect)(spool, FORMATS)


async def _copy(path: Path, spool: Spool) -> None:
    with path.open("rb") as file:
        while block := await asyncio.to_thread(file.read, _BLOCK):
            await spool.write(block)
