"""The image files that come with a gallery, through the same checks as any upload."""

import asyncio
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final, Literal

from app.errors import InvalidCommand
from app.model import SOURCE_FORMATS
from app.service.pictures.intake import Blob, Intake

_FORMS: Final[tuple[Literal["NFC", "NFD"], ...]] = ("NFC", "NFD")
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
        path = self._path(name)
        async with self._turns, self._intake.spool() as spool:
            async for block in _blocks(path):
                await spool.write(block)
            if known := await self._intake.recognise(spool, SOURCE_FORMATS, keep=self._keep):
                return known
            return await (self._intake.keep if self._keep else self._intake.inspect)(spool, SOURCE_FORMATS)

    def _path(self, name: str) -> Path:
        """Archives from macOS spell names in NFD, databases in NFC: each part is found in either spelling."""
        path = self._folder
        try:
            for part in name.lstrip("/").split("/"):
                spellings = (part, *(unicodedata.normalize(form, part) for form in _FORMS))
                path = next((there for one in spellings if (there := path / one).exists()), path / part)
            path = path.resolve()
            found = path.is_relative_to(self._folder) and path.is_file()
        except OSError:  # such as a name that no file can have
            found = False
        if not found:
            raise InvalidCommand(f"there is no file {name} in {self._folder}.")
        return path


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    try:
        with path.open("rb") as file:
            while block := await asyncio.to_thread(file.read, _BLOCK):
                yield block
    except OSError as error:
        raise InvalidCommand(f"the file {path} cannot be read: {error.strerror}.") from None
