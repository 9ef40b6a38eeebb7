"""Where a visitor comes from: the address of the socket, or what a reverse proxy (反向代理) that is trusted says of it.

A header that says where a request came from is anybody's word, so it counts only from a trusted proxy, and of it only what trusted
proxies have written: each adds the address that it saw at the right end, so it is read from there, up to the first that is not one.
"""

import ipaddress
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, Protocol

Header = Literal["x-forwarded-for", "forwarded"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Headers(Protocol):
    """The headers of a request, of either server."""

    def getall(self, key: str, default: list[str], /) -> Sequence[str]:
        """The lines of one name, in their order."""


class Proxies(NamedTuple):
    """The trusted proxies; none unless set. header: the one that they write; another one is the visitor's own and is not read."""

    networks: tuple[Network, ...] = ()
    header: Header = "x-forwarded-for"

    def said(self, headers: Headers) -> str:
        """What a request says of where it comes from, believed or not."""
        return ",".join(headers.getall(self.header, [])) if self.networks else ""

    def visitor(self, peer: str, said: str) -> str:
        """The address of who asks. peer: that of the socket; said: as `said` gives it."""
        if not self._is_trusted(peer):
            return peer
        nearest = _plain(peer)
        for element in reversed(said.split(",")):
            address = _plain(element.strip() if self.header == "x-forwarded-for" else _for(element))
            if not address:  # a trusted proxy does not say who asked it: all that is known is the proxy
                break
            nearest = address
            if not self._is_trusted(address):
                break
        return nearest

    def _is_trusted(self, address: str) -> bool:
        plain = _plain(address) if self.networks else ""
        return bool(plain) and any(ipaddress.ip_address(plain) in network for network in self.networks)


NO_PROXIES: Final = Proxies()


def proxies_of(networks: Sequence[str], header: Header) -> Proxies:
    """Proxies by their addresses or networks. Raises ValueError for what is neither."""
    return Proxies(tuple(ipaddress.ip_network(network) for network in networks), header)


def _plain(text: str) -> str:
    """An address without its port, however it is written; "" for what is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def _for(element: str) -> str:
    """The address in one element of `Forwarded` (RFC 7239); "" where it has none."""
    for pair in element.split(";"):
        name, _, value = pair.partition("=")
        if name.strip().lower() == "for":
            return value.strip().strip('"')
    return ""
