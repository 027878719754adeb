"""`blobs`, `renditions` and `image purge`: what an operator removes, checks and builds anew."""

import argparse
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from app.commands.context import Context, complain
from app.commands.duration import duration
from app.commands.held_urls import held_urls
from app.commands.progress import progress
from app.commands.registry import Nouns
from app.errors import InvalidCommand, ProductImagesError
from app.service.pictures.held import held

if TYPE_CHECKING:
    from app.service.upkeep.verify import Damage


def register(nouns: Nouns) -> None:
    blobs = nouns.noun("blobs", "Stored originals.")
    sweep = blobs.command("sweep", _sweep_blobs, "Remove originals that nothing refers to.")
    _add_age(sweep, "7d")
    verify = blobs.command("verify", _verify, "Read every stored object again and name what is damaged or missing.")
    verify.add_argument(
        "--repair",
        metavar="FILE|DIR",
        type=Path,
        help="put missing and damaged originals back from files with their bytes, whatever their names; renditions are "
        "built anew",
    )
    renditions = nouns.noun("renditions", "Renditions and the recipes that make them.")
    renditions.command("plan", _plan, "Say how many renditions the recipes in force lack, and what they would take.")
    renditions.command("build", _build, "Let the background task build them, after all uploads.")
    sweep = renditions.command(
        "sweep", _sweep_renditions, "Remove renditions of former recipes that nothing refers to."
    )
    _add_age(sweep, "30d")


def register_purge(image: Nouns) -> None:
    urls = image.command(
        "urls", _urls, "List the URLs under which caches and CDNs may hold a picture, also a deleted one."
    )
    urls.add_argument("image", metavar="ID|SHA256", help="an image's id, or the SHA-256 of the uploaded bytes")
    purge = image.command("purge", _purge, "Erase a picture everywhere, and keep it out.")
    purge.add_argument("image", metavar="ID|SHA256", help="an image's id, or the SHA-256 of the uploaded bytes")
    purge.add_argument("--lift", action="store_true", help="let these bytes come back instead")


def _add_age(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument("--older-than", type=duration, default=default, help=f"such as 12h or 7d (default {default})")
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")


async def _sweep_blobs(args: argparse.Namespace, context: Context) -> int:
    older_than: timedelta = args.older_than
    count = size = 0
    async with context.parts() as parts, context.removing(parts.storage.database, dry_run=args.dry_run):
        async for blob in parts.upkeep.housekeeping.sweep(older_than, dry_run=args.dry_run):
            count += 1
            size += blob.size
    verb = "would go" if args.dry_run else "went"
    context.answer({"blobs": count, "bytes": size}, f"{count} originals ({size} bytes) {verb}.")
    return 0


async def _verify(args: argparse.Namespace, context: Context) -> int:
    """Exit code 1 if anything is wrong, and stays so."""
    if args.repair is not None and not args.repair.exists():
        raise InvalidCommand(f"{args.repair} does not exist.")
    checked = 0
    damages: list[Damage] = []
    repaired: list[Damage] = []
    async with context.parts() as parts:
        with progress("objects") as advanced:
            async for damage in parts.upkeep.verify.run():
                checked += 1
                advanced(1)
                if damage is not None:
                    damages.append(damage)
                    complain(f"{damage.what}: {damage.key}")
        if args.repair is not None:
            async for damage in parts.upkeep.verify.repair(damages, args.repair):
                repaired.append(damage)
                complain(f"{'put back' if damage.expected.place is None else 'built anew'}: {damage.key}")
    text = f"{checked} objects read, {len(damages)} are not whole."
    document: dict[str, object] = {"checked": checked, "damages": [{"key": d.key, "what": d.what} for d in damages]}
    if args.repair is not None:
        text += f" {len(repaired)} of them are repaired."
        document["repaired"] = [damage.key for damage in repaired]
    context.answer(document, text)
    return 1 if len(repaired) < len(damages) else 0


async def _plan(_: argparse.Namespace, context: Context) -> int:
    async with context.parts() as parts:
        plan = await parts.upkeep.recipe_change.plan()
    text = (
        f"{plan.renditions} renditions of {plan.blobs} originals are missing: about {plan.seconds:.0f} seconds of one "
        f"codec process and {plan.size} bytes."
    )
    if plan.unseen:
        text += f" Nobody has looked into {plan.unseen} of them for marks; those that have some need all anew."
    if plan.bare:
        text += f" {plan.bare} of them have no placeholder, or nobody has looked at their pixels."
    context.answer(asdict(plan), text)
    return 0


async def _build(_: argparse.Namespace, context: Context) -> int:
    enqueued = 0
    async with context.parts() as parts:
        with progress("originals") as advanced:
            async for count in parts.upkeep.recipe_change.build():
                enqueued += count
                advanced(count)
    context.answer({"enqueued": enqueued}, f"{enqueued} originals are in the queue; `jobs list` shows the progress.")
    return 0


async def _sweep_renditions(args: argparse.Namespace, context: Context) -> int:
    async with context.parts() as parts, context.removing(parts.storage.database, dry_run=args.dry_run):
        count, size = await parts.upkeep.unused_renditions.sweep(args.older_than, dry_run=args.dry_run)
    verb = "would go" if args.dry_run else "went"
    context.answer({"renditions": count, "bytes": size}, f"{count} renditions ({size} bytes) {verb}.")
    return 0


async def _urls(args: argparse.Namespace, context: Context) -> int:
    async with context.parts() as parts:
        blob = await parts.upkeep.purge.find(args.image)
        urls = held_urls(await held(parts.storage.database, blob), parts.settings)
    context.answer({"hash": blob, "urls": urls}, "\n".join(urls) or f"Nothing is known of {blob}.")
    return 0


async def _purge(args: argparse.Namespace, context: Context) -> int:
    async with context.parts() as parts:
        blob = await parts.upkeep.purge.find(args.image)
        if args.lift:
            lifted = await parts.upkeep.purge.lift(blob)
            context.answer({"hash": blob, "lifted": lifted}, f"{blob} may {'now' if lifted else 'anyway'} be uploaded.")
            return 0
        urls = held_urls(await held(parts.storage.database, blob), parts.settings)
        try:
            async with context.removing(parts.storage.database):
                entries = await parts.upkeep.purge.purge(blob)
        except ProductImagesError:
            complain("\n".join(("Caches may hold these, and a second call cannot tell them any more:", *urls)))
            raise
    text = f"{blob} is erased, with {entries} images, and may not come back."
    if urls:
        text += "\n".join(("\nCaches and CDNs may hold:", *urls))
    context.answer({"hash": blob, "images": entries, "urls": urls}, text)
    return 0
