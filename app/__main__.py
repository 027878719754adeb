"""The command line: `python -m app`, installed as `product-images`."""

import argparse
import asyncio
import importlib
import os
import sys
from collections.abc import Sequence
from typing import Final

import uvloop

from app.commands.context import Context, complain, say
from app.commands.registry import Nouns
from app.errors import ProductImagesError, sentence

_INTERRUPTED = 130
MODULES: Final = {
    "serve": "serve",
    "worker": "worker",
    "demo": "demo",
    "store": "store",
    "product": "product",
    "image-type": "image_type",
    "set": "image_set",
    "key": "key",
    "console": "console",
    "oauth": "oauth",
    "webhook": "webhook",
    "jobs": "jobs",
    "import": "glue_import",
    "history": "history",
    "export": "gallery",
    "image": "image",
    "report": "report",
    "blobs": "housekeeping",
    "renditions": "housekeeping",
    "migrate": "migrate",
    "doctor": "doctor",
}
"""The first word of a command → the module of `app.commands` that knows it, in the order in which help lists them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and gives the exit code: 0, 1 where something is wrong, 2 for wrong usage."""
    words = sys.argv[1:] if argv is None else argv
    args = parser(words).parse_args(words)
    try:
        return _run(args)
    except ProductImagesError as error:
        complain(sentence(error))
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # whoever read the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        complain(f"Unforeseen: {type(error).__name__}: {error} (python -X dev -m app … shows where).")
    return 1


def _run(args: argparse.Namespace) -> int:
    context = Context(json=args.json, words=args.words)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return int(runner.run(args.run(args, context)))


def parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """That of the command which `words` begin with, so that none waits for what the others need; else that of all."""
    parser = argparse.ArgumentParser(
        prog="product-images",
        description="One product-image catalogue that speaks Spryker Glue, Spree v1 and OpenMage REST.",
        epilog="Settings come from environment variables; the README lists them.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="say which version this is, and end")
    nouns = Nouns(parser)
    known = [MODULES[word] for word in words[:1] if word in MODULES]
    for name in known or dict.fromkeys(MODULES.values()):
        importlib.import_module(f"app.commands.{name}").register(nouns)
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # no other command should wait for it

        say(f"product-images {version('product-images')}")
        parser.exit()


if __name__ == "__main__":
    sys.exit(main())
