"""The answers written from pieces are, byte for byte, what the encoder writes."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.protocol import answers, wire
from gateway.protocol.codec import encode

IDS = st.one_of(st.integers(0, 2**53), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=64))
NAMES = st.text("abcXYZ019._-", min_size=1, max_size=36)
NUMBERS = st.integers(0, 2**53)


@given(IDS, NUMBERS, NAMES, NAMES)
def test_an_order_placed(request_id: str | int, order: int, name: str, account: str) -> None:
    told = wire.Reply(request_id, wire.OrderPlaced(f"O-{order}", name, account))
    assert answers.placed(request_id, order, name, account) == encode(told)


@given(IDS, NUMBERS, NAMES, NAMES, st.tuples(NUMBERS, NUMBERS, NUMBERS))
def test_an_order_changed(
    request_id: str | int, order: int, name: str, account: str, amounts: tuple[int, int, int]
) -> None:
    for status in ("new", "partially_filled", "canceled"):
        told = wire.Reply(request_id, wire.OrderChanged(f"O-{order}", name, account, status, "40.10", *amounts))
        assert answers.changed(request_id, order, name, account, status, "40.10", *amounts) == encode(told)
