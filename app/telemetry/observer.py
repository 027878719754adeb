"""The one way to tell the outside what happened: events become log lines and metrics."""

import random
from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog

from app import events
from app.telemetry.line_sample import LineSample
from app.telemetry.metrics import Metrics
from app.telemetry.minutes import Minutes

_SLOW: Final = 2.0  # seconds, from which on a request is always logged
_STALLED: Final = 0.25  # seconds of a lag of the event loop that everybody noticed


class Observer:
    """Listens to every event. Of requests that went well, one in `sample` is logged."""

    def __init__(self, metrics: Metrics, *, sample: int = 100) -> None:
        self.metrics = metrics
        self.minutes = Minutes()
        self._sample = sample
        self._lines = LineSample()
        self._log = structlog.get_logger("product_images")
        self._handlers: Final[Mapping[type, Callable[[Any], None]]] = self._by_kind()

    def __call__(self, event: events.Event) -> None:
        self._handlers[type(event)](event)

    def _by_kind(self) -> dict[type, Callable[[Any], None]]:
        """Every kind of event, and what is done about it; the frequent ones are counted and nothing else."""
        return {
            events.RequestServed: self._served,
            events.RequestsServed: self._served_several,
            events.StatementDone: self.metrics.statement,
            events.ConnectionAwaited: self.metrics.waited,
            events.ConnectionGivenUp: self._given_up,
            events.ReplicaTried: self.metrics.replica_tried,
            events.StoreCalled: self.metrics.stored,
            events.LoopLagged: self._lagged,
            events.UploadAccepted: self.metrics.uploaded,
            events.RenditionBuilt: self.metrics.built,
            events.CodecTaskDone: self.metrics.codec_done,
            events.JobDone: self._job_done,
            events.DeliveryTried: self._delivery_tried,
            events.RequestFailed: self._request_failed,
            events.RequestTurnedAway: self._turned_away,
            events.RequestRefused: self._refused,
            events.SignatureRefused: self._signature_refused,
            events.SignaturesFollowed: self._signatures_followed,
            events.TransferBroken: self._transfer_broken,
            events.UploadRejected: self._upload_rejected,
            events.CodecChildLost: self._child_lost,
            events.JobFailed: self._job_failed,
            events.BlobPurged: self._blob_purged,
            events.CheckFailed: self._check_failed,
        }

    def _served(self, event: events.RequestServed) -> None:
        self.metrics.served(event)
        self.minutes.served(event)
        if self._is_logged(event.status, event.seconds):
            self._log_request(event, event.seconds)

    def _served_several(self, event: events.RequestsServed) -> None:
        """None of them was told an id, so that only those that are logged need one."""
        self.metrics.served_several(event)
        self.minutes.served_several(event)
        for seconds in event.seconds:
            if self._is_logged(event.status, seconds):
                token = events.REQUEST_ID.set(events.new_request_id())
                try:
                    self._log_request(event, seconds)
                finally:
                    events.REQUEST_ID.reset(token)

    def _is_logged(self, status: int, seconds: float) -> bool:
        return random.random() * self._sample < 1 or status >= 500 or seconds > _SLOW  # noqa: S311

    def _log_request(self, event: events.RequestServed | events.RequestsServed, seconds: float) -> None:
        fields = {"room": event.api, "route": event.route, "method": event.method, "status": event.status}
        if event.status >= 500 or seconds > _SLOW:
            self._seldom("request", fields, ms=round(seconds * 1000, 1))
        else:
            self._log.info("request", **fields, ms=round(seconds * 1000, 1))

    def _lagged(self, event: events.LoopLagged) -> None:
        self.metrics.lagged(event)
        if event.seconds > _STALLED:
            self._log.warning("event_loop_stalled", ms=round(event.seconds * 1000))

    def _given_up(self, event: events.ConnectionGivenUp) -> None:
        self.metrics.given_up(event)
        self._log.warning("database_connection_given_up", whose=event.whose, seconds=event.seconds)

    def _job_done(self, event: events.JobDone) -> None:
        self.metrics.job_done(event)
        self._log.debug("job_done", kind=event.kind, ms=round(event.seconds * 1000))

    def _delivery_tried(self, event: events.DeliveryTried) -> None:
        self.metrics.delivery_tried(event)
        if event.failure:
            self._seldom("webhook_not_taken", {"webhook": event.webhook}, "warning", why=event.failure)

    def _request_failed(self, event: events.RequestFailed) -> None:
        what = type(event.error).__name__
        self.metrics.trouble("request_failed", what)
        kind = {"room": event.api, "route": event.route, "what": what}
        self._seldom("request_failed", kind, "error", exc_info=event.error)

    def _turned_away(self, event: events.RequestTurnedAway) -> None:
        self.metrics.trouble("request_turned_away", event.what)
        self._seldom("request_turned_away", {"room": event.api, "what": event.what}, "warning", reason=event.reason)

    def _refused(self, event: events.RequestRefused) -> None:
        self.metrics.trouble("request_refused", event.why)
        self._seldom("request_refused", {"why": event.why})

    def _signature_refused(self, event: events.SignatureRefused) -> None:
        self._log.warning(
            "signature_refused",
            consumer=event.consumer,
            problem=event.problem,
            method=event.method,
            url=event.url,
            why=event.why,
        )

    def _signatures_followed(self, event: events.SignaturesFollowed) -> None:
        self._log.warning("signatures_followed", consumer=event.consumer, problem=event.problem, count=event.count)

    def _transfer_broken(self, event: events.TransferBroken) -> None:
        self.metrics.trouble("transfer_broken", "")
        self._seldom("transfer_broken", {"key": event.key}, "warning", reason=event.reason)

    def _seldom(self, line: str, kind: Mapping[str, Any], level: str = "info", **further: Any) -> None:
        """Logs what strangers may cause as often as they like: of each kind so many lines a minute, and each says how
        many were left out before it."""
        left_out = self._lines.admit((line, *kind.values()))
        if left_out is not None:
            more = {"left_out": left_out} if left_out else {}
            getattr(self._log, level)(line, **kind, **further, **more)

    def _upload_rejected(self, event: events.UploadRejected) -> None:
        self.metrics.trouble("upload_rejected", event.why)
        self.metrics.rejected(event)
        excess = {"limit": event.limit, "allowed": event.allowed, "measured": event.measured} if event.limit else {}
        self._log.info("upload_rejected", room=event.api, why=event.why, format=event.format, size=event.size, **excess)

    def _child_lost(self, event: events.CodecChildLost) -> None:
        self.metrics.child_lost(event)
        self._log.warning("codec_child_lost", why=event.why, reason=event.reason)

    def _job_failed(self, event: events.JobFailed) -> None:
        self.metrics.trouble("job_failed", event.kind)
        self._log.warning("job_failed", kind=event.kind, subject=event.subject, reason=event.reason, final=event.final)

    def _blob_purged(self, event: events.BlobPurged) -> None:
        self._log.warning("blob_purged", blob=event.blob)

    def _check_failed(self, event: events.CheckFailed) -> None:
        self.metrics.trouble("check_failed", event.name)
        self._log.warning("check_failed", check=event.name, reason=event.reason)
