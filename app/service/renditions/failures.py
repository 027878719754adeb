"""What is told of a picture that could not be rendered."""

from collections.abc import Mapping
from typing import Final

from app import errors
from app.model import Failure

_CODES: Final[Mapping[type[errors.ProductImagesError], str]] = {
    errors.ImageUndecodable: "damaged",
    errors.ImageTruncated: "truncated",
    errors.CodecFailed: "damaged",
    errors.ImageTooSlow: "too_slow",
    errors.FormatNotAllowed: "format_not_accepted",
    errors.FileTooLarge: "file_too_large",
    errors.ImageLimitExceeded: "too_many_pixels",
}
"""The picture's own faults, in the words in which an upload of it would be refused (native.md 2); others are ours."""

_BY_NAME: Final = {cause.__name__: Failure(code, cause().public) for cause, code in _CODES.items()}
_OURS: Final = Failure("internal", "The picture could not be processed.")


def failure_of(reason: str) -> Failure:
    """Of a job's reason, which begins with the name of what was raised: the rest of it is for operators."""
    return _BY_NAME.get(reason.partition(":")[0], _OURS)
