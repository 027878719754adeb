"""`image-type`: what an image may be used as in OpenMage."""

import argparse

from app.commands.context import Context
from app.commands.registry import Nouns
from app.service.catalogue.image_types import list_image_types, put_image_type


def register(nouns: Nouns) -> None:
    types = nouns.noun("image-type", "Image types of OpenMage: image, small_image, thumbnail and your own.")
    parser = types.command("add", _add, "Add an image type, or move one that exists.")
    parser.add_argument("--code", required=True, help="such as swatch_image")
    parser.add_argument("--position", type=int, help="its rank among the types; by default the last")
    types.command("list", _list, "List the image types in order.")


async def _add(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database, database.transaction() as tx:
        position = (await put_image_type(tx, args.code, args.position)).rank
    context.answer({"code": args.code, "position": position}, f"Image type {args.code} has position {position}.")
    return 0


async def _list(_: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        rows = await list_image_types(database)
    context.answer_list("image_types", [{"code": row["code"], "position": row["rank"]} for row in rows])
    return 0
