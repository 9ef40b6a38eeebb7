"""Random block trades against a slow book of offers that works everything out anew, and against what must always hold.

The slow book keeps the list of what was asked for and which offers are gone; holdings are added up from all trades
and from the holds of what is open, each time.
"""

import random
from dataclasses import dataclass, field

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons
from engine.core.market import Market
from engine.core.units import BUY, SELL
from tests.testkit.build import Desk, hash_of, rulebook_text

CASH, TONNES, ACCOUNTS, BASE = 1_100_000_000, 350_000, 5, 5000
FEE_PPM = 700
PRODUCT = {"block_tonnes_min": 100_000, "block_limit_bp": 3000, "lock_days": 1, "trading_fee_ppm": FEE_PPM}
VALUE_MAX = 1_800_000_000
OWNERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 1}  # accounts 1 and 5 are one owner's


@dataclass
class SlowOffer:
    """An offer, and who may still have it."""

    number: int
    account: int
    side: int
    price: int
    tonnes: int
    addressed: tuple[int, ...]
    open_to: set[int]
    trade: int = 0
    confirmer: int = 0


@dataclass
class SlowBook:
    """Says what must happen, by name of the event or of the refusal."""

    offers: dict[int, SlowOffer] = field(default_factory=dict)
    trades: list[tuple[int, int, int, int]] = field(default_factory=list)  # buyer, seller, price, tonnes
    is_open: bool = True

    def cash(self, account: int) -> int:
        total = CASH
        for buyer, seller, price, tonnes in self.trades:
            amount = price * tonnes
            fee = amount * FEE_PPM // 1_000_000
            total += (seller == account) * (amount - fee) - (buyer == account) * (amount + fee)
        for offer in self.offers.values():
            if offer.open_to and offer.account == account and offer.side == BUY:
                total -= offer.price * offer.tonnes + offer.price * offer.tonnes * FEE_PPM // 1_000_000
        return total

    def units(self, account: int) -> int:
        """To be sold today: what is bought is locked until tomorrow."""
        sold = sum(tonnes for _, seller, _, tonnes in self.trades if seller == account)
        held = sum(
            offer.tonnes
            for offer in self.offers.values()
            if offer.open_to and offer.account == account and offer.side == SELL
        )
        return TONNES - sold - held

    def bought(self, account: int) -> int:
        return sum(tonnes for buyer, _, _, tonnes in self.trades if buyer == account)

    def why_not_cover(self, account: int, side: int, price: int, tonnes: int) -> int:
        if side == BUY:
            cost = price * tonnes + price * tonnes * FEE_PPM // 1_000_000
            return reasons.INSUFFICIENT_CASH if cost > self.cash(account) else 0
        if tonnes <= self.units(account):
            return 0
        is_locked = tonnes <= self.units(account) + self.bought(account)
        return reasons.UNITS_LOCKED if is_locked else reasons.INSUFFICIENT_ALLOWANCE

    def why_not_offer(self, account: int, side: int, price: int, tonnes: int, to: tuple[int, ...]) -> int:
        if not self.is_open:
            return reasons.METHOD_NOT_OPEN
        if tonnes < 100_000:
            return reasons.QTY_BELOW_MIN
        if not 3500 <= price <= 6500:
            return reasons.PRICE_OUT_OF_BAND
        if price * tonnes > VALUE_MAX:
            return reasons.VALUE_ABOVE_MAX
        if any(OWNERS[number] == OWNERS[account] for number in to):
            return reasons.SELF_MATCH
        return 0

    def do(self, seq: int, command: c.AnyBlockCommand) -> int:
        """The refusal, or 0; what is not refused takes effect."""
        match command:
            case c.BlockOffer():
                terms = (command.account, command.side, command.price_ticks, command.tonnes)
                why = self.why_not_offer(*terms, command.counterparties) or self.why_not_cover(*terms)
                if not why:
                    to = command.counterparties
                    self.offers[seq] = SlowOffer(seq, *terms, to, set(to))
                return why
            case c.BlockWithdraw():
                offer = self.offers.get(command.offer)
                if offer is None or offer.account != command.account:
                    return reasons.UNKNOWN_OFFER
                if not offer.open_to:
                    return reasons.ALREADY_FILLED if offer.trade else reasons.ALREADY_CANCELED
                offer.open_to.clear()
                return 0
        offer = self.offers.get(command.offer)
        if offer is None or command.account not in offer.addressed:
            return reasons.UNKNOWN_OFFER
        side = SELL if offer.side == BUY else BUY
        match command:
            case c.BlockConfirm():
                return self.confirm(offer, command.account, side)
            case c.BlockDecline():
                if command.account not in offer.open_to:
                    return reasons.COUNTERPARTY_GONE
                offer.open_to.discard(command.account)
                return 0
        terms = (command.account, side, command.price_ticks, command.tonnes)
        why = self.why_not_offer(*terms, (offer.account,))
        if not why and command.account not in offer.open_to:
            why = reasons.COUNTERPARTY_GONE
        if not why and terms[2:] == (offer.price, offer.tonnes):
            why = reasons.NO_CHANGE
        why = why or self.why_not_cover(*terms)
        if not why:
            offer.open_to.discard(command.account)
            self.offers[seq] = SlowOffer(seq, *terms, (offer.account,), {offer.account})
        return why

    def confirm(self, offer: SlowOffer, account: int, side: int) -> int:
        if offer.confirmer == account:
            return 0  # again
        if not self.is_open:
            return reasons.METHOD_NOT_OPEN
        if account not in offer.open_to:
            return reasons.COUNTERPARTY_GONE
        why = self.why_not_cover(account, side, offer.price, offer.tonnes)
        if not why:
            offer.open_to.clear()
            buyer, seller = (offer.account, account) if offer.side == BUY else (account, offer.account)
            self.trades.append((buyer, seller, offer.price, offer.tonnes))
            offer.trade, offer.confirmer = len(self.trades), account
        return why


