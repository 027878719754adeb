"""What an operator is told of a picture that was refused."""

from dataclasses import replace

from app.errors import ImageLimitExceeded
from app.events import UploadRejected
from app.raster.facts.sniff import kind_of
from app.service.pictures.intake import Spool


def rejection(api: str, error: BaseException, spool: Spool) -> UploadRejected:
    """The event for the picture in `spool`, as far as that was received."""
    reported = UploadRejected(api, type(error).__name__, kind_of(spool.head), spool.size)
    excess = error.excess if isinstance(error, ImageLimitExceeded) else None
    if excess is None:
        return reported
    return replace(reported, limit=excess.setting, allowed=excess.allowed, measured=excess.measured)
