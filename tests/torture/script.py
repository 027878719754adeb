"""A round as a script: every step says all that it needs, so that any part of it is a script as well."""

import json
import random
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

PRODUCTS: Final = (8, 9, 10, 20, 21)


@dataclass(frozen=True)
class Step:
    """What is done, to which product, through which process; `pick` chooses an image, whatever there is by then.
    `number` names its request and its file, and stays when the steps before it are left out."""

    number: int
    do: str
    product: int = 0
    via: int = 0
    pick: int = 0
    more: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return json.dumps({name: value for name, value in asdict(self).items() if value != {}})


@dataclass(frozen=True)
class Script:
    """`store` is "files" or "s3"."""

    seed: int
    round: int
    store: str
    webs: int
    workers: int
    steps: tuple[Step, ...]
    readers: int = 3

    def write(self, path: Path) -> None:
        head = {name: value for name, value in vars(self).items() if name != "steps"}
        path.write_text("\n".join([json.dumps(head), *map(str, self.steps)]) + "\n")

    def of(self, steps: Iterable[Step]) -> "Script":
        return replace(self, steps=tuple(steps))


def read_script(path: Path) -> Script:
    head, *lines = path.read_text().splitlines()
    return Script(**json.loads(head), steps=tuple(Step(**json.loads(line)) for line in lines))


@dataclass(frozen=True)
class Profile:
    """How much of what a round has. Weights are relative; what has none is not done."""

    steps: int = 60
    fault_every: int = 4
    pictures: int = 12
    operations: dict[str, int] = field(default_factory=lambda: dict(OPERATIONS))
    faults: dict[str, int] = field(default_factory=lambda: dict(FAULTS))
    webs: int = 2
    workers: int = 1


OPERATIONS: Final = {
    "spree create": 10,
    "spree update": 6,
    "spree replace": 4,
    "spree move": 3,
    "spree destroy": 6,
    "openmage create": 10,
    "openmage update": 8,
    "openmage replace": 4,
    "openmage delete": 5,
    "v1 create": 8,
    "v1 update": 7,
    "v1 replace": 3,
    "v1 delete": 3,
    "v1 copy": 3,
    "v1 order": 3,
    "v1 undo": 5,
    "v1 restore": 4,
    "burst": 3,
    "bad picture": 2,
    "sweep": 6,
    "sweep renditions": 1,
    "purge": 1,
    "lift": 2,
    "verify": 1,
    "build": 1,
    "repair": 2,
    "import gallery": 3,
    "import glue": 1,
    "export gallery": 1,
    "export products": 1,
}

_VALUES: Final[dict[str, tuple[str, ...]]] = {
    "spree create": ("picture", "label", "position", "keyed", "reads"),
    "spree update": ("label", "position", "reads"),
    "spree replace": ("picture", "reads"),
    "spree move": ("other", "reads"),
    "spree destroy": ("reads",),
    "openmage create": ("picture", "scope", "label", "position", "excluded", "types", "as_xml", "keyed", "reads"),
    "openmage update": ("scope", "label", "position", "excluded", "types", "as_xml", "reads"),
    "openmage replace": ("picture", "as_xml", "reads"),
    "openmage delete": ("scope", "reads"),
    "v1 create": ("picture", "label", "position", "excluded", "types", "german", "raw", "wait", "again"),
    "v1 update": ("label", "position", "excluded", "types", "german", "stale", "again"),
    "v1 replace": ("picture", "wait", "again"),
    "v1 copy": ("label", "position", "other", "again"),
    "v1 order": ("scope", "again"),
    "v1 undo": ("picture", "count", "newer"),
    "v1 restore": ("raw", "wait", "again"),
    "burst": ("picture", "count"),
    "bad picture": ("as_xml",),
    "purge": ("picture",),
    "import gallery": ("picture", "count"),
}
"""What a step of each kind says."""

_GERMAN: Final = ({"label": "Grün"}, {"position": 2}, {"exclude": True}, {"types": ["image"]}, {"types": []})
"""What the store view is told through the native API."""

_FILLING: Final = {"spree create": 2, "openmage create": 2, "v1 create": 2, "burst": 1}
"""What a round begins with, so that there is something to change."""

FAULTS: Final = {
    "kill web": 4,
    "end web": 2,
    "stop web": 3,
    "kill worker": 2,
    "kill busy worker": 3,
    "stop worker": 3,
    "kill child": 4,
    "stop child": 2,
    "kill command": 3,
    "silence database": 3,
    "silence listener": 2,
    "cut database": 4,
    "delay database": 4,
    "lose commit": 5,
    "terminate backends": 3,
    "kill backend": 2,
    "kill postgres": 1,
    "restart postgres": 1,
    "stop postgres": 2,
    "fill disc": 3,
    "cut power": 2,
    "s3 error": 3,
    "s3 busy": 3,
    "s3 late": 3,
    "s3 carried out late": 3,
    "s3 half": 3,
    "s3 lost": 3,
    "s3 silent": 2,
}
_FILES_ONLY: Final = ("cut power",)


def generate(seed: int, number: int, store: str, profile: Profile, leave_out: frozenset[str] = frozenset()) -> Script:
    """The script of one round; `leave_out` are faults that cannot be had on this machine."""
    dice = random.Random(f"{seed}/{number}/{store}")
    faults = {
        kind: weight
        for kind, weight in profile.faults.items()
        if kind not in leave_out
        and (store == "s3" or not kind.startswith("s3"))
        and not (store == "s3" and kind in _FILES_ONLY)
    }
    steps = [
        _fault(dice, index, faults)
        if faults and index % profile.fault_every == 2
        else _operation(dice, index, profile.operations if index > profile.steps // 6 else _FILLING, profile.pictures)
        for index in range(profile.steps)
    ]
    return Script(seed, number, store, profile.webs, profile.workers, tuple(steps))


def _chosen(dice: random.Random, weights: dict[str, int]) -> str:
    return dice.choices(list(weights), list(weights.values()))[0]


def _fault(dice: random.Random, number: int, faults: dict[str, int]) -> Step:
    more = {"seconds": round(dice.choice((0.2, 0.5, 1.0, 2.0, 4.0)), 1), "count": dice.randint(1, 3)}
    return Step(number, f"fault: {_chosen(dice, faults)}", via=dice.randrange(4), pick=dice.randrange(1000), more=more)


def _operation(dice: random.Random, number: int, operations: dict[str, int], count: int) -> Step:
    do = _chosen(dice, operations)
    more = {
        "picture": dice.randrange(count),
        "position": dice.choice((None, None, 0, 1, 2, 3, 7)),
        "scope": dice.choice((None, None, 2)),
        "label": dice.choice((None, "", f"label {number}", f"Grüße & <{number}>")),
        "excluded": dice.choice((None, None, False, True)),
        "types": dice.choice((None, None, [], ["image"], ["thumbnail", "small_image"], ["image", "thumbnail"])),
        "as_xml": dice.random() < 0.4,
        "other": dice.choice(PRODUCTS),
        "count": dice.randint(2, 5),
        "reads": dice.random() < 0.4,
        "keyed": dice.random() < 0.5,
        "german": dice.choice((None, None, *_GERMAN)),
        "raw": dice.random() < 0.5,
        "wait": dice.choice((None, None, 2, 8)),
        "again": dice.choice(("", "", "same", "other")),
        "stale": dice.random() < 0.2,
        "newer": dice.random() < 0.4,
    }
    given = {name: more[name] for name in _VALUES.get(do, ())}
    return Step(number, do, dice.choice(PRODUCTS), dice.randrange(4), dice.randrange(1000), given)
