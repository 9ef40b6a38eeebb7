"""Changes of the input whose effect on the outcome is known without any oracle: mirrors, shifts, removals."""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases
from engine.core.commands import AnyCommand
from engine.core.units import BUY, DAY, FOK, IOC, SELL
from tests.testkit.build import Desk, rulebook_text

CENTRE = 10_000
IS_PROVING = os.environ.get("YUTAN_PROVE", "") not in ("", "0")
SEEDS = range(250 if IS_PROVING else 25)
Trade = tuple[int, int, int, str, str, int, int]  # instrument, price, tonnes, buyer's id, seller's id, leaves of both


@dataclass(frozen=True)
class Op:
    """A command by name, so that a transformed flow may give its orders other numbers."""

    kind: str  # place | cancel | replace | phase
    client_order_id: str = ""
    account: int = 1
    instrument: int = 1
    side: int = BUY
    price: int = CENTRE
    tonnes: int = 1
    time_in_force: int = DAY
    phase: int = 0

    def command(self) -> AnyCommand:
        if self.kind == "place":
            return c.PlaceOrder(
                self.account,
                self.instrument,
                self.side,
                self.price,
                self.tonnes,
                self.time_in_force,
                self.client_order_id,
            )
        if self.kind == "cancel":
            return c.CancelOrder(self.account, 0, self.client_order_id)
        if self.kind == "replace":
            return c.ReplaceOrder(self.account, 0, self.client_order_id, self.price, self.tonnes)
        return c.Propose(0, "", "", c.ChangePhase(self.phase))


def random_ops(seed: int, with_calls: bool = True) -> list[Op]:
    """Four rich accounts trading two instruments, through a break and a closing call."""
    dice = random.Random(seed)
    ops: list[Op] = []
    placed: list[Op] = []
    for step in range(150):
        if step == 100:
            ops.append(Op("phase", phase=phases.BREAK))
            ops.append(Op("phase", phase=phases.CLOSING_CALL if with_calls else phases.CONTINUOUS))
        draw = dice.random()
        price, tonnes = CENTRE + dice.randint(-4, 4), dice.randint(1, 30)
        if draw < 0.7 or not placed:
            life = dice.choice((DAY, DAY, DAY, IOC, FOK))
            op = Op("place", f"o{step}", dice.randint(1, 4), dice.randint(1, 2), dice.choice((BUY, SELL)))
            op = replace(op, price=price, tonnes=tonnes, time_in_force=life)
            placed.append(op)
            ops.append(op)
        elif draw < 0.82:
            ops.append(replace(dice.choice(placed), kind="cancel"))
        else:
            ops.append(replace(dice.choice(placed), kind="replace", price=price, tonnes=tonnes))
    if with_calls:
        ops.append(Op("phase", phase=phases.POST_CLOSE))
    return ops


def trades_of(ops: list[Op]) -> list[Trade]:
    """What the flow trades, in the words of client order ids."""
    desk = Desk(rulebook_text({"CQEA": {"limit_bp": "none"}}, self_trade="cancel_maker", retention_bp=0))
    for instrument in (1, 2):
        desk.act(c.ListInstrument(f"CQEA-{instrument}", "CQEA", 2020 + instrument, "", "", CENTRE))
    for account in range(1, 5):
        desk.act(c.OpenAccount(f"A{account}", account, "", "institution"), c.DepositCash(account, 10**15))
        desk.act(*(c.AllocateUnits(account, instrument, 10**8, "paid", 2025) for instrument in (1, 2)))
    desk.open_day()
    for op in ops:
        desk.do(op.command())
        desk.market.audit()
    return [
        (
            event.instrument,
            event.price_ticks,
            event.tonnes,
            event.buy_client_order_id,
            event.sell_client_order_id,
            event.buy_leaves,
            event.sell_leaves,
        )
        for event in desk.events
        if isinstance(event, e.Traded)
    ]


def changed(ops: list[Op], change: Callable[[Op], Op]) -> list[Op]:
    return [op if op.kind == "phase" else change(op) for op in ops]


@pytest.mark.parametrize("seed", SEEDS)
def test_mirrored_sides_and_prices_give_mirrored_trades(seed: int) -> None:
    ops = random_ops(seed, with_calls=False)  # a call's last way out of a tie is the lower price: not symmetric
    mirrored = changed(ops, lambda op: replace(op, side=BUY + SELL - op.side, price=2 * CENTRE - op.price))
    expected = [
        (instrument, 2 * CENTRE - price, tonnes, seller, buyer, sell_leaves, buy_leaves)
        for instrument, price, tonnes, buyer, seller, buy_leaves, sell_leaves in trades_of(ops)
    ]
    assert trades_of(mirrored) == expected
    assert expected


