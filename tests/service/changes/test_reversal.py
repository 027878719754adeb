"""What images were before rows of the log: their edits."""

from typing import Any

import pytest

from app.service.changes.reversal import LogRow, reversal

_CUT = {"crop": [0, 0, 1, 0.5]}
_WHOLE = {"crop": None}
_NOTHING = {"rotate": None, "crop": None, "focal": None}


@pytest.mark.parametrize(
    ("sides", "expected"),
    [
        ([({"rotate": 90}, {"rotate": 180})], {"rotate": 90}),
        ([({"rotate": 90}, None)], _NOTHING | {"rotate": 90}),
        ([(None, {"rotate": 90})], None),
        ([({"rotate": 90}, {"rotate": 180}), (_CUT, _WHOLE)], {"rotate": 90} | _CUT),
        ([(None, {"rotate": 90}), (_CUT, _WHOLE)], _NOTHING | _CUT),
    ],
)
def test_edits_are_taken_back(sides: list[tuple[Any, Any]], expected: Any) -> None:
    """From the newest row to the oldest: members that no row names stay, unless a newer one leaves no edit at all."""
    rows = [LogRow(7, 8, "image.updated", {"edit": before}, {"edit": after}) for before, after in sides]
    assert reversal(rows).targets[7].members == {"edit": expected}
