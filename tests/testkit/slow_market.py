"""A slow, obviously right market: lists and loops, written from the rules, to check the fast one against.

It shares only words with `engine.core` (commands, events, reasons, rule book, phases, units). Nothing is kept that can be
worked out: what an account holds is added up from its open orders each time, the best maker is found by looking at
every order, the call auction tries every price, the day's figures are read off the list of its trades.
"""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from typing import Any

import msgspec

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons, rulebook, units
from engine.core.units import BUY, DAY, FOK, IOC, SELL

Why = tuple[int, int, int]  # reason, limit, actual
HOUR_NS = 3_600_000_000_000


@dataclass
class Account:
    number: int
    code: str
    owner: int
    category: str
    restriction: int = 0
    exec_seq: int = 0
    cash: int = 0  # owned and usable: free plus what open buys hold
    pending: int = 0  # proceeds usable from the next day on
    units: dict[int, int] = field(default_factory=dict)  # owned, by instrument: available, held and locked together
    locks: list[tuple[int, int, int]] = field(
        default_factory=list
    )  # instrument, first day on which they are free, tonnes
    retained: dict[int, int] = field(default_factory=dict)  # year -> tonnes
    answers: list["Answer"] = field(default_factory=list)

    def next_exec_seq(self) -> int:
        self.exec_seq += 1
        return self.exec_seq


@dataclass
class Answer:
    client_order_id: str
    day: int
    body: tuple[Any, ...]
    order: int
    reason: int


@dataclass
class Order:
    number: int
    account: Account
    client_order_id: str
    instrument: int
    side: int
    price: int
    tonnes: int
    time_in_force: int
    filled: int = 0
    turn: int = 0  # who waits longer has the smaller turn

    @property
    def leaves(self) -> int:
        return self.tonnes - self.filled


@dataclass
class Instrument:
    number: int
    code: str
    rules: rulebook.ProductRules
    reference: int
    halted: bool = False
    low_limit: int = 0
    high_limit: int = 0
    trades: list[tuple[int, int, int]] = field(default_factory=list)  # today's: price, tonnes, amount
    issued: int = 0

    def fix_band(self) -> None:
        if self.rules.limit_bp == 0:
            self.low_limit, self.high_limit = 1, units.PRICE_TICKS_MAX
        else:
            share = Fraction(self.rules.limit_bp, 10_000)
            self.low_limit = max(1, half_up(self.reference * (1 - share)))
            self.high_limit = min(units.PRICE_TICKS_MAX, half_up(self.reference * (1 + share)))

    def amount(self, price: int, tonnes: int) -> int:
        return price * tonnes * self.rules.tick_fen

    def fee(self, amount: int) -> int:
        return amount * (self.rules.trading_fee_ppm + self.rules.settlement_fee_ppm) // 1_000_000

    def need(self, price: int, tonnes: int) -> int:
        """Worst case of a buy, fees included."""
        amount = self.amount(price, tonnes)
        return amount + self.fee(amount)

    def close(self) -> int:
        """Domain rules A2: A, B, C; L is the last trade's price."""
        if not self.trades:
            return self.reference
        volume = sum(tonnes for _, tonnes, _ in self.trades)
        if self.rules.close_rule == "L":
            return self.trades[-1][0]
        if self.rules.close_rule == "C" and volume <= self.rules.close_min_tonnes:
            return self.reference
        counted = self.trades
        if self.rules.close_rule == "B" and len(self.trades) >= 5:
            counted = self.trades[-5:]
        value = sum(price * tonnes for price, tonnes, _ in counted)
        return half_up(Fraction(value, sum(tonnes for _, tonnes, _ in counted)))


@dataclass
class Proposal:
    at_ns: int
    command: c.Propose
    digest: bytes


def half_up(exact: Fraction) -> int:
    return (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)


def is_code(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9._-]{1,32}", text) is not None


