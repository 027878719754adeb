"""PNGs of which one colour is transparent: as libvips shows them."""

import struct
import zlib

import numpy as np
import pytest
import pyvips

from tests.raster.conftest import Build
from tests.raster.pictures import decoded, png

GREY, RGB, PALETTE = 0, 2, 3
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
SIZE = 24, 16
FORMS = [(GREY, 1), (GREY, 2), (GREY, 4), (GREY, 8), (GREY, 16), (RGB, 8), (RGB, 16)] + [
    (PALETTE, depth) for depth in (1, 2, 4, 8)
]


def rows_of(samples: np.ndarray, depth: int) -> bytes:
    """Unfiltered rows of samples (height × width × channels)."""
    lines = samples.reshape(len(samples), -1)
    if depth >= 8:
        return b"".join(b"\0" + line.astype(">u2" if depth == 16 else "u1").tobytes() for line in lines)
    bits = (lines[..., None] >> np.arange(depth)[::-1]) & 1
    return b"".join(b"\0" + np.packbits(line.reshape(-1).astype("u1")).tobytes() for line in bits)


def keyed(colour: int, depth: int, samples: np.ndarray, trns: bytes, *, interlaced: bool) -> bytes:
    height, width, _ = samples.shape
    palette = [(b"PLTE", bytes(range(256)) * 3)] if colour == PALETTE and depth == 8 else []
    if colour == PALETTE and depth < 8:
        palette = [(b"PLTE", bytes(range(3 * 2**depth)))]
    parts = [samples[top::down, left::across] for left, top, across, down in PASSES] if interlaced else [samples]
    return (
        png(
            (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)),
            *palette,
            (b"tRNS", trns),
            (b"IDAT", zlib.compress(b"".join(rows_of(part, depth) for part in parts if part.size))),
        )
        + png((b"IEND", b""))[8:]
    )


def by_libvips(source: bytes) -> np.ndarray:
    return pyvips.Image.new_from_buffer(source, "").numpy()[..., -1] == 0


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("colour", "depth"), FORMS)
def test_one_colour_is_transparent_whatever_its_bits(build: Build, colour: int, depth: int, interlaced: bool) -> None:
    """Renditions are see-through exactly where libvips shows it, and nowhere else."""
    random = np.random.default_rng(depth)
    samples = random.integers(0, 2**depth, (SIZE[1], SIZE[0], 3 if colour == RGB else 1))
    key = samples[3, 5].copy()
    samples[6:12, 6:14] = key
    near = key.copy()
    near[-1] ^= 1  # of sixteen bits only the last one differs
    samples[:2, :4] = near
    trns = (
        bytes(int(number != key[0]) * 255 for number in range(2**depth))
        if colour == PALETTE
        else key.astype(">u2").tobytes()
    )
    source = keyed(colour, depth, samples, trns, interlaced=interlaced)
    (rendition,) = build(source, SIZE, formats=["png"])
    alpha = np.asarray(decoded(rendition.data).convert("RGBA"))[..., 3]
    assert np.array_equal(alpha == 0, by_libvips(source))
    assert (alpha == 0).sum() >= 48


@pytest.mark.parametrize(("colour", "depth"), [(GREY, 4), (GREY, 8), (RGB, 8)])
def test_bits_of_the_key_beyond_its_depth_do_not_count(build: Build, colour: int, depth: int) -> None:
    """Only the lowest bits of a stored sample are used."""
    samples = np.full((SIZE[1], SIZE[0], 3 if colour == RGB else 1), 3)
    trns = np.full(samples.shape[2], 0x0F00 + 3).astype(">u2").tobytes()
    (rendition,) = build(keyed(colour, depth, samples, trns, interlaced=False), SIZE, formats=["png"])
    assert not np.asarray(decoded(rendition.data).convert("RGBA"))[..., 3].any()
