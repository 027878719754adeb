"""`set`: image sets of Glue other than the gallery."""

import argparse
from typing import Any

from app.commands.context import Context
from app.commands.registry import Nouns
from app.service.catalogue.sets import SetName, list_sets, put_set, remove_set


def register(nouns: Nouns) -> None:
    sets = nouns.noun("set", "Image sets of Glue other than the gallery.")
    parser = sets.command("put", _put, "Make a set consist of pictures in an order; it is created if it is new.")
    _name_set(parser)
    parser.add_argument(
        "pictures", metavar="ID", nargs="+", help="ids of images, or of pictures as `set show` prints them, such as p17"
    )
    parser = sets.command("show", _show, "List the sets of a product with their pictures in order.")
    parser.add_argument("--sku", required=True, help="of the product that owns it")
    _name_set(sets.command("remove", _remove, "Remove a set; its pictures stay."))


def _name_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sku", required=True, help="of the product that owns it")
    parser.add_argument("--name", required=True, help="such as default or picto")
    parser.add_argument("--locale", help="such as de_DE; without it the set is for all that have none of their own")
    parser.add_argument("--key", help="means the set that an import knows by this key")


def _which(args: argparse.Namespace) -> SetName:
    return SetName(args.sku, args.name, args.locale, args.key)


async def _put(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database, database.transaction() as tx:
        pictures = await put_set(tx, _which(args), args.pictures)
    shown = [f"p{picture}" for picture in pictures]
    document = {"sku": args.sku, "name": args.name, "locale": args.locale, "key": args.key, "pictures": shown}
    context.answer(document, f"The set {args.name} of {args.sku} shows {', '.join(shown)}.")
    return 0


async def _show(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        rows: list[dict[str, Any]] = [dict(row) for row in await list_sets(database, args.sku)]
    context.answer_list("sets", [row | {"pictures": [f"p{picture}" for picture in row["pictures"]]} for row in rows])
    return 0


async def _remove(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database, database.transaction() as tx:
        await remove_set(tx, _which(args))
    document = {"sku": args.sku, "name": args.name, "locale": args.locale, "key": args.key, "removed": True}
    context.answer(document, f"The set {args.name} of {args.sku} is removed.")
    return 0
