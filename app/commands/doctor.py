"""`doctor`: names each misconfiguration and its remedy."""

import argparse
from dataclasses import asdict

from app.commands.context import Context
from app.commands.diagnosis import diagnose
from app.commands.registry import Nouns
from app.errors import Misconfigured
from app.service.upkeep.diagnosis import Finding, limits, warnings


def register(nouns: Nouns) -> None:
    nouns.command("doctor", _doctor, "Check settings, database, store, clock and codecs, and print the limits.")


async def _doctor(_: argparse.Namespace, context: Context) -> int:
    findings = await diagnose(context)
    well = all(finding.ok for finding in findings)
    try:
        doubts, figures = warnings(context.settings), limits(context.settings)
    except Misconfigured:
        doubts, figures = [], {}
    checks = [asdict(finding) for finding in findings]
    document = {"ok": well, "checks": checks, "warnings": doubts, "limits": figures}
    context.answer(document, _text(findings, doubts, figures))
    return 0 if well else 1


def _text(findings: list[Finding], doubts: list[str], figures: dict[str, int]) -> str:
    lines = []
    for finding in findings:
        lines.append(f"{'ok   ' if finding.ok else 'WRONG'}  {finding.name:<9} {finding.detail}")
        if finding.remedy:
            lines.append(f"       {'':<9} Remedy: {finding.remedy}")
    lines += [f"doubt  {doubt}" for doubt in doubts]
    lines += ["", "Limits:", *(f"  {name:<28} {value}" for name, value in figures.items())] if figures else []
    return "\n".join(lines)
