"""The one way to tell the outside what happened: events become log lines and metrics."""

import random
from typing import Final, assert_never

import structlog

from app import events
from app.http.metrics import Metrics

_SLOW: Final = 2.0  # seconds, from which on a request is always logged


class Observer:
    """Listens to every event. Of requests that went well, one in `sample` is logged."""

    def __init__(self, metrics: Metrics, *, sample: int = 100) -> None:
        self.metrics = metrics
        self._sample = sample
        self._log = structlog.get_logger("product_images")

    def __call__(self, event: events.Event) -> None:
        match event:
            case events.RequestServed():
                self._served(event)
            case events.RequestFailed() | events.RequestTurnedAway() | events.TransferBroken() | events.CheckFailed():
                self._trouble(event)
            case events.UploadAccepted():
                self.metrics.uploaded(event)
            case events.UploadRejected():
                self.metrics.trouble("upload_rejected", event.why)
                self._log.info("upload_rejected", room=event.room, why=event.why)
            case events.BlobPurged():
                self._log.warning("blob_purged", blob=event.blob)
            case events.RenditionBuilt() | events.JobDone() | events.JobFailed():
                self._work(event)
            case _:
                assert_never(event)

    def _served(self, event: events.RequestServed) -> None:
        self.metrics.served(event)
        if event.status >= 500 or event.seconds > _SLOW or random.random() * self._sample < 1:  # noqa: S311
            self._log.info(
                "request",
                room=event.room,
                route=event.route,
                method=event.method,
                status=event.status,
                ms=round(event.seconds * 1000, 1),
            )

    def _trouble(
        self,
        event: events.RequestFailed | events.RequestTurnedAway | events.TransferBroken | events.CheckFailed,
    ) -> None:
        match event:
            case events.RequestFailed(room, route, error):
                self.metrics.trouble("request_failed", type(error).__name__)
                self._log.error("request_failed", room=room, route=route, exc_info=error)
            case events.RequestTurnedAway(room, what, reason):
                self.metrics.trouble("request_turned_away", what)
                self._log.warning("request_turned_away", room=room, what=what, reason=reason)
            case events.TransferBroken(key, reason):
                self.metrics.trouble("transfer_broken", "")
                self._log.warning("transfer_broken", key=key, reason=reason)
            case events.CheckFailed(name, reason):
                self.metrics.trouble("check_failed", name)
                self._log.warning("check_failed", check=name, reason=reason)
            case _:
                assert_never(event)

    def _work(self, event: events.RenditionBuilt | events.JobDone | events.JobFailed) -> None:
        match event:
            case events.RenditionBuilt():
                self.metrics.built(event)
            case events.JobDone():
                self.metrics.job_done(event)
                self._log.debug("job_done", kind=event.kind, ms=round(event.seconds * 1000))
            case events.JobFailed(kind, reason, final):
                self.metrics.trouble("job_failed", kind)
                self._log.warning("job_failed", kind=kind, reason=reason, final=final)
            case _:
                assert_never(event)
