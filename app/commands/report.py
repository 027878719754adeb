"""`report`: what is the matter with images and products, all over the catalogue."""

import argparse
import re
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from typing import Any, Final

from app.apis.v1.documents.checks import check_document
from app.checks.loading import rule_sets
from app.checks.rule_set import RESULTS, Result, RuleSet
from app.commands.context import Context
from app.commands.registry import Nouns
from app.commands.sheet import sheet_of
from app.commands.table import table
from app.errors import InvalidCommand
from app.service.reports import missing
from app.service.reports.cells import COLUMNS, cells_of, shown
from app.service.reports.checks import Asked, CheckReader, Item
from app.service.reports.missing import lacks

_LACK: Final = re.compile("image|(label|type):[a-z][a-z0-9_]*")


def register(nouns: Nouns) -> None:
    report = nouns.noun("report", "What is the matter with images and products.")
    checks = report.command("checks", _checks, "Check images against what a channel asks for.")
    checks.add_argument(
        "--set", required=True, help="id of the rule set: google, amazon_main, house or one of CHECKS_DIR"
    )
    checks.add_argument("--result", choices=RESULTS, help="only what has come to this")
    checks.add_argument("--sku", action="append", help="of this product alone; may be given more than once")
    lacking = report.command("missing", _missing, "List what products lack: images, labels, types.")
    lacking.add_argument("--what", metavar="WHAT", type=_lack, help="only image, label:STORE or type:TYPE")
    for parser in (checks, lacking):
        parser.add_argument("--csv", action="store_true", help="answer with a table of CSV")


def _lack(text: str) -> str:
    """An argparse type."""
    if not _LACK.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is none of image, label:STORE and type:TYPE")
    return text


async def _checks(args: argparse.Namespace, context: Context) -> int:
    rules, counts = _rules_of(args.set, rule_sets(context.settings.checks_dir)), Counter[tuple[str, Result]]()
    async with context.database() as database:
        reader = CheckReader(database, {})
        await reader.require(args.sku or ())
        sheet = sheet_of(args, "checks", COLUMNS)
        async for items in _items(reader, Asked(rules, args.result), args.sku):
            counts.update((item.check.rule.id, item.check.result) for item in items)
            sheet.add([(check_document(item), cells_of(item), _line(item)) for item in items])
    by_rule = [_counted(rule.id, counts, args.result) for rule in rules.rules]
    sheet.end({"set": rules.id, "rules": by_rule}, f"\n{table(by_rule)}")
    return 0


def _rules_of(name: str, sets: Mapping[str, RuleSet]) -> RuleSet:
    if name not in sets:
        raise InvalidCommand(f"There is no rule set {name}; there are {', '.join(sets)}.")
    return sets[name]


def _items(reader: CheckReader, asked: Asked, skus: Sequence[str] | None) -> AsyncIterable[Sequence[Item]]:
    return reader.all(asked) if skus is None else _of_products(reader, asked, skus)


async def _of_products(reader: CheckReader, asked: Asked, skus: Sequence[str]) -> AsyncIterator[Sequence[Item]]:
    for sku in dict.fromkeys(skus):
        yield await reader.of_product(sku, asked)


def _counted(rule: str, counts: Mapping[tuple[str, Result], int], result: Result | None) -> Mapping[str, Any]:
    return {"rule": rule, **{one: counts[rule, one] for one in RESULTS if result in (None, one)}}


def _line(item: Item) -> str:
    check = item.check
    limit = "" if check.limit is None else f", limit {shown(check.limit)}"
    measured = "" if check.measured is None else f" ({shown(check.measured) or 'none'}{limit})"
    return f"{item.sku}  image {item.image}  {check.rule.id}: {check.result}{measured}"


async def _missing(args: argparse.Namespace, context: Context) -> int:
    counts = Counter[str]()
    async with context.database() as database:
        if name := await missing.unknown_in(database, args.what or ""):
            raise InvalidCommand(f"There is no store view, or type, {name}.")
        sheet = sheet_of(args, "missing", missing.COLUMNS)
        async for found in lacks(database, args.what):
            counts.update(lack.missing for lack in found)
            sheet.add([(lack._asdict(), missing.cells_of(lack), f"{lack.sku}  {lack.missing}") for lack in found])
    sums = [{"missing": what, "products": count} for what, count in counts.most_common()]
    sheet.end({"products": dict(counts)}, f"\n{table(sums)}" if sums else "Nothing is missing.")
    return 0
