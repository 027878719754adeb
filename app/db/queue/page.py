"""Jobs one by one, as operators look through them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from app.db.pool import Database, Record

JobState = Literal["waiting", "in_hand", "failed"]
STATES: Final[Mapping[JobState, str]] = {"waiting": "queued", "in_hand": "picked", "failed": "failed"}
"""What the queue's library calls each."""

_OF_STATUS: Final = {status: state for state, status in STATES.items()}
_HASH_BYTES: Final = 32
_OF_PICTURES: Final = (_HASH_BYTES, _HASH_BYTES + 8)
"""Lengths of payloads that name a picture, or an edited one."""


@dataclass(frozen=True, slots=True)
class JobLine:
    """`sha256` is that of the picture which the job is about, `images` the ids of those that show it, a hundred at
    most; `since` when the job came into its state, `failure` the kind of an error and its text."""

    id: int
    kind: str
    state: JobState
    sha256: str | None
    images: tuple[int, ...]
    attempts: int
    failure: tuple[str, str] | None
    since: datetime


async def page_of_jobs(database: Database, after: int, state: JobState | None, most: int) -> list[JobLine]:
    """The jobs with ids beyond `after`, of one state or all, `most` of them."""
    return [_line(row) for row in await database.fetch("page_jobs", after, state and STATES[state], most)]


def _line(row: Record) -> JobLine:
    payload, failure = row["payload"] or b"", None
    if row["code"] or row["detail"]:
        failure = row["code"] or "unknown", row["detail"] or ""
    return JobLine(
        row["id"],
        row["kind"],
        _OF_STATUS[row["status"]],
        payload[:_HASH_BYTES].hex() if len(payload) in _OF_PICTURES else None,
        tuple(row["images"]),
        row["attempts"],
        failure,
        row["since"],
    )
