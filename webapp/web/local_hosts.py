"""Protection against DNS rebinding, for pages that need no sign-in.

A browser sends the host name of the page. An attacker can point a name at this machine, but not
an IP address, `localhost` or the app's own host name: only these are allowed.
"""

from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def is_own_host(environ: "WSGIEnvironment", base_url: str) -> bool:
    """Whether `Host` is an IP address, `localhost`, or the host of `base_url`."""
    try:
        host = urlsplit(f"//{environ.get('HTTP_HOST', '')}").hostname or ""
        own = urlsplit(base_url).hostname
    except ValueError:
        return False
    return host in ("localhost", own) or is_ip_address(host)


def is_ip_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
