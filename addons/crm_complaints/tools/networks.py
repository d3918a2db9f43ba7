"""Networks of addresses: who shares one most likely is one sender, or one machine room."""

from ipaddress import ip_address, ip_network

PREFIX = {4: 24, 6: 64}


def network(address: str) -> str:
    """The /24 of an IPv4 address, the /64 of an IPv6 one; what is no address is its own network.

    >>> network("192.0.2.77"), network("2001:db8:1:2:3::4"), network("::ffff:192.0.2.77"), network("?")
    ('192.0.2.0/24', '2001:db8:1:2::/64', '192.0.2.0/24', '?')
    """
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or ""
    found = getattr(found, "ipv4_mapped", None) or found
    return str(ip_network((found, PREFIX[found.version]), strict=False))
