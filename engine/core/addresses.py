"""Networks as a key's allow-list names them: an address with the length of its prefix, written in one way only."""

import ipaddress


def is_network(text: str) -> bool:
    """Whether this is an IPv4 or IPv6 network (203.0.113.0/24, 2001:db8::/32) in its canonical form, without host bits."""
    try:
        return str(ipaddress.ip_network(text)) == text
    except ValueError:
        return False
