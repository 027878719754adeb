"""Two renditions at a time, without a pause, in the codecs' children. Runs until it is ended; says when it has begun.

Run as a process of its own, with the file in `FILE`.
"""

import asyncio
import os
import signal
from pathlib import Path

from app.raster.child.pool import CodecPool
from app.settings import Settings


async def build(path: Path) -> None:
    settings = Settings()
    pool = CodecPool(settings)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    recipes = [recipe for recipe in settings.recipes if recipe.name in ("large", "small")]

    async def one() -> None:
        while not ended.is_set():
            await pool.build(path, recipes)

    try:
        await pool.build(path, recipes)
        print(0, flush=True)  # where servers print their port
        await asyncio.gather(*(one() for _ in range(2)))
    finally:
        await pool.close()


if __name__ == "__main__":
    asyncio.run(build(Path(os.environ["FILE"])))
