"""Connections that are parted with although their clients have gone."""

import asyncio
import errno
from collections.abc import Callable

import pytest

from app.server.partings import MOST, Partings


class Wire(asyncio.Transport):
    """A connection that ends as `ends` says when it is closed for writing."""

    def __init__(self, ends: Callable[["Wire"], None]) -> None:
        super().__init__()
        self._ends = ends
        self.closed = 0

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self._ends(self)

    def close(self) -> None:
        self.closed += 1


def stays(_: Wire) -> None:
    """Its client goes on sending."""


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOTCONN, "not connected"), ConnectionResetError(), RuntimeError("closed")],
    ids=["gone", "reset", "closed"],
)
async def test_one_that_is_gone_is_closed_at_once(error: Exception) -> None:
    """Nothing is raised, and it takes the place of no other."""

    def gone(_: Wire) -> None:
        raise error

    partings, wire, other = Partings(), Wire(gone), Wire(stays)
    partings.begin(other)
    partings.begin(wire)
    assert (wire.closed, other.closed, len(partings)) == (1, 0, 1)


async def test_one_that_is_lost_meanwhile_is_forgotten() -> None:
    """What the end of writing does to a connection is heard of while it is under way."""
    partings = Partings()
    partings.begin(Wire(partings.ended))
    assert len(partings) == 0


async def test_of_many_the_first_is_closed() -> None:
    """And the others are left to end by themselves."""
    partings, wires = Partings(), [Wire(stays) for _ in range(MOST + 1)]
    for wire in wires:
        partings.begin(wire)
    assert [wire.closed for wire in wires] == [1] + [0] * MOST
    partings.ended(wires[-1])
    assert len(partings) == MOST - 1
