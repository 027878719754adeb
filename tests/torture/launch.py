"""`python -m tests.torture.launch SOCKET`: starts the product's own commands, or parts of it, each in a process of its
own, from one that has loaded the program already. A start then takes milliseconds, and there can be hundreds of them.

What it is asked is a JSON line: function, words, environment, log, and what is to be replaced or written down. It
answers with process ids, and with exit codes as they come. When whoever asks is gone, all end.
"""

import ctypes
import gc
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NoReturn

_POLL_SECONDS: Final = 0.05
_PR_SET_PDEATHSIG: Final = 1
_LOADED: Final = (
    "app.__main__",
    "app.commands.serve",
    "app.commands.worker",
    "app.process",
    "app.wiring.application",
    "tests.torture.journal",
    "tests.torture.native.courier",
    "tests.torture.planted",
)
"""What every command would load; each brings in the rest."""


class Launcher:
    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.settimeout(_POLL_SECONDS)
        self._running = set[int]()

    def run(self) -> None:
        """Until the other end is closed."""
        pending = b""
        while True:
            with suppress(TimeoutError):
                block = self._socket.recv(1 << 16)
                if not block:
                    break
                *lines, pending = (pending + block).split(b"\n")
                for line in lines:
                    self._start(json.loads(line))
            self._reap()
        for pid in self._running:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _start(self, asked: dict[str, Any]) -> None:
        pid = os.fork()
        if not pid:
            self._socket.close()
            _become(asked)
        self._running.add(pid)
        self._tell(started=pid, asked=asked["number"])

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                self._running.discard(ended[0])
                self._tell(ended=ended[0], code=os.waitstatus_to_exitcode(ended[1]))

    def _tell(self, **what: Any) -> None:
        self._socket.setblocking(True)
        self._socket.sendall(json.dumps(what).encode() + b"\n")
        self._socket.settimeout(_POLL_SECONDS)


def _become(asked: dict[str, Any]) -> NoReturn:
    """The command itself, from its first breath to its end."""
    code = 70
    try:
        os.setsid()
        _end_with_parent()
        os.environ.clear()
        os.environ.update(asked["environment"])
        _redirect(asked)
        gc.unfreeze()
        if asked["journal"]:
            from tests.torture.journal import write_down

            write_down(Path(asked["journal"]))
        if asked["planted"]:
            from tests.torture.planted import plant

            plant(asked["planted"])
        module, _, name = asked["main"].partition(":")
        code = getattr(import_module(module), name)(asked["words"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _end_with_parent() -> None:
    """However that ends, where the system is Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _redirect(asked: dict[str, Any]) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(asked["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    answer = os.open(asked["answer"], os.O_WRONLY | os.O_TRUNC | os.O_CREAT, 0o600) if asked["answer"] else log
    for descriptor, target in ((nothing, 0), (answer, 1), (log, 2)):
        os.dup2(descriptor, target)


def main() -> None:
    for name in _LOADED:
        import_module(name)
    gc.collect()
    gc.freeze()
    Launcher(int(sys.argv[1])).run()


if __name__ == "__main__":
    main()
