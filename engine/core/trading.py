"""What a member's command does to the market: place, cancel, replace, cancel all; and what a fill does to both sides.

Each function takes the state and appends what happened to `out`. Admission has judged before anything moves; from there
on nothing can fail, and what must be true is asserted.

Numbers of type `Any` are integers left as Python's own objects, because they also become keys of dicts: as native integers
they would be made into a new object for each look-up, at about 15 ns each.
"""

from typing import Any

from msgspec.structs import astuple
from mypy_extensions import i64

from engine.core import phases, reasons
from engine.core.admission import (
    Verdict,
    is_well_formed,
    judge_cover,
    judge_holding,
    judge_meeting,
    judge_order,
    judge_own_limits,
    judge_phase,
    judge_terms,
    open_value,
)
from engine.core.book import Fill, Order
from engine.core.commands import CancelAll, CancelOrder, PlaceOrder, ReplaceOrder
from engine.core.events import (
    AllCanceled,
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderRefused,
    OrderRepeated,
    OrderReplaced,
    RequestRefused,
    Traded,
)
from engine.core.participants import BAR_OWN_LIMITS
from engine.core.state import Account, Answer, Instrument, State, answer_of, body_of, terms_of, time_in_force_of
from engine.core.units import BUY, DAY, PPM, PRICE_TICKS_MAX, SELL, TONNES_MAX


def place(state: State, seq: Any, command: PlaceOrder, out: list[Event]) -> None:
    """A new order: repeat its answer, refuse it, or hold, match and rest it."""
    # all fields in one call: compiled, one by one they took a tenth of the whole command
    fields: tuple[Any, ...] = astuple(command)
    number = fields[0]
    instrument_number = fields[1]
    side = fields[2]
    price_ticks = fields[3]
    tonnes = fields[4]
    time_in_force = fields[5]
    client_order_id: str = fields[6]
    post_only: bool = fields[7]
    session = fields[8]
    account = state.account(number)
    if account is None:
        out.append(RequestRefused(number, seq, client_order_id, reasons.UNKNOWN_ACCOUNT, 0, 0))
        return
    if not is_well_formed(side, price_ticks, tonnes, time_in_force):
        out.append(RequestRefused(number, seq, client_order_id, reasons.INVALID_FIELD, 0, 0))
        return
    instrument = state.instrument(instrument_number)
    if instrument is None:
        out.append(RequestRefused(number, seq, client_order_id, reasons.UNKNOWN_INSTRUMENT, 0, 0))
        return
    body: i64 = body_of(price_ticks, tonnes)
    terms: i64 = terms_of(instrument_number, side, time_in_force, post_only)
    known = account.answers.get(client_order_id)
    if known is not None:
        if known.body == body and known.terms == terms:
            reason: i64 = known.reason if isinstance(known, Answer) else 0
            out.append(OrderRepeated(number, client_order_id, known.number, reason))
        else:
            out.append(RequestRefused(number, seq, client_order_id, reasons.CLIENT_ORDER_ID_CONFLICT, 0, 0))
        return
    if session != 0 and session not in state.sessions:
        out.append(RequestRefused(number, seq, client_order_id, reasons.UNKNOWN_SESSION, 0, 0))
        return
    order = Order()
    order.belong(seq, account.owner, side, price_ticks, tonnes, number, instrument_number, body, terms, client_order_id)
    verdict = judge_order(state, account, instrument, order, time_in_force, post_only)
    if verdict.reason != 0:
        account.answers[client_order_id] = Answer(seq, verdict.reason, body, terms)
        out.append(refusal(account, order, verdict))
        return
    if session != 0:
        order.session = session
    account.answers[client_order_id] = order
    account.orders[seq] = order
    hold(account, instrument, order)
    out.append(
        OrderAccepted(
            seq,
            number,
            account.next_exec_seq(),
            client_order_id,
            instrument_number,
            side,
            price_ticks,
            tonnes,
            time_in_force,
        )
    )
    enter(state, account, instrument, order, time_in_force, out)


def refusal(account: Account, order: Order, verdict: Verdict) -> OrderRefused:
    """The refusal as a fact of the private stream."""
    return OrderRefused(
        order.number,
        account.number,
        account.next_exec_seq(),
        order.client_order_id,
        order.instrument,
        order.side,
        order.price_ticks,
        order.tonnes,
        time_in_force_of(order),
        verdict.reason,
        verdict.limit,
        verdict.actual,
    )


