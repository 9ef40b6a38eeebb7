"""Voiding a trade (撤销交易): what it moved goes back, both legs at once, and the trade stays on record as voided.

Domain rules E3: only the exchange may void, for an obvious error, a buy that cannot be delivered, or an objection that is right.
A settled trade that nobody disputes is voided between the close of its day and the next opening, or whenever the rule book's
`settlement.void_window` says; one that waits or is disputed at any time. Prices that it made stay as they were told.
"""

from typing import Final

from engine.core import disputes, phases, reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.calendar import DAY, is_day, period_name
from engine.core.commands import VoidTrade
from engine.core.disclosure_acts import judge_words
from engine.core.events import BulletinCorrected, Event, TradeVoided
from engine.core.holdings import move_available
from engine.core.remedy_acts import TradeFacts
from engine.core.settlement_words import ANY_DAY, RETURNED
from engine.core.state import Account, Instrument, State

BASIS_CHARACTERS_MAX: Final = 200
VOIDED_MAX: Final = 100_000  # ever


def judge(state: State, act: VoidTrade) -> Verdict:
    """A known trade, in time, whose parties still have what goes back."""
    verdict = judge_words((act.basis, BASIS_CHARACTERS_MAX))
    if verdict.reason != 0:
        return verdict
    facts, known = act.facts, state.statements
    if act.trade in known.voided:
        return Verdict(reasons.TRADE_VOID)
    instrument = state.instrument(facts.instrument)
    buyer, seller = state.account(facts.buyer), state.account(facts.seller)
    if not 0 < act.trade <= int(state.trade_number) or instrument is None or buyer is None or seller is None:
        return Verdict(reasons.UNKNOWN_TRADE)
    for account in (buyer, seller):
        if account.successor != 0:
            return Verdict(reasons.ACCOUNT_MERGED, 0, account.successor)
        if account.is_closed:
            return Verdict(reasons.ACCOUNT_CLOSED)
    if len(known.voided) >= VOIDED_MAX:
        return Verdict(reasons.TOO_MANY_RECORDS, VOIDED_MAX, len(known.voided))
    if not is_in_time(state, act):
        return Verdict(reasons.VOID_TOO_LATE, facts.trading_day, int(state.trading_day))
    return judge_reach(state, act, buyer, seller, instrument)


def is_in_time(state: State, act: VoidTrade) -> bool:
    """Waiting and disputed trades always; settled ones while their day is the last one and closed, or as the rule book says."""
    if not act.facts.is_settled or act.trade in state.statements.holds or state.rulebook.void_window == ANY_DAY:
        return True
    return act.facts.trading_day == int(state.trading_day) and int(state.phase) == phases.CLOSED


def judge_reach(state: State, act: VoidTrade, buyer: Account, seller: Account, instrument: Instrument) -> Verdict:
    """The buyer has the units, the seller the cash, and the exchange the fees that go back."""
    facts = act.facts
    units = int(buyer.position(facts.instrument).available) + locked_of(buyer, instrument, facts)
    hold = state.statements.holds.get(act.trade)
    if hold is not None and hold.encumbrance in state.encumbrances and hold.account == facts.buyer:
        units += state.encumbrances[hold.encumbrance].tonnes
    if units < facts.tonnes:
        return Verdict(reasons.INSUFFICIENT_ALLOWANCE, units, facts.tonnes)
    buy_refund, sell_refund = refunds(state, facts)
    cash = int(seller.free + seller.pending)
    if cash < facts.amount_fen - sell_refund:
        return Verdict(reasons.INSUFFICIENT_CASH, cash, facts.amount_fen - sell_refund)
    if int(state.fees) < buy_refund + sell_refund:
        return Verdict(reasons.INSUFFICIENT_CASH, int(state.fees), buy_refund + sell_refund)
    return ADMITTED


def refunds(state: State, facts: TradeFacts) -> tuple[int, int]:
    """The fees that the buyer and the seller get back, in fen."""
    return (facts.buy_fee_fen, facts.sell_fee_fen) if state.rulebook.void_fees == RETURNED else (0, 0)


def locked_of(buyer: Account, instrument: Instrument, facts: TradeFacts) -> int:
    """How many of the trade's units are still under its T+N lock."""
    position, until_day = buyer.position(facts.instrument), facts.day_number + int(instrument.lock_days)
    for day, tonnes in zip(position.lock_days, position.lock_tonnes, strict=True):
        if day == until_day:
            return min(tonnes, facts.tonnes)
    return 0


def take(state: State, act: VoidTrade, out: list[Event]) -> None:
    """Undo a judged trade; its day's bulletin is told anew where it is out already."""
    facts = act.facts
    disputes.let_go(state, act.trade, out)
    buyer, seller = state.held_account(facts.buyer), state.held_account(facts.seller)
    instrument = state.held_instrument(facts.instrument)
    locked = locked_of(buyer, instrument, facts)
    if locked:
        unlock(buyer, facts.instrument, facts.day_number + int(instrument.lock_days), locked)
    move_available(buyer, instrument, locked - facts.tonnes)
    move_available(seller, instrument, facts.tonnes)
    buy_refund, sell_refund = refunds(state, facts)
    buyer.free += facts.amount_fen + buy_refund
    owed = facts.amount_fen - sell_refund
    from_pending = max(0, min(int(seller.pending), owed))
    seller.pending -= from_pending
    seller.free -= owed - from_pending
    state.fees -= buy_refund + sell_refund
    state.statements.voided[act.trade] = facts.trading_day
    out.append(
        TradeVoided(
            act.trade, facts.trading_day, facts.day_number, facts.method, facts.instrument, facts.price_ticks, facts.tonnes,
            locked, facts.amount_fen, facts.buyer, buyer.next_exec_seq(), facts.buy_order, buy_refund, facts.seller,
            seller.next_exec_seq(), facts.sell_order, sell_refund, act.basis,
        )
    )  # fmt: skip
    is_told = facts.trading_day != int(state.trading_day) or int(state.phase) == phases.CLOSED
    if is_told and is_day(facts.trading_day):
        out.append(BulletinCorrected(period_name(DAY, facts.trading_day), act.basis))


def unlock(buyer: Account, instrument: int, until_day: int, tonnes: int) -> None:
    """Take units out of a lot under T+N lock."""
    position = buyer.position(instrument)
    place = position.lock_days.index(until_day)
    position.locked -= tonnes
    position.lock_tonnes[place] -= tonnes
    if position.lock_tonnes[place] == 0:
        del position.lock_days[place]
        del position.lock_tonnes[place]


__all__ = ["judge", "take"]
