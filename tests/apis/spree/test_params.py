import pytest

from app.apis.spree.body.forms import query_params
from app.apis.spree.body.params import Absent, Cleared, Params, Upload, check_viewable, image_form, nested, wrapped
from app.apis.spree.errors import Malformed, Unusable


def test_bracket_names_are_nested() -> None:
    """Bracket names are nested one level; arrays and deeper ones count as no scalar."""
    assert nested([("image[alt]", "x"), ("image[attachment][]", "y"), ("token", "t"), ("image[a][b]", "z")]) == {
        "image": {"alt": "x", "attachment": [], "a": []},
        "token": "t",
    }
    assert query_params("image%5Balt%5D=a+b%26c&image[position]=&x") == {
        "image": {"alt": "a b&c", "position": ""},
        "x": "",
    }


def test_a_thousand_fields_are_enough() -> None:
    """More than a thousand fields are refused."""
    with pytest.raises(Malformed):
        query_params("a=1&" * 1001)


@pytest.mark.parametrize(
    ("document", "image"),
    [
        ({"alt": "x"}, {"alt": "x"}),
        ({"alt": "x", "position": 2, "token": "t", "attachment": "data:"}, {"alt": "x", "position": 2}),
        ({"id": 5, "type": "x"}, {"id": 5, "type": "x"}),
        ({"image": {"alt": "y"}, "alt": "x"}, {"alt": "y"}),
        ({"image": None, "alt": "x"}, None),
        ([1], {}),
        (3, {}),
        ({}, {}),
    ],
)
def test_json_without_an_image_is_wrapped_from_its_columns(document: object, image: object) -> None:
    """Top-level columns of a JSON body become the image where that key is missing."""
    assert wrapped(document)["image"] == image


@pytest.mark.parametrize("image", [None, {}, "foo", 0, [], ["x"], ""])
def test_a_missing_or_shapeless_image_is_an_exception(image: object) -> None:
    """A missing, empty or shapeless image is reported as an exception."""
    with pytest.raises(Unusable) as caught:
        image_form({"image": image})
    assert caught.value.public == "param is missing or the value is empty: image"


@pytest.mark.parametrize(
    ("value", "position"),
    [
        ("2.7", 2),
        ("abc", 0),
        ("", None),
        (" ", None),
        (None, None),
        (3, 3),
        (2.9, 2),
        (True, 1),
        ("-4", -1),
        (9**30, 2**31 - 1),
        (float("inf"), 2**31 - 1),
    ],
)
def test_positions_are_cast_to_integers(value: object, position: int | None) -> None:
    """Positions are the integer that the value begins with; blank and null are none."""
    form = image_form({"image": {"position": value}})
    assert form.given == {"position"}
    assert form.position == position


@pytest.mark.parametrize(
    ("value", "alt"), [("x", "x"), ("", ""), (None, None), (123, "123"), (1.5, "1.5"), (True, "t")]
)
def test_alternative_texts_become_strings(value: object, alt: str | None) -> None:
    """Scalars become strings; an empty text and null stay apart."""
    assert image_form({"image": {"alt": value}}).alt == alt


def test_a_text_that_no_column_holds_is_an_exception() -> None:
    """A null byte is reported as an exception."""
    with pytest.raises(Unusable):
        image_form({"image": {"alt": "a\x00b"}})


def test_unknown_keys_and_compound_values_count_as_absent() -> None:
    """Unknown keys and values that are no scalars count as absent."""
    form = image_form({"image": {"id": 4, "alt": ["x"], "attachment": {"a": 1}, "position": {}}})
    assert form.given == frozenset()
    assert form.attachment == Absent()


@pytest.mark.parametrize(
    ("sent", "attachment"),
    [
        ({"alt": ""}, Absent()),
        ({"attachment": ""}, Absent()),
        ({"attachment": None}, Cleared()),
        ({"attachment": "foo"}, "foo"),
        ({"attachment": 5}, "5"),
        ({"attachment": Upload("a.png", b"")}, Upload("a.png", b"")),
    ],
)
def test_an_attachment_is_absent_cleared_a_file_or_a_text(sent: Params, attachment: object) -> None:
    """An empty attachment is absent, null clears it, the rest is a file or a text."""
    assert image_form({"image": sent}).attachment == attachment


def test_images_hang_on_variants_only() -> None:
    """Another type than the variant is reported as an exception."""
    check_viewable({"image": {"viewable_type": "Spree::Variant"}})
    check_viewable({"image": {"alt": "x"}})
    for kind in ("Spree::Bogus", "", None, 5):
        with pytest.raises(Unusable):
            check_viewable({"image": {"viewable_type": kind}})
