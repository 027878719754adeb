"""The query string: its echo, sparse fields, includes and pages."""

from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.apis.glue.query import is_read, read_query
from app.apis.php.query import parse_query


@pytest.mark.parametrize(
    ("raw", "is_told"),
    [
        ("", True),
        ("include=a,b&fields[abstract-products]=name&page[limit]=5&page%5Boffset%5D=0", True),
        *((f"include=a&{raw}=SECRET", False) for raw in ("", "%00t", "t", "[a]", "%20", "include%00t", "fields")),
        *((f"{raw}=SECRET", False) for raw in ("fields[a]t", "fields[a][b", "fields[a%00b]", "page[t]", "include[]")),
        ("include=SECRET&include=a", False),
        ("&".join(f"fields[{number}]=a" for number in range(1001)), False),
    ],
)
def test_only_what_counts_is_written_down(raw: str, is_told: bool) -> None:
    """Nothing that the answer does not hang on, and that might be a secret."""
    assert is_read(raw) == is_told


@pytest.mark.parametrize(
    ("raw", "echo"),
    [
        ("", ""),
        ("&&", ""),
        ("=1&[a]=2", ""),
        ("b=1&a=2", "b=1&a=2"),
        ("a=1&b=2&a=3", "a=3&b=2"),
        ("foo", "foo="),
        ("x[]=1&x[]=2", "x[0]=1&x[1]=2"),
        ("x%5B%5D=1", "x[0]=1"),
        ("x[5]=a&x[]=b", "x[5]=a&x[6]=b"),
        ("x[05]=a&x[]=b", "x[05]=a&x[0]=b"),
        ("x[a][b]=1&x[a][c]=2&y=&x[a][b]=3", "x[a][b]=3&x[a][c]=2&y="),
        ("x=1&x[a]=2", "x[a]=2"),
        ("x[a]=2&x=1", "x=1"),
        ("x[a]b=1", "x[a]=1"),
        ("x[a][b=1", "x[a]=1"),
        ("x[a.b=1", "x_a_b=1"),
        ("x[ ]=1", "x[0]=1"),
        ("a.b c=1", "a_b_c=1"),
        ("x[a.b]=1", "x[a.b]=1"),
        (" a=1", "a=1"),
        ("+a=1", "a=1"),
        ("q=a+b%20c%26d%2Be", "q=a b c&d+e"),
        ("q=%C3%BC&w=%2541", "q=ü&w=%41"),
        ("q=%zz%", "q=%zz%"),
        ("q=%FF", "q=\ufffd"),
        ("a=b=c", "a=b=c"),
        ("page[limit]=5&page[offset]=0", "page[limit]=5&page[offset]=0"),
        (f"deep{'[a]' * 65}=1&a=1", "a=1"),
    ],
)
def test_links_repeat_the_query_as_php_would(raw: str, echo: str) -> None:
    """Links repeat the query as PHP would: parsed, written again, decoded."""
    assert read_query(raw).echo == echo


WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=" .[]\0"), min_size=1)


@given(st.dictionaries(WORDS, st.text(st.characters(exclude_categories=["Cs"]))))
def test_encoded_parameters_come_back_decoded_in_their_order(parameters: dict[str, str]) -> None:
    """Whatever was percent-encoded comes back decoded, in the order of first appearance."""
    raw = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in parameters.items())
    assert parse_query(raw) == parameters
    assert read_query(raw).echo == "&".join(f"{name}={value}" for name, value in parameters.items())


@given(st.lists(st.text(min_size=1)))
def test_lists_are_numbered(values: list[str]) -> None:
    """Values of a list are numbered from nought."""
    raw = "&".join(f"x[]={quote(value, safe='', errors='replace')}" for value in values)
    expected = "&".join(f"x[{i}]={unquote(quote(value, errors='replace'))}" for i, value in enumerate(values))
    assert read_query(raw).echo == expected


@given(st.text(st.sampled_from("ab[].=&+%20é")))
def test_a_plain_echo_reads_the_same_again(raw: str) -> None:
    """An echo without characters that need encoding is repeated unchanged."""
    echo = read_query(raw).echo
    if not set(echo) & set("%+"):
        assert read_query(echo).echo == echo


@given(st.text())
def test_no_query_is_an_error(raw: str) -> None:
    """No query is an error, and each echo can be written as UTF-8."""
    assert read_query(raw).echo.encode() is not None


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ("fields[a]=x,y", {"a": {"x", "y"}}),
        ("fields[a]=x, y", {"a": {"x", " y"}}),
        ("fields[a]=", {"a": {""}}),
        ("fields[a]=x&fields[b]=y", {"a": {"x"}, "b": {"y"}}),
        ("fields=abc", {}),
        ("fields[a][b]=c", {}),
        ("", {}),
    ],
)
def test_sparse_fieldsets_are_read_per_type(raw: str, fields: dict[str, set[str]]) -> None:
    """Sparse fieldsets are read per type, without trimming; what the original crashes on is absent."""
    assert read_query(raw).fields == fields


@pytest.mark.parametrize(
    ("raw", "include"),
    [
        ("include=a,b", {"a", "b"}),
        ("include=a,%20b", {"a", " b"}),
        ("include=%20a,b%0A", {"a", "b"}),
        ("include[]=a", set()),
        ("", set()),
    ],
)
def test_only_the_whole_include_is_trimmed(raw: str, include: set[str]) -> None:
    """Only the whole value of include is trimmed, not its parts."""
    assert read_query(raw).include == include


@pytest.mark.parametrize(
    "raw",
    ["", "page=abc", "page[x]=y", "page[limit]=5", "page[limit]=5&page[offset]=0", "page[limit]=+5&page[offset]=-3"],
)
def test_a_sane_page_is_accepted(raw: str) -> None:
    """A sane page is accepted, and so is one that is no page at all."""
    assert read_query(raw).page_is_sane


@pytest.mark.parametrize(
    "raw",
    [
        "page[limit]=0",
        "page[limit]=-1",
        "page[limit]=",
        "page[limit]=x",
        "page[limit]=1.5",
        "page[limit]=05",
        "page[limit][]=5",
        "page[offset]=0",
        "page[offset]=10",
        "page[limit]=5&page[offset]=x",
        "page[limit]=5&page[offset][a]=1",
    ],
)
def test_a_bad_page_is_found(raw: str) -> None:
    """A page is bad whose limit is missing or not positive, or a part of which is no integer."""
    assert not read_query(raw).page_is_sane
