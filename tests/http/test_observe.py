"""What is told to the log and to metrics."""

import json
import logging

import pytest
import structlog
from structlog.testing import capture_logs

from app import events
from app.http.logs import configure_logging
from app.http.metrics import Metrics
from app.http.observe import Observer
from app.model import BlobHash


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (events.JobFailed("renditions", "no memory", final=True), "job_failed"),
        (events.BlobPurged(BlobHash("ab")), "blob_purged"),
        (events.UploadRejected("spree", "FormatNotAllowed"), "upload_rejected"),
        (events.RequestTurnedAway("glue", "Busy", "full"), "request_turned_away"),
        (events.TransferBroken("/media", "gone"), "transfer_broken"),
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


def test_work_that_went_well_is_counted() -> None:
    """Uploads, jobs and renditions are counted in metrics, without a line each."""
    metrics = Metrics()
    observe = Observer(metrics, sample=10**9)
    with capture_logs() as lines:
        observe(events.UploadAccepted("spree", 1000, 0.2))
        observe(events.RenditionBuilt("large", "jpeg", 500, "job"))
        observe(events.JobDone("renditions", 0.3))
        observe(events.RequestServed("glue", "/", "GET", 200, 0.1))

    text = metrics.exposition().decode()
    assert 'product_images_uploaded_bytes_total{room="spree"} 1000.0' in text
    assert 'product_images_renditions_built_total{cause="job",format="jpeg",recipe="large"} 1.0' in text
    assert 'product_images_job_seconds_count{kind="renditions"} 1.0' in text
    assert {line["log_level"] for line in lines} <= {"debug"}


@pytest.fixture(name="_restored_logging")
def _restored_logging() -> object:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.usefixtures("_restored_logging")
def test_machines_get_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """In JSON every line, ours or a library's, is one object with time, level and request id."""
    configure_logging("json")
    events.REQUEST_ID.set("r-1")
    try:
        raise ZeroDivisionError("told")
    except ZeroDivisionError as error:
        Observer(Metrics())(events.RequestFailed("glue", "/", error))
    logging.getLogger("library").warning("of %s", "its own")

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
