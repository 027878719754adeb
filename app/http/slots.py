"""A bound on what is done at a time, without a queue."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import Busy


class Slots:
    """At most `limit` holders; one too many gets Busy at once, since a queue would only hide it."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0

    @contextmanager
    def take(self) -> Iterator[None]:
        if self.taken >= self.limit:
            raise Busy(f"all {self.limit} slots are taken")
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
