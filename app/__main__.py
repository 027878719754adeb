"""The command line: `python -m app`, installed as `product-images`."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence

import uvloop

from app.commands import (
    demo,
    doctor,
    gallery,
    glue_import,
    history,
    housekeeping,
    image,
    image_set,
    image_type,
    jobs,
    key,
    migrate,
    oauth,
    product,
    serve,
    store,
    worker,
)
from app.commands.context import Context, complain, say
from app.commands.registry import Nouns
from app.errors import ProductImagesError, sentence

_INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and gives the exit code: 0, 1 where something is wrong, 2 for wrong usage."""
    args = parser().parse_args(argv)
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


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="product-images",
        description="One product-image catalogue that speaks Spryker Glue, Spree v1 and OpenMage REST.",
        epilog="Settings come from environment variables; the README lists them.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="say which version this is, and end")
    nouns = Nouns(parser)
    for module in (
        serve,
        worker,
        demo,
        store,
        product,
        image_type,
        image_set,
        key,
        oauth,
        jobs,
        glue_import,
        history,
        gallery,
        image,
        housekeeping,
        migrate,
        doctor,
    ):
        module.register(nouns)
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # no other command should wait for it

        say(f"product-images {version('product-images')}")
        parser.exit()


if __name__ == "__main__":
    sys.exit(main())
