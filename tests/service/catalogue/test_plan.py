"""The plan of a batch keeps the catalogue's rules, whatever its lines say."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidCommand
from app.service.catalogue.plan import Plan, ProductOptions, check_options
from app.service.catalogue.slugs import slug_candidates, slug_form

_skus = st.sampled_from(["a", "b", "c", "d"])
_options = st.builds(
    ProductOptions,
    sku=_skus,
    id=st.none() | st.integers(1, 4),
    slug=st.none() | st.sampled_from(["one", "two", "a", "b"]),
    name=st.none() | st.sampled_from(["One", "A"]),
    parent=st.none() | _skus,
    enabled=st.none() | st.booleans(),
    websites=st.none() | st.sampled_from([(), ("base",), ("eu", "us")]),
)


@given(st.lists(_options, max_size=12))
def test_no_order_of_lines_breaks_the_catalogues_rules(lines: list[ProductOptions]) -> None:
    """After any lines SKUs, ids and slugs are unique, parents have no parents, and a second pass changes nothing."""
    plan = Plan([], [], "base")
    kept = []
    for line in lines:
        try:
            plan.apply(line)
            kept.append(line)
        except InvalidCommand:
            continue
    drafts = list(plan.drafts.values())
    ids = [draft.id for draft in drafts if draft.id]
    assert len({draft.slug for draft in drafts}) == len(drafts)
    assert len(set(ids)) == len(ids)
    assert all(not draft.parent.is_child and not draft.has_children for draft in drafts if draft.parent)
    if kept:
        assert plan.apply(ProductOptions(kept[-1].sku))[1] == "unchanged"


@given(st.lists(_options, min_size=1, max_size=12))
def test_a_refused_line_leaves_the_plan_as_it_was(lines: list[ProductOptions]) -> None:
    """What a line would have done is not done by halves."""
    plan = Plan([], [], "base")
    for line in lines:
        before = {sku: repr(draft) for sku, draft in plan.drafts.items()}
        try:
            plan.apply(line)
        except InvalidCommand:
            assert {sku: repr(draft) for sku, draft in plan.drafts.items()} == before


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=200), st.none() | st.text(max_size=200)
)
def test_a_slug_can_be_made_of_any_sku_and_name(sku: str, name: str | None) -> None:
    """Every candidate is one part of a path in plain letters, digits and dashes, and the last is the SKU's own."""
    candidates = list(slug_candidates(sku, name))
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", slug) for slug in candidates)
    assert candidates[-1] != list(slug_candidates(sku + "!", name))[-1]


def test_umlauts_and_accents_are_spelled_in_ascii() -> None:
    """Letters with marks lose them; other scripts leave nothing."""
    assert slug_form("Crème brûlée, Größe 5") == "creme-brulee-grosse-5"
    assert slug_form("Чашка") == ""


@pytest.mark.parametrize("slug", ["a/b", "a b", "a?b", "a#b", "a%62", "a\\b", "", "a\x00"])
def test_a_slug_is_one_part_of_a_path(slug: str) -> None:
    """What would not come back from a URL as it was is no slug."""
    with pytest.raises(InvalidCommand):
        check_options(ProductOptions("a", slug=slug))
