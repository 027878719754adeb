"""A write of the native API with a key, what it is answered, and what asking again is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from tests.torture.clients import Answer
from tests.torture.fleet import Member
from tests.torture.repeating import is_replay, repeated
from tests.torture.run import Run, Wrong

_EARLY_SECONDS: Final = 0.5
"""By so much clocks may differ on when a wait is over."""
_LATE_SECONDS: Final = 4.0
"""Longest from a decision to whoever waits for it, also where a listening connection fell silent."""
_DECIDED: Final = """
    select extract(epoch from clock_timestamp() - at)::float8 as ago from change
    where image_id = $1 and kind = 'image.ready'
"""
_OTHER: Final = b'{"label": "another request with the same key"}'


@dataclass(frozen=True)
class Keyed:
    """`name` is that of the request, and its key. `path` goes behind `/v1/`; for `wait` seconds the answer may be held
    back. Headers have underscores."""

    run: Run
    via: int
    name: str
    method: str
    path: str
    data: bytes
    kind: str = "application/json"
    wait: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    async def ask(self) -> Answer:
        return await repeated(self.run, self.via, self.name, partial(self._once, data=self.data))

    async def _once(self, member: Member, data: bytes, name: str = "", kind: str = "") -> Answer:
        wish = {} if self.wait is None else {"Prefer": f"wait={self.wait}"}
        answer = await self.run.client.native(
            member,
            self.method,
            self.path,
            data,
            request=name or self.name,
            kind=kind or self.kind,
            Idempotency_Key=self.name,
            **wish,
            **self.headers,
        )
        if self.wait is not None and "Preference-Applied" in answer.headers:
            await self._look_at_wait(answer, self.wait)
        return answer

    async def _look_at_wait(self, answer: Answer, wait: int) -> None:
        """Who waits is answered once it is decided, when the time is over, or when the process ends."""
        if answer.status >= 300:
            return
        is_undecided, is_early = answer.json()["state"] == "processing", answer.seconds < wait - _EARLY_SECONDS
        is_ending = answer.child is None or answer.child.is_ending
        if is_undecided and is_early and not is_ending:
            raise Wrong(f"{self.name} was to wait {wait} seconds and was answered after {answer.seconds:.1f}: {answer}")
        for row in await self.run.fleet.oracle.fetch(_DECIDED, answer.json()["id"]):
            if _LATE_SECONDS < row["ago"] < answer.seconds:
                raise Wrong(f"{self.name} waited on for {row['ago']:.1f} seconds when it was decided: {answer}")

    async def ask_again(self, first: Answer, how: str) -> None:
        """The same request has the same answer, another one with its key is refused; neither changes anything."""
        member, name = self.run.member(self.via + 1), f"{self.name}-{how}"
        self.run.logged[name] = False
        if how == "same":
            answer = await self._once(member, self.data, name)
            if answer.verdict == "acknowledged" and not self._is_replay(answer, first):
                raise Wrong(f"{self.name} was answered with {first}, and asked again with {answer}")
        else:
            answer = await self._once(member, _OTHER, name, "application/json")
            if answer.verdict == "acknowledged" or (answer.status == 422 and answer.json()["code"] != "key_reused"):
                raise Wrong(f"{self.name}: another request with its key got {answer}")

    def _is_replay(self, answer: Answer, first: Answer) -> bool:
        if "Preference-Applied" in first.headers:  # which was told later than what is kept
            return "Idempotency-Replayed" in answer.headers and bool(answer.json()["id"] == first.json()["id"])
        return is_replay(answer, first)
