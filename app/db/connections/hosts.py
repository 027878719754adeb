"""A connection string that names several hosts, as one for each of them."""

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_SERVING: Final = frozenset({"read-write", "primary"})


def of_each_host(dsn: str) -> list[str]:
    """The connection strings of the hosts that `dsn` names, in its order; `[dsn]` where it names one.

    This service writes, so where nothing is said `target_session_attrs` is `read-write`. What else may be said prefers
    some hosts to others, and is left to the driver: `[dsn]`.
    """
    parts = urlsplit(dsn)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    login, at, netloc = parts.netloc.rpartition("@")
    hosts = netloc.split(",") if netloc else query.get("host", "").split(",")
    if len(hosts) == 1 or query.setdefault("target_session_attrs", "read-write") not in _SERVING:
        return [dsn]
    if netloc:
        return [urlunsplit(parts._replace(netloc=f"{login}{at}{host}", query=urlencode(query))) for host in hosts]
    ports = query.pop("port", "").split(",")
    places = zip(hosts, ports if len(ports) == len(hosts) else ports[:1] * len(hosts), strict=True)
    queries = [query | {"host": host} | ({"port": port} if port else {}) for host, port in places]
    return [urlunsplit(parts._replace(query=urlencode(each))) for each in queries]
