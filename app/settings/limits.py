"""How much of anything one caller, one picture or one process may take."""

from dataclasses import dataclass

from marshmallow import fields as mf

from app.options import MIB, number, option, rate


@dataclass(frozen=True)
class Limits:
    drain_seconds: int = option(
        5, "After SIGTERM the service is not ready, but serves, for so many seconds: time for balancers.", number(0)
    )
    head_seconds: int = option(
        30,
        "Longest time a client may take from connecting to the end of its first request's head, in seconds.",
        number(1),
    )
    body_seconds: int = option(
        120,
        "Time that a request body may take to arrive, in seconds; then it has to come at 64 KiB/s or more.",
        number(1),
    )
    body_idle_seconds: int = option(
        30, "Longest time a request body may go without a byte, in seconds; then it gets 408.", number(1)
    )
    stranger_seconds: int = option(
        15,
        "Time that a file may take whose caller is not known yet, since a Spree client sends its key behind it, in "
        "seconds; then it has to come at 64 KiB/s or more.",
        number(1),
    )
    send_seconds: int = option(
        60, "Longest time a client may take to accept an answer, or one slice of a large one, in seconds.", number(1)
    )
    max_connections: int = option(
        4000,
        "Most connections of clients per process, fewer where the limit of open files would leave none for Postgres "
        "and the store. Beyond it the one that is idle longest gives way; where none is, new ones get 503.",
        number(1),
    )
    log_sample: int = option(
        100, "One request in so many is logged; failed and slow ones are, up to 20 of a kind a minute.", number(1)
    )
    max_body_bytes: int = option(
        56 * MIB,
        "Largest request body, in bytes. What is no file in it may be 64 KiB at most where a Spree client sends its "
        "key in the body.",
        number(1024),
    )
    max_image_bytes: int = option(
        40 * MIB, "Largest uploaded image once decoded from its transport, in bytes.", number(1024)
    )
    max_pixels: int = option(120_000_000, "Most pixels of a picture.", number(1))
    max_total_pixels: int = option(100_000_000, "Most pixels over all frames of an animation.", number(1))
    max_frames: int = option(1000, "Most frames of an animation.", number(1))
    max_uploads: int = option(
        16,
        "Uploads in flight per process; more get 503. Files that come before their key have two places of their own.",
        number(1),
    )
    max_builds: int = option(8, "Renditions built on demand at a time per process; more get 503.", number(1))
    idempotency_hours: int = option(
        24,
        "For so many hours the answer to a request with `Idempotency-Key` is kept, and given to its retries.",
        number(1),
    )
    max_streams: int = option(
        100,
        "Clients that follow `GET /v1/events`, as a stream or with `wait`, at a time per process; more get 503.",
        number(0),
    )
    max_waiters: int = option(
        2000,
        "Requests with `Prefer: wait` that wait for a picture at a time per process; more are answered at once.",
        number(0),
    )
    write_rate_per_key: str = option(
        "", "Writes that one key or token may make per process, such as `100/minute`; empty: any number.", rate()
    )
    write_rate_per_address: str = option(
        "", "Writes that one address may make per process, such as `100/minute`; empty: any number.", rate()
    )
    codec_processes: int = option(
        2,
        "Child processes that build renditions; one more looks at uploads, so that these never wait for others.",
        number(1, 256),
    )
    codec_seconds: int = option(
        10,
        "Most processor time that one image may take in a child process, in seconds; an animation has as much again "
        "for each 4 megapixels over all its frames and each size. On the clock an upload may take three times as long, "
        "a job ten times.",
        number(1),
    )
    codec_memory_bytes: int = option(1536 * MIB, "Most memory one codec child may use, in bytes.", number(128 * MIB))
    codec_pixels: int = option(
        150_000_000,
        "Most pixels being decoded at a time over all codec children; further images wait. None counts for more than a "
        "third, so that others go on.",
        number(1),
    )
    fast_path: bool = option(
        True, "Whether plain reads that are known are answered before they are parsed again.", mf.Boolean()
    )
    document_cache_bytes: int = option(
        64 * MIB,
        "Memory for ready JSON and XML documents per process, in bytes; by default an eighth of what the service may "
        "use (its control group's limit, or the machine's memory), divided by its processes (`WEB_CONCURRENCY`), "
        "between 64 MB and 1 GB. What is known of requests takes up to a fifth of it, beside.",
        number(0),
        reckoned=True,
    )
    document_cache_seconds: int = option(
        86_400,
        "Age at which a ready document is read anew at the latest, whatever was heard of changes, in seconds.",
        number(1),
    )
    warm_seconds: int = option(
        5,
        "Longest time that a process takes, before it is ready, to read what was asked for lately into its memory, in "
        "seconds; then it goes on behind.",
        number(0),
    )
    media_cache_bytes: int = option(64 * MIB, "Memory for hot renditions per process, in bytes.", number(0))
