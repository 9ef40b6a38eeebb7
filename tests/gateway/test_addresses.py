"""Whose word about an address is taken, and how much of it."""

import pytest

from gateway.addresses import NO_PROXIES, Header, proxies_of

PROXIES = ("10.0.0.0/8", "2001:db8:1::/48")


@pytest.mark.parametrize(
    ("peer", "said", "visitor"),
    [
        ("203.0.113.7", "198.51.100.9", "203.0.113.7"),  # no proxy: its own word about itself
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.9, 203.0.113.7", "203.0.113.7"),  # what stands left of it, the visitor wrote
        ("10.0.0.1", "198.51.100.9, 203.0.113.7, 10.0.0.2", "203.0.113.7"),  # two proxies in a row
        ("10.0.0.1", "10.0.0.9, 10.0.0.2", "10.0.0.9"),  # one of the house
        ("10.0.0.1", "10.0.0.9, 203.0.113.7", "203.0.113.7"),  # a visitor that calls itself a proxy
        ("10.0.0.1", "203.0.113.7:4711", "203.0.113.7"),
        ("10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("10.0.0.1", "2001:db8:0:0::7", "2001:db8::7"),
        ("::ffff:10.0.0.1", "::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1::1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "203.0.113.7, unknown", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.7, ", "10.0.0.1"),
        ("10.0.0.1", "<script>", "10.0.0.1"),
        ("10.0.0.1", "1" * 8_000, "10.0.0.1"),
        ("", "203.0.113.7", ""),
    ],
)
def test_only_what_trusted_proxies_have_written_counts(peer: str, said: str, visitor: str) -> None:
    assert proxies_of(PROXIES, "x-forwarded-for").visitor(peer, said) == visitor


@pytest.mark.parametrize(
    ("said", "visitor"),
    [
        ("for=203.0.113.7;proto=https;by=10.0.0.1", "203.0.113.7"),
        ('for=198.51.100.9, For="[2001:db8::7]:4711" ; by=10.0.0.1', "2001:db8::7"),
        ('for="198.51.100.9, for=203.0.113.7', "203.0.113.7"),  # a quote that the visitor did not end
        ("for=_hidden", "10.0.0.1"),
        ("proto=https", "10.0.0.1"),
        ("203.0.113.7", "10.0.0.1"),
    ],
)
def test_the_standard_header_is_read_as_its_proxies_write_it(said: str, visitor: str) -> None:
    assert proxies_of(PROXIES, "forwarded").visitor("10.0.0.1", said) == visitor


class Sent(dict[str, list[str]]):
    """Headers that were sent."""

    def getall(self, key: str, default: list[str]) -> list[str]:
        return self.get(key, default)


@pytest.mark.parametrize(("header", "said"), [("x-forwarded-for", "a,b"), ("forwarded", "for=c")])
def test_one_header_is_read_and_all_its_lines(header: Header, said: str) -> None:
    sent = Sent({"x-forwarded-for": ["a", "b"], "forwarded": ["for=c"]})
    assert proxies_of(PROXIES, header).said(sent) == said
    assert NO_PROXIES.said(sent) == ""
    assert NO_PROXIES.visitor("10.0.0.1", "203.0.113.7") == "10.0.0.1"


@pytest.mark.parametrize("network", ["proxy.example", "10.0.0.1/8", "10.0.0.0/33", ""])
def test_what_is_no_network_is_refused(network: str) -> None:
    with pytest.raises(ValueError, match=r"network|bits"):
        proxies_of((network,), "x-forwarded-for")
