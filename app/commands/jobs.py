"""`jobs`: what the background task has to do."""

import argparse
from dataclasses import asdict

from app.commands.context import Context
from app.commands.registry import Nouns
from app.db.queue.jobs import failures, queue_depths
from app.db.queue.retry import retry_failed


def register(nouns: Nouns) -> None:
    jobs = nouns.noun("jobs", "Background jobs.")
    jobs.command("list", _list, "Count the jobs that wait, are in hand and have failed, by kind.")
    jobs.command("failed", _failed, "List why jobs have failed for good, the most frequent reason first.")
    parser = jobs.command("retry", _retry, "Give the failed jobs another chance.")
    parser.add_argument("--kind", help="only those of this kind")


async def _list(_: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        context.answer_list("jobs", [asdict(depth) for depth in await queue_depths(database)])
    return 0


async def _failed(_: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        context.answer_list("failed_jobs", [asdict(failure) for failure in await failures(database)])
    return 0


async def _retry(args: argparse.Namespace, context: Context) -> int:
    async with context.database() as database:
        count = await retry_failed(database, args.kind)
    found = f"{count} jobs are in the queue again."
    context.answer(
        {"retried": count}, found if count or not args.kind else f"No failed job is of the kind {args.kind}."
    )
    return 0
