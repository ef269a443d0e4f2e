"""IP addresses, in the many ways in which servers and proxies write them."""

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

# With a port some load balancers write every address: each connection would look like another one.
WITH_PORT = re.compile(r"\[([^\[\]]+)\](?::[0-9]*)?|([0-9.]+):[0-9]*")
# RFC 6052 section 2.1: a translator in front shows IPv4 clients like this, all in one /64.
TRANSLATED = 0x64FF9B << 96
LONGEST = 64


def parse_ip(text: str) -> IPv4Address | IPv6Address | None:
    """`ip`, `ip:port`, `[ip]` or `[ip]:port`, without its zone; None if it is no address.

    IPv4 that a server sees as IPv6 is IPv4.
    """
    return _parse(text) if len(text) <= LONGEST else None


def plain_ip(text: str) -> str:
    """In its normal form, or empty."""
    return str(parse_ip(text) or "")


@lru_cache(maxsize=1024)
def ip_key(address: str) -> str:
    """An IPv6 address counts as its /64: that much each customer has, to change within at will."""
    ip = parse_ip(address)
    if isinstance(ip, IPv6Address):
        return str(IPv6Network((int(ip) >> 64 << 64, 64)))
    return str(ip or address)


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
