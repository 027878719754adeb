"""`key`: API keys of the native and the Spree interface."""

import argparse
from collections.abc import Mapping
from typing import Any

from app.commands.context import Context, secret_word
from app.commands.registry import Nouns
from app.db.pool import Record
from app.service.catalogue.keys import AUDIENCES, ROLES, KeyOptions, grant_key, list_keys, put_key, revoke_key

_KEY = "the key (- reads it from standard input), or its id in the list"


def register(nouns: Nouns) -> None:
    key = nouns.noun("key", "API keys of the native and the Spree interface; stored hashed.")
    parser = key.command("add", _add, "Add an API key and print it, this once.")
    parser.add_argument("--role", required=True, choices=list(ROLES), help="reader and editor are of the native API")
    parser.add_argument("--name", help="for people, and for histories; by default the role")
    usual = "the API that knows it, once or twice; by default v1 for reader and editor, else spree"
    parser.add_argument("--api", action="append", choices=AUDIENCES, help=usual)
    made_up = "where clients have one already (- reads it from standard input); by default made up"
    parser.add_argument("--key", dest="value", metavar="VALUE", help=made_up)
    parser = key.command("grant", _grant, "Let another API know a key, too.")
    parser.add_argument("key", metavar="KEY", help=_KEY)
    parser.add_argument("--api", action="append", choices=AUDIENCES, required=True, help="the API")
    parser = key.command("revoke", _revoke, "Let an API key in no more.")
    parser.add_argument("key", metavar="KEY", help=_KEY)
    key.command("list", _list, "List the API keys, without anything secret.")


async def _add(args: argparse.Namespace, context: Context) -> int:
    options = KeyOptions(args.role, tuple(args.api or ()), args.name, secret_word(args.value, "key"))
    async with context.database() as database:
        row, key = await put_key(database, options)
    context.answer({"key": key, **_made(row)}, f"{key}\nKeep it: it is not shown again.")
    return 0


async def _grant(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        row = await grant_key(database, secret_word(args.key, "key") or "", args.api)
    context.answer(_made(row), f"Key {row['id']} is known to: {', '.join(row['audiences'])}.")
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


def _made(row: Record) -> Mapping[str, Any]:
    return {name: row[name] for name in ("id", "role", "name", "audiences")}
