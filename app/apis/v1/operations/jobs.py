"""Background jobs: `GET /v1/jobs`, `POST /v1/jobs/retry`."""

from typing import Any, Final

from aiohttp import web

from app.apis.v1.call import Call, Row
from app.apis.v1.fields import Schema, Text
from app.apis.v1.lists import After, Listed, page
from app.apis.v1.present import answer
from app.db.queue.page import STATES, JobLine, page_of_jobs
from app.db.queue.retry import retry_failed
from app.openapi.sections import Response, array, integer, json, listed, nullable, record, ref


class _List(Listed):
    after = After(int, load_default=(0,))
    state = Text(words=STATES, load_default=None, sentence="Only those in this state.")


class _Retry(Schema):
    kind = Text(least=1)


async def show_jobs(call: Call) -> web.Response:
    query = call.query
    rows = await page_of_jobs(call.room.database, query["after"][0], query["state"], query["limit"] + 1)
    shown = rows[: query["limit"]]
    return page(call, [_document(row) for row in shown], (shown[-1].id,) if len(rows) > len(shown) else None)


async def retry_jobs(call: Call) -> web.Response:
    return answer({"retried": await retry_failed(call.room.database, call.body.get("kind"))})


def _document(job: JobLine) -> dict[str, Any]:
    failure = job.failure and {"code": job.failure[0], "detail": job.failure[1]}
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state,
        "sha256": job.sha256,
        "images": job.images,
        "attempts": job.attempts,
        "failure": failure,
        "since": job.since,
    }


_TEXT: Final = {"type": "string"}
SCHEMAS: Final = {
    "Job": record(
        {
            "id": integer(1),
            "kind": _TEXT,
            "state": {"type": "string", "enum": list(STATES)},
            "sha256": nullable("string"),
            "images": array(integer(1)),
            "attempts": integer(),
            "failure": {"anyOf": [record({"code": _TEXT, "detail": _TEXT}), {"type": "null"}]},
            "since": {"type": "string", "format": "date-time"},
        }
    ),
    "Jobs": listed("Job"),
    "Retried": record({"retried": integer()}),
}

ROWS: Final = (
    Row(
        "GET",
        "/v1/jobs",
        "reader",
        show_jobs,
        "What the background has to do, and what it gave up, by id.",
        {200: Response("A page of the jobs.", json(ref("Jobs")))},
        query=_List,
    ),
    Row(
        "POST",
        "/v1/jobs/retry",
        "admin",
        retry_jobs,
        "Give jobs that failed for good another chance, all or those of a kind.",
        {200: Response("How many are in the queue again.", json(ref("Retried")))},
        body=_Retry,
        optional=True,
        example={"kind": "render"},
    ),
)
