"""How codec children come to be: forked from a small server that knows the codecs and nothing else of the service."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.process import BaseProcess
from types import ModuleType
from typing import Any

from app.raster import child
from app.raster.sharedlock import SharedLock


class _Child(ForkServerProcess):
    """A child that does not import the program that asks for it."""

    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Any:  # noqa: N802 - multiprocessing's name
        with _nameless_main():
            return ForkServerProcess._Popen(process_obj)


class Launcher(ForkServerContext):
    """A multiprocessing context with light children; a plain fork would copy the event loop's threads into them."""

    Process = _Child

    def __init__(self) -> None:
        super().__init__()
        self.set_forkserver_preload([child.__name__])

    def RLock(self) -> Any:  # noqa: N802 - multiprocessing's name
        """What the children agree by on who takes the next image."""
        return SharedLock()


@contextmanager
def _nameless_main() -> Iterator[None]:
    """Children run the main module again when it has a name or a file: here the whole service, 30 MB and 0.4 s each."""
    real = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = real
