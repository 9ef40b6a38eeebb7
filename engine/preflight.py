"""What would become of an order if it came now (试算): the engine's own judgement on the present state, changing nothing.

Admission is asked as for a real order; matching runs on a copy of the orders that the new one would meet. Nothing is journaled,
no number is taken, so the answer holds until the next entry and no longer.
"""

from typing import Final

import msgspec

from engine.core import phases, reasons
from engine.core.admission import Verdict, is_well_formed, judge_order, open_value
from engine.core.book import STP_CANCEL_MAKER, STP_OFF, Book, Fill, Order
from engine.core.commands import PlaceOrder
from engine.core.participants import BAR_KILLED
from engine.core.positions import above_allocation, group_of, owned_tonnes, wanted_tonnes
from engine.core.state import Account, Answer, Instrument, State, body_of, terms_of
from engine.core.units import BUY, DAY, SELL, amount_of, fee_of

MAKERS_MAX: Final = 2_000  # resting orders that one answer looks at; beyond, the expected fills are cut off and say so
NO_LIMIT: Final = -1

PASSED: Final = "passed"
FAILED: Final = "failed"
NOT_REACHED: Final = "not_reached"


class Step(msgspec.Struct, frozen=True):
    """One rule of the validation chain: its line in domain rules C2, its name, and the reasons by which it refuses."""

    line: int
    name: str
    zh: str
    en: str
    reasons: tuple[int, ...]
    side: int = 0  # only orders of this side are asked; 0: both


# in the order in which `engine.core.admission.judge_order` asks
CHAIN: Final[tuple[Step, ...]] = (
    Step(4, "account", "账户", "the account", (reasons.UNKNOWN_ACCOUNT,)),
    Step(1, "well_formed", "报文", "numbers that can be", (reasons.INVALID_FIELD,)),
    Step(7, "instrument", "交易品种", "the instrument", (reasons.UNKNOWN_INSTRUMENT,)),
    Step(2, "client_order_id", "委托编号", "a client order id used once", (reasons.CLIENT_ORDER_ID_CONFLICT,)),
    Step(3, "session", "会话", "the session that it would end with", (reasons.UNKNOWN_SESSION,)),
    Step(
        4,
        "standing",
        "交易资格",
        "the account may trade this",
        (
            reasons.ACCOUNT_RESTRICTED,
            reasons.ACCOUNT_MERGED,
            reasons.ACCOUNT_CLOSED,
            reasons.PARTICIPANT_SUSPENDED,
            reasons.KILL_SWITCH_ENGAGED,
            reasons.NOT_QUALIFIED,
            reasons.NOT_ELIGIBLE,
            reasons.ACCOUNT_LEAVING,
            reasons.SETTLEMENT_UNFINISHED,
        ),
    ),
    Step(8, "side", "买卖方向", "the side is allowed", (reasons.SIDE_NOT_ALLOWED,)),
    Step(
        5,
        "market",
        "市场状态",
        "market and instrument are open",
        (reasons.MARKET_CLOSED, reasons.INSTRUMENT_HALTED, reasons.KILL_SWITCH_ENGAGED),
    ),
    Step(6, "phase", "交易阶段", "the phase allows it", (reasons.PHASE_FORBIDS, reasons.TIF_NOT_ALLOWED)),
    Step(10, "quantity_min", "最小数量", "the least quantity", (reasons.QTY_BELOW_MIN,)),
    Step(10, "quantity_max", "最大数量", "the largest quantity", (reasons.QTY_ABOVE_MAX,)),
    Step(9, "lot", "交易单位", "whole lots", (reasons.QTY_OFF_LOT,)),
    Step(11, "tick", "最小变动价位", "a price on the tick", (reasons.PRICE_OFF_TICK,)),
    Step(12, "band", "涨跌幅限制", "the day's price limits", (reasons.PRICE_OUT_OF_BAND,)),
    Step(13, "value", "最大金额", "the largest value", (reasons.VALUE_ABOVE_MAX,)),
    Step(13, "own_order_value", "自设单笔金额", "one's own limit of an order's value", (reasons.OWN_ORDER_VALUE,)),
    Step(13, "own_order_quantity", "自设单笔数量", "one's own limit of a quantity", (reasons.OWN_ORDER_QUANTITY,)),
    Step(13, "own_open_value", "自设未成交总额", "one's own limit of all that is open", (reasons.OWN_OPEN_VALUE,)),
    Step(14, "open_orders", "未成交委托数", "the number of open orders", (reasons.TOO_MANY_OPEN_ORDERS,)),
    Step(15, "self_trade", "自成交", "no trade with oneself", (reasons.SELF_MATCH,)),
    Step(
        16,
        "meeting",
        "对手盘",
        "what it would meet",
        (reasons.WOULD_TAKE, reasons.PICK_REQUIRED, reasons.LEVEL_NOT_PICKABLE, reasons.FOK_NOT_FILLABLE),
    ),
    Step(20, "holding_limit", "最大持仓量", "the holding limit", (reasons.HOLDING_LIMIT,), BUY),
    Step(21, "holders", "持有人数上限", "the number of holders", (reasons.HOLDER_CAP,), BUY),
    Step(22, "cash", "可用资金", "cash for price, quantity and fees", (reasons.INSUFFICIENT_CASH,), BUY),
    Step(17, "lock", "T+N 锁定", "units bought too recently", (reasons.UNITS_LOCKED,), SELL),
    Step(7, "use", "使用限制", "units for own surrender only", (reasons.USE_RESTRICTED,), SELL),
    Step(18, "units", "可用配额", "units available", (reasons.INSUFFICIENT_ALLOWANCE,), SELL),
    Step(19, "retention", "履约留存", "units kept for surrender", (reasons.OBLIGATION_RESERVED,), SELL),
)


