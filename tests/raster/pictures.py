"""Pictures made on the spot: photograph-like pixels, profiles, and files that carry what must not be published."""

import io
import struct
import tempfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from app.model import Format
from app.raster.facts.pixels import forgiving
from app.raster.facts.sniff import facts_of
from app.raster.published import Keep, Published

SECRET = b"SECRET"
TRAILER = b"SECRET<?php trailer ?>" * 3
NOTICE = "(c) Acme Shop"
PILLOW_NAMES = {"jpeg": "JPEG", "png": "PNG", "gif": "GIF", "webp": "WEBP", "avif": "AVIF"}


def photo(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Detail at every scale, as in a natural scene, where amplitude falls with the frequency."""
    count = {"L": 1, "LA": 2, "RGB": 3}.get(mode, 4)
    random = np.random.default_rng(1)
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = np.inf
    planes = []
    for _ in range(count):
        waves = random.normal(size=frequency.shape) + 1j * random.normal(size=frequency.shape)
        plane = np.fft.irfft2(waves / frequency**1.1, (height, width))
        planes.append(0.8 * planes[0] + 0.2 * plane / plane.std() if planes else plane / plane.std())
    values = np.clip(127 + 45 * np.stack(planes, axis=-1), 0, 255).astype(np.uint8)
    return Image.fromarray(values[..., 0] if count == 1 else values, mode)


def smooth(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Without grain, so that a lossy target cannot blur the comparison."""
    return photo(width, height, mode).resize((16, 16)).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, fmt: Format, **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, PILLOW_NAMES[fmt], **({"speed": 10} if fmt == "avif" else {}) | options)
    return target.getvalue()


def decoded(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def published(data: bytes, fmt: Format, *, keep_copyright: bool = True) -> bytes:
    """What everybody gets of an upload in that format."""
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(data)
        facts = facts_of(Path(file.name), most_frames=1000)
    assert facts.format == fmt
    with forgiving(fmt == "jpeg"):
        return Published(data, facts, Keep(copyright=keep_copyright)).public()


def private_exif(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SECRET maker"
    exif[0x013B] = "SECRET artist"
    exif[0x8298] = NOTICE
    exif.get_ifd(0x8769).update({0xA430: "SECRET owner", 0xA431: "SECRET serial"})
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 29: "SECRET"})
    return exif


def private_xmp() -> bytes:
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description photoshop:City="SECRET"><dc:rights> <rdf:Alt>'
        b'<rdf:li xml:lang="x-default">'
        + NOTICE.encode()
        + b"</rdf:li></rdf:Alt></dc:rights></rdf:Description></x:xmpmeta>"
    )


def secretive(fmt: Format, image: Image.Image | None = None, orientation: int = 6, **options: Any) -> bytes:
    """A file with private data in every place that its format has, and more behind its end."""
    picture = image or photo(48, 32)
    data = _WITH_METADATA[fmt](picture, orientation, options)
    return data + TRAILER


def segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of these chunks: (type, data) of each."""
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _jpeg(image: Image.Image, orientation: int, options: dict[str, Any]) -> bytes:
    data = encoded(image, "jpeg", exif=private_exif(orientation), comment=b"SECRET <?php ?>", **options)
    city, notice = b"\x1c\x02\x5a\0\x06SECRET", b"\x1c\x02\x74" + struct.pack(">H", len(NOTICE)) + NOTICE.encode()
    iptc = (
        b"8BIM\x04\x04\0\0" + struct.pack(">I", len(city + notice)) + city + notice + b"\0" * (len(city + notice) % 2)
    )
    extra = (
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + private_xmp())
        + segment(0xE2, b"MPF\0SECRET")
        + segment(0xED, b"Photoshop 3.0\0" + iptc)
        + segment(0xEC, b"Ducky SECRET")
        + segment(0xE0, b"JFXX\0SECRET")
    )
    return data[:2] + extra + data[2:]


def _png(image: Image.Image, orientation: int, options: dict[str, Any]) -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "SECRET")
    info.add_text("Copyright", NOTICE)
    info.add_itxt("XML:com.adobe.xmp", private_xmp().decode())
    info.add(b"tIME", struct.pack(">HBBBBB", 2026, 1, 2, 3, 4, 5))
    info.add(b"prIv", b"SECRET")
    return encoded(image, "png", pnginfo=info, exif=private_exif(orientation), **options)


def _gif(image: Image.Image, orientation: int, options: dict[str, Any]) -> bytes:
    data = encoded(image, "gif", comment=b"SECRET", **options)
    xmp = b"\x21\xff\x0bXMP DataXMP\x06SECRET\0"
    plain_text = b"\x21\xf9\x04\0\0\0\0\0\x21\x01\x0c" + bytes(12) + b"\x06SECRET\0"
    return data[:-1] + xmp + plain_text + b"\x3b"


def _webp(image: Image.Image, orientation: int, options: dict[str, Any]) -> bytes:
    data = encoded(image, "webp", exif=private_exif(orientation), xmp=private_xmp(), **options)
    body = data[8:] + b"PRIV" + struct.pack("<I", 6) + b"SECRET"
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _avif(image: Image.Image, orientation: int, options: dict[str, Any]) -> bytes:
    return encoded(image, "avif", exif=private_exif(orientation), xmp=private_xmp(), **options)


_WITH_METADATA = {"jpeg": _jpeg, "png": _png, "gif": _gif, "webp": _webp, "avif": _avif}