class SlowMarket:
    """The same contract as `engine.core.market.Market.apply`."""

    def __init__(self) -> None:
        self.accounts: list[Account] = []
        self.instruments: list[Instrument] = []
        self.operators = 0
        self.proposals: dict[int, Proposal] = {}
        self.orders: list[Order] = []  # all that are open
        self.turns = 0
        self.trade_number = 0
        self.trading_day = 0
        self.day_number = 0
        self.phase = phases.CLOSED
        self.halted = False
        self.deposited = 0
        self.out: list[e.Event] = []
        self.seq = 0
        self.at_ns = 0

    def apply(self, entry: c.Entry) -> list[e.Event]:
        self.out = []
        self.seq = entry.seq
        self.at_ns = entry.at_ns
        command = entry.command
        match command:
            case c.Found():
                self.found(command)
            case c.PlaceOrder():
                self.place(command)
            case c.CancelOrder():
                self.cancel(command)
            case c.ReplaceOrder():
                self.replace(command)
            case c.CancelAll():
                self.cancel_all(command)
            case c.Propose():
                self.propose(command)
            case c.Approve():
                self.approve(command)
            case c.Reject():
                self.reject(command)
        return self.out

    def found(self, command: c.Found) -> None:
        self.rules = rulebook.parse(command.rulebook)
        self.out.append(e.MarketFounded(self.rules.market, self.rules.version))
        for person, name, key in command.operators:
            self.operators += 1
            self.out.append(e.OperatorRegistered(self.operators, person, name, key))

    # ---- what an account has ----------------------------------------------------------------------------

    def account(self, number: int) -> Account | None:
        return next((account for account in self.accounts if account.number == number), None)

    def instrument(self, number: int) -> Instrument | None:
        return next((instrument for instrument in self.instruments if instrument.number == number), None)

    def listed(self, number: int) -> Instrument:
        return self.instruments[number - 1]

    def orders_of(self, account: Account) -> list[Order]:
        return [order for order in self.orders if order.account is account]

    def cash_held(self, account: Account) -> int:
        return sum(
            self.listed(order.instrument).need(order.price, order.leaves)
            for order in self.orders_of(account)
            if order.side == BUY
        )

    def cash_free(self, account: Account) -> int:
        return account.cash - self.cash_held(account)

    def units_held(self, account: Account, instrument: int) -> int:
        return sum(
            order.leaves for order in self.orders_of(account) if order.side == SELL and order.instrument == instrument
        )

    def units_locked(self, account: Account, instrument: int) -> int:
        return sum(tonnes for number, _, tonnes in account.locks if number == instrument)

    def units_available(self, account: Account, instrument: int) -> int:
        owned = account.units.get(instrument, 0)
        return owned - self.units_held(account, instrument) - self.units_locked(account, instrument)

    def allowances_available(self, account: Account) -> int:
        return sum(
            self.units_available(account, instrument.number)
            for instrument in self.instruments
            if instrument.rules.kind == "allowance"
        )

    # ---- placing ----------------------------------------------------------------------------------------

    def place(self, p: c.PlaceOrder) -> None:
        account = self.account(p.account)
        instrument = self.instrument(p.instrument)
        is_fit = (
            p.side in (BUY, SELL)
            and 0 <= p.price_ticks <= units.PRICE_TICKS_MAX
            and 0 <= p.tonnes <= units.TONNES_MAX
            and p.time_in_force in (DAY, IOC, FOK)
        )
        for wrong, reason in (
            (account is None, reasons.UNKNOWN_ACCOUNT),
            (not is_fit, reasons.INVALID_FIELD),
            (instrument is None, reasons.UNKNOWN_INSTRUMENT),
        ):
            if wrong:
                self.out.append(e.RequestRefused(p.account, self.seq, p.client_order_id, reason, 0, 0))
                return
        assert account is not None
        assert instrument is not None
        body = (p.instrument, p.side, p.price_ticks, p.tonnes, p.time_in_force, p.post_only)
        for answer in account.answers:
            if answer.client_order_id == p.client_order_id:
                if answer.body == body:
                    self.out.append(e.OrderRepeated(p.account, p.client_order_id, answer.order, answer.reason))
                else:
                    conflict = reasons.CLIENT_ORDER_ID_CONFLICT
                    self.out.append(e.RequestRefused(p.account, self.seq, p.client_order_id, conflict, 0, 0))
                return
        order = Order(
            self.seq, account, p.client_order_id, p.instrument, p.side, p.price_ticks, p.tonnes, p.time_in_force
        )
        why = self.why_not(order, instrument, p.post_only)
        account.answers.append(Answer(p.client_order_id, self.day_number, body, self.seq, why[0] if why else 0))
        told = (self.seq, p.account, account.next_exec_seq(), p.client_order_id, p.instrument, p.side)
        terms = (p.price_ticks, p.tonnes, p.time_in_force)
        if why:
            self.out.append(e.OrderRefused(*told, *terms, *why))
            return
        self.out.append(e.OrderAccepted(*told, *terms))
        self.enter(order)

    def why_not(self, order: Order, instrument: Instrument, post_only: bool) -> Why | None:
        """Domain rules C2: restriction, phase, quantity, price, value, open orders, what it would meet, cover."""
        account = order.account
        bit = units.RESTRICT_BUY if order.side == BUY else units.RESTRICT_SELL
        if account.restriction & bit:
            return reasons.ACCOUNT_RESTRICTED, 0, account.restriction
        why = self.why_not_now(instrument, order.time_in_force) or self.why_not_terms(
            instrument, order.price, order.tonnes
        )
        if why:
            return why
        count = len(self.orders_of(account))
        if count >= self.rules.open_orders_max:
            return reasons.TOO_MANY_OPEN_ORDERS, self.rules.open_orders_max, count
        why = self.why_not_meeting(order, post_only)
        if why:
            return why
        return self.why_not_covered(order, instrument, instrument.need(order.price, order.tonnes), order.tonnes)

    def why_not_now(self, instrument: Instrument, time_in_force: int) -> Why | None:
        if self.phase in (phases.CLOSED, phases.PRE_OPEN, phases.POST_CLOSE):
            return reasons.MARKET_CLOSED, 0, 0
        if self.halted or instrument.halted:
            return reasons.INSTRUMENT_HALTED, 0, 0
        if self.phase == phases.BREAK:
            return reasons.PHASE_FORBIDS, 0, 0
        if phases.is_call(self.phase) and time_in_force in (IOC, FOK):
            return reasons.TIF_NOT_ALLOWED, 0, 0
        return None

    def why_not_terms(self, instrument: Instrument, price: int, tonnes: int) -> Why | None:
        rules = instrument.rules
        if tonnes < max(1, rules.order_tonnes_min):
            return reasons.QTY_BELOW_MIN, rules.order_tonnes_min, tonnes
        if tonnes > rules.order_tonnes_max:
            return reasons.QTY_ABOVE_MAX, rules.order_tonnes_max, tonnes
        if tonnes % rules.lot_tonnes:
            return reasons.QTY_OFF_LOT, rules.lot_tonnes, tonnes
        if price < 1:
            return reasons.PRICE_OFF_TICK, 1, price
        if price < instrument.low_limit:
            return reasons.PRICE_OUT_OF_BAND, instrument.low_limit, price
        if price > instrument.high_limit:
            return reasons.PRICE_OUT_OF_BAND, instrument.high_limit, price
        amount = instrument.amount(price, tonnes)
        if amount > self.rules.order_value_max_fen:
            # what is said of an absurd value stays inside 64 bits
            said = min(price * tonnes, units.AMOUNT_FEN_MAX) * rules.tick_fen
            return reasons.VALUE_ABOVE_MAX, self.rules.order_value_max_fen, said
        return None

    def why_not_meeting(self, order: Order, post_only: bool) -> Why | None:
        makers = self.makers_for(order)
        own = [maker for maker in makers if maker.account.owner == order.account.owner]
        if phases.is_call(self.phase):
            if own and self.rules.self_trade != "off":
                return reasons.SELF_MATCH, 0, 0
            return None
        if post_only:
            return (reasons.WOULD_TAKE, 0, 0) if makers else None
        if order.time_in_force == FOK:
            wanted = order.leaves
            for maker in makers:
                if maker in own and self.rules.self_trade == "cancel_maker":
                    continue
                if maker in own and self.rules.self_trade != "off":
                    break
                wanted -= maker.leaves
                if wanted <= 0:
                    return None
            return reasons.FOK_NOT_FILLABLE, order.tonnes, 0
        return None

    def why_not_covered(self, order: Order, instrument: Instrument, cash: int, tonnes: int) -> Why | None:
        account = order.account
        if order.side == BUY:
            free = self.cash_free(account)
            return (reasons.INSUFFICIENT_CASH, free, cash) if cash > free else None
        available = self.units_available(account, instrument.number)
        if tonnes > available:
            with_locked = available + self.units_locked(account, instrument.number)
            reason = reasons.UNITS_LOCKED if tonnes <= with_locked else reasons.INSUFFICIENT_ALLOWANCE
            return reason, available, tonnes
        floor = sum(account.retained.values())
        left = self.allowances_available(account) - tonnes
        if instrument.rules.kind == "allowance" and floor > 0 and left < floor:
            return reasons.OBLIGATION_RESERVED, floor, left
        return None

    # ---- matching ---------------------------------------------------------------------------------------

    def makers_for(self, taker: Order) -> list[Order]:
        """Everyone the taker could trade with: the best price first, then who has waited longest."""
        makers = [
            order
            for order in self.orders
            if order.instrument == taker.instrument
            and order.side != taker.side
            and (order.price <= taker.price if taker.side == BUY else order.price >= taker.price)
        ]
        return sorted(makers, key=lambda m: (m.price if taker.side == BUY else -m.price, m.turn))

    def enter(self, taker: Order) -> None:
        """Match in the continuous phase; what is left rests, lapses or is stopped. In a call everything rests."""
        prevented: list[Order] = []
        is_stopped = False
        while self.phase == phases.CONTINUOUS and taker.leaves > 0 and not is_stopped:
            makers = self.makers_for(taker)
            if not makers:
                break
            maker = makers[0]
            if self.rules.self_trade != "off" and maker.account.owner == taker.account.owner:
                if self.rules.self_trade in ("cancel_maker", "cancel_both"):
                    self.orders.remove(maker)
                    prevented.append(maker)
                is_stopped = self.rules.self_trade in ("cancel_taker", "cancel_both")
                continue
            buy, sell = (taker, maker) if taker.side == BUY else (maker, taker)
            self.trade(buy, sell, maker.price, min(taker.leaves, maker.leaves), taker.side)
        for maker in prevented:
            self.tell_canceled(maker, reasons.SELF_TRADE_PREVENTED)
        if taker.leaves == 0:
            return
        if is_stopped:
            self.tell_canceled(taker, reasons.SELF_TRADE_PREVENTED)
        elif taker.time_in_force != DAY:
            self.tell_canceled(taker, reasons.IOC_REMAINDER)
        else:
            self.turns += 1
            taker.turn = self.turns
            self.orders.append(taker)

    def trade(self, buy: Order, sell: Order, price: int, tonnes: int, taker_side: int) -> None:
        instrument = self.listed(buy.instrument)
        amount = instrument.amount(price, tonnes)
        fee = instrument.fee(amount)
        buyer, seller = buy.account, sell.account
        buy.filled += tonnes
        sell.filled += tonnes
        self.orders = [order for order in self.orders if order.leaves > 0]
        buyer.cash -= amount + fee
        if self.rules.proceeds_same_day:
            seller.cash += amount - fee
        else:
            seller.pending += amount - fee
        seller.units[instrument.number] -= tonnes
        buyer.units[instrument.number] = buyer.units.get(instrument.number, 0) + tonnes
        if instrument.rules.lock_days > 0:
            buyer.locks.append((instrument.number, self.day_number + instrument.rules.lock_days, tonnes))
        instrument.trades.append((price, tonnes, amount))
        self.trade_number += 1
        self.out.append(
            e.Traded(
                trade=self.trade_number,
                instrument=instrument.number,
                price_ticks=price,
                tonnes=tonnes,
                amount_fen=amount,
                taker_side=taker_side,
                buyer=buyer.number,
                buy_exec_seq=buyer.next_exec_seq(),
                buy_order=buy.number,
                buy_client_order_id=buy.client_order_id,
                buy_limit_ticks=buy.price,
                buy_leaves=buy.leaves,
                buy_cum=buy.filled,
                buy_fee_fen=fee,
                seller=seller.number,
                sell_exec_seq=seller.next_exec_seq(),
                sell_order=sell.number,
                sell_client_order_id=sell.client_order_id,
                sell_limit_ticks=sell.price,
                sell_leaves=sell.leaves,
                sell_cum=sell.filled,
                sell_fee_fen=fee,
            )
        )

    def end(self, order: Order, reason: int) -> None:
        self.orders.remove(order)
        self.tell_canceled(order, reason)

    def tell_canceled(self, order: Order, reason: int) -> None:
        self.out.append(
            e.OrderCanceled(
                order=order.number,
                account=order.account.number,
                exec_seq=order.account.next_exec_seq(),
                client_order_id=order.client_order_id,
                instrument=order.instrument,
                side=order.side,
                price_ticks=order.price,
                tonnes=order.leaves,
                cum=order.filled,
                reason=reason,
            )
        )

    # ---- canceling and replacing ------------------------------------------------------------------------

    def may_cancel(self) -> bool:
        if self.phase == phases.BREAK:
            return self.rules.cancel_in_break
        return self.phase in (phases.PRE_OPEN, phases.OPENING_CALL, phases.CONTINUOUS, phases.CLOSING_CALL)

    def find_or_refuse(self, command: c.CancelOrder | c.ReplaceOrder) -> Order | None:
        account = self.account(command.account)
        if account is None:
            unknown = reasons.UNKNOWN_ACCOUNT
            self.out.append(e.RequestRefused(command.account, 0, command.client_order_id, unknown, 0, 0))
            return None
        number, reason = command.order, reasons.UNKNOWN_ORDER
        if number == 0:
            for answer in account.answers:
                if answer.client_order_id == command.client_order_id:
                    number, reason = answer.order, reasons.ALREADY_CANCELED
        for order in self.orders_of(account):
            if order.number == number:
                return order
        self.out.append(e.RequestRefused(account.number, command.order, command.client_order_id, reason, 0, 0))
        return None

    def cancel(self, command: c.CancelOrder) -> None:
        order = self.find_or_refuse(command)
        if order is None:
            return
        if not self.may_cancel():
            self.refuse_change(order, (reasons.PHASE_FORBIDS, 0, self.phase))
            return
        self.end(order, 0)

    def refuse_change(self, order: Order, why: Why) -> None:
        self.out.append(e.RequestRefused(order.account.number, order.number, order.client_order_id, *why))

    def cancel_all(self, command: c.CancelAll) -> None:
        account = self.account(command.account)
        if account is None:
            self.out.append(e.RequestRefused(command.account, 0, "", reasons.UNKNOWN_ACCOUNT, 0, 0))
        elif not self.may_cancel():
            self.out.append(e.RequestRefused(account.number, 0, "", reasons.PHASE_FORBIDS, 0, self.phase))
        else:
            count = self.end_orders(account, command.instrument, command.side, 0)
            self.out.append(e.AllCanceled(account.number, command.instrument, command.side, count))

    def end_orders(self, account: Account, instrument: int, side: int, reason: int) -> int:
        chosen = [
            order
            for order in sorted(self.orders_of(account), key=lambda order: order.number)
            if instrument in (0, order.instrument) and side in (0, order.side)
        ]
        for order in chosen:
            self.end(order, reason)
        return len(chosen)

    def replace(self, command: c.ReplaceOrder) -> None:
        order = self.find_or_refuse(command)
        if order is None:
            return
        why = self.why_not_replace(order, command.price_ticks, command.tonnes)
        if why:
            self.refuse_change(order, why)
            return
        keeps_place = command.price_ticks == order.price and command.tonnes < order.tonnes
        old_price, old_leaves = order.price, order.leaves
        order.price = command.price_ticks
        order.tonnes = command.tonnes
        self.out.append(
            e.OrderReplaced(
                order=order.number,
                account=order.account.number,
                exec_seq=order.account.next_exec_seq(),
                client_order_id=order.client_order_id,
                instrument=order.instrument,
                side=order.side,
                old_price_ticks=old_price,
                old_leaves=old_leaves,
                price_ticks=order.price,
                tonnes=order.tonnes,
                leaves=order.leaves,
                cum=order.filled,
            )
        )
        if not keeps_place:
            self.orders.remove(order)
            self.enter(order)

    def why_not_replace(self, order: Order, price: int, tonnes: int) -> Why | None:
        instrument = self.listed(order.instrument)
        if not (0 <= price <= units.PRICE_TICKS_MAX and 0 <= tonnes <= units.TONNES_MAX):
            return reasons.INVALID_FIELD, 0, 0
        if (price, tonnes) == (order.price, order.tonnes):
            return reasons.NO_CHANGE, 0, 0
        why = self.why_not_now(instrument, DAY)
        if why:
            return why
        if not self.may_cancel():
            return reasons.PHASE_FORBIDS, 0, self.phase
        if tonnes <= order.filled:
            return reasons.QTY_BELOW_FILLED, order.filled, tonnes
        why = self.why_not_terms(instrument, price, tonnes)
        if why:
            return why
        wanted = Order(0, order.account, "", order.instrument, order.side, price, tonnes - order.filled, DAY)
        why = self.why_not_meeting(wanted, post_only=False)
        if why:
            return why
        more_cash = instrument.need(price, wanted.tonnes) - instrument.need(order.price, order.leaves)
        more_tonnes = wanted.tonnes - order.leaves
        if (more_cash if order.side == BUY else more_tonnes) <= 0:
            return None  # giving back is always covered
        return self.why_not_covered(wanted, instrument, more_cash, more_tonnes)

    # ---- acts -------------------------------------------------------------------------------------------

    def propose(self, command: c.Propose) -> None:
        name = type(command.act).__name__
        is_system = command.operator == 0 and name in ("OpenDay", "ChangePhase", "CloseDay", "Halt", "Restrict")
        if not is_system and not 1 <= command.operator <= self.operators:
            self.out.append(e.ActRefused(self.seq, command.operator, reasons.UNKNOWN_OPERATOR, 0, 0))
            return
        why = self.why_not_act(command.act)
        if why is None and max(len(command.reason), len(command.document)) > 200:
            why = reasons.ACT_INVALID, 200, 0
        if why:
            self.out.append(e.ActRefused(self.seq, command.operator, *why))
            return
        said = (command.reason, command.document, command.act)
        if name in self.rules.two_person_acts and not is_system:
            digest = sha256(msgspec.msgpack.encode(command.act)).digest()
            self.proposals[self.seq] = Proposal(self.at_ns, command, digest)
            self.out.append(e.ActProposed(self.seq, command.operator, *said, digest))
            return
        self.out.append(e.ActTaken(self.seq, command.operator, 0, *said))
        self.take(command.act)

    def approve(self, command: c.Approve) -> None:
        proposal = self.proposals.get(command.proposal)
        why = self.why_not_approve(command, proposal)
        if why:
            self.out.append(e.ActRefused(command.proposal, command.operator, *why))
            if why[0] == reasons.PROPOSAL_EXPIRED:
                del self.proposals[command.proposal]
                self.out.append(e.ActRejected(command.proposal, 0, "expired"))
            return
        assert proposal is not None
        del self.proposals[command.proposal]
        first = proposal.command
        said = (first.reason, first.document, first.act)
        self.out.append(e.ActTaken(command.proposal, first.operator, command.operator, *said))
        self.take(first.act)

    def why_not_approve(self, command: c.Approve, proposal: Proposal | None) -> Why | None:
        if proposal is None:
            return reasons.UNKNOWN_PROPOSAL, 0, 0
        if not 1 <= command.operator <= self.operators:
            return reasons.UNKNOWN_OPERATOR, 0, 0
        if command.operator == proposal.command.operator:
            return reasons.SELF_APPROVAL, 0, 0
        if command.act_sha256 != proposal.digest:
            return reasons.CONTENT_CHANGED, 0, 0
        hours = (self.at_ns - proposal.at_ns) // HOUR_NS
        if hours >= self.rules.proposal_hours_max:
            return reasons.PROPOSAL_EXPIRED, self.rules.proposal_hours_max, hours
        return self.why_not_act(proposal.command.act)

    def reject(self, command: c.Reject) -> None:
        if command.proposal not in self.proposals:
            self.out.append(e.ActRefused(command.proposal, command.operator, reasons.UNKNOWN_PROPOSAL, 0, 0))
        elif not 1 <= command.operator <= self.operators:
            self.out.append(e.ActRefused(command.proposal, command.operator, reasons.UNKNOWN_OPERATOR, 0, 0))
        else:
            del self.proposals[command.proposal]
            self.out.append(e.ActRejected(command.proposal, command.operator, command.reason[:200]))

    def why_not_act(self, act: c.AnyAct) -> Why | None:
        match act:
            case c.OpenAccount():
                if any(account.code == act.code for account in self.accounts):
                    return reasons.ALREADY_EXISTS, 0, 0
                is_known = act.category in ("key_emitter", "institution", "individual", "government")
                is_fit = is_known and is_code(act.code) and 0 < act.owner < 2**40 and len(act.name) <= 200
                return None if is_fit else (reasons.ACT_INVALID, 0, 0)
            case c.ListInstrument():
                if any(instrument.code == act.code for instrument in self.instruments):
                    return reasons.ALREADY_EXISTS, 0, 0
                is_fit = (
                    is_code(act.code)
                    and act.product in self.rules.products
                    and 1 <= act.base_price_ticks <= units.PRICE_TICKS_MAX
                    and 0 <= act.vintage <= 9999
                )
                return None if is_fit else (reasons.ACT_INVALID, 0, 0)
            case c.AllocateUnits() | c.SurrenderUnits():
                return self.why_not_units(act)
            case c.DepositCash() | c.WithdrawCash():
                return self.why_not_cash(act)
            case c.Restrict() | c.LiftRestriction():
                if self.account(act.account) is None:
                    return reasons.UNKNOWN_ACCOUNT, 0, 0
                return None if 1 <= act.scope <= 31 else (reasons.ACT_INVALID, 31, act.scope)
            case c.Halt() | c.Resume():
                is_known = act.instrument == 0 or self.instrument(act.instrument) is not None
                return None if is_known else (reasons.UNKNOWN_INSTRUMENT, 0, 0)
            case c.OpenDay() if self.phase == phases.CLOSED:
                is_later = self.trading_day < act.trading_day < 100_000_000
                return None if is_later else (reasons.ACT_INVALID, self.trading_day, 0)
            case c.ChangePhase() if act.phase in phases.TRANSITIONS[self.phase]:
                return None
            case c.CloseDay() if self.phase != phases.CLOSED:
                return None
            case c.OpenDay() | c.ChangePhase() | c.CloseDay():
                return reasons.ACT_NOT_ALLOWED_NOW, 0, self.phase
        raise AssertionError(f"the slow market does not know {act}")

    def why_not_units(self, act: c.AllocateUnits | c.SurrenderUnits) -> Why | None:
        account = self.account(act.account)
        instrument = self.instrument(act.instrument)
        if account is None:
            return reasons.UNKNOWN_ACCOUNT, 0, 0
        if instrument is None:
            return reasons.UNKNOWN_INSTRUMENT, 0, 0
        most = units.TONNES_MAX
        if not 1 <= act.tonnes <= most or not 2000 <= act.year <= 2999:
            return reasons.ACT_INVALID, most, max(-most, min(act.tonnes, 2 * most))
        if isinstance(act, c.SurrenderUnits):
            available = self.units_available(account, act.instrument)
            return None if act.tonnes <= available else (reasons.INSUFFICIENT_ALLOWANCE, available, act.tonnes)
        is_fit = act.kind in ("free", "paid", "offset") and instrument.issued + act.tonnes <= 10**12
        return None if is_fit else (reasons.ACT_INVALID, 0, 0)

    def why_not_cash(self, act: c.DepositCash | c.WithdrawCash) -> Why | None:
        account = self.account(act.account)
        if account is None:
            return reasons.UNKNOWN_ACCOUNT, 0, 0
        if not 1 <= act.amount_fen <= units.CASH_FEN_MAX:
            return reasons.ACT_INVALID, 0, 0
        if isinstance(act, c.DepositCash):
            is_fit = self.deposited + act.amount_fen <= units.CASH_FEN_MAX
            return None if is_fit else (reasons.ACT_INVALID, 0, 0)
        if account.restriction & units.RESTRICT_CASH_OUT:
            return reasons.ACCOUNT_RESTRICTED, 0, account.restriction
        free = self.cash_free(account)
        return None if act.amount_fen <= free else (reasons.INSUFFICIENT_CASH, free, act.amount_fen)

    def take(self, act: c.AnyAct) -> None:
        match act:
            case c.OpenAccount():
                number = len(self.accounts) + 1
                self.accounts.append(Account(number, act.code, act.owner, act.category))
                self.out.append(e.AccountOpened(number, act.code, act.owner, act.name, act.category))
            case c.ListInstrument():
                self.list_instrument(act)
            case c.AllocateUnits():
                self.allocate(act)
            case c.SurrenderUnits():
                account = self.accounts[act.account - 1]
                account.units[act.instrument] -= act.tonnes
                self.out.append(e.UnitsSurrendered(act.account, act.instrument, act.tonnes, act.year, act.final))
                if act.final and account.retained.pop(act.year, None) is not None:
                    self.out.append(e.RetentionChanged(act.account, act.year, 0))
            case c.DepositCash():
                self.accounts[act.account - 1].cash += act.amount_fen
                self.deposited += act.amount_fen
                self.out.append(e.CashDeposited(act.account, act.amount_fen))
            case c.WithdrawCash():
                self.accounts[act.account - 1].cash -= act.amount_fen
                self.out.append(e.CashWithdrawn(act.account, act.amount_fen))
            case c.Restrict():
                account = self.accounts[act.account - 1]
                account.restriction |= act.scope
                self.out.append(e.RestrictionChanged(act.account, account.restriction, act.basis[:200]))
                for bit, side in ((units.RESTRICT_BUY, BUY), (units.RESTRICT_SELL, SELL)):
                    if act.scope & bit:
                        self.end_orders(account, 0, side, reasons.RESTRICTION_IMPOSED)
            case c.LiftRestriction():
                account = self.accounts[act.account - 1]
                account.restriction &= ~act.scope
                self.out.append(e.RestrictionChanged(act.account, account.restriction, "lifted"))
            case c.Halt() | c.Resume():
                is_halt = isinstance(act, c.Halt)
                if act.instrument == 0:
                    self.halted = is_halt
                else:
                    self.listed(act.instrument).halted = is_halt
                self.out.append((e.Halted if is_halt else e.Resumed)(act.instrument))
            case c.OpenDay():
                self.open_day(act.trading_day)
            case c.ChangePhase():
                if phases.is_call(self.phase) and not phases.is_call(act.phase):
                    self.uncross_all()
                self.set_phase(act.phase)
            case c.CloseDay():
                self.close_day()

    def list_instrument(self, act: c.ListInstrument) -> None:
        number = len(self.instruments) + 1
        rules = self.rules.products[act.product]
        instrument = Instrument(number, act.code, rules, act.base_price_ticks)
        instrument.fix_band()
        self.instruments.append(instrument)
        self.out.append(
            e.InstrumentListed(
                instrument=number,
                code=act.code,
                product=act.product,
                kind=rules.kind,
                vintage=act.vintage,
                name_zh=act.name_zh,
                name_en=act.name_en,
                tick_fen=rules.tick_fen,
                base_price_ticks=act.base_price_ticks,
            )
        )

    def allocate(self, act: c.AllocateUnits) -> None:
        account = self.accounts[act.account - 1]
        instrument = self.listed(act.instrument)
        account.units[act.instrument] = account.units.get(act.instrument, 0) + act.tonnes
        instrument.issued += act.tonnes
        self.out.append(e.UnitsIssued(act.account, act.instrument, act.tonnes, act.kind, act.year))
        if act.kind == "free" and instrument.rules.kind == "allowance" and self.rules.retention_bp > 0:
            share = Fraction(act.tonnes * self.rules.retention_bp, 10_000)
            floor = account.retained.get(act.year, 0) + -(-share.numerator // share.denominator)
            account.retained[act.year] = floor
            self.out.append(e.RetentionChanged(act.account, act.year, floor))

    # ---- the day ----------------------------------------------------------------------------------------

    def set_phase(self, phase: int) -> None:
        self.phase = phase
        self.out.append(e.PhaseChanged(phase))

    def open_day(self, trading_day: int) -> None:
        self.trading_day = trading_day
        self.day_number += 1
        for instrument in self.instruments:
            instrument.trades = []
            instrument.fix_band()
        bands = tuple(e.Band(i.number, i.reference, i.low_limit, i.high_limit) for i in self.instruments)
        self.out.append(e.DayOpened(trading_day, self.day_number, bands))
        for account in self.accounts:
            account.cash += account.pending
            account.pending = 0
            # an id stays known on its own day and for so many trading days after it
            account.answers = [
                answer for answer in account.answers if self.day_number - answer.day <= self.rules.client_order_id_days
            ]
            for instrument in self.instruments:
                due = sum(
                    tonnes
                    for number, day, tonnes in account.locks
                    if number == instrument.number and day <= self.day_number
                )
                if due > 0:
                    self.out.append(e.UnitsUnlocked(account.number, instrument.number, due))
            account.locks = [lock for lock in account.locks if lock[1] > self.day_number]
        self.set_phase(phases.PRE_OPEN)

    def close_day(self) -> None:
        if phases.is_call(self.phase):
            self.uncross_all()
        for order in sorted(self.orders, key=lambda order: order.number):
            self.end(order, reasons.DAY_ENDED)
        stats: list[e.DayStats] = []
        for instrument in self.instruments:
            prices = [price for price, _, _ in instrument.trades] or [0]
            close = instrument.close()
            stats.append(
                e.DayStats(
                    instrument=instrument.number,
                    previous_close_ticks=instrument.reference,
                    open_ticks=prices[0],
                    high_ticks=max(prices),
                    low_ticks=min(prices),
                    last_ticks=prices[-1],
                    close_ticks=close,
                    tonnes=sum(tonnes for _, tonnes, _ in instrument.trades),
                    turnover_fen=sum(amount for _, _, amount in instrument.trades),
                    trades=len(instrument.trades),
                )
            )
            instrument.reference = close
        self.set_phase(phases.CLOSED)
        self.out.append(e.DayClosed(self.trading_day, tuple(stats)))

    # ---- call auctions ----------------------------------------------------------------------------------

    def queue(self, instrument: int, side: int) -> list[Order]:
        """One side's orders, the best price first, then who has waited longest."""
        orders = [order for order in self.orders if (order.instrument, order.side) == (instrument, side)]
        return sorted(orders, key=lambda order: (-order.price if side == BUY else order.price, order.turn))

    def uncross_all(self) -> None:
        for instrument in self.instruments:
            if self.halted or instrument.halted:
                self.cancel_crossing(instrument.number)
                self.out.append(e.CallUncrossed(instrument.number, 0, 0, 0))
                continue
            price, volume, imbalance = self.call_price(instrument)
            left = volume
            while left > 0:
                buy, sell = self.queue(instrument.number, BUY)[0], self.queue(instrument.number, SELL)[0]
                tonnes = min(left, buy.leaves, sell.leaves)
                self.trade(buy, sell, price, tonnes, 0)
                left -= tonnes
            self.out.append(e.CallUncrossed(instrument.number, price, volume, imbalance))

    def call_price(self, instrument: Instrument) -> tuple[int, int, int]:
        """Price, volume, imbalance: most volume, then least imbalance, then the rule book's way out of a tie."""
        orders = [order for order in self.orders if order.instrument == instrument.number]
        tried: list[tuple[int, int, int]] = []
        for price in sorted({order.price for order in orders}):
            demand = sum(order.leaves for order in orders if order.side == BUY and order.price >= price)
            supply = sum(order.leaves for order in orders if order.side == SELL and order.price <= price)
            if min(demand, supply) > 0:
                tried.append((price, min(demand, supply), demand - supply))
        if not tried:
            return 0, 0, 0
        most = max(volume for _, volume, _ in tried)
        tried = [row for row in tried if row[1] == most]
        least = min(abs(imbalance) for _, _, imbalance in tried)
        tried = [row for row in tried if abs(row[2]) == least]
        if self.rules.call_tie == "pressure" and least > 0:
            by_buyers = [row for row in tried if row[2] > 0]
            return by_buyers[-1] if by_buyers else tried[0]
        last = instrument.trades[-1][0] if instrument.trades else instrument.reference
        return min(tried, key=lambda row: (abs(row[0] - last), row[0]))

    def cancel_crossing(self, instrument: int) -> None:
        """A halted call does not trade and may not leave the book crossed: the newer of the two worst placed goes."""
        while True:
            bids, asks = self.queue(instrument, BUY), self.queue(instrument, SELL)
            if not bids or not asks or bids[0].price < asks[0].price:
                return
            bid = [order for order in bids if order.price == bids[0].price][-1]
            ask = [order for order in asks if order.price == asks[0].price][-1]
            self.end(max(bid, ask, key=lambda order: order.number), reasons.INSTRUMENT_HALTED)
