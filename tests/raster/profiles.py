"""Small ICC profiles, written from the colour spaces' published primaries and curves."""

import itertools
import struct

import numpy as np

_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), 2.19921875
DISPLAY_P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)), 2.2


def rgb(space: tuple[tuple[tuple[float, float], ...], float]) -> bytes:
    """A matrix profile of an RGB space with a D65 white point and a plain gamma curve."""
    primaries, gamma = space
    columns = _adapted(np.array([_xyz(*point) for point in primaries]).T)
    tags = {b"wtpt": _xyz_tag(_D50)}
    for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns.T, strict=True):
        tags[name] = _xyz_tag(column)
    return _profile(b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _gamma_tag(gamma)))


def grey(gamma: float) -> bytes:
    return _profile(b"GRAY", {b"wtpt": _xyz_tag(_D50), b"kTRC": _gamma_tag(gamma)})


def cmyk() -> bytes:
    """Inks of nobody's press, as a table of the colours that their full shades give together."""
    corners = [
        (1 - black) * np.array([100 - 45 * cyan - 30 * magenta - 8 * yellow, 70 * magenta - 40 * cyan, 80 * yellow])
        for cyan, magenta, yellow, black in itertools.product((0, 1), repeat=4)
    ]
    table = bytes(
        round(value) for lightness, a, b in corners for value in (lightness * 2.55, a + 128, b / (1 + a / 140) + 128)
    )
    matrix = struct.pack(">9i", *(65536 * one for one in (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    straight = bytes(range(256))
    lut = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + matrix + 4 * straight + table + 3 * straight
    return _profile(b"CMYK", {b"wtpt": _xyz_tag(_D50), b"A2B0": lut}, kind=b"prtr", connection=b"Lab ")


def _xyz(x: float, y: float) -> np.ndarray:
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _adapted(primaries: np.ndarray) -> np.ndarray:
    """Columns scaled to a D65 white, then adapted to the D50 of the connection space."""
    white = _xyz(0.3127, 0.3290)
    scaled = primaries * np.linalg.solve(primaries, white)
    gains = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    return np.linalg.inv(_BRADFORD) @ gains @ _BRADFORD @ scaled


def _xyz_tag(values: np.ndarray) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(float(value) * 65536)) for value in values)


def _gamma_tag(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def _profile(space: bytes, tags: dict[bytes, bytes], kind: bytes = b"mntr", connection: bytes = b"XYZ ") -> bytes:
    table, body, at = b"", b"", 128 + 4 + 12 * (len(tags) + 2)
    texts = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(79),
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
    }
    for name, data in (texts | tags).items():
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"lcms", 0x02400000, kind, space, connection)
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    head += b"".join(struct.pack(">i", round(float(value) * 65536)) for value in _D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags) + 2) + table + body