class Check(msgspec.Struct, frozen=True):
    """One rule's outcome. reason: by which it refuses or would; limit and actual as in a refusal, 0 and 0 where it has none."""

    line: int
    name: str
    outcome: str
    reason: int
    limit: int = 0
    actual: int = 0


class ExpectedFill(msgspec.Struct, frozen=True):
    """Fills one after the other at one price; fee: the asker's, each fill's rounded down."""

    price_ticks: int
    tonnes: int
    amount_fen: int
    fee_fen: int


class Preflight(msgspec.Struct, frozen=True):
    """The answer. reason 0: it would be accepted; order: the number that had this very order before, 0 for none.

    leaves: unfilled after the expected fills; ending: why those would be canceled at once, 0: they would rest. own_canceled:
    orders of the same owner that self-trade prevention would cancel. is_cut: more would fill than was looked at (`MAKERS_MAX`).
    holding_left: tonnes up to the holding limit before this order, NO_LIMIT where there is none.
    """

    reason: int
    limit: int
    actual: int
    checks: tuple[Check, ...]
    order: int = 0
    value_fen: int = 0
    fee_max_fen: int = 0
    hold_fen: int = 0
    hold_tonnes: int = 0
    fills: tuple[ExpectedFill, ...] = ()
    leaves: int = 0
    ending: int = 0
    own_canceled: int = 0
    is_cut: bool = False
    low_limit_ticks: int = 0
    high_limit_ticks: int = 0
    free_fen: int = 0
    available: int = 0
    holding_left: int = NO_LIMIT


