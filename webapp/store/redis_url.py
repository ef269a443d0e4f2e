"""Addresses of several servers: Redis Sentinel and Redis Cluster.

    redis+sentinel://[user:password@]host:port,host:port/name[/db]
    redis+cluster://[user:password@]host:port,host:port

With `rediss+…` all connections use TLS, those to the sentinels as well. IPv6 addresses stand in
brackets. User and password are those of the servers; sentinels that ask for their own get them
as options behind a `?`, and so does TLS (see OPTIONS).
"""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

SEVERAL = ("redis+sentinel://", "rediss+sentinel://", "redis+cluster://", "rediss+cluster://")
SHAPE = re.compile(
    r"(?P<scheme>rediss?)\+(?P<kind>sentinel|cluster)://"
    r"(?:(?P<login>[^/?#]*)@)?(?P<nodes>[^/?#@]*)(?:/(?P<path>[^?#]*))?(?:\?(?P<query>[^#]*))?"
)
NODE = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.%]+)\]|(?P<host>[^\[\]:\s]+)):(?P<port>[0-9]{1,5})")
OPTIONS = {
    "sentinel": {"sentinel_username", "sentinel_password"},
    "cluster": set[str](),
    # Files: the authority to trust instead of the system's, and our own certificate.
    "tls": {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"},
}


@dataclass(frozen=True)
class RedisUrl:
    """What such an address says. `name` and `db` belong to Sentinel."""

    kind: str
    tls: bool
    nodes: list[tuple[str, int]]
    name: str = ""
    db: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    options: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, text: str) -> "RedisUrl":
        """Raises ValueError, which says in one line what is wrong, and no password."""
        match = SHAPE.fullmatch(text)
        if not match:
            raise ValueError(
                "must be like redis+sentinel://host:port,host:port/name "
                "or redis+cluster://host:port,host:port"
            )
        kind, tls = match["kind"], match["scheme"] == "rediss"
        name, db = _name_and_db(kind, match["path"] or "")
        username, _, password = (match["login"] or "").partition(":")
        return cls(
            kind,
            tls,
            [_node(node) for node in match["nodes"].split(",")],
            name,
            db,
            unquote(username) or None,
            unquote(password) or None,
            _options(match["query"] or "", OPTIONS[kind] | (OPTIONS["tls"] if tls else set())),
        )


def _node(text: str) -> tuple[str, int]:
    match = NODE.fullmatch(text)
    if not match or not 0 < int(match["port"]) < 65536:
        # Not what stands there: after a / or ? that is not written %2F or %3F, it is a password.
        raise ValueError("each server must be host:port, or [address]:port for IPv6")
    return match["v6"] or match["host"], int(match["port"])


def _name_and_db(kind: str, path: str) -> tuple[str, int]:
    if kind == "cluster":
        if path:
            raise ValueError("a cluster has no names or numbered databases: nothing after a /")
        return "", 0
    name, _, db = path.partition("/")
    if not name:
        raise ValueError("the name under which the sentinels know the master is missing: /name")
    if not re.fullmatch(r"[0-9]{0,4}", db):
        raise ValueError("after the name, only the number of a database may follow")
    return unquote(name), int(db or 0)


def _options(query: str, known: set[str]) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if options.keys() - known:
        here = f"here are {', '.join(sorted(known))}" if known else "there is none here"
        raise ValueError(f"there is an unknown option; {here}")
    return options
