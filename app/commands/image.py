"""`image`: pictures of products."""

import argparse

from app.commands.context import Context
from app.commands.housekeeping import register_purge
from app.commands.registry import Nouns
from app.service.catalogue.products import list_images


def register(nouns: Nouns) -> None:
    image = nouns.noun("image", "Images.")
    parser = image.command("list", _list, "List images with their files and what is built.")
    parser.add_argument("--sku", help="only those of this product")
    register_purge(image)


async def _list(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        context.answer_list("images", await list_images(database, args.sku))
    return 0
