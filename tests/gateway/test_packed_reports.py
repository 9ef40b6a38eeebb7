"""What is stored of the private streams: bare values, the same on the compiled and the plain form."""

import msgspec

from gateway.exec_report import CANCELED, NEW, TRADE, Facts, Report
from gateway.reports import PLACE_BITS, Packed

PLACED: Facts = (7, 1, NEW, 5_000, 20260105, 41, "a-1", 1, 1, 0, 4_010, 100, 0, 100, 0, 0)
TAKEN_BACK: Facts = (7, 2, CANCELED, 6_000, 20260105, 41, "a-1", 1, 1, 0, 4_010, 100, 0, 0, 0, 0)
OF_A_BLOCK: Facts = (8, 1, NEW, 6_000, 20260105, 42, "", 1, 2, 0, 4_010, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0, (7,), 0, 0, 0)

BID: Facts = (9, 1, NEW, 6_000, 20260105, 43, "b-1", 1, 1, 0, 4_010, 100, 0, 100, 0, 0, 0, 0, 0, 0, 0, (), 0, 1, 0)
BID_INSTEAD: Facts = (
    9,
    2,
    NEW,
    6_000,
    20260105,
    44,
    "b-2",
    1,
    1,
    0,
    4_010,
    90,
    0,
    90,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    (),
    0,
    1,
    43,
)
TO_THE_APPLICANT: Facts = (
    10, 1, TRADE, 7_000, 20260105, 44, "", 1, 2, 0, 4_010, 90, 90, 0, 360_900, 0, 5, 0, 4_010, 90, 0, (), 0, 1, 0,
)  # fmt: skip


def test_reports_are_packed_as_values_by_account_and_read_back() -> None:
    packed = Packed()
    packed.add(3, [PLACED, OF_A_BLOCK])
    packed.add(4, [TAKEN_BACK])
    blob, runs = packed.blob()
    assert (packed.seq, packed.reports) == (4, 3)
    read = {account: blob[at : at + size] for account, _, _, at, size in runs}
    assert [run[:3] for run in runs] == [(7, 1, 2), (8, 1, 1)]
    assert msgspec.msgpack.decode(read[7]) == [list(PLACED), list(TAKEN_BACK)]
    decode = msgspec.msgpack.Decoder(list[Report]).decode
    assert decode(read[7]) == [Report(*PLACED), Report(*TAKEN_BACK)]
    assert decode(read[8]) == [Report(*OF_A_BLOCK)]


def test_the_last_report_of_an_order_is_known_and_the_latest_of_a_bid_or_block_offer() -> None:
    packed = Packed()
    packed.add(4, [PLACED, OF_A_BLOCK, TAKEN_BACK, BID, BID_INSTEAD, TO_THE_APPLICANT])
    assert packed.finished == {41: 7 << PLACE_BITS | 2}
    assert packed.latest == {(42, 8): 1, (43, 9): 2, (44, 9): 2}
