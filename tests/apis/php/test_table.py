"""Arrays count on where PHP's do."""

import pytest

from app.apis.php.table import Table


@pytest.mark.parametrize(
    ("keys", "following"),
    [
        ([], "0"),
        (["0"], "1"),
        (["7", "3"], "8"),
        (["-5"], "-4"),
        (["a", "01", "1.5", " 2", "-0", "٣"], "0"),
        (["9" * 400, "9" * 19], "0"),
        (["9223372036854775806"], "9223372036854775807"),
        (["9223372036854775807"], None),
        (["-9223372036854775808"], "-9223372036854775807"),
    ],
)
def test_the_next_number_follows_the_highest(keys: list[str], following: str | None) -> None:
    """Only plain integers of 64 bits count, however long a key looks like one."""
    table: Table[str] = Table()
    for key in keys:
        table[key] = ""
    assert table.next_index() == following