def market() -> Desk:
    """Five accounts, four owners, everybody with the same."""
    desk = Desk(rulebook_text({"CQEA": PRODUCT}, retention_bp=0, order_value_max_fen=VALUE_MAX))
    desk.act(c.ListInstrument("CQEA-2025", "CQEA", 2025, "配额", "Allowance", BASE))
    for account, owner in OWNERS.items():
        desk.act(
            c.OpenAccount(f"A{account}", owner, "", "institution"),
            c.DepositCash(account, CASH),
            c.AllocateUnits(account, 1, TONNES, "paid", 2025),
        )
    desk.open_day()
    desk.act(c.OpenBlockWindow())
    return desk


def random_command(dice: random.Random, seqs: list[int], seq: int) -> c.AnyBlockCommand:
    """Anything a member may ask, mostly about something that is there."""
    account = dice.randint(1, ACCOUNTS)
    price = dice.choice((3499, 3500, 6500, 6501, dice.randint(4500, 5500)))
    tonnes = dice.choice((99_999, 100_000, 100_000, 150_000, 300_000, 1_000_000))
    number = dice.choice(seqs[-8:]) if seqs and dice.random() < 0.97 else 1
    draw = dice.random()
    if draw < 0.3 or not seqs:
        to = tuple(dice.sample(range(1, ACCOUNTS + 1), dice.choice((1, 1, 2, 3))))
        return c.BlockOffer(account, 1, dice.choice((BUY, SELL)), price, tonnes, to, f"i-{seq}")
    if draw < 0.45:
        return c.BlockCounter(account, number, price, tonnes, f"i-{seq}")
    if draw < 0.85:
        return c.BlockConfirm(account, number)
    return c.BlockDecline(account, number) if draw < 0.93 else c.BlockWithdraw(account, number, "")


def played(seed: int, steps: int) -> tuple[Desk, set[int], set[type]]:
    """Play both books; every refusal and every account's figures agree, and all invariants hold, after each command."""
    dice = random.Random(seed)
    desk, slow = market(), SlowBook()
    why_seen: set[int] = set()
    for _ in range(steps):
        if dice.random() < 0.04:
            slow.is_open = not slow.is_open
            desk.act(c.OpenBlockWindow() if slow.is_open else c.CloseBlockWindow())
        seq = desk.market.seq + 1
        command = random_command(dice, list(slow.offers), seq)
        happened = desk.do(command)
        why = slow.do(seq, command)
        why_seen.add(why)
        assert [event.reason for event in happened if isinstance(event, e.RequestRefused)] == ([why] if why else [])
        desk.market.audit()
        for account in OWNERS:
            found = desk.market.state.held_account(account)
            position = found.position(1)
            assert (found.free, position.available) == (slow.cash(account), slow.units(account))
            assert position.locked == slow.bought(account)
        assert desk.market.state.trade_number == len(slow.trades)
    return desk, why_seen, {type(event) for event in desk.events}


@pytest.mark.parametrize("seed", range(12))
def test_the_fast_and_the_slow_book_agree_and_a_replay_is_the_same(seed: int) -> None:
    desk, _, _ = played(seed, 120)
    loaded = Market.load(desk.market.dump())
    loaded.audit()
    assert hash_of(loaded) == hash_of(desk.market)
    desk.act(c.CloseDay(), c.OpenDay(20260106), c.ChangePhase(phases.CONTINUOUS))
    desk.market.audit()
    state = desk.market.state
    assert not state.blocks.offers
    positions = [state.held_account(account).position(1) for account in OWNERS]
    assert sum(int(position.available) for position in positions) == ACCOUNTS * TONNES  # unlocked, none lost or held
    money = [state.held_account(account) for account in OWNERS]
    assert sum(int(account.free) for account in money) + int(state.fees) == ACCOUNTS * CASH


def test_the_flows_reach_every_event_and_every_refusal_of_block_trading() -> None:
    refusals: set[int] = set()
    events: set[type] = set()
    for seed in range(12):
        _, why_seen, kinds = played(seed, 120)
        refusals |= why_seen
        events |= kinds
    every = {kind for name, kind in vars(e).items() if name.startswith("Block")}
    assert every <= events
    expected = {
        reasons.METHOD_NOT_OPEN,
        reasons.QTY_BELOW_MIN,
        reasons.PRICE_OUT_OF_BAND,
        reasons.VALUE_ABOVE_MAX,
        reasons.SELF_MATCH,
        reasons.COUNTERPARTY_GONE,
        reasons.UNKNOWN_OFFER,
        reasons.INSUFFICIENT_CASH,
        reasons.INSUFFICIENT_ALLOWANCE,
        reasons.UNITS_LOCKED,
        reasons.ALREADY_FILLED,
        reasons.ALREADY_CANCELED,
    }
    assert expected <= refusals
