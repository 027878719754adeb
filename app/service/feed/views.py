"""Under which hosts files are known to the world."""

from app.settings import Settings


def hosts_of(settings: Settings, media: str, public: str) -> tuple[str, ...]:
    """All that URLs of files may have begun with, once each, without a slash at the end: a CDN may hold any of them."""
    known = (media, public, settings.spree_url_prefix, *settings.purge_hosts)
    return tuple(dict.fromkeys(host.rstrip("/") for host in known if host))


def most_hosts(settings: Settings) -> int:
    """How many these are at most."""
    return 2 + bool(settings.spree_url_prefix) + len(settings.purge_hosts)
