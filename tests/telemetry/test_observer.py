"""What is told to the log and to metrics."""

import json
import logging
from typing import get_args

import pytest
from structlog.testing import capture_logs

from app import events
from app.model import BlobHash
from app.telemetry.exposition import plain, text
from app.telemetry.line_sample import LINES
from app.telemetry.logs import configure_logging
from app.telemetry.metrics import Metrics
from app.telemetry.observer import Observer


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (events.JobFailed("renditions", "no memory", final=True), "job_failed"),
        (events.CodecChildLost("timeout", "10 s"), "codec_child_lost"),
        (events.LoopLagged(0.3), "event_loop_stalled"),
        (events.BlobPurged(BlobHash("ab")), "blob_purged"),
        (events.UploadRejected("spree", "FormatNotAllowed"), "upload_rejected"),
        (events.RequestTurnedAway("glue", "Busy", "full"), "request_turned_away"),
        (events.RequestRefused("malformed"), "request_refused"),
        (events.TransferBroken("/media", "gone"), "transfer_broken"),
        (events.ConnectionGivenUp("pool", 4.0), "database_connection_given_up"),
        (events.CheckFailed("store", "gone"), "check_failed"),
        (events.RequestFailed("glue", "/", ZeroDivisionError()), "request_failed"),
        (events.RequestServed("glue", "/", "GET", 500, 0.1), "request"),
        (events.RequestServed("glue", "/", "GET", 200, 9.0), "request"),
    ],
)
def test_trouble_is_always_logged(event: events.Event, line: str) -> None:
    """Whatever went wrong, or was slow, makes exactly one log line."""
    with capture_logs() as lines:
        Observer(Metrics(), sample=10**9)(event)

    assert [entry["event"] for entry in lines] == [line]


@pytest.mark.parametrize(
    "event",
    [
        events.RequestFailed("glue", "/", ZeroDivisionError()),
        events.RequestTurnedAway("glue", "Busy", "full"),
        events.RequestRefused("malformed"),
        events.RequestRefused("not_read"),
        events.TransferBroken("/media", "gone"),
        events.RequestServed("glue", "/", "GET", 503, 0.1),
        events.RequestServed("spree", "/", "POST", 408, 30.0),
    ],
)
def test_what_strangers_may_cause_does_not_fill_the_log(event: events.Event) -> None:
    """A thousand malformed, refused or slow requests are a few lines, and a thousand in the figures."""
    metrics = Metrics()
    observe = Observer(metrics, sample=10**9)
    with capture_logs() as lines:
        for _ in range(1000):
            observe(event)

    assert len(lines) == LINES
    assert " 1000.0\n" in text(plain(metrics.families())).decode()


def test_work_that_went_well_is_counted() -> None:
    """Uploads, jobs and renditions are counted in metrics, without a line each."""
    metrics = Metrics()
    observe = Observer(metrics, sample=10**9)
    with capture_logs() as lines:
        observe(events.UploadAccepted("spree", 1000, 0.2))
        observe(events.RenditionBuilt("large", "jpeg", 500, 6000, "job"))
        observe(events.CodecTaskDone("build", 24000, 0.2))
        observe(events.JobDone("renditions", 0.3))
        observe(events.RequestServed("glue", "/", "GET", 200, 0.1))
        observe(events.StatementDone("gallery", 0.001, ""))
        observe(events.StatementDone("gallery", 0.002, "DatabaseUnavailable"))
        observe(events.ConnectionAwaited(0.01))
        observe(events.StoreCalled("put", 0.01, "StoreUnavailable"))
        observe(events.LoopLagged(0.01))

    lines_of_text = text(plain(metrics.families())).decode().splitlines()
    for line in (
        'uploaded_bytes_total{room="spree"} 1000.0',
        'renditions_built_total{cause="job",format="jpeg",recipe="large"} 1.0',
        'rendition_pixels_total{cause="job"} 6000.0',
        'codec_pixels_total{task="build"} 24000.0',
        'codec_seconds_count{task="build"} 1.0',
        'job_seconds_count{kind="renditions"} 1.0',
        'http_request_seconds_count{method="GET",room="glue",route="/",status="200"} 1.0',
        'database_statement_seconds_count{query="gallery"} 2.0',
        'backend_errors_total{backend="database",error="DatabaseUnavailable"} 1.0',
        'backend_errors_total{backend="store",error="StoreUnavailable"} 1.0',
        "database_wait_seconds_count 1.0",
        'store_call_seconds_count{operation="put"} 1.0',
        'event_loop_lag_seconds_bucket{le="0.01"} 1.0',
    ):
        assert f"product_images_{line}" in lines_of_text
    assert {line["log_level"] for line in lines} <= {"debug"}


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (events.CodecChildLost("timeout", "10 s"), 'codec_children_lost_total{why="timeout"} 1.0'),
        (events.JobFailed("render", "no memory", final=True), 'trouble_total{event="job_failed",what="render"} 1.0'),
        (
            events.RequestTurnedAway("glue", "Busy", "full"),
            'trouble_total{event="request_turned_away",what="Busy"} 1.0',
        ),
        (
            events.RequestFailed("glue", "/", ZeroDivisionError()),
            'trouble_total{event="request_failed",what="ZeroDivisionError"} 1.0',
        ),
        (events.ConnectionGivenUp("pool", 4.0), 'database_connections_given_up_total{whose="pool"} 1.0'),
        (events.CheckFailed("store", "gone"), 'trouble_total{event="check_failed",what="store"} 1.0'),
    ],
)
def test_trouble_is_counted_by_what_it_is(event: events.Event, line: str) -> None:
    """What went wrong moves one figure, by its kind and never by its words."""
    metrics = Metrics()
    with capture_logs():
        Observer(metrics)(event)

    assert f"product_images_{line}" in text(plain(metrics.families())).decode().splitlines()


