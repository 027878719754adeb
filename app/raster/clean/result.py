"""What cleaning gives."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cleaned:
    """`data`: the file without what is not needed to show it; what shows it was copied byte for byte.

    `doubtful`: a decoder may have read the upload in another way than it was walked here, so pixels must be compared.
    `closed`: false where the upload ends inside its coded pixels. `ignored`: the kinds of broken parts that were left
    out as viewers leave them out. `coded`: start and end in `data` of all coded pixels behind which something may
    hide that no decoder reads. `behind`: bytes of the upload that followed the picture's end.
    """

    data: bytes
    doubtful: bool = False
    closed: bool = True
    ignored: tuple[str, ...] = ()
    coded: tuple[tuple[int, int], ...] = ()
    behind: int = 0
