"""`console`: links that open the console, and its sessions."""

import argparse

from app.access.sessions import list_sessions, make_link, revoke_sessions
from app.commands.context import Context
from app.commands.links import address_of, console_link
from app.commands.registry import Nouns
from app.errors import InvalidCommand


def register(nouns: Nouns) -> None:
    console = nouns.noun("console", "The console in the browser: links that open it, and its sessions.")
    parser = console.command("link", _link, "Print a link that opens the console once, within ten minutes.")
    roles = ("reader", "editor", "admin")
    parser.add_argument("--role", default="editor", choices=roles, help="what it may do there; by default editor")
    console.command("list", _list, "List sessions, and links that nobody has opened.")
    parser = console.command("revoke", _revoke, "End sessions and links, in every process within a second.")
    parser.add_argument("session", metavar="SESSION", nargs="?", type=int, help="its id in the list; by default all")


async def _link(args: argparse.Namespace, context: Context) -> int:
    if not context.settings.console:
        raise InvalidCommand("The console is switched off: CONSOLE=false.")
    async with context.database() as database:
        token = await make_link(database, args.role)
    url = console_link(context.settings.public_url or address_of(context.settings, context.settings.port), token)
    context.answer({"url": url, "role": args.role, "minutes": 10}, url)
    return 0


async def _list(_: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        context.answer_list("sessions", await list_sessions(database))
    return 0


async def _revoke(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        ended = await revoke_sessions(database, args.session)
    context.answer({"ended": ended}, f"Sessions and links that ended: {ended}.")
    return 0
