"""Which words each failure is reported in, in both formats and both profiles."""

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from aiohttp import web

from app import errors as core
from app.access.oauth import OAuthProblem
from app.apis.openmage import errors
from app.apis.openmage.errors import ErrorStyle, Message, OpenMageError, error_document


def reported(style: ErrorStyle, error: BaseException) -> list[tuple[int, str]]:
    """Status and texts as JSON and XML have them, which must be the same."""
    status, _, as_json = error_document(replace(style, format="json"), error)
    messages = [(m["code"], m["message"]) for m in json.loads(as_json)["messages"]["error"]]
    also, _, as_xml = error_document(replace(style, format="xml"), error)
    items = ElementTree.fromstring(as_xml).findall("messages/error/data_item")
    assert messages == [(int(item.findtext("code") or ""), item.findtext("message")) for item in items]
    assert status == also == (messages[-1][0] or 500)
    return messages


E1, E2, E3 = "Requested store is invalid", "Resource not found", "Product image not found"
E6 = "Requested product does not support images"
E8, E9 = "Resource unknown error", "Resource internal error"


@pytest.mark.parametrize(
    ("method", "user", "error", "status", "text"),
    [
        *((method, "admin", core.StoreViewNotFound(), 400, E1) for method in ("GET", "POST", "PUT", "DELETE")),
        *((method, "admin", core.ProductNotFound(), 404, E2) for method in ("GET", "POST", "PUT", "DELETE")),
        ("GET", "guest", core.ProductNotFound(), 404, E2),
        ("GET", "admin", core.ImageNotFound(), 404, E3),
        ("GET", "customer", core.ImageNotFound(), 404, E2),
        ("GET", "guest", core.ImageNotFound(), 404, E2),
        ("PUT", "admin", core.ImageNotFound(), 404, E2),
        ("DELETE", "admin", core.ImageNotFound(), 404, E2),
        ("POST", "admin", core.ImagesNotSupported(), 400, E6),
        ("PUT", "admin", core.ImagesNotSupported(), 404, E2),
        ("DELETE", "admin", core.ImagesNotSupported(), 404, E2),
        ("POST", "admin", core.ImageUndecodable(), 400, E8),
        ("PUT", "admin", core.FormatNotAllowed(), 400, E8),
        ("POST", "admin", core.BlobBarred(), 400, E8),
        ("POST", "admin", core.ImageLimitExceeded(), 400, E8),
        ("POST", "admin", core.InvalidFileName(), 400, E8),
        ("POST", "admin", RuntimeError("unforeseen"), 400, E8),
        ("PUT", "admin", RuntimeError("unforeseen"), 500, E9),
        ("DELETE", "admin", RuntimeError("unforeseen"), 500, E9),
        ("POST", "admin", core.BodyTooLarge(), 413, "Request entity too large."),
        ("GET", "guest", core.NotFound(), 404, "Request does not match any route."),
        ("GET", "guest", web.HTTPExpectationFailed(), 417, "Expectation Failed"),
        ("GET", "guest", core.Busy(), 503, "Service temporarily unavailable."),
        ("PUT", "admin", core.DatabaseUnavailable(), 503, "Service temporarily unavailable."),
    ],
)
def test_each_failure_has_its_status_and_text(method: str, user: str, error: Exception, status: int, text: str) -> None:
    """A failure is reported with the status and the text that its operation and its reader call for."""
    style = ErrorStyle(method=method, user=user)  # type: ignore[arg-type]
    assert reported(style, error) == [(status, text)]


def test_an_unforeseen_failure_of_a_read_has_the_code_zero() -> None:
    """What nobody foresaw on a read is a 500 with the code 0, and says nothing of its cause."""
    assert reported(ErrorStyle(), RuntimeError("secret")) == [(0, E9)]


def test_an_image_that_is_missing_is_told_with_two_messages() -> None:
    """The image that is not specified is followed by the pre-validation message."""
    expected = [(400, "The image is not specified"), (400, "Resource data pre-validator error")]
    assert reported(ErrorStyle(method="PUT"), core.ImageNotSpecified()) == expected


@pytest.mark.parametrize("error", [core.StoreViewNotFound(), core.ProductNotFound(), core.ImagesNotSupported()])
def test_the_servers_profile_masks_what_a_post_did_not_find(error: Exception) -> None:
    """With the server's profile a POST tells every missing thing as the same unknown error."""
    assert reported(ErrorStyle(profile="server", method="POST"), error) == [(400, "Resource unknown error.")]


@pytest.mark.parametrize(
    ("method", "error", "status", "text"),
    [
        ("GET", core.StoreViewNotFound(), 400, E1),
        ("PUT", core.ProductNotFound(), 404, "Resource not found."),
        ("GET", core.ProductNotFound(), 404, "Resource not found."),
        ("POST", OpenMageError(errors.UNSUPPORTED_MIME), 400, "Unsuppoted image MIME type"),
        ("PUT", RuntimeError(), 500, "Resource internal error."),
        ("POST", core.ImageRejected(), 400, "Resource unknown error."),
        ("POST", OpenMageError(errors.PRE_VALIDATION), 400, "Resource data pre-validation error."),
        ("POST", OpenMageError(errors.NOT_BASE64), 400, "The image content must be valid base64 encoded data"),
    ],
)
def test_the_servers_profile_has_the_servers_words(method: str, error: Exception, status: int, text: str) -> None:
    """With the server's profile the texts are those of a running server, as a whole."""
    assert reported(ErrorStyle(profile="server", method=method), error) == [(status, text)]


@pytest.mark.parametrize("error", [core.Busy(), core.StoreUnavailable()])
def test_an_outage_says_when_to_come_back(error: core.Unavailable) -> None:
    """A service that is away says when to try again."""
    _, headers, _ = error_document(ErrorStyle(), error)
    assert headers["Retry-After"] == str(error.retry_after)


@pytest.mark.parametrize(
    ("problem", "absent"), [("signature_invalid", ""), ("nonce_used", ""), ("parameter_absent", "oauth_token")]
)
def test_an_oauth_problem_is_a_401_without_challenge(problem: str, absent: str) -> None:
    """An OAuth problem is one message with the code 401, and no challenge."""
    error = OAuthProblem(problem, absent)
    assert reported(ErrorStyle(), error) == [(401, error.problem)]
    assert list(error_document(ErrorStyle(), error)[1]) == ["Content-Type"]


@pytest.mark.parametrize(
    ("message", "status", "text"),
    [
        (errors.NOT_IMPLEMENTED, 405, "Resource method not implemented yet."),
        (errors.NOT_ALLOWED, 405, "Resource does not support method."),
        (errors.DATA_INVALID, 400, "The request data is invalid."),
        (errors.DECODING, 400, "Decoding error."),
        (errors.NO_ROUTE, 404, "Request does not match any route."),
        (errors.ACCESS_DENIED, 403, "Access denied"),
        (errors.INVALID_METHOD, 400, "Invalid request method"),
        (errors.NOT_ACCEPTABLE, 406, "Server can not understand Accept HTTP header media type."),
        (errors.UNSUPPORTED_MIME, 400, "Unsupported image MIME type"),
    ],
)
@pytest.mark.parametrize("profile", ["documented", "server"])
def test_other_texts_are_the_same_sentence_in_both_profiles(
    message: Message, status: int, text: str, profile: str
) -> None:
    """Messages that only the server's source defines read alike in both profiles."""
    if message is errors.UNSUPPORTED_MIME and profile == "server":
        text = "Unsuppoted image MIME type"
    assert reported(ErrorStyle(profile=profile), OpenMageError(message)) == [(status, text)]  # type: ignore[arg-type]
