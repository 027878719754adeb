"""Who asks, what a path and a method want, and whether these may have it."""

import re
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from app.access.oauth import AccessToken
from app.apis.openmage.errors import (
    ACCESS_DENIED,
    INVALID_METHOD,
    NOT_ALLOWED,
    NOT_IMPLEMENTED,
    Message,
    OpenMageError,
    UserType,
)
from app.apis.openmage.match import Route
from app.apis.openmage.profile_settings import ProfileSettings
from app.apis.php.markup import htmlspecialchars

Operation = Literal["list", "read", "create", "update", "delete"]

_PRIVILEGES: Final = {"GET": "retrieve", "POST": "create", "PUT": "update", "DELETE": "delete"}
_OPERATIONS: Final[dict[tuple[str, bool], Operation]] = {
    ("GET", False): "list",
    ("GET", True): "read",
    ("POST", False): "create",
    ("PUT", True): "update",
    ("DELETE", True): "delete",
}
"""By method and by whether the path names an image."""

_VERSION: Final = re.compile(r"[1-9][0-9]*")


class Principal(NamedTuple):
    """`privileges` None = all of them; an admin without a role is an internal error once it asks for anything.

    A tuple, since one is made for every signed request.
    """

    user: UserType
    privileges: frozenset[str] | None
    admin_id: int | None = None
    has_role: bool = True
    consumer_key: str | None = None
    consumer_name: str | None = None

    @property
    def is_public(self) -> bool:
        """Whether this one sees a shop from the outside."""
        return self.user != "admin"


def principal_of(token: AccessToken, settings: ProfileSettings) -> Principal:
    if token.user_type == "customer":
        return Principal("customer", settings.privileges["customer"])
    named = (token.consumer_key, token.consumer_name)
    return Principal("admin", token.privileges, token.admin_id, token.has_role, *named)


class Asked(NamedTuple):
    """What one who is known asks for; `version` is the header of that name."""

    principal: Principal
    method: str
    route: Route
    version: str | None


def authorise(asked: Asked) -> Operation:
    """What is to be done; OpenMageError for the first check that fails."""
    for check in CHECKS:
        check(asked)
    return _OPERATIONS[asked.method, asked.route.image is not None]


def _method_is_known(asked: Asked) -> None:
    if asked.method not in _PRIVILEGES:
        raise OpenMageError(INVALID_METHOD)


def _method_is_permitted(asked: Asked) -> None:
    check_privilege(asked.principal, asked.method)


def _version_is_a_number(asked: Asked) -> None:
    if asked.version is not None and not _VERSION.fullmatch(asked.version):
        raise OpenMageError(Message(400, f'Invalid version "{htmlspecialchars(asked.version)}" requested.'))


def _action_exists(asked: Asked) -> None:
    if (asked.method, asked.route.image is not None) not in _OPERATIONS:
        raise OpenMageError(NOT_IMPLEMENTED)


def _public_only_reads(asked: Asked) -> None:
    if asked.principal.is_public and asked.method != "GET":
        raise OpenMageError(NOT_ALLOWED)


CHECKS: Final[tuple[Callable[[Asked], None], ...]] = (
    _method_is_known,
    _method_is_permitted,
    _version_is_a_number,
    _action_exists,
    _public_only_reads,
)
"""In the order of the original (openmage.md, section 1): 400, 500 or 403, 400, 405, 405."""


def check_privilege(principal: Principal, method: str) -> None:
    """OpenMageError (500, 403) for a user who may not use this method."""
    if not principal.has_role:
        raise OpenMageError(Message(500, f"Admin role for user ID {principal.admin_id} not found", code=0))
    if not may_use(principal, method):
        raise OpenMageError(ACCESS_DENIED)


def may_use(principal: Principal, method: str) -> bool:
    """Whether none of this is lacking."""
    return principal.has_role and (principal.privileges is None or _PRIVILEGES[method] in principal.privileges)
