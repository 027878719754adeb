import pytest

from app.apis.openmage.profile_settings import ProfileSettings, requested_keys
from app.environment import read_settings
from app.settings import Settings

DEFAULTS = ProfileSettings.of(Settings())
GUEST = ("id", "label", "position", "url", "types")


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("", None),
        ("limit=2&page=x&order=&filter[0]=y", None),
        ("attrs=", None),
        ("attrs= , ", None),
        ("attrs[]=", None),
        ("attrs=id,url", {"id", "url"}),
        ("attrs=+id+,%20url", {"id", "url"}),
        ("attrs[]=id&attrs[]=url", {"id", "url"}),
        ("attrs%5B%5D=id&attrs%5B%5D=url", {"id", "url"}),
        ("attrs[3]=id", {"id"}),
        ("attrs[]=id,url", {"id,url"}),
        ("attrs=id&attrs=url", {"url"}),
        ("attrs=nonsense", {"nonsense"}),
    ],
)
def test_the_query_may_ask_for_keys(query: str, keys: set[str] | None) -> None:
    """Keys are asked for with commas or as a list; an empty wish is none."""
    assert requested_keys(query) == keys


def test_the_keys_have_their_own_order() -> None:
    """The order of the keys is not the client's."""
    assert DEFAULTS.visible_keys("admin", "attrs=url,exclude,id") == ("id", "exclude", "url")


@pytest.mark.parametrize("user", ["customer", "guest"])
def test_the_public_does_not_see_what_is_excluded(user: str) -> None:
    """Customers and guests see all keys but one, and do not get it by asking."""
    assert DEFAULTS.visible_keys(user, "") == GUEST  # type: ignore[arg-type]
    assert DEFAULTS.visible_keys(user, "attrs=exclude,id") == ("id",)  # type: ignore[arg-type]
    assert DEFAULTS.visible_keys(user, "attrs=unknown") == ()  # type: ignore[arg-type]


def test_the_attribute_lists_can_be_narrowed() -> None:
    """An operator may narrow what each user type reads and what admins write."""
    settings = read_settings(
        {
            "OPENMAGE_GUEST_ATTRIBUTES": "url, id",
            "OPENMAGE_WRITABLE_ATTRIBUTES": "label",
            "OPENMAGE_GUEST_PRIVILEGES": "-",
        }
    )
    narrowed = ProfileSettings.of(settings)
    assert narrowed.visible_keys("guest", "") == ("id", "url")
    assert narrowed.writes == {"label"}
    assert "retrieve" not in narrowed.privileges["guest"]


@pytest.mark.parametrize(
    ("environ", "wildcard"),
    [
        ({}, "xml"),
        ({"OPENMAGE_PROFILE": "server"}, "json"),
        ({"OPENMAGE_PROFILE": "server", "OPENMAGE_WILDCARD_FORMAT": "xml"}, "xml"),
        ({"OPENMAGE_WILDCARD_FORMAT": "json"}, "json"),
    ],
)
def test_the_wildcards_format_follows_the_profile_unless_it_is_set(environ: dict[str, str], wildcard: str) -> None:
    """Any format is XML as documented and JSON as on the server, unless an operator says which."""
    assert ProfileSettings.of(read_settings(environ)).wildcard == wildcard
