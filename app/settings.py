"""Every option of the service: its name, its default and one sentence."""

import socket
from dataclasses import Field, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

from marshmallow import fields as mf

from app.model import FURTHER_FORMATS, QUALITY, Format, Recipe
from app.options import MIB, Words, choice, number, option, rate, url, words

_READ: Final = ("id", "label", "position", "exclude", "url", "types")
_WRITTEN: Final = ("file_name", "file_content", "file_mime_type", "label", "position", "types", "exclude")
_PRIVILEGES: Final = ("create", "retrieve", "update", "delete")


@dataclass(frozen=True)
class Settings:
    host: str = option("127.0.0.1", "Address to listen on.")
    port: int = option(8080, "Port to listen on.", number(0, 65535))
    data_dir: Path = option(
        Path("var"), "Folder of the embedded Postgres, the file store and generated secrets.", mf.Raw()
    )
    log_format: Literal["console", "json"] = option(
        "console", "`console` for people, `json` for machines.", choice("console", "json")
    )
    secret_key: str = option(
        "",
        "Encrypts stored OAuth secrets; generated below `DATA_DIR` with the embedded Postgres, required otherwise.",
        secret=True,
    )
    secret_key_former: str = option(
        "", "The `SECRET_KEY` before the present one: what it encrypted still opens, until it is resealed.", secret=True
    )

    database_url: str = option("", "Postgres to use instead of the embedded one (`postgresql://…`).", secret=True)
    database_pool_size: int = option(10, "Most connections one process opens to Postgres.", number(2, 1000))

    s3_bucket: str = option(
        "", "Bucket to use instead of the file store; credentials come from the usual `AWS_*` variables."
    )
    s3_endpoint_url: str = option("", "Endpoint of an S3-compatible server; empty for AWS.", url())

    public_url: str = option(
        "", "Scheme and host under which clients see this service; empty: taken from each request.", url()
    )
    media_url: str = option("", "Scheme and host of image URLs, such as a CDN's; empty: `PUBLIC_URL`.", url())
    trusted_proxies: tuple[str, ...] = option(
        (), "Addresses or networks whose `X-Forwarded-*` headers are believed, comma-separated.", Words()
    )

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
    fetch_allowed_networks: tuple[str, ...] = option(
        (),
        "Addresses or networks, each with a port or `:*`, that may be fetched from although they are not public, "
        "comma-separated (`10.1.2.3:8080`, `[fd00::/8]:*`).",
        Words(),
    )
    fetch_per_host: int = option(4, "Most pictures that an import fetches from one host at a time.", number(1, 64))
    fetch_seconds: int = option(10, "Longest time that fetching one attachment may take, in seconds.", number(1))

    run_worker: bool = option(True, "Whether `serve` also runs the background task.", mf.Boolean())
    worker_port: int = option(
        0, "Port on which `worker` answers `/health/…` and `/metrics`; 0 for none.", number(0, 65535)
    )
    worker_concurrency: int = option(3, "Jobs that one worker process has in hand at a time.", number(1, 64))
    job_lease_seconds: int = option(
        10, "After so many seconds without a sign of life a worker's jobs go to another one.", number(1)
    )
    recipe_large: int = option(
        1200, "Side of the box that the `large` rendition fits inside, in pixels.", number(1, 10000)
    )
    recipe_small: int = option(
        300, "Side of the box that the `small` rendition fits inside, in pixels.", number(1, 10000)
    )
    render_ahead: tuple[Format, ...] = option(
        (),
        "Further formats, `webp` and `avif`, that the background task builds of every rendition once nothing else is "
        "to be done; others are built when they are first asked for.",
        words(*FURTHER_FORMATS),
    )
    media_negotiate: tuple[Format, ...] = option(
        (),
        "Further formats, the most wanted first (`avif,webp`), in which a rendition is sent to clients whose `Accept` "
        "names them. Answers then carry `Vary: Accept`, which caches in front must heed.",
        words(*FURTHER_FORMATS),
    )

    drain_seconds: int = option(
        5, "After SIGTERM the service is not ready, but serves, for so many seconds: time for balancers.", number(0)
    )
    head_seconds: int = option(
        30,
        "Longest time a client may take from connecting to the end of its first request's head, in seconds.",
        number(1),
    )
    body_seconds: int = option(120, "Longest time a request body may take to arrive, in seconds.", number(1))
    body_idle_seconds: int = option(
        30, "Longest time a request body may go without a byte, in seconds; then it gets 408.", number(1)
    )
    send_seconds: int = option(
        60, "Longest time a client may take to accept one chunk of an image, in seconds.", number(1)
    )
    log_sample: int = option(100, "One request in so many is logged; failed and slow ones always are.", number(1))

    max_body_bytes: int = option(
        32 * MIB,
        "Largest request body, in bytes. What is no file in it may be 64 KiB at most where a Spree client sends its "
        "key in the body.",
        number(1024),
    )
    max_image_bytes: int = option(
        20 * MIB, "Largest uploaded image once decoded from its transport, in bytes.", number(1024)
    )
    max_pixels: int = option(50_000_000, "Most pixels in one frame of an image.", number(1))
    max_total_pixels: int = option(100_000_000, "Most pixels over all frames of an image.", number(1))
    max_frames: int = option(1000, "Most frames of an animation.", number(1))
    max_uploads: int = option(16, "Uploads in flight per process; more get 503.", number(1))
    max_builds: int = option(8, "Renditions built on demand at a time per process; more get 503.", number(1))
    write_rate_per_key: str = option(
        "", "Writes that one key or token may make per process, such as `100/minute`; empty: any number.", rate()
    )
    write_rate_per_address: str = option(
        "", "Writes that one address may make per process, such as `100/minute`; empty: any number.", rate()
    )
    keep_copyright: bool = option(True, "Whether cleaned originals keep their copyright notices.", mf.Boolean())
    codec_processes: int = option(2, "Child processes that decode and encode images.", number(1, 256))
    codec_seconds: int = option(10, "Longest time one image may take in a child process, in seconds.", number(1))
    codec_memory_bytes: int = option(1024 * MIB, "Most memory one codec child may use, in bytes.", number(128 * MIB))
    codec_pixels: int = option(
        150_000_000, "Most pixels being decoded at a time over all codec children; further images wait.", number(1)
    )
    document_cache_bytes: int = option(
        64 * MIB, "Memory for ready JSON and XML documents per process, in bytes.", number(0)
    )
    document_cache_seconds: int = option(
        300, "Age at which a ready document is read anew, whatever was heard of changes, in seconds.", number(1)
    )
    media_cache_bytes: int = option(64 * MIB, "Memory for hot renditions per process, in bytes.", number(0))

    @cached_property
    def embedded(self) -> bool:
        """Whether Postgres is ours to start."""
        return not self.database_url

    @cached_property
    def spool_dir(self) -> Path:
        """Where uploads wait until the store has them; beside the file store, so that it may take them over."""
        return self.data_dir / "spool"

    @cached_property
    def figures_dir(self) -> Path:
        """Where the processes of one machine lay down their metrics for one another."""
        return self.data_dir / "figures" / socket.gethostname()

    @cached_property
    def clean(self) -> Recipe:
        return Recipe("clean", None, version=1 if self.keep_copyright else 2)

    @cached_property
    def recipes(self) -> tuple[Recipe, ...]:
        """The recipes in force, largest first, so that small ones can be made from large ones."""
        spree = {"spree-large": 600, "spree-product": 240, "spree-small": 100, "spree-mini": 48}
        sides = {"large": self.recipe_large, "small": self.recipe_small, **spree}
        made = [Recipe(name, (side, side), quality=QUALITY) for name, side in sides.items()]
        return tuple(sorted(made, key=lambda recipe: -(recipe.box or (0, 0))[0]))

    @cached_property
    def locales(self) -> dict[str, str]:
        """Glue's language → locale, in configured order."""
        pairs = (pair.split("=", 1) for pair in self.glue_languages.split(","))
        return {language.strip(): locale.strip() for language, locale in pairs}


def options() -> list[Field[Any]]:
    return list(fields(Settings))
