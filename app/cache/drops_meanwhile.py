"""What was dropped while documents were on their way."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.cache.packed import MOST_INVALIDATIONS


@dataclass(slots=True)
class DropsMeanwhile:
    """What was dropped, and when, for as long as fills are under way. `clock` counts drops."""

    clock: int = 0
    everything: int = 0
    families: dict[int | None, int] = field(default_factory=dict)

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    def note(self, families: Iterable[int | None]) -> None:
        now = self.tick()
        self.families.update(dict.fromkeys(families, now))
        if len(self.families) > MOST_INVALIDATIONS:
            self.everything = now
            self.families.clear()

    def since(self, start: int, family: int | None) -> bool:
        return max(self.everything, self.families.get(family, 0)) > start
