"""`oauth`: consumers and access tokens of the OpenMage interface."""

import argparse

from app.commands.context import Context, secret_word
from app.commands.registry import Nouns, switch
from app.service.catalogue.oauth import (
    TokenOptions,
    list_consumers,
    list_tokens,
    put_consumer,
    put_token,
    remove_consumer,
    revoke_token,
)
from app.service.upkeep.reseal import reseal

_READ = "(- reads it from standard input)"
_PRIVILEGES = ["create", "retrieve", "update", "delete", "all"]


def register(nouns: Nouns) -> None:
    oauth = nouns.noun(
        "oauth", "OAuth consumers and access tokens of the OpenMage interface; secrets stored encrypted."
    )
    consumer = oauth.noun("consumer", "Consumers: the programs that call.")
    parser = consumer.command("add", _add_consumer, "Add a consumer and print its credentials.")
    parser.add_argument("--name", help="for people")
    parser.add_argument("--key", help="where the program has one already; by default made up")
    parser.add_argument("--secret", help=f"where the program has one already {_READ}; by default made up")
    parser = consumer.command("remove", _remove_consumer, "Remove a consumer with its tokens.")
    parser.add_argument("key", metavar="KEY")
    consumer.command("list", _list_consumers, "List the consumers, without anything secret.")
    oauth.command("reseal", _reseal, "Encrypt the stored secrets anew, after SECRET_KEY was changed.")
    _register_tokens(oauth.noun("token", "Access tokens: for whom a consumer calls."))


def _register_tokens(token: Nouns) -> None:
    parser = token.command("add", _add_token, "Add an access token and print the four credentials.")
    parser.add_argument("--user-type", choices=["admin", "customer"], help="needed for a new token")
    parser.add_argument("--consumer", metavar="KEY", help="its consumer; by default a new one")
    parser.add_argument(
        "--privilege",
        action="extend",
        nargs="+",
        choices=_PRIVILEGES,
        help="what it may do with images; at first everything",
    )
    switch(parser, "has_role", ("--role", "its admin has a role"), ("--no-role", "its admin has no role"))
    parser.add_argument("--token", help="where the client has one already; by default made up")
    parser.add_argument("--secret", help=f"where the client has one already {_READ}; by default made up")
    parser = token.command("revoke", _revoke, "Let an access token in no more.")
    parser.add_argument("token", metavar="TOKEN")
    token.command("list", _list_tokens, "List the access tokens, without their secrets.")


async def _add_consumer(args: argparse.Namespace, context: Context) -> int:
    box, secret = context.secret_box(), secret_word(args.secret, "secret")
    async with context.sealing_database() as database, database.transaction() as tx:
        key, secret = await put_consumer(tx, box, args.key, secret, args.name)
    document = {"consumer_key": key, "consumer_secret": secret}
    context.answer(document, _lines(document))
    return 0


async def _remove_consumer(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        await remove_consumer(database, args.key)
    context.answer({"consumer_key": args.key, "removed": True}, f"Consumer {args.key} and its tokens are removed.")
    return 0


async def _add_token(args: argparse.Namespace, context: Context) -> int:
    box, secret = context.secret_box(), secret_word(args.secret, "secret")
    privileges = args.privilege and (() if "all" in args.privilege else tuple(sorted(set(args.privilege))))
    options = TokenOptions(args.user_type, args.consumer, args.token, secret, privileges, args.has_role)
    async with context.sealing_database() as database, database.transaction() as tx:
        credentials = await put_token(tx, box, options)
    document = {
        "consumer_key": credentials.consumer_key,
        "consumer_secret": credentials.consumer_secret,
        "token": credentials.token,
        "token_secret": credentials.token_secret,
    }
    context.answer(document, _lines(document))
    return 0


async def _revoke(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        await revoke_token(database, args.token)
    context.answer({"token": args.token, "revoked": True}, f"Token {args.token} is revoked.")
    return 0


async def _reseal(_: argparse.Namespace, context: Context) -> int:
    box = context.secret_box()
    async with context.database() as database:
        count = await reseal(database, box)
    text = f"{count} secrets are encrypted with SECRET_KEY; SECRET_KEY_FORMER is not needed any more."
    context.answer({"secrets": count}, text)
    return 0


async def _list_consumers(_: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        context.answer_list("consumers", await list_consumers(database))
    return 0


async def _list_tokens(_: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        rows = await list_tokens(database)
    context.answer_list("tokens", [{**dict(row), "privileges": row["privileges"] or ["all"]} for row in rows])
    return 0


def _lines(document: dict[str, str]) -> str:
    return "\n".join(f"{name:<16} {value}" for name, value in document.items()) + "\nKeep them: lists do not show them."
