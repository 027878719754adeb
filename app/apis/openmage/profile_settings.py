"""What an operator may choose of this API: its profile, and who reads and writes what, read once from the settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from app.apis.openmage.errors import UserType
from app.apis.openmage.formats import Format
from app.apis.php.query import parse_query
from app.apis.php.values import Value
from app.service.pictures.paths import Profile
from app.settings import Settings

KEYS: Final = ("id", "label", "position", "exclude", "url", "types")
"""The keys of an image, in the order in which every format has them."""

_WILDCARDS: Final[Mapping[str, Format]] = {"xml": "xml", "json": "json"}


@dataclass(frozen=True, slots=True)
class ProfileSettings:
    """`reads` are the keys that a user type sees, `writes` the fields that admins set, `privileges` those of users
    without a role of their own."""

    profile: Profile
    wildcard: Format
    reads: Mapping[UserType, frozenset[str]]
    writes: frozenset[str]
    privileges: Mapping[UserType, frozenset[str]]

    @classmethod
    def of(cls, settings: Settings) -> "ProfileSettings":
        by_profile: Format = "json" if settings.openmage_profile == "server" else "xml"
        return cls(
            profile=settings.openmage_profile,
            wildcard=_WILDCARDS.get(settings.openmage_wildcard_format, by_profile),
            reads={
                "admin": frozenset(settings.openmage_admin_attributes),
                "customer": frozenset(settings.openmage_customer_attributes),
                "guest": frozenset(settings.openmage_guest_attributes),
            },
            writes=frozenset(settings.openmage_writable_attributes),
            privileges={
                "customer": frozenset(settings.openmage_customer_privileges),
                "guest": frozenset(settings.openmage_guest_privileges),
            },
        )

    def visible_keys(self, user: UserType, query: str) -> tuple[str, ...]:
        """The keys that a user sees of those that the query string asks for, in their standard order."""
        return _visible(self.reads[user], requested_keys(query))


@lru_cache(maxsize=256)
def _visible(allowed: frozenset[str], wanted: frozenset[str] | None) -> tuple[str, ...]:
    return tuple(key for key in KEYS if key in allowed and (wanted is None or key in wanted))


def requested_keys(query: str) -> frozenset[str] | None:
    """What `attrs=id,url` or `attrs[]=id&attrs[]=url` names; None where nothing is."""
    if "attrs" not in query:
        return None
    given = parse_query(query).get("attrs")
    names = {name.strip() for name in _names(given)} - {""}
    return frozenset(names) or None


def _names(given: Value) -> list[str]:
    if isinstance(given, dict):
        return [name for name in given.values() if isinstance(name, str)]
    return given.split(",") if isinstance(given, str) else []