def hold(account: Account, instrument: Instrument, order: Order) -> None:
    """Reserve what the unfilled part of an order needs."""
    if order.side == BUY:
        cash: i64 = instrument.hold_of(order.price_ticks, order.leaves)
        account.free -= cash
        account.held += cash
        assert account.free >= 0
    else:
        position = account.position(instrument.number)
        position.available -= order.leaves
        position.held += order.leaves
        if instrument.is_allowance:
            account.allowances_available -= order.leaves
        assert position.available >= 0


def release(account: Account, instrument: Instrument, order: Order) -> None:
    """Give back what the unfilled part of an order has reserved."""
    if order.side == BUY:
        cash: i64 = instrument.hold_of(order.price_ticks, order.leaves)
        account.held -= cash
        account.free += cash
        assert account.held >= 0
    else:
        position = account.position(instrument.number)
        position.held -= order.leaves
        position.available += order.leaves
        if instrument.is_allowance:
            account.allowances_available += order.leaves
        assert position.held >= 0


def enter(
    state: State, account: Account, instrument: Instrument, order: Order, time_in_force: i64, out: list[Event]
) -> None:
    """Bring a held order to the book: match it in the continuous phase, queue or end what is left."""
    book = instrument.book
    if state.phase == phases.CONTINUOUS and book.would_trade(order.side, order.price_ticks):
        fills: list[Fill] = []
        prevented: list[Order] = []
        last: i64 = instrument.last_or_reference() if instrument.is_median else 0
        is_stopped = book.match(order, state.stp, fills, prevented, instrument.pick_levels > 0, last)
        for fill in fills:
            trade(state, instrument, fill.maker, fill.taker, fill, order.side, out)
        for maker in prevented:
            end(state, maker, reasons.SELF_TRADE_PREVENTED, out)
        if order.leaves == 0:
            return
        if is_stopped:
            end(state, order, reasons.SELF_TRADE_PREVENTED, out)
            return
    if time_in_force == DAY:
        book.rest(order)
    else:
        end(state, order, reasons.IOC_REMAINDER, out)


def trade(
    state: State, instrument: Instrument, maker: Order, taker: Order, fill: Fill, taker_side: i64, out: list[Event]
) -> None:
    """Move units and cash of one fill in the engine's projection; settlement moves title from the event."""
    if maker.side == BUY:
        buy = maker
        sell = taker
        buy_leaves: i64 = fill.maker_leaves
        sell_leaves: i64 = fill.taker_leaves
    else:
        buy = taker
        sell = maker
        buy_leaves = fill.taker_leaves
        sell_leaves = fill.maker_leaves
    buyer = state.held_account(buy.account)
    seller = state.held_account(sell.account)
    tonnes: i64 = fill.tonnes
    price: i64 = fill.price_ticks
    buy.filled_value += price * tonnes
    sell.filled_value += price * tonnes
    amount: i64 = price * tonnes * instrument.tick_fen
    fee: i64 = amount * instrument.fee_ppm // PPM

    deliver_to_buyer(state, instrument, buyer, buy, buy_leaves, tonnes, amount + fee)
    pay_seller(state, instrument, seller, sell, sell_leaves, tonnes, amount - fee)
    state.fees += fee + fee
    state.trade_number += 1
    instrument.note_trade(price, tonnes, amount)
    out.append(
        Traded(
            state.trade_number,
            instrument.number,
            price,
            tonnes,
            amount,
            taker_side,
            buyer.number,
            buyer.next_exec_seq(),
            buy.number,
            buy.client_order_id,
            buy.price_ticks,
            buy_leaves,
            buy.tonnes - buy_leaves,
            fee,
            seller.number,
            seller.next_exec_seq(),
            sell.number,
            sell.client_order_id,
            sell.price_ticks,
            sell_leaves,
            sell.tonnes - sell_leaves,
            fee,
        )
    )


def deliver_to_buyer(
    state: State, instrument: Instrument, buyer: Account, buy: Order, leaves: i64, tonnes: i64, cost: i64
) -> None:
    """Bought units against held cash: what the limit price held beyond the cost goes back to free."""
    held: i64 = instrument.hold_of(buy.price_ticks, leaves + tonnes) - instrument.hold_of(buy.price_ticks, leaves)
    buyer.held -= held
    buyer.free += held - cost
    assert buyer.free >= 0
    assert buyer.held >= 0
    bought = buyer.position(instrument.number)
    if instrument.lock_days > 0:
        bought.lock(state.day_number + instrument.lock_days, tonnes)
    else:
        bought.available += tonnes
        if instrument.is_allowance:
            buyer.allowances_available += tonnes
    if leaves == 0:
        del buyer.orders[buy.number]


