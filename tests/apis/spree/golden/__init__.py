"""Recorded answers: a title, the status, the body."""

from pathlib import Path


def answers(section: str) -> dict[str, tuple[int, str]]:
    """The answers of one section by their titles."""
    text = (Path(__file__).parent / f"{section}.txt").read_text()
    found = {}
    for block in text.split("=== ")[1:]:
        title, status, *body = block.splitlines()
        found[title] = int(status), "\n".join(body)
    return found
