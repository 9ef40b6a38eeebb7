"""The real market and a slow, obviously right one give the same events for every random flow."""

import os

import pytest

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
AUDIT_EVERY = 5  # every fifth flow is audited after each command, the others at their end


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_fast_and_slow_market_tell_the_same_story(chunk: int) -> None:
    for seed in range(chunk * FLOWS, (chunk + 1) * FLOWS):
        play_both(seed)


def play_both(seed: int) -> None:
    """On failure the seed is the whole bug report."""
    fast, slow = Market(), SlowMarket()
    for entry in random_flow(seed, COMMANDS):
        happened = fast.apply(entry)
        assert happened == slow.apply(entry), f"seed {seed}, entry {entry.seq}: {entry.command}"
        if seed % AUDIT_EVERY == 0:
            fast.audit()
    fast.audit()
    compare_accounts(fast, slow, seed)
    compare_books(fast, slow, seed)


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
