"""`key`: API keys of the Spree interface."""

import argparse

from app.commands.context import Context, secret_word
from app.commands.registry import Nouns
from app.service.catalogue.keys import list_keys, put_key, revoke_key


def register(nouns: Nouns) -> None:
    key = nouns.noun("key", "API keys of the Spree interface; stored hashed.")
    parser = key.command("add", _add, "Add an API key and print it, this once.")
    parser.add_argument("--role", required=True, choices=["admin", "customer"])
    made_up = "where clients have one already (- reads it from standard input); by default made up"
    parser.add_argument("--key", dest="value", metavar="VALUE", help=made_up)
    parser = key.command("revoke", _revoke, "Let an API key in no more.")
    parser.add_argument("key", metavar="KEY", help="the key (- reads it from standard input), or its id in the list")
    key.command("list", _list, "List the API keys, without anything secret.")


async def _add(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        number, key = await put_key(database, args.role, secret_word(args.value, "key"))
    context.answer({"key": key, "id": number, "role": args.role}, f"{key}\nKeep it: it is not shown again.")
    return 0


async def _revoke(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        number = await revoke_key(database, secret_word(args.key, "key") or "")
    context.answer({"id": number, "revoked": True}, f"Key {number} is revoked.")
    return 0


async def _list(_: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        context.answer_list("keys", await list_keys(database))
    return 0
