"""The slow market's half for members: judging, holding, matching, canceling and replacing orders. See `slow_market`."""

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons, rulebook, units
from engine.core.units import BUY, DAY, FOK, IOC, SELL
from tests.testkit.slow_parts import Account, Answer, Instrument, Issued, Lien, Order, Proposal, Why


class SlowOrders:
    """All that is true of the market, and what members' commands do to it."""

    rules: rulebook.RuleBook

    def __init__(self) -> None:
        self.accounts: list[Account] = []
        self.instruments: list[Instrument] = []
        self.operators = 0
        self.proposals: dict[int, Proposal] = {}
        self.composites: dict[str, int] = {}
        self.next_rules: c.AdoptRuleBook | None = None
        self.orders: list[Order] = []  # all that are open
        self.turns = 0
        self.trade_number = 0
        self.fees = 0
        self.trading_day = 0
        self.day_number = 0
        self.phase = phases.CLOSED
        self.halted = False
        self.deposited = 0
        self.liens: dict[int, Lien] = {}
        self.last_lien = 0
        self.issues: list[Issued] = []
        self.ahead: dict[tuple[int, int, int], int] = {}  # account, year, instrument -> tonnes
        self.out: list[e.Event] = []
        self.seq = 0
        self.at_ns = 0

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

    def allowances_encumbered(self, account: Account) -> int:
        return sum(
            lien.tonnes
            for lien in self.liens.values()
            if lien.account == account.number and self.listed(lien.instrument).rules.kind == "allowance"
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
        why = self.why_not_now(instrument, order.time_in_force)
        if why is None and post_only and order.time_in_force != DAY:
            why = reasons.TIF_NOT_ALLOWED, 0, 0  # what only waits is not immediate
        why = why or self.why_not_terms(instrument, order.price, order.tonnes)
        if why:
            return why
        count = len(self.orders_of(account))
        if count >= self.rules.open_orders_max:
            return reasons.TOO_MANY_OPEN_ORDERS, self.rules.open_orders_max, count
        why = self.why_not_meeting(order, post_only)
        if why:
            return why
        why = self.why_not_more(account, instrument, order.tonnes) if order.side == BUY else None
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
        levels = self.pickable(order)
        if levels is not None:
            if order.time_in_force == DAY and makers:
                return reasons.PICK_REQUIRED, makers[0].price, order.price
            if order.time_in_force != DAY and order.price not in levels:
                return reasons.LEVEL_NOT_PICKABLE, levels[-1] if levels else 0, order.price
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
        return self.why_not_units_for(account, instrument, tonnes)

    def owned_of(self, owner: int, code: str) -> int:
        """All that an owner has of a product, in every account, vintage and state."""
        own = [other.number for other in self.accounts if other.owner == owner]
        same = [listed.number for listed in self.instruments if listed.rules.code == code]
        parts = [self.accounts[number - 1].units.get(listed, 0) for number in own for listed in same]
        parts += [lien.tonnes for lien in self.liens.values() if lien.account in own and lien.instrument in same]
        parts += [ahead for (number, _, listed), ahead in self.ahead.items() if number in own and listed in same]
        return sum(parts)

    def above_free(self, owner: int, kind: str, tonnes: int) -> int:
        """A limit or threshold: of allowances, on top of the owner's free allocation of its newest year."""
        own = [other.number for other in self.accounts if other.owner == owner]
        free = [issue for issue in self.issues if issue.account in own and issue.kind == "free" and issue.tonnes]
        free = [issue for issue in free if self.listed(issue.instrument).rules.kind == "allowance"]
        if kind != "allowance":
            return tonnes
        return tonnes + sum(issue.tonnes for issue in free if issue.year == max(other.year for other in free))

    def why_not_more(self, account: Account, instrument: Instrument, tonnes: int) -> Why | None:
        """The holding limit: all that the owner has of the product, all that it asks for, and this; then the cap of holders."""
        rules = instrument.rules
        if tonnes <= 0 or account.category == "government":
            return None
        actual = self.has_or_wants(account.owner, rules.code)
        if rules.holding_limit_tonnes:
            limit = self.above_free(account.owner, rules.kind, rules.holding_limit_tonnes)
            if actual + tonnes > limit:
                return reasons.HOLDING_LIMIT, limit, actual + tonnes
        if rules.holders_max and not actual:
            governed = {other.owner for other in self.accounts if other.category == "government"}
            owners = {other.owner for other in self.accounts} - governed
            holders = [owner for owner in owners if self.has_or_wants(owner, rules.code)]
            if len(holders) >= rules.holders_max:
                return reasons.HOLDER_CAP, rules.holders_max, rules.holders_max
        return None

    def has_or_wants(self, owner: int, product: str) -> int:
        """All that an owner has of a product, in any state, and all that its open buys ask for."""
        own = [other.number for other in self.accounts if other.owner == owner]
        same = [listed.number for listed in self.instruments if listed.rules.code == product]
        return self.owned_of(owner, product) + sum(
            order.leaves
            for order in self.orders
            if order.account.number in own and order.instrument in same and order.side == BUY
        )

    def why_not_units_for(self, account: Account, instrument: Instrument, tonnes: int) -> Why | None:
        available = self.units_available(account, instrument.number)
        if tonnes > available:
            with_locked = available + self.units_locked(account, instrument.number)
            reason = reasons.UNITS_LOCKED if tonnes <= with_locked else reasons.INSUFFICIENT_ALLOWANCE
            return reason, available, tonnes
        floor = sum(account.retained.values())
        left = self.allowances_available(account) + self.allowances_encumbered(account) - tonnes
        if instrument.rules.kind == "allowance" and floor > 0 and left < floor:
            return reasons.OBLIGATION_RESERVED, floor, left
        return None

    def pickable(self, taker: Order) -> list[int] | None:
        """Where takers pick a level: the prices they may name, best first; None where the market pairs by itself."""
        mode = self.listed(taker.instrument).rules.match_mode
        if mode not in ("PICK_BEST5", "PICK_BEST_ONLY"):
            return None
        others = {o.price for o in self.orders if o.instrument == taker.instrument and o.side != taker.side}
        best_first = sorted(others, reverse=taker.side == SELL)
        return best_first[: 5 if mode == "PICK_BEST5" else 1]

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
        if taker.time_in_force != DAY and not phases.is_call(self.phase) and self.pickable(taker) is not None:
            makers = [maker for maker in makers if maker.price == taker.price]
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
            price = maker.price
            instrument = self.listed(taker.instrument)
            if instrument.rules.match_mode == "MEDIAN3":
                last = instrument.trades[-1][0] if instrument.trades else instrument.reference
                price = sorted((buy.price, sell.price, last))[1]
            self.trade(buy, sell, price, min(taker.leaves, maker.leaves), taker.side)
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
        for order in (buy, sell):
            for answer in order.account.answers:
                if answer.order == order.number:
                    answer.is_filled = order.leaves == 0
        buyer.cash -= amount + fee
        self.fees += 2 * fee
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
                    number = answer.order
                    reason = reasons.ALREADY_FILLED if answer.is_filled else reasons.ALREADY_CANCELED
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
        elif command.instrument != 0 and self.instrument(command.instrument) is None:
            self.out.append(e.RequestRefused(account.number, 0, "", reasons.UNKNOWN_INSTRUMENT, 0, 0))
        elif command.side not in (0, BUY, SELL):
            self.out.append(e.RequestRefused(account.number, 0, "", reasons.INVALID_FIELD, 0, 0))
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
        why = self.why_not_more(order.account, instrument, more_tonnes) if order.side == BUY else None
        if why:
            return why
        if (more_cash if order.side == BUY else more_tonnes) <= 0:
            return None  # giving back is always covered
        return self.why_not_covered(wanted, instrument, more_cash, more_tonnes)
