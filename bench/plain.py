"""What an upload costs at the least: base64, SHA-256 and Pillow, in processes that do nothing else.

Run as a process of its own (`python -m bench.plain TIMES`), with the base64 text on standard input;
prints the seconds that so many rounds took. `--renditions`: both renditions are made, too.
"""

import argparse
import base64
import hashlib
import io
import sys
import time
from typing import Final

from PIL import Image

_BOXES: Final = (1200, 300)


def once(text: bytes, renditions: bool) -> None:
    data = base64.b64decode(text)
    hashlib.sha256(data).hexdigest()
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        if renditions:
            made: Image.Image = image
            for side in _BOXES:
                made = made.copy()
                made.thumbnail((side, side), Image.Resampling.LANCZOS)
                made.save(io.BytesIO(), "JPEG", quality=82)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("times", type=int)
    parser.add_argument("--renditions", action="store_true")
    args = parser.parse_args()
    text = sys.stdin.buffer.read()
    once(text, args.renditions)
    begun = time.perf_counter()
    for _ in range(args.times):
        once(text, args.renditions)
    print(time.perf_counter() - begun)


if __name__ == "__main__":
    main()
