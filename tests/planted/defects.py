"""The defects that are planted, and the tests that must catch each of them.

`catalogue` is the defect's number in the reliability catalogue (G24). Those of the core and of the journal are here; those of
settlement, of sockets and of the disk itself are the business of the tests that kill processes and damage folders.
"""

from typing import Final, NamedTuple

INVARIANTS: Final = "tests/properties/test_invariants.py::"
CONSERVED: Final = INVARIANTS + "test_inv_1_2_3_units_and_cash_are_conserved_and_never_negative"
HOLDS: Final = INVARIANTS + "test_inv_4_6_holds_are_what_open_orders_need"
UNCROSSED: Final = INVARIANTS + "test_inv_8_the_book_is_crossed_only_inside_a_call"
PRIORITY: Final = INVARIANTS + "test_inv_9_nobody_waiting_longer_at_the_same_or_a_better_price_is_passed_over"
ONE_ANSWER: Final = INVARIANTS + "test_inv_16_a_client_order_id_has_one_order_and_one_answer"
SELF_TRADE: Final = INVARIANTS + "test_inv_19_nobody_trades_with_themselves_unless_the_rule_book_says_so"
DUMP: Final = "tests/properties/test_dump_and_replay.py::test_a_loaded_market_goes_on_like_the_one_that_was_dumped"
HASH_SEEDS: Final = (
    "tests/properties/test_dump_and_replay.py::test_processes_with_other_hash_seeds_reach_the_same_state"
)
NO_FLOATS: Final = "tests/house/test_pure_folders.py::test_has_no_floats_and_no_true_division"
NO_SETS: Final = "tests/house/test_pure_folders.py::test_never_walks_a_set"
SLOW: Final = "tests/properties/test_slow_market_agrees.py::test_fast_and_slow_market_tell_the_same_story"
REPLACING: Final = "tests/engine/core/test_matching.py::TestReplace"
ACTS: Final = "tests/engine/core/test_acts.py"
JOURNAL: Final = "tests/engine/test_journal.py::"


class Edit(NamedTuple):
    """A text that occurs once in a file, and what stands there instead."""

    file: str
    right: str
    wrong: str


class Defect(NamedTuple):
    """Something wrong. Each of `tests` must fail where the edits are made; `is_quick`: also outside `make prove`."""

    what: str
    catalogue: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]
    is_quick: bool = False

    @property
    def name(self) -> str:
        """What it is called on the command line."""
        return (f"{self.catalogue} {self.what}" if self.catalogue else self.what).replace(" ", "-")


def _core(file: str, right: str, wrong: str) -> tuple[Edit, ...]:
    return (Edit(f"engine/core/{file}", right, wrong),)


_BIGGEST_FIRST: Final = """            maker = best.head
            other = best.head
            while other is not None:
                if maker is not None and other.leaves > maker.leaves:
                    maker = other
                other = other.newer
"""
_BY_NAME: Final = """    orders = account.orders.values()
    named = {(order.client_order_id, order.number) for order in orders if order.number in numbers}
    numbers = [number for _, number in named]
"""
_PREVENTION: Final = "maker.owner == taker.owner:\n                if stp != STP_CANCEL_TAKER"
_NEAREST: Final = "distance(candidate.price_ticks, reference_ticks) {} distance(best.price_ticks, reference_ticks)"

