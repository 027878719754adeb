"""Who asks, what a path and a method want, and whether these may have it."""

import re
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
from app.apis.openmage.rules import Rules
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


def principal_of(token: AccessToken, rules: Rules) -> Principal:
    if token.user_type == "customer":
        return Principal("customer", rules.privileges["customer"])
    named = (token.consumer_key, token.consumer_name)
    return Principal("admin", token.privileges, token.admin_id, token.has_role, *named)


def authorise(principal: Principal, method: str, route: Route, version: str | None) -> Operation:
    """What is to be done; `version` is the header of that name.

    OpenMageError for the first that fails of: method known (400), permission (500, 403), version (400), action (405).
    """
    if method not in _PRIVILEGES:
        raise OpenMageError(INVALID_METHOD)
    check_privilege(principal, method)
    if version is not None and not _VERSION.fullmatch(version):
        raise OpenMageError(Message(400, f'Invalid version "{htmlspecialchars(version)}" requested.'))
    operation = _OPERATIONS.get((method, route.image is not None))
    if operation is None:
        raise OpenMageError(NOT_IMPLEMENTED)
    if principal.is_public and method != "GET":
        raise OpenMageError(NOT_ALLOWED)
    return operation


def check_privilege(principal: Principal, method: str) -> None:
    """OpenMageError (500, 403) for a user who may not use this method."""
    if not principal.has_role:
        raise OpenMageError(Message(500, f"Admin role for user ID {principal.admin_id} not found", code=0))
    if principal.privileges is not None and _PRIVILEGES[method] not in principal.privileges:
        raise OpenMageError(ACCESS_DENIED)
