"""Which paths a row of the log takes away: pure."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.service.feed.documents import Shops, Shown, documents_of, tags_of
from app.service.feed.events import Change, own_event
from app.service.feed.withdrawn import Files, Held, media_tags, withdrawn_paths

HASH = "ab" * 32
FILES = (Files(705, 8, "now.jpg", HASH, (100, 200)), Files(706, 8, None, None, ()))
HELD = Held(FILES, frozenset({"/f/r/front 1.jpg"}))


def change(kind: str, before: dict[str, Any] | None = None, after: dict[str, Any] | None = None, **said: Any) -> Change:
    known = {"product": 8, "sku": "dress", "image": 705} | said
    at = datetime(2026, 11, 29, tzinfo=UTC)
    return Change(
        1, at, kind, known["product"], known["sku"], known["image"], "v1", "me", None, before or {}, after or {}, True
    )


def test_a_delete_takes_path_and_every_style_with_every_stamp() -> None:
    """The path only if it is withdrawn; the stamp of the row itself, too."""
    row = change(
        "image.deleted",
        {"path": "/f/r/front 1.jpg", "file_name": "old.jpg", "stamp": "1970-01-01T00:05:00+00:00", "hash": HASH},
    )
    paths = list(withdrawn_paths(row, HELD))
    assert paths[0] == "/media/catalog/product/f/r/front%201.jpg"
    styles = ("mini", "small", "product", "large", "original")
    assert paths[1:] == [
        f"/spree/products/705/{style}/old.jpg{stamp}" for style in styles for stamp in ("", "?100", "?200", "?300")
    ]
    assert media_tags(row, HELD) == ["media-abababababababab"]
    kept = change("image.deleted", {"path": "/o/t/other.jpg", "file_name": "old.jpg"})
    assert not any(path.startswith("/media") for path in withdrawn_paths(kept, HELD))


@pytest.mark.parametrize(
    ("row", "names"),
    [
        (change("image.updated", {"label": "a"}, {"label": "b"}), set()),
        (change("image.updated", {"file_name": "was.jpg"}, {"file_name": "now.jpg"}), {"was.jpg"}),
        (change("image.replaced", {"hash": HASH}, {"hash": "cd" * 32}), {"now.jpg"}),
        (change("image.replaced", {"hash": HASH, "file_name": "was"}, {}), {"was."}),
        (change("image.deleted", {"file_name": None}), set()),
        (change("product.deleted", {"sku": "dress"}, image=None), {"now.jpg"}),
        (change("product.deleted", {"sku": "other"}, image=None, product=9), set()),
    ],
)
def test_names_that_no_longer_show_what_they_did(row: Change, names: set[str]) -> None:
    """Another label takes nothing away; a name, bytes, the product do."""
    paths = [path.partition("?")[0] for path in withdrawn_paths(row, HELD) if path.startswith("/spree/")]
    assert {path.rpartition("/")[2] for path in paths} == names
    assert len(set(paths)) == 5 * len(names)


def test_a_sweep_takes_every_recipe_format_and_name() -> None:
    """With the marks and without; the paths, and the names of pictures that have none."""
    said = {
        "hash": HASH, "format": "png", "marks": "0123456789abcdef", "names": ["a b.png", "c.png"], "pictures": [17],
        "paths": ["/a/b/ab.png"], "slugs": ["large-1", "w320-2"], "recipes": ["1"],
    }  # fmt: skip
    row = change("picture.swept", None, said, image=None, product=None)
    paths = list(withdrawn_paths(row, HELD))
    assert len(paths) == len(set(paths)) == 1 + 2 * 2 * 3 * 3
    assert f"/media/renditions/large-1/{HASH}/a%20b.avif" in paths
    assert f"/media/renditions/w320-2/{HASH}-0123456789abcdef/p17.png" in paths
    assert media_tags(row, HELD) == ["media-abababababababab"]
    former = change("picture.swept", None, {name: said[name] for name in ("hash", "format", "names", "recipes")})
    assert list(withdrawn_paths(former, HELD)) == []


def test_a_sweep_of_recipes_takes_what_it_removed() -> None:
    """The very renditions, under all names of their pictures; rows of the version before name none."""
    one = {"hash": HASH, "recipe": "1", "format": "jpeg", "marks": ""}
    said = {"renditions": [one], "slugs": {"1": "large-1"}, "blobs": {HASH: {"names": ["a.jpg"], "pictures": [17]}}}
    row = change("recipe.swept", None, said, image=None, product=None)
    base = f"/media/renditions/large-1/{HASH}"
    assert list(withdrawn_paths(row, HELD)) == [f"{base}/a.jpg", f"{base}/p17.jpg"]
    assert list(withdrawn_paths(change("recipe.swept", None, {"renditions": [one]}), HELD)) == []


def test_documents_are_those_of_every_api() -> None:
    """A root's, under its names; variants that show its images. A picture's fate shows in what storefronts read."""
    shops = Shops({8: Shown(8, 8, "a dress", ("a-dress", "former"), ("a/red",))}, [(1, "default"), (2, "german")])
    paths = documents_of(change("image.updated"), shops)
    assert set(paths) >= {
        "/abstract-products/a%20dress/abstract-product-image-sets",
        "/concrete-products/a%2Fred/concrete-product-image-sets",
        "/api/v1/products/a-dress/images",
        "/api/products/former/images/705",
        "/api/v1/variants/8/images",
        "/api/rest/products/8/images/store/2",
        "/api/rest/products/a%20dress/images/705",
        "/v1/media?sku=a%20dress",
        "/v1/media?sku=a%2Fred&store=german",
    }
    assert len(paths) == len(set(paths))
    assert tags_of(change("image.updated"), shops) == ["product-8", "image-705"]
    ready = documents_of(change("image.ready"), shops)
    assert len(ready) == 2 * 3
    assert all(path.startswith("/v1/media?sku=") for path in ready)


def test_changed_members_are_those_of_documents() -> None:
    """What the log calls otherwise has the document's name; types of a store view lie in `stores`."""
    row = change(
        "image.updated",
        {"file_name": "a", "hash": "1", "stamp": "x", "types": {"0": {}, "2": {}}, "positions": {"2": 1}, "nones": {}},
        {"file_name": "b", "hash": "2", "stamp": "y", "types": {"2": {"image": "held"}}, "label": "new"},
    )
    assert sorted(own_event(row, None).changed) == ["file_name", "label", "picture", "stores", "types"]
    assert own_event(change("image.created", None, {"label": "a"}), None).changed == ()
