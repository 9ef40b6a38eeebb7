"""Voids in the slow market: what a trade moved is moved back, worked out from the lists there are."""

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons
from tests.testkit.slow_parts import Account, Why
from tests.testkit.slow_supervision import SlowSupervision


class SlowRemedies(SlowSupervision):
    """Of disputes and mergers this market knows nothing, so neither stands in the way of a void."""

    def __init__(self) -> None:
        super().__init__()
        self.voided: list[int] = []

    def why_not_void(self, act: c.VoidTrade) -> Why | None:
        t = act.facts
        if not 1 <= len(act.basis) <= 200:
            return reasons.ACT_INVALID, 200, len(act.basis)
        if act.trade in self.voided:
            return reasons.TRADE_VOID, 0, 0
        buyer, seller = self.account(t.buyer), self.account(t.seller)
        if not 1 <= act.trade <= self.trade_number or None in (buyer, seller, self.instrument(t.instrument)):
            return reasons.UNKNOWN_TRADE, 0, 0
        assert buyer is not None
        assert seller is not None
        is_last_day = t.trading_day == self.trading_day and self.phase == phases.CLOSED
        if t.is_settled and self.rules.void_window != "any_day" and not is_last_day:
            return reasons.VOID_TOO_LATE, t.trading_day, self.trading_day
        reach = self.units_available(buyer, t.instrument) + self.still_locked(buyer, act)
        if reach < t.tonnes:
            return reasons.INSUFFICIENT_ALLOWANCE, reach, t.tonnes
        buy_refund, sell_refund = self.refunds(act)
        cash, owed = self.cash_free(seller) + seller.pending, t.amount_fen - sell_refund
        if cash < owed:
            return reasons.INSUFFICIENT_CASH, cash, owed
        if self.fees < buy_refund + sell_refund:
            return reasons.INSUFFICIENT_CASH, self.fees, buy_refund + sell_refund
        return None

    def refunds(self, act: c.VoidTrade) -> tuple[int, int]:
        return (act.facts.buy_fee_fen, act.facts.sell_fee_fen) if self.rules.void_fees == "returned" else (0, 0)

    def lot_of(self, act: c.VoidTrade) -> tuple[int, int]:
        """The instrument, and the day on which what was bought then is free."""
        number = act.facts.instrument
        return number, act.facts.day_number + self.listed(number).rules.lock_days

    def still_locked(self, buyer: Account, act: c.VoidTrade) -> int:
        lot = sum(tonnes for number, day, tonnes in buyer.locks if (number, day) == self.lot_of(act))
        return min(lot, act.facts.tonnes)

    def void(self, act: c.VoidTrade) -> None:
        t = act.facts
        buyer, seller = self.accounts[t.buyer - 1], self.accounts[t.seller - 1]
        locked = self.still_locked(buyer, act)
        if locked:
            number, day = self.lot_of(act)
            lot = sum(tonnes for *lock, tonnes in buyer.locks if tuple(lock) == (number, day))
            buyer.locks = [lock for lock in buyer.locks if lock[:2] != (number, day)]
            buyer.locks.append((number, day, lot - locked))
        buyer.units[t.instrument] = buyer.units.get(t.instrument, 0) - t.tonnes
        seller.units[t.instrument] = seller.units.get(t.instrument, 0) + t.tonnes
        buy_refund, sell_refund = self.refunds(act)
        buyer.cash += t.amount_fen + buy_refund
        owed = t.amount_fen - sell_refund
        waiting = max(0, min(seller.pending, owed))  # what cannot be used yet goes first
        seller.pending -= waiting
        seller.cash -= owed - waiting
        self.fees -= buy_refund + sell_refund
        self.voided.append(act.trade)
        self.out.append(
            e.TradeVoided(
                act.trade, t.trading_day, t.day_number, t.method, t.instrument, t.price_ticks, t.tonnes, locked,
                t.amount_fen, t.buyer, buyer.next_exec_seq(), t.buy_order, buy_refund, t.seller, seller.next_exec_seq(),
                t.sell_order, sell_refund, act.basis,
            )
        )  # fmt: skip
        if t.trading_day != self.trading_day or self.phase == phases.CLOSED:
            day = str(t.trading_day)
            self.out.append(e.BulletinCorrected(f"{day[:4]}-{day[4:6]}-{day[6:]}", act.basis))
