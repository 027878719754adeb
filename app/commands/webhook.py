"""`webhook`: who is told of events."""

import argparse

from app.commands.context import Context
from app.commands.registry import Nouns
from app.errors import InvalidCommand
from app.service.feed.kinds import is_known
from app.service.webhooks.hooks import LONGEST_DESCRIPTION, LONGEST_URL
from app.service.webhooks.keeper import WebhookOptions

_MOST_SHOWN = 200
_ID = "the webhook's id in the list"


def register(nouns: Nouns) -> None:
    webhook = nouns.noun("webhook", "Who is told of events, at an address of theirs.")
    parser = webhook.command("add", _add, "Add a webhook and print its secret, this once.")
    parser.add_argument("url", metavar="URL", help="where events are sent")
    parser.add_argument("--types", default="*", help="comma-separated: types, image.* and the like; by default all")
    parser.add_argument("--sku-prefix", help="only of products whose SKUs begin so")
    parser.add_argument("--description", help="for people")
    webhook.command("list", _list, "List the webhooks, without anything secret.")
    for word, run, sentence in (
        ("remove", _remove, "Tell an address no more."),
        ("test", _test, "Send an event that says nothing."),
        ("deliveries", _deliveries, "List what was sent, the latest first, and what became of it."),
    ):
        parser = webhook.command(word, run, sentence)
        parser.add_argument("id", metavar="ID", type=int, help=_ID)
        if word == "deliveries":
            parser.add_argument("--state", choices=("pending", "done", "failed"), help="only those in this state")


async def _add(args: argparse.Namespace, context: Context) -> int:
    options = _options(args)
    async with context.parts() as parts:
        hook, secret = await parts.webhooks.keeper.add(options)
    answered = {"id": hook.id, "url": hook.url, "types": hook.types, "secret": secret}
    context.answer(answered, f"{secret}\nWebhook {hook.id}. Keep the secret: it is not shown again.")
    return 0


def _options(args: argparse.Namespace) -> WebhookOptions:
    types = tuple(dict.fromkeys(word.strip() for word in args.types.split(",")))
    if unknown := next((one for one in types if not is_known(one)), None):
        raise InvalidCommand(f"There are no events {unknown[:100]}.")
    for name, text, most in (
        ("url", args.url, LONGEST_URL),
        ("--sku-prefix", args.sku_prefix, 255),
        ("--description", args.description, LONGEST_DESCRIPTION),
    ):
        if text is not None and len(text) > most:
            raise InvalidCommand(f"{name} has {most} characters at most.")
    return WebhookOptions(args.url, types, args.sku_prefix or None, args.description)


async def _list(_: argparse.Namespace, context: Context) -> int:
    async with context.parts() as parts:
        hooks = await parts.webhooks.keeper.page(0, _MOST_SHOWN)
    shown = [
        {
            "id": hook.id,
            "url": hook.url,
            "types": list(hook.types),
            "sku_prefix": hook.sku_prefix,
            "description": hook.description,
            "enabled": hook.disabled_at is None,
            "disabled_reason": hook.disabled_reason,
            "failing_since": hook.failing_since,
        }
        for hook in hooks
    ]
    context.answer_list("webhooks", shown)
    return 0


async def _remove(args: argparse.Namespace, context: Context) -> int:
    async with context.parts() as parts:
        await parts.webhooks.keeper.remove(args.id)
    context.answer({"id": args.id, "removed": True}, f"Webhook {args.id} is removed.")
    return 0


async def _test(args: argparse.Namespace, context: Context) -> int:
    async with context.parts() as parts:
        delivery = await parts.webhooks.keeper.test(args.id)
    context.answer({"id": delivery}, f"Delivery {delivery} is on its way; `webhook deliveries {args.id}` tells of it.")
    return 0


async def _deliveries(args: argparse.Namespace, context: Context) -> int:
    async with context.parts() as parts:
        rows = await parts.webhooks.keeper.deliveries(args.id, args.state, None, _MOST_SHOWN)
    names = ("id", "type", "state", "next_try_at", "created_at")
    context.answer_list("deliveries", [{name: row[name] for name in names} for row in rows])
    return 0
