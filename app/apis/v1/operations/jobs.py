"""Background jobs: `GET /v1/jobs`, `POST /v1/jobs/retry`; `GET` and `DELETE /v1/jobs/{id}` of long ones."""

from typing import Any, Final

import orjson
from aiohttp import web

from app.apis.v1.call import Call, Row
from app.apis.v1.fields import Schema, Text
from app.apis.v1.lists import After, Listed, page
from app.apis.v1.parse import number_in_path
from app.apis.v1.present import answer
from app.db.pool import Record
from app.db.queue.page import STATES, JobLine, page_of_jobs
from app.db.queue.retry import retry_failed
from app.openapi.sections import Response, array, integer, json, listed, nullable, record, ref
from app.service.changes.long_jobs import NoSuchJob


class _List(Listed):
    after = After(int, load_default=(0,))
    state = Text(words=STATES, load_default=None, sentence="Only those in this state.")


class _Retry(Schema):
    kind = Text(least=1)


async def show_jobs(call: Call) -> web.Response:
    query = call.query
    rows = await page_of_jobs(call.services.database, query["after"][0], query["state"], query["limit"] + 1)
    shown = rows[: query["limit"]]
    return page(call, [_document(row) for row in shown], (shown[-1].id,) if len(rows) > len(shown) else None)


async def show_job(call: Call) -> web.Response:
    """A long one of the caller's own, or one of the queue."""
    number = number_in_path(call.params["id"], NoSuchJob)
    queued = await page_of_jobs(call.services.database, number - 1, None, 1)
    if queued and queued[0].id == number:
        return answer(_document(queued[0]))
    return answer(long_job(await _own(call, number)))


async def stop_job(call: Call) -> web.Response:
    number = number_in_path(call.params["id"], NoSuchJob)
    await _own(call, number)
    await call.services.long_jobs.stop(number)
    return answer(long_job(await _own(call, number)), 202)


async def _own(call: Call, number: int) -> Record:
    """A long job that the caller began, for admins anybody's; NoSuchJob."""
    job = await call.services.long_jobs.job(number)
    caller, actor = call.caller, (job["actor_kind"], job["actor_id"])
    if caller is None or (caller.role != "admin" and actor != (caller.kind, str(caller.id))):
        raise NoSuchJob(f"There is no job {number}.")
    return job


async def retry_jobs(call: Call) -> web.Response:
    return answer({"retried": await retry_failed(call.services.database, call.body.get("kind"))})


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


def long_job(job: Record) -> dict[str, Any]:
    """As a document; `job` is a row of `long_job`."""
    return {
        "id": job["id"],
        "kind": job["kind"],
        "state": job["state"],
        "batch": job["batch"],
        "done": job["done"],
        "of": job["total"],
        "left": list(job["left_images"]),
        "told": orjson.loads(job["told"]),
        "failure": job["failure"] and {"code": job["state"], "detail": job["failure"]},
        "since": job["begun_at"],
    }


_TEXT: Final = {"type": "string"}
_FAILURE: Final = {"anyOf": [record({"code": _TEXT, "detail": _TEXT}), {"type": "null"}]}
SCHEMAS: Final = {
    "Job": record(
        {
            "id": integer(1),
            "kind": _TEXT,
            "state": {"type": "string", "enum": list(STATES)},
            "sha256": nullable("string"),
            "images": array(integer(1)),
            "attempts": integer(),
            "failure": _FAILURE,
            "since": {"type": "string", "format": "date-time"},
        }
    ),
    "LongJob": record(
        {
            "id": integer(1),
            "kind": {"type": "string", "enum": ["import", "undo", "command"]},
            "state": {"type": "string", "enum": ["waiting", "in_hand", "done", "failed", "stopped"]},
            "batch": _TEXT,
            "done": integer(),
            "of": nullable("integer"),
            "left": array(integer(1)),
            "told": {"type": "object", "additionalProperties": True},
            "failure": _FAILURE,
            "since": {"type": "string", "format": "date-time"},
        }
    ),
    "Jobs": listed("Job"),
    "Retried": record({"retried": integer()}),
}

ROWS: Final = (
    Row(
        "GET",
        "/v1/jobs/{id}",
        "reader",
        show_job,
        "A job of the queue, or a long one: an import or a large undo that the caller began (admins see all). Of "
        "that `done` and `of` say how far it is, `left` which images were left as they are, `told` what came of it.",
        {200: Response("The job.", json({"oneOf": [ref("Job"), ref("LongJob")]}))},
    ),
    Row(
        "DELETE",
        "/v1/jobs/{id}",
        "editor",
        stop_job,
        "Stop an import or a large undo, as soon as it can: what is done stays done. Commands that remove what is not "
        "needed any more cannot be stopped.",
        {202: Response("The job as it is now.", json(ref("LongJob")))},
        refusals=(409,),
    ),
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
