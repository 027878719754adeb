"""What the steps of a round share: the model, who is at work on what, and what was found out."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from tests.torture import documents
from tests.torture.clients import Answer, Client
from tests.torture.fleet import PRODUCTS, Fleet, Member
from tests.torture.model import Gallery, Refused, Write, seen, settled
from tests.torture.native.following import Feed
from tests.torture.native.receiver import Receiver
from tests.torture.pictures import Picture, pictures
from tests.torture.script import Step

_ENDED_SECONDS: Final = 45.0
_POLL_SECONDS: Final = 0.05
_MOST_PICTURES: Final = 24


class Wrong(Exception):
    """Something is not as the model has it, so that nothing can be told of what comes behind."""


@dataclass
class Figures:
    """What a run has seen, to be added up."""

    operations: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    images: int = 0
    reads: int = 0
    compared: int = 0
    deliveries: int = 0

    def add(self, other: "Figures") -> None:
        self.operations += other.operations
        self.verdicts += other.verdicts
        self.faults += other.faults
        self.images += other.images
        self.reads += other.reads
        self.compared += other.compared
        self.deliveries += other.deliveries


class Run:
    def __init__(self, fleet: Fleet, client: Client, number: int) -> None:
        self.fleet = fleet
        self.client = client
        self.number = number
        self.galleries: dict[int, Gallery] = {product: Gallery() for product in PRODUCTS}
        self.external: list[tuple[int, str]] = []
        """Sort order and URL of each picture in the external product's set."""
        self.barred: set[str] = set()
        self.in_flight: Counter[str] = Counter()
        self.logged: dict[str, bool] = {}
        """Of each request whether it has changed something, which the log then tells."""
        self.feed = Feed()
        self.stream = Feed()
        self.receiver = Receiver()
        self.killing = asyncio.Lock()
        """Whoever watches a process until a certain moment, to kill it then, does so alone."""
        self.violations: list[str] = []
        self.figures = Figures()
        self._external_lock = asyncio.Lock()
        self._locks = {product: asyncio.Lock() for product in PRODUCTS}

    @property
    def wrong(self) -> list[str]:
        return [*self.violations, *self.fleet.trouble]

    def complain(self, what: str) -> None:
        self.violations.append(what)
        self.note(f"WRONG {what}")

    def note(self, what: str) -> None:
        self.fleet.note(what)

    def member(self, via: int) -> Member:
        return self.fleet.webs[via % len(self.fleet.webs)]

    def picture(self, step: Step, part: int = 0) -> Picture:
        """That of a step; of one with several parts two each have the same."""
        return pictures(_MOST_PICTURES)[(step.more["picture"] + part // 2) % _MOST_PICTURES]

    def request(self, step: Step, part: int = 0) -> str:
        return f"torture-{self.number}-{step.number}-{part}"

    @asynccontextmanager
    async def alone(self, products: Iterable[int]) -> AsyncIterator[None]:
        """Nobody else writes to these galleries."""
        async with AsyncExitStack() as stack:
            for product in sorted(set(products)):
                await stack.enter_async_context(self._locks[product])
            yield

    @asynccontextmanager
    async def alone_with_external(self) -> AsyncIterator[None]:
        async with self._external_lock:
            yield

    @asynccontextmanager
    async def under_way(self, *shas: str) -> AsyncIterator[None]:
        """These bytes are being put, so that no sweep may take them."""
        self.in_flight.update(shas)
        try:
            yield
        finally:
            self.in_flight.subtract(shas)

    async def write(
        self,
        member: Member,
        request: str,
        ask: Awaitable[Answer],
        writes: Mapping[int, Write],
        *,
        key: str = "",
        id_of: Callable[[Answer], int] | None = None,
        may_be_refused: bool = False,
    ) -> Answer:
        """One request, and what it makes of the galleries; who calls this has them alone. `key` is that of a new image,
        whose id `id_of` reads from the answer."""
        before = {product: self.galleries[product] for product in writes}
        try:
            after = {product: write(before[product]) for product, write in writes.items()}
        except Refused:
            after = {}
        answer = await ask
        self.note(f"{request} through {member.name}: {answer.verdict}, {answer}")
        self.figures.verdicts[answer.verdict] += 1
        if answer.verdict == "acknowledged":
            if not after:
                raise Wrong(f"{request} was acknowledged, which the model refuses: {answer}")
            self._adopt(after, key, id_of(answer) if id_of else None)
        elif answer.verdict == "refused" and after and not may_be_refused:
            raise Wrong(f"{request} was refused, which the model does not: {answer}")
        elif answer.verdict == "unknown" and after:
            await self.ended(member, request, answer)
            await self._settle([before, after], f"{request} ({answer})")
            self.note(f"{request} is settled")
        self.logged[request] = any(seen(before[product]) != seen(self.galleries[product]) for product in writes)
        return answer

    def _adopt(self, after: Mapping[int, Gallery], key: str, number: int | None) -> None:
        for product, gallery in after.items():
            if number is not None and gallery.has(key):
                gallery = gallery.with_image(replace(gallery.image(key), id=number))
                self.figures.images += 1
            self.galleries[product] = gallery

    async def ended(self, member: Member, request: str, answer: Answer) -> None:
        """Waits until a request whose outcome nobody told can change nothing any more: its process has said that it is
        done with it or is dead, and what it had sent to the database is carried out or lost."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _ENDED_SECONDS
        while not self._is_done(member, request, answer) and loop.time() < deadline:
            await asyncio.sleep(_POLL_SECONDS)
        asked = await self.fleet.oracle.now()
        while loop.time() < deadline:
            if self._is_calm(member) and await self.fleet.oracle.are_over(asked):
                return
            await asyncio.sleep(_POLL_SECONDS)

    def _is_done(self, member: Member, request: str, answer: Answer) -> bool:
        is_dead = answer.child is None or not answer.child.is_alive
        return answer.status != 0 or is_dead or request in member.ended_requests

    def _is_calm(self, member: Member) -> bool:
        return member.proxy.is_calm

    async def _settle(self, possible: list[Mapping[int, Gallery]], what: str) -> None:
        found = {product: await self.fleet.oracle.gallery(product) for product in possible[0]}
        for world in possible:
            known = {product: settled([gallery], found[product]) for product, gallery in world.items()}
            if all(gallery is not None for gallery in known.values()):
                self.galleries.update({product: gallery for product, gallery in known.items() if gallery})
                return
        raise Wrong(f"{what}: what is found is neither as before nor as after: {found}\nbefore and after: {possible}")

    async def read_back(self, member: Member, product: int) -> None:
        """The process that has committed always reads its own writes."""
        answer = await self.client.openmage(member, "GET", f"{product}/images", request="")
        if answer.status == 200:
            self.figures.compared += 1
            if answer.json() != (expected := documents.openmage(self.galleries[product])):
                raise Wrong(f"{member.name} does not read its own write to {product}: {answer.json()}, not {expected}")
