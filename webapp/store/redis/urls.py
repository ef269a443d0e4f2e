"""URLs of Redis: one server, Sentinel or Cluster.

    redis://[user:password@]host[:port][/db]
    unix://[user:password@]/path

    redis+sentinel://[user:password@]host:port,host:port/name[/db]
    redis+cluster://[user:password@]host:port,host:port

With `rediss+…` all connections use TLS, also those to the sentinels. IPv6 addresses are in
brackets. User and password are those of the servers; those of sentinels are options after a `?`,
and so are the TLS files (see OPTIONS). `rediss://` is one server over TLS.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from webapp.core.urls import ESCAPES, Unreadable, check_host

MULTI_SERVER_SCHEMES = (
    "redis+sentinel://",
    "rediss+sentinel://",
    "redis+cluster://",
    "rediss+cluster://",
)
SINGLE = re.compile(
    r"(?:rediss?://(?:[^/?#\[\]]*@)?(?P<node>[^/?#@]+)(?:/(?P<db>[^?#]*))?"
    r"|unix://(?:[^/?#\[\]]*@)?/[^?#]+)(?:\?(?P<query>[^#]*))?"
)
SHAPE = re.compile(
    r"(?P<scheme>rediss?)\+(?P<kind>sentinel|cluster)://"
    r"(?:(?P<login>[^/?#]*)@)?(?P<nodes>[^/?#@]*)(?:/(?P<path>[^?#]*))?(?:\?(?P<query>[^#]*))?"
)
NODE = re.compile(
    r"(?:\[(?P<v6>[0-9A-Fa-f:.%]+)\]|(?P<host>[^\[\]:\s]+))(?::(?P<port>[0-9]{1,5}))?"
)
DATABASE = re.compile(r"[0-9]{0,4}")
OPTIONS = {
    "sentinel": {"sentinel_username", "sentinel_password"},
    "cluster": set[str](),
    # Files: the CA to trust instead of the system's, and the client's certificate and key.
    "tls": {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"},
    "single": {"db", "username", "password"},
}
# How a server's certificate is verified, in redis-py's words.
VERIFY = {
    "ssl_cert_reqs": ("none", "optional", "required"),
    "ssl_check_hostname": ("true", "false"),
}


def check(text: str) -> list[str]:
    """Check a URL; the paths of the files in it. Raises Unreadable, without the password."""
    if text.startswith(MULTI_SERVER_SCHEMES):
        options = RedisUrl.parse(text).options
    elif text.startswith(("redis://", "rediss://", "unix://")):
        options = _check_single(text)
    else:
        raise Unreadable(
            "must start with redis://, rediss://, unix://, redis+sentinel:// or redis+cluster://"
        )
    return [path for name, path in options.items() if name in OPTIONS["tls"]]


def _check_single(text: str) -> dict[str, str]:
    """Check a URL of one server. redis-py takes `/prod` for database 0, and cuts at a `#`."""
    match = SINGLE.fullmatch(text)
    if not match:
        example = (
            "unix:///path" if text.startswith("unix:") else "redis://user:password@host:6379/0"
        )
        raise Unreadable(f"must be like {example}; {ESCAPES}")
    if match["node"]:
        _node(match["node"], default_port=6379)
    tls = OPTIONS["tls"] | VERIFY.keys() if text.startswith("rediss:") else set[str]()
    options = _options(match["query"] or "", OPTIONS["single"] | tls)
    for database in (match["db"] or "", options.get("db", "")):
        if not DATABASE.fullmatch(database):
            raise Unreadable("the database must be a number: /0")
    if match["db"] and "db" in options:
        raise Unreadable("names a database twice: after the / and as an option")
    for name, allowed in VERIFY.items():
        if options.get(name, allowed[0]).lower() not in allowed:
            raise Unreadable(f"{name} must be one of {', '.join(allowed)}")
    return options


@dataclass(frozen=True)
class RedisUrl:
    """The parts of a URL of several servers. `name` and `db` are for Sentinel only."""

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
        """Parse a URL. Raises Unreadable, without the password."""
        match = SHAPE.fullmatch(text)
        if not match:
            raise Unreadable(
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


def _node(text: str, default_port: int = 0) -> tuple[str, int]:
    match = NODE.fullmatch(text)
    port = int(match["port"] or default_port) if match else 0
    if not match or not 0 < port < 65536:
        # Without the text: after a / or ? that is not escaped, it is part of a password.
        one = "redis-py takes one server, host or host:port"
        wanted = one if default_port else "each server must be host:port"
        raise Unreadable(f"{wanted}, with IPv6 in brackets; {ESCAPES}")
    return check_host(match["v6"] or match["host"]), port


def _name_and_db(kind: str, path: str) -> tuple[str, int]:
    if kind == "cluster":
        if path:
            raise Unreadable("a cluster has no names or numbered databases: nothing after a /")
        return "", 0
    name, _, db = path.partition("/")
    if not name:
        raise Unreadable("the name under which the sentinels know the master is missing: /name")
    if not DATABASE.fullmatch(db):
        raise Unreadable("after the name, only the number of a database may follow")
    return unquote(name), int(db or 0)


def _options(query: str, known: set[str]) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if options.keys() - known:
        names = ", ".join(sorted(known))
        here = f"here are {names} (redis-py's words)" if known else "there is none here"
        raise Unreadable(f"there is an unknown option; {here}")
    return options