def pay_seller(
    state: State, instrument: Instrument, seller: Account, sell: Order, leaves: i64, tonnes: i64, proceeds: i64
) -> None:
    """Proceeds against held units; usable at once or from the next day, as the rule book says."""
    sold = seller.position(instrument.number)
    sold.held -= tonnes
    assert sold.held >= 0
    if state.is_proceeds_same_day:
        seller.free += proceeds
    else:
        seller.pending += proceeds
    if leaves == 0:
        del seller.orders[sell.number]


def end(state: State, order: Order, reason: i64, out: list[Event]) -> None:
    """End an order that is out of the book with something unfilled: release its hold and say so."""
    account = state.held_account(order.account)
    instrument = state.held_instrument(order.instrument)
    assert order.leaves > 0
    release(account, instrument, order)
    number: Any = order.number
    del account.orders[number]
    out.append(
        OrderCanceled(
            number,
            account.number,
            account.next_exec_seq(),
            order.client_order_id,
            order.instrument,
            order.side,
            order.price_ticks,
            order.leaves,
            order.tonnes - order.leaves,
            reason,
        )
    )


def may_cancel(state: State) -> bool:
    """Whether open orders may be taken back in this phase. A halt does not forbid it."""
    if state.phase == phases.BREAK:
        return state.rulebook.cancel_in_break
    return phases.ALLOWS[state.phase][1]


def find_order(account: Account, number: Any, client_order_id: str) -> Order | None:
    """The account's open order of this number or client order id; another's is as unknown as none."""
    if number:
        return account.orders.get(number)
    known = account.answers.get(client_order_id)
    if isinstance(known, Order) and known.level is not None:
        return known
    return None


def why_not_open(account: Account, number: Any, client_order_id: str) -> i64:
    """Why `find_order` found nothing: never known to this account, or ended. An ended order's number alone is not remembered."""
    if number:
        return reasons.UNKNOWN_ORDER
    known = account.answers.get(client_order_id)
    if known is None:
        return reasons.UNKNOWN_ORDER
    return reasons.ALREADY_FILLED if answer_of(known).is_filled else reasons.ALREADY_CANCELED


def cancel(state: State, seq: i64, command: CancelOrder, out: list[Event]) -> None:
    """Cancel one open order."""
    fields: tuple[Any, ...] = astuple(command)  # as in `place`
    number = fields[1]
    client_order_id: str = fields[2]
    account = state.account(fields[0])
    if account is None:
        out.append(RequestRefused(fields[0], 0, client_order_id, reasons.UNKNOWN_ACCOUNT, 0, 0))
        return
    order = find_order(account, number, client_order_id)
    if order is None:
        reason: i64 = why_not_open(account, number, client_order_id)
        out.append(RequestRefused(account.number, number, client_order_id, reason, 0, 0))
        return
    if not may_cancel(state):
        out.append(
            RequestRefused(account.number, order.number, order.client_order_id, reasons.PHASE_FORBIDS, 0, state.phase)
        )
        return
    state.held_instrument(order.instrument).book.take_out(order)
    end(state, order, 0, out)


def cancel_all(state: State, seq: i64, command: CancelAll, out: list[Event]) -> None:
    """Cancel all open orders of an account, oldest first."""
    account = state.account(command.account)
    if account is None:
        out.append(RequestRefused(command.account, 0, "", reasons.UNKNOWN_ACCOUNT, 0, 0))
        return
    instrument: int = command.instrument
    side: int = command.side
    if instrument != 0 and state.instrument(instrument) is None:
        out.append(RequestRefused(account.number, 0, "", reasons.UNKNOWN_INSTRUMENT, 0, 0))
        return
    if side != 0 and side != BUY and side != SELL:
        out.append(RequestRefused(account.number, 0, "", reasons.INVALID_FIELD, 0, 0))
        return
    if not may_cancel(state):
        out.append(RequestRefused(account.number, 0, "", reasons.PHASE_FORBIDS, 0, state.phase))
        return
    count = cancel_open_orders(state, account, instrument, side, 0, out)
    out.append(AllCanceled(account.number, instrument, side, count))


