"""What is stored of the private streams: bare values, the same on the compiled and the plain form."""

import msgspec

from gateway.exec_report import CANCELED, NEW, Facts, Report
from gateway.reports import PLACE_BITS, Packed

PLACED: Facts = (7, 1, NEW, 5_000, 20260105, 41, "a-1", 1, 1, 0, 4_010, 100, 0, 100, 0, 0)
TAKEN_BACK: Facts = (7, 2, CANCELED, 6_000, 20260105, 41, "a-1", 1, 1, 0, 4_010, 100, 0, 0, 0, 0)
OF_A_BLOCK: Facts = (8, 1, NEW, 6_000, 20260105, 42, "", 1, 2, 0, 4_010, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0, (7,), 0, 0, 0)


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


def test_the_last_report_of_an_order_is_known_and_a_block_offers_is_not() -> None:
    packed = Packed()
    packed.add(4, [PLACED, OF_A_BLOCK, TAKEN_BACK])
    assert packed.finished == {41: 7 << PLACE_BITS | 2}
