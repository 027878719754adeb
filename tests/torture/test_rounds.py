"""A short round over each store: what `make torture` does at length, for every run of the tests."""

from pathlib import Path

import pytest

from tests.torture.rounds import ground
from tests.torture.script import Profile, generate

_FAULTS = {
    "kill web": 2,
    "kill worker": 2,
    "kill child": 2,
    "kill command": 1,
    "cut database": 2,
    "lose commit": 3,
    "terminate backends": 1,
    "cut power": 2,
    "s3 error": 2,
    "s3 half": 2,
    "s3 lost": 2,
}
_SHORT = {
    "files": Profile(steps=18, pictures=4, faults=_FAULTS),
    "s3": Profile(steps=14, pictures=3, faults=_FAULTS, webs=1),
}


@pytest.mark.timeout(900)  # a fleet of processes twice, and all that they hold compared; on a busy machine, too
async def test_a_short_round_over_each_store(memory: Path, tmp_path: Path) -> None:
    """Clients, operators and faults at once: afterwards all that was acknowledged is shown by every process and a cold
    one as the model has it, and nothing is left over."""
    async with ground(memory / "torture", tmp_path / "torture") as here:
        for store, profile in _SHORT.items():
            script = generate(1, 0, store, profile, here.leave_out)
            outcome = await here.play(script)
            assert outcome.wrong == [], "\n".join(map(str, script.steps))
            assert outcome.figures.faults.total() >= 3
            assert outcome.figures.images >= 1
            assert outcome.figures.compared > 50
