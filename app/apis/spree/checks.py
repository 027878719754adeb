"""What is checked of a request's place, in this order, before anything is looked for (spree.md, sections 2 and 8)."""

from collections.abc import Callable
from typing import Final

from aiohttp import hdrs, web

from app.apis.spree.body.forms import Body
from app.apis.spree.errors import NoSuchAction, NotAcceptable
from app.apis.spree.match import Action, Place, action_of
from app.errors import NotFound

READ_METHODS: Final = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})


def is_no_page(place: Place, method: str, action: Action | None) -> None:
    """The form on which people would edit an image is an address of the original's, but has no action."""
    if action is None and place.edit and method in READ_METHODS:
        raise NoSuchAction


def is_routed(place: Place, method: str, action: Action | None) -> None:
    """There is an action behind method and path."""
    if action is None:
        raise NotFound(f"{method} is not routed there")


def is_representable(place: Place, method: str, action: Action | None) -> None:
    """What its address ends in asks for JSON, or for nothing."""
    if not place.representable:
        raise NotAcceptable(place.suffix)


CHECKS: Final[tuple[Callable[[Place, str, Action | None], None], ...]] = (is_no_page, is_routed, is_representable)


def routed(place: Place, method: str) -> Action:
    """The action there. Raises what the first check that fails does."""
    action = action_of(place, method)
    for check in CHECKS:
        check(place, method, action)
    assert action is not None
    return action


def check_head(request: web.Request, place: Place) -> None:
    """Whether a write has a route, as far as that is known before its body, which may name another method."""
    if not place.representable:
        routed(place, Body({}).verb(request))
    if request.method != hdrs.METH_POST:
        routed(place, request.method)
