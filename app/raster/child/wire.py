"""What the service and a codec child say to one another: one message after the other, with an open file beside a task.

Whoever has taken over a decoder may say anything. So a child has a line of its own, on which it can speak for its own
picture only, and what it says is read as plain values, nouns of the catalogue and errors of this service: nothing else
that pickle could be made to call.
"""

import io
import pickle
import socket
import struct
from typing import Any, Final

from app import errors, model

OUT_OF_MEMORY: Final = 70
"""The exit status of a child that wanted more memory than it may have: that it cannot put into words any more."""
_LENGTH: Final = struct.Struct("!Q")
_SPOKEN: Final = frozenset(
    (kind.__module__, kind.__name__)
    for module in (errors, model)
    for kind in vars(module).values()
    if isinstance(kind, type) and kind.__module__ == module.__name__
)


class Hung(EOFError):
    """The other side is gone, in the middle of what it had to say or before."""


def say(line: socket.socket, message: object, *files: int) -> None:
    """Sends a message, and descriptors of open files beside it."""
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    head = _LENGTH.pack(len(data))
    if files:
        socket.send_fds(line, [head], files)
    else:
        line.sendall(head)
    line.sendall(data)


def hear_task(line: socket.socket) -> tuple[Any, int | None]:
    """A child's side: the message of the service, which is trusted, and the file beside it."""
    head, files, _, _ = socket.recv_fds(line, _LENGTH.size, 1)
    head += _exactly(line, _LENGTH.size - len(head))
    return pickle.loads(_exactly(line, *_LENGTH.unpack(head))), files[0] if files else None  # noqa: S301


def hear_answer(line: socket.socket, most: int) -> Any:
    """The service's side: what a child says, in at most so many bytes. UnpicklingError for what no child says."""
    (length,) = _LENGTH.unpack(_exactly(line, _LENGTH.size))
    if length > most:
        raise pickle.UnpicklingError(f"{length} bytes are more than an answer has")
    return _Reader(io.BytesIO(_exactly(line, length))).load()


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _SPOKEN:
            raise pickle.UnpicklingError(f"{module}.{name} is nothing that a child says")
        return super().find_class(module, name)


def _exactly(line: socket.socket, length: int) -> bytearray:
    data = bytearray(length)
    view = memoryview(data)
    while view:
        count = line.recv_into(view)
        if not count:
            raise Hung("the other side is gone")
        view = view[count:]
    return data
