"""What the background task does, and what it makes of pictures."""

from dataclasses import dataclass

from marshmallow import fields as mf

from app.model import FURTHER_FORMATS, Format, Rights
from app.options import Sides, Words, choice, number, option, words


@dataclass(frozen=True)
class Work:
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
    webhook_seconds: int = option(
        10, "Longest time that a webhook may take to answer a delivery, in seconds.", number(1, 60)
    )
    webhooks_at_once: int = option(100, "Deliveries that one webhook may have under way.", number(1, 1000))
    job_lease_seconds: int = option(
        10, "After so many seconds without a sign of life a worker's jobs go to another one.", number(1)
    )
    history_days: int = option(
        30, "How long the log of changes is kept, never shorter than `RESTORE_DAYS`; 0 for ever.", number(0, 3650)
    )
    restore_days: int = option(
        30, "How long deleted images and replaced files can be restored; until then sweeps leave them.", number(1, 3650)
    )
    recipe_large: int = option(
        1200, "Side of the box that the `large` rendition fits inside, in pixels.", number(1, 10000)
    )
    recipe_small: int = option(
        300, "Side of the box that the `small` rendition fits inside, in pixels.", number(1, 10000)
    )
    recipe_widths: tuple[int, ...] = option(
        (320, 480, 640, 828, 1080, 1500, 2048),
        "Widths in pixels, 16 at most, in which storefronts are offered pictures; each is built when it is first asked "
        "for.",
        Sides(16),
    )
    render_ahead_widths: bool = option(
        False,
        "Whether the background task builds what storefronts are offered in advance, in all formats, after everything "
        "else.",
        mf.Boolean(),
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
    checks_dir: str = option(
        "",
        "Folder of rule sets of your own (`*.toml`) that images are checked against; one with the id of a set that "
        "comes along takes its place. Read at start; empty: none.",
    )
    keep_rights: Rights = option(
        "rights",
        "Marks of authorship and of artificial making that public files keep: `rights` all of them, renditions, too; "
        "`copyright` a notice, in cleaned originals; `none`.",
        choice("rights", "copyright", "none"),
    )
    keep_copyright: bool = option(True, "Former name: `false` is `KEEP_RIGHTS=none`.", mf.Boolean())
