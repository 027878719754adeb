import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.apis.spree import present
from app.model import ImageId, ProductId
from app.service.galleries.spree.reader import ImageFile, ListedImage

UPDATED = datetime(2013, 6, 6, 15, 44, 36, tzinfo=UTC)
CAT = ListedImage(
    ImageId(1),
    ProductId(1),
    position=1,
    label=None,
    excluded=False,
    file=ImageFile("thinking-cat.jpg", "jpeg", 489, 490, UPDATED),
)
GUIDE = (
    b'{"images":[{"id":1,"position":1,"attachment_content_type":"image/jpeg","attachment_file_name":"thinking-cat.jpg",'
    b'"type":"Spree::Image","attachment_updated_at":"2013-06-06T15:44:36.000Z","attachment_width":489,'
    b'"attachment_height":490,"alt":null,"viewable_type":"Spree::Variant","viewable_id":1,'
    b'"mini_url":"/spree/products/1/mini/thinking-cat.jpg?1370533476",'
    b'"small_url":"/spree/products/1/small/thinking-cat.jpg?1370533476",'
    b'"product_url":"/spree/products/1/product/thinking-cat.jpg?1370533476",'
    b'"large_url":"/spree/products/1/large/thinking-cat.jpg?1370533476"}]}'
)


def named(name: str) -> ListedImage:
    return replace(CAT, file=ImageFile(name, "png", 1, 1, UPDATED))


def test_a_list_is_byte_for_byte_what_the_guide_shows() -> None:
    """A list is byte for byte what the guide shows."""
    assert present.index([CAT]) == GUIDE
    assert present.index([]) == b'{"images":[]}'


def test_one_image_stands_without_a_wrapper() -> None:
    """One image stands without a wrapper."""
    assert b'{"images":[' + present.show(CAT) + b"]}" == GUIDE


def test_characters_that_are_unsafe_in_pages_are_escaped() -> None:
    """Ampersands, angle brackets and line separators are escaped; slashes and letters are not."""
    shown = present.show(replace(CAT, label='A & <b> "q" é \u2028\u2029/'))
    assert '"alt":"A \\u0026 \\u003cb\\u003e \\"q\\" é \\u2028\\u2029/"'.encode() in shown


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_any_text_is_read_back_as_it_was(alt: str) -> None:
    """Any text is read back as it was."""
    assert json.loads(present.show(replace(CAT, label=alt)))["alt"] == alt


@pytest.mark.parametrize(
    ("name", "segment"),
    [
        ("cat", "cat."),
        ("X.JPG", "X.JPG"),
        ("a(1)\"é!*'~.png", "a%281%29%22%C3%A9!*'~.png"),
        ("x.tar.gz", "x.tar.gz"),
    ],
)
def test_urls_hold_the_name_percent_encoded(name: str, segment: str) -> None:
    """URLs hold the encoded name, with its dot even where there is no extension."""
    assert json.loads(present.show(named(name)))["mini_url"] == f"/spree/products/1/mini/{segment}?1370533476"


def test_a_prefix_makes_urls_absolute() -> None:
    """A prefix goes before the URLs of our own files."""
    assert json.loads(present.show(CAT, "https://cdn.example"))["large_url"].startswith(
        "https://cdn.example/spree/products/1/large/"
    )


def test_an_image_without_a_time_has_urls_without_a_query() -> None:
    """Where the time of the file is unknown, it is null and the URLs have no query."""
    shown = json.loads(present.show(replace(CAT, file=ImageFile("a.png", "png", 1, 1, None))))
    assert shown["attachment_updated_at"] is None
    assert shown["mini_url"] == "/spree/products/1/mini/a.png"


def test_an_external_picture_shows_its_own_urls() -> None:
    """An external picture has no file attributes and its own URLs, the missing one filled by the other."""
    shown = json.loads(present.show(replace(CAT, file=None, url_large="https://x/l.png", url_small="https://x/s.png")))
    assert [shown[f"{style}_url"] for style in present.STYLES] == ["https://x/s.png"] * 2 + ["https://x/l.png"] * 2
    assert {key for key, value in shown.items() if value is None} == {
        "attachment_content_type",
        "attachment_file_name",
        "attachment_updated_at",
        "attachment_width",
        "attachment_height",
        "alt",
    }
    only = json.loads(present.show(replace(CAT, file=None, url_large="https://x/l.png")))
    assert {only[f"{style}_url"] for style in present.STYLES} == {"https://x/l.png"}


def test_an_image_without_any_file_points_at_the_missing_one() -> None:
    """A row without a file or URL shows the address of the missing picture."""
    assert json.loads(present.show(replace(CAT, file=None)))["mini_url"] == "/attachments/mini/missing.png"


@given(st.datetimes(UPDATED.replace(tzinfo=None), UPDATED.replace(year=2100, tzinfo=None)))
def test_times_are_utc_with_three_digits_and_stamps_are_cut(naive: datetime) -> None:
    """Times are UTC, cut to three digits whatever their zone; the stamp is cut to seconds."""
    moment = naive.replace(tzinfo=timezone(timedelta(hours=5, minutes=30)))
    text = present.timestamp(moment)
    back = datetime.fromisoformat(text)
    assert len(text) == len("2013-06-06T15:44:36.000Z")
    assert timedelta(0) <= moment - back < timedelta(milliseconds=1)
    assert timedelta(0) <= moment - datetime.fromtimestamp(present.unix(moment), UTC) < timedelta(seconds=1)
