"""Everything that can go wrong, as one family.

The docstring of a class is its public sentence. `reason` carries what an operator needs and never
reaches a client. Each dialect turns these into its own document (`apis/*/errors.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class ProductImagesError(Exception):
    """Something went wrong."""

    is_elsewhere: bool = False
    """Whether its cause is in bytes that a request only named: they may be other ones, or there, the next time."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason or self.public)
        self.reason = reason

    @property
    def public(self) -> str:
        return (type(self).__doc__ or "").strip().splitlines()[0]


def sentence(error: ProductImagesError) -> str:
    """What an operator reads of an error: its reason where that is a sentence, else both its texts."""
    if not error.reason or error.reason == error.public:
        return error.public
    if error.reason.endswith((".", "?")):
        return error.reason
    return f"{error.public.rstrip('.')}: {error.reason}"


class Misconfigured(ProductImagesError):
    """The service is not configured correctly."""


class ClocksDiffer(ProductImagesError):
    """The clocks of this machine, the database and the store differ too much."""


# --- what was asked for is not there -------------------------------------------------------------


class NotFound(ProductImagesError):
    """The resource was not found."""


class ProductNotFound(NotFound):
    """The product was not found."""


class ImageNotFound(NotFound):
    """The image was not found."""


class PictureNotFound(NotFound):
    """The picture was not found."""


class SetNotFound(NotFound):
    """The image set was not found."""


class StoreViewNotFound(NotFound):
    """The store view was not found."""


class WebhookNotFound(NotFound):
    """There is no such webhook."""


class DeliveryNotFound(NotFound):
    """There is no such delivery."""


class KeyNotFound(NotFound):
    """There is no such key."""


class ConsumerNotFound(NotFound):
    """There is no such consumer."""


class TokenNotFound(NotFound):
    """There is no such token."""


class RenditionNotFound(NotFound):
    """The rendition was not found."""


class RenditionFailed(ProductImagesError):
    """The rendition could not be made."""


class Gone(ProductImagesError):
    """It is older than what is kept."""


# --- what was sent cannot be accepted ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Excess:
    """Which setting is exceeded, what it allows, and what was measured, both in the setting's unit."""

    setting: str
    allowed: int
    measured: int


class Rejected(ProductImagesError):
    """The input cannot be accepted."""


class BodyTooLarge(Rejected):
    """The request body is larger than this service accepts."""


class BodyTooSlow(Rejected):
    """The request body did not arrive in time."""


class BodyBroken(Rejected):
    """The request body is not framed as HTTP prescribes."""


class EncodingNotAccepted(Rejected):
    """The request body must not be compressed."""


class InvalidHost(Rejected):
    """The request names no valid host."""


class ImagesNotSupported(Rejected):
    """The product does not support images."""


class InvalidCommand(Rejected):
    """The command cannot be carried out.

    `member` is which of the things said is to blame, where that is one alone.
    """

    def __init__(self, reason: str = "", member: str | None = None, code: str = "out_of_range") -> None:
        super().__init__(reason)
        self.member = member
        self.code = code


class Conflict(Rejected):
    """The change contradicts what is there.

    `reason` is a sentence for whoever asks for the change, and `details` what else helps to see the contradiction.
    """

    def __init__(self, reason: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(reason)
        self.details = details or {}


class PreconditionFailed(Rejected):
    """It was changed meanwhile.

    `details` is what it is now.
    """

    def __init__(self, reason: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(reason)
        self.details = details or {}


class NoSuchRevision(Rejected):
    """The image has not come to this revision yet."""


class InvalidFileName(Rejected):
    """The file name cannot be used."""


class EditTooSmall(Rejected):
    """A crop has to leave 16 pixels of the original each way."""

    def __init__(self, reason: str = "", excess: Excess | None = None) -> None:
        super().__init__(reason)
        self.excess = excess


class ImageNotSpecified(Rejected):
    """The image is not specified."""


class InvalidAddress(Rejected):
    """The address cannot be used."""

    @property
    def public(self) -> str:
        return self.reason


class FetchRefused(Rejected):
    """The address may not be fetched."""


class FetchFailed(Rejected):
    """The file could not be fetched."""


class ImageRejected(Rejected):
    """The file is not an image that this service accepts."""


class FormatNotAllowed(ImageRejected):
    """The file's format is not accepted."""


class ImageLimitExceeded(ImageRejected):
    """The image has more pixels or frames than this service accepts."""

    def __init__(self, reason: str = "", excess: Excess | None = None) -> None:
        super().__init__(reason)
        self.excess = excess


class FileTooLarge(ImageLimitExceeded):
    """The file is larger than this service accepts."""


class ImageUndecodable(ImageRejected):
    """The image is damaged."""


class ImageTruncated(ImageUndecodable):
    """The file ends before its picture does."""


class CodecFailed(ImageRejected):
    """The image could not be processed."""


class ImageTooSlow(CodecFailed):
    """The image takes too long to process."""


class BlobBarred(ImageRejected):
    """The image has been purged and may not be uploaded again."""


# --- requests that are sent again ------------------------------------------------------------------


class KeyMalformed(Rejected):
    """The idempotency key is not valid."""


class KeyReused(Rejected):
    """Idempotency key was used for another request"""


class AnswerWithheld(ProductImagesError):
    """Request was processed before, and its answer is not kept"""


# --- what the object store says ------------------------------------------------------------------


class ObjectMissing(ProductImagesError):
    """The object is not in the store."""


class ObjectTooLarge(ProductImagesError):
    """The object is larger than its reader wants to hold in memory."""


class InvalidKey(ProductImagesError):
    """The object's key is not one that this service makes."""


# --- what is needed is away, for now --------------------------------------------------------------


class Unavailable(ProductImagesError):
    """The service is temporarily unavailable."""

    retry_after: int = 5  # seconds, sent as Retry-After


class DatabaseUnavailable(Unavailable):
    """The database is away."""


class StoreUnavailable(Unavailable):
    """The object store is away."""


class ChecksumMismatch(StoreUnavailable):
    """The bytes are not those that were announced."""


class DiscUnavailable(Unavailable):
    """The local disc does not keep what it is given."""


class OriginalMissing(Unavailable):
    """The uploaded bytes are not in the store."""

    retry_after = 60  # who can put them back is an operator


class CodecsUnavailable(Unavailable):
    """The image could not be processed now."""


class CodecsTooSlow(CodecsUnavailable):
    """The image could not be processed in time."""


class RenditionDelayed(Unavailable):
    """The rendition could not be made now."""

    def __init__(self, reason: str, retry_after: int) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class KeyInFlight(Unavailable):
    """Request is being processed"""

    retry_after = 1


class Busy(Unavailable):
    """All slots are taken."""

    retry_after = 1


class RateExceeded(Unavailable):
    """Too many requests."""

    def __init__(self, reason: str, retry_after: int) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
