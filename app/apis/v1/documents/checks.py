"""Checks and rule sets as documents."""

from collections.abc import Mapping
from typing import Any, Final

from app.checks.kinds import NAMES
from app.checks.rule_set import RESULTS, Rule, RuleSet
from app.openapi.sections import JsonSchema, array, integer, listed, nullable, record
from app.service.reports.checks import Item


def check_document(item: Item) -> dict[str, Any]:
    """With `from` where the channel will refuse it only from that day on."""
    check = item.check
    return {
        "sku": item.sku,
        "product_id": item.product_id,
        "image": item.image,
        "rule": check.rule.id,
        "result": check.result,
        "measured": check.measured,
        "limit": check.limit,
        **({"from": check.rule.since} if check.rule.since else {}),
    }


def rule_set_document(rules: RuleSet) -> dict[str, Any]:
    return {
        "id": rules.id,
        "title": rules.title,
        "source": rules.source,
        "date": rules.date,
        "rules": [_rule(rule) for rule in rules.rules],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "title": rule.title,
        "kind": rule.kind_name,
        "result": rule.unmet,
        "limit": rule.kind.limit,
        "from": rule.since,
    }


_TEXT: Final = {"type": "string"}
_DAY: Final = {"type": "string", "format": "date"}

SCHEMAS: Final[Mapping[str, JsonSchema]] = {
    "Check": record(
        {
            "sku": _TEXT,
            "product_id": integer(1),
            "image": integer(1),
            "rule": _TEXT,
            "result": {"type": "string", "enum": list(RESULTS)},
            "measured": {},
            "limit": {},
            "from": _DAY,
        },
        optional=("from",),
    ),
    "Checks": listed("Check"),
    "RuleSet": record(
        {
            "id": _TEXT,
            "title": _TEXT,
            "source": _TEXT,
            "date": _DAY,
            "rules": array(
                record(
                    {
                        "id": _TEXT,
                        "title": _TEXT,
                        "kind": {"type": "string", "enum": list(NAMES)},
                        "result": {"type": "string", "enum": ["warn", "fail"]},
                        "limit": {},
                        "from": nullable("string", format="date"),
                    }
                )
            ),
        }
    ),
    "RuleSets": listed("RuleSet"),
}