@pytest.mark.parametrize("seed", SEEDS)
def test_prices_shifted_by_a_constant_shift_the_trades(seed: int) -> None:
    ops = random_ops(seed, with_calls=False)
    shifted = changed(ops, lambda op: replace(op, price=op.price + 777))
    assert trades_of(shifted) == [(trade[0], trade[1] + 777, *trade[2:]) for trade in trades_of(ops)]


@pytest.mark.parametrize("seed", SEEDS)
def test_one_instruments_trades_do_not_depend_on_anothers_orders(seed: int) -> None:
    ops = random_ops(seed)
    together = trades_of(ops)
    for instrument in (1, 2):
        alone = trades_of([op for op in ops if op.kind == "phase" or op.instrument == instrument])
        assert alone == [trade for trade in together if trade[0] == instrument]


@pytest.mark.parametrize("seed", SEEDS)
def test_instruments_may_be_interleaved_in_any_way(seed: int) -> None:
    ops = random_ops(seed)
    until = next(place for place, op in enumerate(ops) if op.kind == "phase")
    one_after_another = sorted(ops[:until], key=lambda op: op.instrument) + ops[until:]
    for instrument in (1, 2):
        expected = [trade for trade in trades_of(ops) if trade[0] == instrument]
        assert [trade for trade in trades_of(one_after_another) if trade[0] == instrument] == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_instruments_merged_by_chance_trade_each_as_before(seed: int) -> None:
    ops = random_ops(seed)
    until = next(place for place, op in enumerate(ops) if op.kind == "phase")
    dice = random.Random(seed)
    queues = [[op for op in ops[:until] if op.instrument == instrument] for instrument in (1, 2)]
    merged: list[Op] = []
    while any(queues):
        queue = dice.choice([queue for queue in queues if queue])
        merged.append(queue.pop(0))
    again, expected = trades_of(merged + ops[until:]), trades_of(ops)
    for instrument in (1, 2):
        assert [t for t in again if t[0] == instrument] == [t for t in expected if t[0] == instrument]


@pytest.mark.parametrize("seed", SEEDS)
def test_instruments_may_change_names(seed: int) -> None:
    ops = random_ops(seed)
    swapped = [op if op.kind == "phase" else replace(op, instrument=3 - op.instrument) for op in ops]
    again, expected = trades_of(swapped), trades_of(ops)
    for instrument in (1, 2):
        mine = [(3 - trade[0], *trade[1:]) for trade in again if trade[0] == 3 - instrument]
        assert mine == [trade for trade in expected if trade[0] == instrument]
    assert expected


@pytest.mark.parametrize("seed", SEEDS)
def test_refused_requests_of_one_member_change_nothing_for_anyone(seed: int) -> None:
    ops = random_ops(seed)
    dice = random.Random(seed)
    with_noise: list[Op] = []
    for place, op in enumerate(ops):
        with_noise.append(op)
        noise = Op("place", f"noise{place}", 2, dice.randint(1, 3), dice.choice((BUY, SELL, 5)))
        with_noise.append(replace(noise, price=dice.choice((0, -1, 10**9 + 1)), tonnes=dice.choice((0, 5, 2**40))))
        with_noise.append(Op("cancel", f"foreign{place}", 3))
    assert trades_of(with_noise) == trades_of(ops)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_order_cut_in_two_equal_neighbours_trades_the_same_volume_at_each_price(seed: int) -> None:
    ops = [op for op in random_ops(seed, with_calls=False) if op.kind == "place"]
    ops = [replace(op, time_in_force=DAY, account=1 if op.side == BUY else 2) for op in ops]
    cut: list[Op] = []
    for op in ops:
        first = op.tonnes // 2
        if first:
            cut.append(replace(op, client_order_id=op.client_order_id + "a", tonnes=first))
        cut.append(replace(op, client_order_id=op.client_order_id + "b", tonnes=op.tonnes - first))
    assert volume_by_price(trades_of(cut)) == volume_by_price(trades_of(ops))


def volume_by_price(trades: list[Trade]) -> dict[tuple[int, int], int]:
    volume: dict[tuple[int, int], int] = {}
    for instrument, price, tonnes, *_ in trades:
        volume[instrument, price] = volume.get((instrument, price), 0) + tonnes
    return volume
