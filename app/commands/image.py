"""`image`: pictures of products."""

import argparse

from app.commands.context import Context
from app.commands.housekeeping import register_purge
from app.commands.registry import Nouns
from app.service.catalogue.listing import list_images


def register(nouns: Nouns) -> None:
    image = nouns.noun("image", "Images.")
    parser = image.command("list", _list, "List images with their files and what is built.")
    parser.add_argument("--sku", help="only those of this product")
    restore = image.command("restore", _restore, "Bring a deleted image back, or one as it was at a revision.")
    restore.add_argument("image", metavar="ID", type=int)
    restore.add_argument("--revision", type=int, help="as it was after this one; by default a deleted image comes back")
    register_purge(image)


async def _restore(args: argparse.Namespace, context: Context) -> int:
    async with context.parts() as parts:
        await parts.catalogue.undo.restore(args.image, args.revision)
    context.answer({"id": args.image}, f"Image {args.image} is as it was.")
    return 0


async def _list(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        context.answer_list("images", await list_images(database, args.sku))
    return 0
