"""The real market and a slow, obviously right one give the same events for every random flow."""

import os
from collections import Counter

import pytest

from engine.core import events as e
from engine.core import reasons
from engine.core.market import Market
from engine.core.phases import is_call
from engine.core.units import BUY, SELL
from engine.view import MarketView
from tests.testkit.flows import random_flow
from tests.testkit.slow_market import SlowMarket

IS_PROVING = os.environ.get("YUTAN_PROVE", "") not in ("", "0")
CHUNKS = 200 if IS_PROVING else 20
FLOWS = 50  # of each chunk
COMMANDS = 100  # of each flow, after founding
AUCTION_FLOWS, AUCTION_COMMANDS = 100, 200
CALLED_OFF = (
    reasons.AUCTION_CANCELED,
    reasons.AUCTION_NOT_HELD,
    reasons.AUCTION_UNDERSUBSCRIBED,
    reasons.SELLER_BARRED,
    reasons.BUYER_BARRED,
)
BID_REFUSED = (
    reasons.UNKNOWN_ACCOUNT,
    reasons.UNKNOWN_AUCTION,
    reasons.CLIENT_ORDER_ID_CONFLICT,
    reasons.ACCOUNT_RESTRICTED,
    reasons.OWN_AUCTION,
    reasons.BIDDER_NOT_ELIGIBLE,
    reasons.AUCTION_NOT_OPEN,
    reasons.UNKNOWN_BID,
    reasons.BID_NOT_WITHDRAWABLE,
    reasons.QTY_BELOW_MIN,
    reasons.QTY_OFF_LOT,
    reasons.BID_ABOVE_CAP,
    reasons.BID_BELOW_FLOOR,
    reasons.BID_ABOVE_CEILING,
    reasons.INSUFFICIENT_CASH,
    reasons.INSUFFICIENT_ALLOWANCE,
    reasons.UNITS_LOCKED,
)
AUDIT_EVERY = 5  # every fifth flow is audited after each command, the others at their end


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_fast_and_slow_market_tell_the_same_story(chunk: int) -> None:
    for seed in range(chunk * FLOWS, (chunk + 1) * FLOWS):
        play_both(seed)


def test_fast_and_slow_market_hold_the_same_one_way_auctions() -> None:
    """Sales and purchases of participants beside their orders: everything that can become of an auction and of a bid does."""
    told: Counter[tuple[str, int]] = Counter()
    for seed in range(40 * AUCTION_FLOWS if IS_PROVING else AUCTION_FLOWS):
        for event in play_both(seed, AUCTION_COMMANDS, has_auctions=True):
            if isinstance(event, e.BidAwarded | e.AuctionCanceled | e.BidRefused | e.BidEnded):
                told[type(event).__name__, event.side if isinstance(event, e.BidAwarded) else event.reason] += 1
            elif isinstance(event, e.BidRepeated):
                told[type(event).__name__, 0] += 1
    expected = [("BidAwarded", BUY), ("BidAwarded", SELL), ("BidRepeated", 0)]
    expected += [("AuctionCanceled", reason) for reason in CALLED_OFF]
    expected += [("BidRefused", reason) for reason in BID_REFUSED]
    expected += [("BidEnded", reason) for reason in (0, reasons.BID_NOT_AWARDED, reasons.RESTRICTION_IMPOSED)]
    assert [(name, reasons.BY_NUMBER.get(number)) for name, number in expected if not told[name, number]] == []


def play_both(seed: int, commands: int = COMMANDS, has_auctions: bool = False) -> list[e.Event]:
    """On failure the seed is the whole bug report."""
    fast, slow = Market(), SlowMarket()
    told: list[e.Event] = []
    for entry in random_flow(seed, commands, has_auctions):
        happened = fast.apply(entry)
        told += happened
        assert happened == slow.apply(entry), f"seed {seed}, entry {entry.seq}: {entry.command}"
        if seed % AUDIT_EVERY == 0:
            fast.audit()
    fast.audit()
    compare_accounts(fast, slow, seed)
    compare_books(fast, slow, seed)
    return told


def compare_accounts(fast: Market, slow: SlowMarket, seed: int) -> None:
    view = MarketView(fast)
    assert len(view.accounts()) == len(slow.accounts)
    for account in slow.accounts:
        seen = view.account(account.number)
        assert seen is not None
        held = slow.cash_held(account)
        expected = (account.cash - held, held + account.pending, account.exec_seq, account.restriction)
        assert (seen.free_fen, seen.held_fen, seen.exec_seq, seen.restriction) == expected, f"seed {seed}"
        assert seen.retention_floor == sum(account.retained.values())
        rows = {
            row.instrument: (row.available, row.held, row.locked, row.encumbered, row.preallocated)
            for row in view.units(account.number)
        }
        for instrument in slow.instruments:
            number = instrument.number
            assert rows.get(number, (0, 0, 0, 0, 0)) == (
                slow.units_available(account, number),
                slow.units_held(account, number),
                slow.units_locked(account, number),
                slow.units_encumbered(account, number),
                slow.units_preallocated(account, number),
            ), f"seed {seed}"
        assert [(order.order, order.leaves, order.cum) for order in view.open_orders(account.number)] == sorted(
            (order.number, order.leaves, order.filled) for order in slow.orders_of(account)
        ), f"seed {seed}"


def compare_books(fast: Market, slow: SlowMarket, seed: int) -> None:
    view = MarketView(fast)
    for instrument in slow.instruments:
        sides: list[list[tuple[int, int, int]]] = []
        for side in (BUY, SELL):
            levels: list[tuple[int, int, int]] = []
            for order in slow.queue(instrument.number, side):
                if levels and levels[-1][0] == order.price:
                    price, tonnes, count = levels.pop()
                    levels.append((price, tonnes + order.leaves, count + 1))
                else:
                    levels.append((order.price, order.leaves, 1))
            sides.append(levels)
        bids, asks = view.depth(instrument.number, 0)
        assert [bids, asks] == sides, f"seed {seed}"
        assert is_call(slow.phase) or not bids or not asks or bids[0][0] < asks[0][0]
