"""DNS rebinding: a foreign page whose name leads to this machine must not read what is ours.

A browser sends the name that the page was loaded from. So what answers without a sign-in answers
only to names that no stranger can give to this machine: its address, `localhost`, its own name.
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