DEFECTS: Final = (
    Defect(
        "a partial fill releases the whole hold",
        "SD4",
        _core("trading.py", " - instrument.hold_of(buy.price_ticks, leaves)\n", "\n"),
        (HOLDS,),
        is_quick=True,
    ),
    Defect(
        "a better price leaves the rest held",
        "SD5",
        _core("trading.py", "buyer.held -= held\n    buyer.free += held - cost", "buyer.held -= cost"),
        (HOLDS,),
        is_quick=True,
    ),
    Defect(
        "at one price the biggest goes first",
        "SD6",
        _core("book.py", "            maker = best.head\n", _BIGGEST_FIRST),
        (PRIORITY, SLOW),
        is_quick=True,
    ),
    Defect(
        "replacing up keeps the place",
        "SD7",
        (
            *_core(
                "trading.py",
                "keeps_place = price == old_price and tonnes < order.tonnes",
                "keeps_place = price == old_price",
            ),
            *_core("book.py", "assert 0 <= less < order.leaves", "assert less < order.leaves"),
        ),
        (REPLACING, SLOW),
        is_quick=True,
    ),
    Defect(
        "a fee is computed with floats",
        "SD8",
        _core("trading.py", "amount * instrument.fee_ppm // PPM", "int(amount * instrument.fee_ppm / PPM)"),
        (NO_FLOATS,),
        is_quick=True,
    ),
    Defect(
        "client order ids are kept in memory only",
        "SD9",
        _core("dump.py", "account.answers.update({row[0]: Answer(", "account.answers.update({} and {row[0]: Answer("),
        (DUMP,),
    ),
    Defect(
        "a snapshot omits held cash",
        "SD11",
        _core("dump.py", "        account.held,\n", "        0,\n"),
        (DUMP,),
        is_quick=True,
    ),
    Defect(
        "a snapshot omits the numbers of private streams",
        "SD11",
        _core("dump.py", "        account.exec_seq,\n", "        0,\n"),
        (DUMP,),
    ),
    Defect(
        "a gap in the journal is passed over",
        "SD12",
        (Edit("engine/journal/form.py", "if first_seq != seq:", "if first_seq < seq:"),),
        (JOURNAL + "test_a_record_taken_out_of_the_middle_is_a_gap",),
    ),
    Defect(
        "a damaged record is taken for the end",
        "SD13",
        (
            Edit(
                "engine/journal/form.py",
                'raise JournalError(segment, offset, seq, "the checksum of a record is wrong")',
                "return None",
            ),
        ),
        (JOURNAL + "test_a_flipped_bit_anywhere_is_found_and_named",),
    ),
    Defect(
        "neither checksum nor chain of a record is looked at",
        "SD14",
        (
            Edit("engine/journal/form.py", "if zlib.crc32(payload) != payload_crc:", "if False:"),
            Edit("engine/journal/form.py", "if data[end - CHAIN_BYTES : end] != after:", "if False:"),
        ),
        (JOURNAL + "test_a_flipped_bit_anywhere_is_found_and_named",),
    ),
    Defect(
        "after a failed sync the journal goes on",
        "SD16",
        (Edit("engine/journal/journal.py", "self._broken = f", "_ = f"),),
        (JOURNAL + "test_a_file_that_cannot_be_synced_breaks_the_journal",),
    ),
    Defect(
        "orders are canceled in the order of a set",
        "SD17",
        _core("trading.py", "    numbers.sort()\n", _BY_NAME),
        (NO_SETS, HASH_SEEDS),
        is_quick=True,
    ),
    Defect(
        "a command that cannot be applied is passed over",
        "SD18",
        _core("market.py", 'raise AssertionError("a market is founded once")', "pass"),
        (ACTS + "::test_founding_needs_two_people_and_happens_once",),
    ),
    Defect(
        "trading at the taker's price",
        "",
        _core("book.py", "price: i64 = best.price_ticks", "price: i64 = taker.price_ticks"),
        (PRIORITY, SLOW),
    ),
    Defect(
        "the newest maker goes first",
        "",
        _core("book.py", "            maker = best.head\n", "            maker = best.tail\n"),
        (PRIORITY, SLOW),
    ),
    Defect(
        "one tick past the limit",
        "",
        _core("book.py", "> 0 and best.key <= limit:", "> 0 and best.key <= limit + 1:"),
        (SLOW,),
    ),
    Defect(
        "replacing down loses the place",
        "",
        _core("trading.py", "keeps_place = price == old_price and", "keeps_place = False and"),
        (PRIORITY, SLOW),
    ),
    Defect(
        "no fee is held",
        "",
        _core("state.py", "return amount + amount * self.fee_ppm // 1_000_000", "return amount"),
        (HOLDS,),
    ),
    Defect(
        "price improvement is lost",
        "",
        _core("trading.py", "buyer.free += held - cost", "buyer.free += 0"),
        (CONSERVED,),
    ),
    Defect(
        "the seller pays no fee",
        "",
        _core("trading.py", "sell_leaves, tonnes, amount - fee)", "sell_leaves, tonnes, amount)"),
        (CONSERVED,),
    ),
    Defect(
        "locks end a day early",
        "",
        _core("day.py", "unlock(state.day_number)", "unlock(state.day_number + 1)"),
        (SLOW,),
    ),
    Defect(
        "the floor may be passed by a tonne",
        "",
        _core("admission.py", "left < account.retention_floor:", "left < account.retention_floor - 1:"),
        (SLOW,),
    ),
    Defect(
        "bands are rounded down",
        "",
        _core("day.py", "(10_000 - limit_bp) + 5_000", "(10_000 - limit_bp)"),
        (SLOW,),
    ),
    Defect("ties go to the higher price", "", _core("book.py", _NEAREST.format("<"), _NEAREST.format("<=")), (SLOW,)),
    Defect("imbalance is ignored", "", _core("book.py", "if imbalance != least:", "if False:"), (SLOW,)),
    Defect(
        "self-trade prevention by account",
        "",
        _core("book.py", _PREVENTION, _PREVENTION.replace("owner", "account")),
        (SELF_TRADE, SLOW),
    ),
    Defect(
        "fill or kill counts own orders",
        "",
        _core(
            "book.py", "                if stp != STP_OFF and maker.owner", "                if False and maker.owner"
        ),
        (SLOW,),
    ),
    Defect(
        "restrictions leave sells",
        "",
        _core("restrictions.py", "((RESTRICT_BUY, BUY), (RESTRICT_SELL, SELL))", "((RESTRICT_BUY, BUY),)"),
        (SLOW,),
    ),
    Defect(
        "client order ids are kept a day too long",
        "",
        _core(
            "day.py",
            "state.day_number - state.rulebook.client_order_id_days",
            "state.day_number - state.rulebook.client_order_id_days - 1",
        ),
        (ONE_ANSWER, SLOW),
    ),
    Defect(
        "proceeds are usable at once",
        "",
        _core("trading.py", "seller.pending += proceeds", "seller.free += proceeds"),
        (SLOW,),
    ),
    Defect(
        "one may approve one's own act",
        "",
        _core("acts.py", "return Verdict(reasons.SELF_APPROVAL)", "return ADMITTED"),
        (ACTS,),
    ),
    Defect(
        "the close is rounded down", "", _core("day.py", "(value + volume // 2) // volume", "value // volume"), (SLOW,)
    ),
    Defect(
        "halted calls stay crossed",
        "",
        _core("day.py", "            cancel_crossing(state, instrument, out)", "            pass"),
        (UNCROSSED, SLOW),
    ),
)
