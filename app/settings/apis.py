"""What the three APIs answer where their originals can be set up either way."""

from dataclasses import dataclass
from typing import Final, Literal

from marshmallow import fields as mf

from app.options import choice, header_names, number, option, url, words

_READ: Final = ("id", "label", "position", "exclude", "url", "types")
_WRITTEN: Final = ("file_name", "file_content", "file_mime_type", "label", "position", "types", "exclude")
_PRIVILEGES: Final = ("create", "retrieve", "update", "delete")


@dataclass(frozen=True)
class Apis:
    glue_base_url: str = option("", "Base of links in Glue documents; empty: `PUBLIC_URL`.", url())
    glue_languages: str = option(
        "en=en_US,de=de_DE", "Languages Glue negotiates and their locales; the first is the default."
    )
    glue_alt_text: Literal["omit", "null", "on"] = option(
        "omit",
        "Alternative texts in Glue documents: `omit` the keys, `null`, or `on`.",
        choice("omit", "null", "on"),
    )
    glue_allow_origin: str = option("", "The origin that Glue's `Access-Control-Allow-Origin` names; empty: not sent.")
    glue_allow_headers: tuple[str, ...] = option(
        (),
        "Further request headers that Glue's preflight allows a page of another origin, comma-separated.",
        header_names(),
    )
    glue_transport_security: bool = option(
        False, "Whether Glue answers carry `Strict-Transport-Security`.", mf.Boolean()
    )
    openmage_profile: Literal["documented", "server"] = option(
        "documented",
        "`documented` follows the published OpenMage page, `server` imitates a running OpenMage 20.",
        choice("documented", "server"),
    )
    openmage_wildcard_format: str = option(
        "",
        "What OpenMage answers to `Accept: */*`: `xml` or `json`; empty: as the profile has it.",
        choice("xml", "json"),
    )
    openmage_oauth_past_seconds: int = option(
        600, "Oldest OAuth timestamp that OpenMage accepts, in seconds; 0 for any.", number(0)
    )
    openmage_admin_attributes: tuple[str, ...] = option(
        _READ, "Image attributes that OpenMage admins read; `-` for none.", words(*_READ, "-")
    )
    openmage_customer_attributes: tuple[str, ...] = option(
        ("id", "label", "position", "url", "types"),
        "Image attributes that OpenMage customers read; `-` for none.",
        words(*_READ, "-"),
    )
    openmage_guest_attributes: tuple[str, ...] = option(
        ("id", "label", "position", "url", "types"),
        "Image attributes that OpenMage guests read; `-` for none.",
        words(*_READ, "-"),
    )
    openmage_writable_attributes: tuple[str, ...] = option(
        _WRITTEN, "Image attributes that OpenMage admins write; `-` for none.", words(*_WRITTEN, "-")
    )
    openmage_customer_privileges: tuple[str, ...] = option(
        ("retrieve",), "What OpenMage customers may do with images; `-` for nothing.", words(*_PRIVILEGES, "-")
    )
    openmage_guest_privileges: tuple[str, ...] = option(
        ("retrieve",), "What OpenMage guests may do with images; `-` for nothing.", words(*_PRIVILEGES, "-")
    )
    spree_public_read: bool = option(
        False, "Whether callers of the Spree API who are no admins may read images.", mf.Boolean()
    )
    spree_requires_authentication: bool = option(
        True, "Whether the Spree API refuses callers without an API key.", mf.Boolean()
    )
    spree_url_prefix: str = option(
        "", "Scheme and host before the image URLs of the Spree API; empty: they are paths.", url()
    )
    spree_fetch_urls: bool = option(
        False, "Whether the Spree API fetches attachments that are given as `http(s)://…`.", mf.Boolean()
    )
    spree_formats: tuple[Literal["webp"], ...] = option(
        (), "Further formats that the Spree API takes beside JPEG, PNG and GIF: `webp`.", words("webp")
    )
    spree_bearer: bool = option(
        False, "Whether the Spree API reads `Authorization: Bearer` where no `X-Spree-Token` is sent.", mf.Boolean()
    )
    described_by: bool = option(
        False,
        "Whether answers to writes of OpenMage's and Spree's clients say in `Link` where `/v1` describes the image.",
        mf.Boolean(),
    )
    fetch_urls: bool = option(False, "Whether `/v1` fetches pictures that are given as `http(s)://…`.", mf.Boolean())
