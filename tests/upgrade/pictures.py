"""Small pictures of every format that 0.1.0 took, with and without marks of authorship."""

import io
import zlib
from typing import Final

from PIL import Image, PngImagePlugin

from tests.pictures import encoded, picture

_XMP: Final = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:rights><rdf:Alt>'
    b'<rdf:li xml:lang="x-default">(c) The shop</rdf:li></rdf:Alt></dc:rights></rdf:Description></rdf:RDF></x:xmpmeta>'
)


def _marked() -> bytes:
    exif = Image.Exif()
    exif[0x8298] = "(c) The shop"
    exif[0x0112] = 6
    return encoded(picture(160, 120, seed=3), quality=80, exif=exif, xmp=_XMP)


def _animation() -> bytes:
    frames = [picture(64, 48, seed=seed).quantize(16) for seed in range(3)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=80, loop=0)
    return file.getvalue()


def _noted() -> bytes:
    """With a text, and bytes behind the end."""
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", "only for us")
    return encoded(picture(96, 64, seed=4), "PNG", pnginfo=text) + zlib.compress(b"behind the end")


PICTURES: Final[dict[str, bytes]] = {
    "photo.jpg": encoded(picture(400, 300), quality=80),
    "marked.jpg": _marked(),
    "noted.png": _noted(),
    "grey.png": encoded(picture(90, 60, seed=5).convert("L"), "PNG"),
    "clear.png": encoded(picture(80, 80, seed=6).convert("RGBA"), "PNG"),
    "spin.gif": _animation(),
    "shade.webp": encoded(picture(128, 96, seed=7), "WEBP", quality=70),
    "square.jpg": encoded(picture(120, 120, seed=9).convert("CMYK"), quality=70),
}
