"""Lines of a gallery file: what an export writes is what an import reads."""

from datetime import UTC, datetime

import orjson
from hypothesis import given
from hypothesis import strategies as st

from app.model import MAX_POSITION
from app.raster.steps.edit import Edit
from app.service.transfer.galleries.lines import ImageLine, Values, parse_line
from app.service.transfer.galleries.stored import as_document

addresses = st.from_regex(r"(?:https?:)?//[a-z]{1,20}\.example/[a-zA-Z0-9/._-]{0,60}", fullmatch=True)
words = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1, max_size=400)
names = words | words.map(lambda word: (word * 2048)[:2048])
paths = words.map(lambda word: f"/{word}")
types = st.lists(st.sampled_from(["image", "small_image", "swatch"]), unique=True).map(
    lambda held: dict.fromkeys(held, True)
)
scope_values = st.builds(
    Values,
    label=st.none() | words,
    position=st.none() | st.integers(0, MAX_POSITION),
    exclude=st.none() | st.booleans(),
    hidden=st.just(False),
    types=types,
)
lines = st.builds(
    ImageLine,
    sku=words,
    given=scope_values,
    stores=st.dictionaries(words, scope_values, max_size=2),
    id=st.integers(1, 2**53),
    path=paths,
    file=st.none() | paths,
    file_name=names,
    file_updated_at=st.none() | st.integers(1, 2**33).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    url_large=st.none() | addresses,
    url_small=st.none() | addresses,
    edit=st.sampled_from([None, Edit(90), Edit(0, (0.0, 0.25, 0.5, 0.75), (1.0, 0.0)), Edit(focal=(0.5, 0.5))]),
    key=st.none() | words.map(lambda word: word[:255]),
    texts=st.dictionaries(words, st.fixed_dictionaries({}, optional={"large": words, "small": words}), max_size=2),
)


@given(lines)
def test_an_import_takes_whatever_an_export_writes(line: ImageLine) -> None:
    """Whatever names, texts and values an image has, its line is read as it was written."""
    assert parse_line(orjson.dumps(as_document(line))) == line


@given(words, st.sampled_from([".jpg", ".jpeg", ""]))
def test_a_name_of_a_former_version_is_cut(word: str, extension: str) -> None:
    """A file name that is longer than any may be is cut in front of its extension, and so read again."""
    name = f"{(word * 3000)[:3000].replace('.', '-')}{extension}"
    line = parse_line(orjson.dumps({"sku": "dress", "id": 1, "file_name": name}))
    assert isinstance(line, ImageLine)
    assert line.file_name is not None
    assert line.file_name.endswith(extension)
    assert len(line.file_name.encode()) <= 255
    assert name.startswith(line.file_name.removesuffix(extension))
    assert parse_line(orjson.dumps(as_document(line))) == line