def test_every_event_is_heard() -> None:
    """No kind of event is without somebody who does something about it."""
    heard = Observer(Metrics())._handlers

    assert set(heard) == set(get_args(events.Event))


@pytest.mark.usefixtures("_restored_logging")
def test_machines_get_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """In JSON every line, ours or a library's, is one object with time, level and request id."""
    configure_logging("json")
    named = events.REQUEST_ID.set("r-1")
    try:
        raise ZeroDivisionError("told")
    except ZeroDivisionError as error:
        Observer(Metrics())(events.RequestFailed("glue", "/", error))
    logging.getLogger("library").warning("of %s", "its own")
    events.REQUEST_ID.reset(named)

    ours, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["level"], ours["request_id"]) == ("request_failed", "error", "r-1")
    assert "ZeroDivisionError: told" in ours["exception"]
    assert (theirs["event"], theirs["level"]) == ("of its own", "warning")
    assert "timestamp" in theirs


@pytest.mark.usefixtures("_restored_logging")
def test_people_get_readable_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """On a console a line is words, with its fields behind."""
    configure_logging("console")

    Observer(Metrics())(events.JobFailed("renditions", "no memory", final=False))

    assert "job_failed" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", [[0.00001], [0.00001] * 5, [0.0005, 0.002, 0.00001, 30.0]])
@pytest.mark.parametrize("status", [200, 503])
def test_requests_told_at_once_are_counted_and_logged_as_one_by_one(status: int, seconds: list[float]) -> None:
    """In which bucket each is, in which minute, whether it failed or was slow; and each line has an id of its own."""
    together, alone = Observer(Metrics(), sample=10**9), Observer(Metrics(), sample=10**9)
    with capture_logs() as lines:
        together(events.RequestsServed("glue", "/", "GET", status, seconds))
    with capture_logs() as expected:
        for one in seconds:
            alone(events.RequestServed("glue", "/", "GET", status, one))
    assert _counted(together) == _counted(alone)
    assert (together.minutes._requests, together.minutes._failed) == (alone.minutes._requests, alone.minutes._failed)
    assert together.minutes._seconds == pytest.approx(alone.minutes._seconds)
    assert lines == expected


def _counted(observer: Observer) -> dict[tuple[str, str], float]:
    samples = [sample for family in observer.metrics.families() for sample in family.samples]
    return {
        (one.name, one.labels.get("le", "")): pytest.approx(one.value)
        for one in samples
        if one.name.startswith("product_images_http_request_seconds")
    }


@pytest.mark.usefixtures("_restored_logging")
def test_each_of_several_requests_has_an_id_of_its_own_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    """An id that two lines share would say that they tell of one request."""
    configure_logging("json")
    Observer(Metrics(), sample=1)(events.RequestsServed("glue", "/", "GET", 200, [0.1] * 20))
    out = capsys.readouterr()
    ids = [json.loads(line)["request_id"] for line in (out.out + out.err).splitlines()]
    assert len(ids) == len(set(ids)) == 20


def test_no_id_stays_behind_where_a_line_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of answers that were told together: what happens next would bear the id of one of them."""
    observer = Observer(Metrics())
    ids: list[str] = []

    def fail(*_: object, **__: object) -> None:
        ids.append(events.REQUEST_ID.get())
        raise OSError

    monkeypatch.setattr(observer, "_seldom", fail)
    with pytest.raises(OSError):
        observer(events.RequestsServed("glue", "/", "GET", 500, [0.1]))
    assert len(ids) == 1
    assert events.REQUEST_ID.get("") == ""
