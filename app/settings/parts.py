"""Where the service listens, what it stores in, and under which names the world sees it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from marshmallow import fields as mf

from app.options import Words, choice, number, option, url, urls


@dataclass(frozen=True)
class Parts:
    host: str = option("127.0.0.1", "Address to listen on.")
    port: int = option(8080, "Port to listen on.", number(0, 65535))
    data_dir: Path = option(
        Path("var"), "Folder of the embedded Postgres, the file store and generated secrets.", mf.Raw()
    )
    demo: bool = option(
        True, "Whether `serve` loads a small demo shop into an embedded Postgres that is empty.", mf.Boolean()
    )
    log_format: Literal["console", "json"] = option(
        "console", "`console` for people, `json` for machines.", choice("console", "json")
    )
    traces: bool = option(
        False,
        "Whether writes, jobs and webhooks are recorded as spans for OpenTelemetry (the extra `otel`), and sent as its "
        "own `OTEL_…` variables say.",
        mf.Boolean(),
    )
    console: bool = option(True, "Whether there is a console for people at `/console`.", mf.Boolean())
    console_external: bool = option(
        False,
        "Whether the console may show pictures that lie on other hosts (over https), once somebody asks it to.",
        mf.Boolean(),
    )
    secret_key: str = option(
        "",
        "Encrypts stored OAuth secrets, 32 random characters or more; generated below `DATA_DIR` with the embedded "
        "Postgres, required otherwise.",
        secret=True,
    )
    secret_key_former: str = option(
        "", "The `SECRET_KEY` before the present one: what it encrypted still opens, until it is resealed.", secret=True
    )
    database_url: str = option(
        "",
        "Postgres to use instead of the embedded one (`postgresql://…`); of several hosts the primary.",
        secret=True,
    )
    database_listen_url: str = option(
        "",
        "The same database past the pooler, where `DATABASE_URL` leads through one that keeps no sessions, as "
        "PgBouncer in transaction mode: what needs a session is done there, such as `LISTEN` and the worker.",
        secret=True,
    )
    database_read_url: str = option(
        "",
        "A replica of that database: it answers reads of documents that are not in memory, where it has replayed what "
        "is known of their changes; else the primary does.",
        secret=True,
    )
    database_pool_size: int = option(10, "Most connections one process opens to Postgres.", number(2, 1000))
    s3_bucket: str = option(
        "", "Bucket to use instead of the file store; credentials come from the usual `AWS_*` variables."
    )
    s3_endpoint_url: str = option("", "Endpoint of an S3-compatible server; empty for AWS.", url())
    public_url: str = option(
        "", "Scheme and host under which clients see this service; empty: taken from each request.", url()
    )
    media_url: str = option("", "Scheme and host of image URLs, such as a CDN's; empty: `PUBLIC_URL`.", url())
    purge_hosts: tuple[str, ...] = option(
        (),
        "Further hosts under which caches hold files, each with its scheme, comma-separated: events name the URLs "
        "that stopped answering on these, too.",
        urls(),
    )
    cache_tags: Literal["", "Surrogate-Key", "Cache-Tag"] = option(
        "",
        "Header in which documents and files name the tags by which caches in front find them: `Surrogate-Key` or "
        "`Cache-Tag`; empty: none.",
        choice("", "Surrogate-Key", "Cache-Tag"),
    )
    trusted_proxies: tuple[str, ...] = option(
        (),
        "Addresses or networks of proxies that are believed to say for whom and for which address they ask, "
        "comma-separated.",
        Words(),
    )
    forwarded_headers: Literal["x-forwarded", "forwarded"] = option(
        "x-forwarded",
        "In which headers they say so: `x-forwarded` (`X-Forwarded-For`, `-Proto` and `-Host`) or `forwarded` "
        "(RFC 7239); the others are ignored.",
        choice("x-forwarded", "forwarded"),
    )
