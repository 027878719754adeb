import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.http.bodies.disposition import disposition_parameter, file_name_of
from app.service.pictures.file_names import sanitised


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("my cat & dog#1 (x)+é[1].JPG", "my_cat___dog_1_(x)_é_1_.JPG"),
        ("C:\\dir\\y.png", "y.png"),
        ("../../etc/passwd", "passwd"),
        ("100%.png", "100_.png"),
        ("caf%C3%A9.png", "café.png"),
        ("a%2Fb.png", "b.png"),
        ("50%25.png", "50_.png"),
        ("a%00b.png", "a_b.png"),
        ("&$+,:;=?@<>[]{}|^~%# .png", "_____________________.png"),
        ('it\'s-(1)_"x".gif', 'it\'s-(1)_"x".gif'),
        ("..", "data"),
        ("folder/", "data"),
        ("cat", "cat"),
    ],
)
def test_names_are_freed_of_folders_and_of_troublesome_characters(sent: str, kept: str) -> None:
    """A name loses its folders and has each troublesome character replaced, one for one."""
    assert sanitised(sent) == kept


@given(st.text())
def test_any_name_becomes_one_that_a_url_and_a_row_can_hold(sent: str) -> None:
    """Whatever a client sends becomes a name that a URL segment and a text column can hold."""
    name = sanitised(sent)
    assert name.strip(".")
    assert not set(name) & set("&$+,/:;=?@<>[]{}|\\^~%# \x00")
    assert sanitised(name) == name
    name.encode()


@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "Nd"]), min_size=1))
def test_plain_names_stay(name: str) -> None:
    """Letters and digits stay as they are."""
    assert sanitised(f"{name}.jpg") == f"{name}.jpg"


@pytest.mark.parametrize(
    ("disposition", "filename"),
    [
        ('form-data; name="image[attachment]"; filename="cat.jpg"', "cat.jpg"),
        ('form-data; name="x"; filename="C:\\dir\\y.png"', "C:\\dir\\y.png"),
        ('form-data; name="x"; filename="a\\"b.png"', 'a"b.png'),
        ('form-data; name="x"; filename="a;b.png"', "a;b.png"),
        ("form-data; name=x; filename=cat.jpg", "cat.jpg"),
        ('form-data; name="x"; filename="plain.png"; filename*=UTF-8\'\'f%C3%A4ncy.png', "plain.png"),
        ('form-data; name="x"; filename*=UTF-8\'\'f%C3%A4ncy.png; filename="plain.png"', "plain.png"),
        ('form-data; name="x"', None),
        ('form-data; name="x"; filename=""', ""),
    ],
)
def test_the_plain_file_name_of_a_part_is_read(disposition: str, filename: str | None) -> None:
    """The plain `filename` is read as browsers and curl write it, whatever `filename*` says."""
    assert disposition_parameter(disposition, "filename") == filename


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ("attachment; filename*=UTF-8''f%C3%A4ncy.png", "fäncy.png"),
        ("attachment; filename=\"plain.png\"; filename*=utf-8'de'f%C3%A4ncy.png", "fäncy.png"),
        ("attachment; filename*=ISO-8859-1''f%E4ncy.png; filename=plain.png", "fäncy.png"),
        ("attachment; filename=plain.png; filename*=UTF-8''%E4.png", "plain.png"),
        ("attachment; filename=plain.png; filename*=koi8-r''a.png", "plain.png"),
        ("attachment; filename=plain.png; filename*=nonsense", "plain.png"),
        ("attachment; filename=plain.png", "plain.png"),
        ('attachment; filename=""', None),
        ("attachment", None),
    ],
)
def test_a_name_in_utf_8_wins_where_it_can_be_read(disposition: str, name: str | None) -> None:
    """As RFC 6266 has it: beside it the plain name is for those who do not know the other."""
    assert file_name_of(disposition) == name
