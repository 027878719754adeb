"""`product`: what has images."""

import argparse
from datetime import timedelta
from pathlib import Path

from app.commands.context import Context
from app.commands.product_import import import_file
from app.commands.registry import Nouns, switch
from app.commands.table import table
from app.service.catalogue.listing import list_products, show_product
from app.service.catalogue.plan import ProductOptions
from app.service.catalogue.products import (
    delete_product,
    put_product,
    rename_product,
    restore_product,
)
from app.service.transfer.text_file import size_of


def register(nouns: Nouns) -> None:
    product = nouns.noun("product", "Products and their variants.")
    _register_add(product.command("add", _add, "Add a product, or update the options given of one that exists."))
    parser = product.command("rename", _rename, "Give a product another slug; the former one keeps working.")
    parser.add_argument("--sku", required=True)
    parser.add_argument("--slug", required=True)
    parser = product.command("delete", _delete, "Delete a product and its children.")
    parser.add_argument("--sku", required=True)
    parser = product.command("restore", _restore, "Bring a deleted product back, with its images and children.")
    parser.add_argument("--sku", required=True)
    parser = product.command("import", _import, "Add or update the products of a file, batch by batch.")
    parser.add_argument(
        "file",
        metavar="FILE",
        type=Path,
        help="CSV with a header, or JSON lines; columns as the options of `product add`: sku, id, slug, name, parent, "
        "disabled, hidden, no_images, website, no_website",
    )
    product.command("list", _list, "List the products.")
    parser = product.command("show", _show, "Show a product and its images.")
    parser.add_argument("--sku", required=True)


def _register_add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sku", required=True)
    parser.add_argument("--id", type=int, help="number of the product; by default the next one")
    parser.add_argument("--slug", help="part of its address; by default made from the name or the SKU")
    parser.add_argument("--name")
    parser.add_argument("--parent", metavar="SKU", help="makes it a variant of that product")
    switch(parser, "enabled", ("--enabled", "sell it (so it is at first)"), ("--disabled", "take it off sale"))
    switch(parser, "visible", ("--visible", "show it on its own (so it is at first)"), ("--hidden", "do not"))
    switch(
        parser, "images", ("--images", "it may have images (so it is at first)"), ("--no-images", "it has no images")
    )
    websites = parser.add_mutually_exclusive_group()
    websites.add_argument(
        "--website",
        action="extend",
        nargs="+",
        metavar="W",
        help="codes of its websites, created if unknown; at first that of the default store view",
    )
    websites.add_argument("--no-website", dest="website", action="store_const", const=[], help="in no website")


async def _add(args: argparse.Namespace, context: Context) -> int:
    options = ProductOptions(
        args.sku.strip(),
        args.id,
        args.slug,
        args.name,
        args.parent,
        args.enabled,
        args.visible,
        args.images,
        None if args.website is None else tuple(args.website),
    )
    async with context.database() as database, database.transaction() as tx:
        draft, outcome = await put_product(tx, options)
    document = {"id": draft.id, "sku": draft.sku, "slug": draft.slug, "outcome": outcome}
    context.answer(document, f"Product {draft.id} is {draft.sku}, at {draft.slug}: {outcome}.")
    return 0


async def _rename(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database, database.transaction() as tx:
        draft, outcome = await rename_product(tx, args.sku, args.slug)
    document = {"id": draft.id, "sku": draft.sku, "slug": draft.slug, "outcome": outcome}
    context.answer(document, f"Product {draft.sku} is at {draft.slug} now.")
    return 0


async def _delete(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        deleted = await delete_product(database, args.sku)
    skus = [sku for _, sku in deleted]
    document = {"sku": args.sku, "deleted": skus}
    context.answer(document, f"Deleted: {', '.join(skus)}." if skus else f"{args.sku} was deleted before.")
    return 0


async def _restore(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        back = await restore_product(database, args.sku, timedelta(days=context.settings.restore_days))
    skus = [product.sku for product in back]
    context.answer({"sku": args.sku, "restored": skus}, f"Restored: {', '.join(skus)}.")
    return 0


async def _import(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database, context.importing(database, size_of(args.file)) as job:
        counts = await import_file(database, args.file, job.watched)
    words = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    context.answer(counts, f"Products: {words}.")
    return 1 if counts["rejected"] else 0


async def _list(_: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        context.answer_list("products", await list_products(database))
    return 0


async def _show(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        product, images = await show_product(database, args.sku)
    shown = [{name: value for name, value in row.items() if name != "sku"} for row in images]
    text = f"{table([dict(product)])}\n\n{table(shown) or 'No images.'}"
    context.answer({"product": dict(product), "images": shown}, text)
    return 0