def cancel_open_orders(
    state: State, account: Account, instrument: int, side: int, reason: i64, out: list[Event]
) -> int:
    """End an account's open orders (instrument and side 0: all), oldest first; returns how many."""
    numbers = [
        order.number
        for order in account.orders.values()
        if (instrument == 0 or order.instrument == instrument) and (side == 0 or order.side == side)
    ]
    numbers.sort()
    for number in numbers:
        order = account.orders[number]
        state.held_instrument(order.instrument).book.take_out(order)
        end(state, order, reason, out)
    return len(numbers)


def replace(state: State, seq: i64, command: ReplaceOrder, out: list[Event]) -> None:
    """Set an open order's price and total quantity, all or nothing."""
    account = state.account(command.account)
    if account is None:
        out.append(RequestRefused(command.account, 0, command.client_order_id, reasons.UNKNOWN_ACCOUNT, 0, 0))
        return
    order = find_order(account, command.order, command.client_order_id)
    if order is None:
        reason: i64 = why_not_open(account, command.order, command.client_order_id)
        out.append(RequestRefused(account.number, command.order, command.client_order_id, reason, 0, 0))
        return
    verdict = judge_replace(state, account, order, command.price_ticks, command.tonnes)
    if verdict.reason != 0:
        out.append(
            RequestRefused(
                account.number, order.number, order.client_order_id, verdict.reason, verdict.limit, verdict.actual
            )
        )
        return
    instrument = state.held_instrument(order.instrument)
    price: i64 = command.price_ticks
    tonnes: i64 = command.tonnes
    old_price: i64 = order.price_ticks
    old_leaves: i64 = order.leaves
    keeps_place = price == old_price and tonnes < order.tonnes
    release(account, instrument, order)
    if keeps_place:
        instrument.book.reduce(order, tonnes)
    else:
        instrument.book.take_out(order)
        order.leaves += tonnes - order.tonnes
        order.tonnes = tonnes
        order.price_ticks = price
    hold(account, instrument, order)
    out.append(
        OrderReplaced(
            order.number,
            account.number,
            account.next_exec_seq(),
            order.client_order_id,
            order.instrument,
            order.side,
            old_price,
            old_leaves,
            price,
            tonnes,
            order.leaves,
            tonnes - order.leaves,
        )
    )
    if not keeps_place:
        enter(state, account, instrument, order, DAY, out)


def judge_replace(state: State, account: Account, order: Order, price: int, tonnes: int) -> Verdict:
    """The chain of a new order, measured on what the change adds."""
    if not (0 <= price <= PRICE_TICKS_MAX and 0 <= tonnes <= TONNES_MAX):
        return Verdict(reasons.INVALID_FIELD)
    instrument = state.held_instrument(order.instrument)
    filled: i64 = order.tonnes - order.leaves
    if price == order.price_ticks and tonnes == order.tonnes:
        return Verdict(reasons.NO_CHANGE)
    verdict = judge_phase(state, instrument, DAY)
    if verdict.reason != 0:
        return verdict
    if not may_cancel(state):
        return Verdict(reasons.PHASE_FORBIDS, 0, state.phase)
    if tonnes <= filled:
        return Verdict(reasons.QTY_BELOW_FILLED, filled, tonnes)
    verdict = judge_terms(state, instrument, price, tonnes)
    if verdict.reason != 0:
        return verdict
    if account.bars & BAR_OWN_LIMITS != 0 and (price > order.price_ticks or tonnes > order.tonnes):
        others: int = open_value(state, account) - order.price_ticks * order.leaves * instrument.tick_fen
        verdict = judge_own_limits(state, account, instrument, price, tonnes, others)
        if verdict.reason != 0:
            return verdict
    moved = Order()
    moved.belong(
        order.number, order.owner, order.side, price, tonnes - filled, order.account, order.instrument, 0, 0, ""
    )
    verdict = judge_meeting(state, account, instrument, moved, DAY, False)
    if verdict.reason != 0:
        return verdict
    more_units: i64 = moved.leaves - order.leaves
    if order.side == BUY:
        verdict = judge_holding(state, account, instrument, more_units)
        if verdict.reason != 0:
            return verdict
    more_cash: i64 = instrument.hold_of(moved.price_ticks, moved.leaves) - instrument.hold_of(
        order.price_ticks, order.leaves
    )
    if (order.side == BUY and more_cash <= 0) or (order.side == SELL and more_units <= 0):
        return Verdict(0)
    return judge_cover(account, instrument, order.side, more_cash, more_units)


__all__ = ["cancel", "cancel_all", "cancel_open_orders", "end", "place", "replace", "trade"]
