"""IP addresses in the notations of servers and proxies."""

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

# Some load balancers append a port, which differs for each connection.
WITH_PORT = re.compile(r"\[([^\[\]]+)\](?::[0-9]*)?|([0-9.]+):[0-9]*")
# RFC 6052 section 2.1: a NAT64 translator shows IPv4 clients as addresses of one /96.
TRANSLATED = 0x64FF9B << 96
MAX_TEXT = 64


def parse_ip(text: str) -> IPv4Address | IPv6Address | None:
    """Parse `ip`, `ip:port`, `[ip]` or `[ip]:port`, without its zone; None if it is no IP.

    An IPv4 address that is mapped or translated to IPv6 is returned as IPv4.
    """
    return _parse(text) if len(text) <= MAX_TEXT else None


def plain_ip(text: str) -> str:
    """The IP in its normal form; empty if it is none."""
    return str(parse_ip(text) or "")


@lru_cache(maxsize=1024)
def ip_key(text: str) -> str:
    """The key for rate limits: an IPv4 address, or the /64 of an IPv6 one (one customer's)."""
    ip = parse_ip(text)
    if isinstance(ip, IPv6Address):
        return str(IPv6Network((int(ip) >> 64 << 64, 64)))
    return str(ip or text)


@lru_cache(maxsize=4096)
def _parse(text: str) -> IPv4Address | IPv6Address | None:
    text = text.strip(' \t"')
    if match := WITH_PORT.fullmatch(text):
        text = match[1] or match[2]
    try:
        ip = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if not isinstance(ip, IPv6Address):
        return ip
    if int(ip) >> 32 == TRANSLATED >> 32:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip
