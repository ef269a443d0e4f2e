"""One address, however it is written, is one address."""

import pytest

from webapp.core.ip import ip_key, plain_ip


@pytest.mark.parametrize(
    "written",
    [
        *("192.0.2.1", "192.0.2.1:443", "192.0.2.1:", " 192.0.2.1 ", '"192.0.2.1:80"'),
        *("::ffff:192.0.2.1", "[::ffff:192.0.2.1]:443", "::FFFF:c000:201", "64:ff9b::192.0.2.1"),
    ],
)
def test_ipv4(written: str) -> None:
    assert plain_ip(written) == ip_key(written) == "192.0.2.1"


@pytest.mark.parametrize(
    "written",
    [
        *(
            "2001:db8::1",
            "[2001:db8::1]",
            "[2001:db8::1]:443",
            '"[2001:db8::1]:5"',
            "2001:DB8:0::1",
        ),
        *("2001:db8::1%eth0", "[2001:db8::1%25eth0]:443"),
    ],
)
def test_ipv6_counts_as_its_network(written: str) -> None:
    assert plain_ip(written) == "2001:db8::1"
    assert ip_key(written) == ip_key("[2001:db8::2:3]:1") == "2001:db8::/64"
    assert ip_key(written) != ip_key("2001:db8:0:1::1")


@pytest.mark.parametrize(
    "junk",
    [
        *("", "unknown", "_hidden", "unix:", "localhost:80", "192.0.2", "192.0.2.256", "a\nb"),
        *("192.0.2.1, 192.0.2.2", "[192.0.2.1", "192.0.2.1:80:80", "\uff11.1.1.1", "1" * 100_000),
    ],
)
def test_all_junk_is_the_same(junk: str) -> None:
    """It may be another text for each connection."""
    assert plain_ip(junk) == ""
