"""`history`: what was changed, and taking it back."""

import argparse
from dataclasses import asdict

from app.commands.context import Context
from app.commands.registry import Nouns


def register(nouns: Nouns) -> None:
    history = nouns.noun("history", "What was changed.")
    undo = history.command("undo", _undo, "Take back a batch of changes to images, or one of them.")
    which = undo.add_mutually_exclusive_group(required=True)
    which.add_argument("--batch", help="all of this batch that can be taken back")
    which.add_argument("--change", type=int, help="the number of one change")
    undo.add_argument("--force", action="store_true", help="leave images that were changed since, and undo the others")


async def _undo(args: argparse.Namespace, context: Context) -> int:
    async with context.parts() as parts:
        if args.batch is not None:
            undone = await parts.catalogue.undo.undo("batch", args.batch, force=args.force)
        else:
            undone = await parts.catalogue.undo.undo("change", args.change, force=args.force)
    text = f"{undone.undone} images are as they were; this is batch {undone.batch}."
    if undone.left:
        text += f" Left, since they were changed meanwhile: {', '.join(map(str, undone.left))}."
    context.answer(asdict(undone), text)
    return 0