def judge(state: State, command: PlaceOrder) -> Preflight:
    """What `engine.core.trading.place` would answer to this command now."""
    account = state.account(command.account)
    if account is None:
        return _refused(command, reasons.UNKNOWN_ACCOUNT)
    if not is_well_formed(command.side, command.price_ticks, command.tonnes, command.time_in_force):
        return _refused(command, reasons.INVALID_FIELD)
    instrument = state.instrument(command.instrument)
    if instrument is None:
        return _refused(command, reasons.UNKNOWN_INSTRUMENT)
    body = body_of(command.price_ticks, command.tonnes)
    terms = terms_of(command.instrument, command.side, command.time_in_force, command.post_only)
    known = account.answers.get(command.client_order_id)
    if known is not None and (known.body, known.terms) != (body, terms):
        return _refused(command, reasons.CLIENT_ORDER_ID_CONFLICT)
    if known is None and command.session != 0 and command.session not in state.sessions:
        return _refused(command, reasons.UNKNOWN_SESSION)
    order = Order()
    order.belong(
        0, account.owner, command.side, command.price_ticks, command.tonnes, command.account, command.instrument,
        body, terms, command.client_order_id,
    )  # fmt: skip
    if known is not None:
        verdict = Verdict(known.reason if isinstance(known, Answer) else 0)
    else:
        verdict = judge_order(state, account, instrument, order, command.time_in_force, command.post_only)
    figures = _figures(state, account, instrument, order)
    found = _refused(command, int(verdict.reason), int(verdict.limit), int(verdict.actual), figures, account)
    value_fen = amount_of(command.price_ticks, command.tonnes, int(instrument.tick_fen))
    is_buy = command.side == BUY
    return msgspec.structs.replace(
        found,
        order=0 if known is None else int(known.number),
        value_fen=value_fen,
        fee_max_fen=fee_of(value_fen, int(instrument.fee_ppm)),
        hold_fen=int(instrument.hold_of(command.price_ticks, command.tonnes)) if is_buy else 0,
        hold_tonnes=0 if is_buy else command.tonnes,
        low_limit_ticks=int(instrument.low_limit),
        high_limit_ticks=int(instrument.high_limit),
        free_fen=int(account.free),
        available=int(account.position(instrument.number).available),
        holding_left=_holding_left(state, account, instrument),
        **({} if verdict.reason or known is not None else _expected(state, instrument, order, command.time_in_force)),
    )


def queue(state: State, order: int, account: int) -> tuple[int, int]:
    """(tonnes, orders) that wait before an open order at its price; nothing before one that is not open."""
    found = state.account(account)
    first = None if found is None else found.orders.get(order)
    tonnes = count = 0
    ahead = None if first is None or first.level is None else first.older
    while ahead is not None:
        tonnes, count, ahead = tonnes + int(ahead.leaves), count + 1, ahead.older
    return tonnes, count


def _refused(
    command: PlaceOrder,
    reason: int,
    limit: int = 0,
    actual: int = 0,
    figures: dict[str, tuple[int, int]] | None = None,
    account: Account | None = None,
) -> Preflight:
    """The verdict with the outcome of every rule that such an order is asked for."""
    checks: list[Check] = []
    outcome = PASSED
    for step in CHAIN:
        if step.side not in (0, command.side):
            continue
        is_refused = reason in step.reasons and outcome == PASSED
        if reason == reasons.KILL_SWITCH_ENGAGED and step.name == "standing":
            is_refused = account is not None and account.bars & BAR_KILLED != 0  # else it stops instrument or market
        if is_refused:
            checks.append(Check(step.line, step.name, FAILED, reason, limit, actual))
            outcome = NOT_REACHED
            continue
        known = (figures or {}).get(step.name, (0, 0)) if outcome == PASSED else (0, 0)
        checks.append(Check(step.line, step.name, outcome, step.reasons[0], *known))
    return Preflight(reason, limit, actual, tuple(checks))


def _figures(state: State, account: Account, instrument: Instrument, order: Order) -> dict[str, tuple[int, int]]:
    """Limit and actual value of the rules that measure something, as they would stand in a refusal."""
    price, tonnes = int(order.price_ticks), int(order.tonnes)
    position = account.position(instrument.number)
    available = int(position.available)
    value_fen = amount_of(price, tonnes, int(instrument.tick_fen))
    found = {
        "quantity_min": (int(instrument.order_tonnes_min), tonnes),
        "quantity_max": (int(instrument.order_tonnes_max), tonnes),
        "lot": (int(instrument.lot_tonnes), tonnes),
        "band": (int(instrument.high_limit if order.side == BUY else instrument.low_limit), price),
        "value": (int(state.order_value_max), value_fen),
        "open_orders": (int(state.open_orders_max), len(account.orders)),
        "cash": (int(account.free), int(instrument.hold_of(price, tonnes))),
        "units": (available, tonnes),
    }
    own = state.controls.limits.get(int(account.number))
    if own is not None:
        found["own_order_value"] = own.order_value_max_fen, value_fen
        found["own_order_quantity"] = own.order_tonnes_max, tonnes
        found["own_open_value"] = own.open_value_max_fen, int(open_value(state, account)) + value_fen
    if instrument.holding_limit:
        limit, actual = _holding(state, account, instrument)
        found["holding_limit"] = limit, actual + tonnes
    if instrument.is_allowance and account.retention_floor:
        left = int(account.allowances_available + account.allowances_apart) - tonnes
        found["retention"] = int(account.retention_floor), left
    return {name: pair for name, pair in found.items() if pair[0] or name in ("cash", "units")}


