"""`store`: the shop's views."""

import argparse

from app.commands.context import Context
from app.commands.registry import Nouns, switch
from app.service.catalogue.stores import StoreOptions, list_stores, put_store


def register(nouns: Nouns) -> None:
    store = nouns.noun("store", "Store views: an id, a code, a locale, a website.")
    parser = store.command("add", _add, "Add a store view, or update the options given of one that exists.")
    parser.add_argument("--id", type=int, help="number of the store view; by default the next one")
    parser.add_argument("--code", required=True, help="such as french")
    parser.add_argument("--locale", help="such as fr_FR")
    parser.add_argument("--website", help="code of its website, created if unknown; at first: base")
    parser.add_argument("--default", action="store_const", const=True, help="make it the default store view")
    switch(parser, "active", ("--active", "open it (so it is at first)"), ("--inactive", "close it"))
    store.command("list", _list, "List the store views.")


async def _add(args: argparse.Namespace, context: Context) -> int:
    options = StoreOptions(args.code, args.id, args.locale, args.website, args.active, args.default)
    async with context.database() as database, database.transaction() as tx:
        row, _ = await put_store(tx, options)
    context.answer({"id": row["id"], "code": row["code"]}, f"Store view {row['id']} is {row['code']}.")
    return 0


async def _list(_: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        context.answer_list("stores", await list_stores(database))
    return 0