def _holding(state: State, account: Account, instrument: Instrument) -> tuple[int, int]:
    """The owner's holding limit, and what its group has and asks for."""
    group = group_of(state, account.owner)
    limit = above_allocation(state, group, instrument.is_allowance, instrument.holding_limit)
    product = instrument.product
    return int(limit), int(owned_tonnes(state, group, product) + wanted_tonnes(state, group, product))


def _holding_left(state: State, account: Account, instrument: Instrument) -> int:
    if not instrument.holding_limit:
        return NO_LIMIT
    limit, actual = _holding(state, account, instrument)
    return max(0, limit - actual)


def _expected(state: State, instrument: Instrument, order: Order, time_in_force: int) -> dict[str, object]:
    """What an admitted order would trade at once and what would become of the rest, as fields of a `Preflight`."""
    if state.phase != phases.CONTINUOUS:
        return {"leaves": int(order.leaves)}
    book, is_cut = _opposite(state, instrument, order)
    fills: list[Fill] = []
    prevented: list[Order] = []
    last = instrument.last_or_reference() if instrument.is_median else 0
    is_stopped = book.match(order, state.stp, fills, prevented, instrument.pick_levels > 0, last)
    _empty(book, order.side)
    ending = 0
    if order.leaves > 0 and not is_cut:
        if is_stopped:
            ending = reasons.SELF_TRADE_PREVENTED
        elif time_in_force != DAY:
            ending = reasons.IOC_REMAINDER
    return {
        "fills": _by_price(fills, instrument),
        "leaves": int(order.leaves),
        "ending": ending,
        "own_canceled": len(prevented),
        "is_cut": is_cut,
    }


def _opposite(state: State, instrument: Instrument, order: Order) -> tuple[Book, bool]:
    """A book with copies of the resting orders that this one would meet, best first; whether some were left out."""
    copied = Book()
    half = instrument.book.half(SELL if order.side == BUY else BUY)
    limit = half.sign * order.price_ticks
    wanted = order.leaves
    count = 0
    for level in half.sorted_levels():
        if level.key > limit:
            break
        if instrument.pick_levels > 0 and level.key != limit:
            continue
        maker = level.head
        while maker is not None:
            if count == MAKERS_MAX:
                return copied, True
            copied.rest(_copy(maker))
            count += 1
            if state.stp != STP_OFF and maker.owner == order.owner:
                if state.stp != STP_CANCEL_MAKER:
                    return copied, False
            else:
                wanted -= maker.leaves
                if wanted <= 0:
                    return copied, False
            maker = maker.newer
    return copied, False


def _copy(maker: Order) -> Order:
    copied = Order()
    copied.belong(
        maker.number, maker.owner, maker.side, maker.price_ticks, maker.tonnes, maker.account, maker.instrument,
        maker.body, maker.terms, maker.client_order_id,
    )  # fmt: skip
    copied.leaves = maker.leaves
    return copied


def _empty(book: Book, taker_side: int) -> None:
    """Unlink what is left: a compiled book that is dropped with orders in it keeps their memory."""
    half = book.half(SELL if taker_side == BUY else BUY)
    while half.best is not None:
        head = half.best.head
        assert head is not None
        half.remove(head)


def _by_price(fills: list[Fill], instrument: Instrument) -> tuple[ExpectedFill, ...]:
    rows: list[ExpectedFill] = []
    for fill in fills:
        price, tonnes = int(fill.price_ticks), int(fill.tonnes)
        amount_fen = amount_of(price, tonnes, int(instrument.tick_fen))
        fee_fen = fee_of(amount_fen, int(instrument.fee_ppm))
        if rows and rows[-1].price_ticks == price:
            same = rows.pop()
            tonnes, amount_fen, fee_fen = tonnes + same.tonnes, amount_fen + same.amount_fen, fee_fen + same.fee_fen
        rows.append(ExpectedFill(price, tonnes, amount_fen, fee_fen))
    return tuple(rows)
