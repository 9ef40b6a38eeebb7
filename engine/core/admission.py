"""The checks before the book, in the order of the rules' validation chain; the first failure decides.

Order: domain rules C2, cheapest and least revealing first, funds last. A refusal says the reason, the limit and the actual
value (0 where there is none to say). Nothing here changes the state.
"""

from typing import Final, final

from mypy_extensions import i64, mypyc_attr

from engine.core import phases, reasons, standing
from engine.core.book import Order
from engine.core.participants import BAR_OWN_LIMITS
from engine.core.positions import GOVERNMENT, above_allocation, group_of, holders, owned_tonnes, wanted_tonnes
from engine.core.state import Account, Instrument, State
from engine.core.units import (
    AMOUNT_FEN_MAX,
    BUY,
    DAY,
    FOK,
    IOC,
    PRICE_TICKS_MAX,
    RESTRICT_BUY,
    RESTRICT_SELL,
    SELL,
    TONNES_MAX,
)


@mypyc_attr(acyclic=True)
@final
class Verdict:
    """Why not: a reason of the catalogue, with the limit and the actual value. reason 0: admitted."""

    __slots__ = ("actual", "limit", "reason")

    def __init__(self, reason: i64, limit: i64 = 0, actual: i64 = 0) -> None:
        self.reason: i64 = reason
        self.limit: i64 = limit
        self.actual: i64 = actual


ADMITTED: Final = Verdict(0)


def is_well_formed(side: int, price_ticks: int, tonnes: int, time_in_force: int) -> bool:
    """Whether the numbers fit the core's integers at all. The gateway refuses such orders before; this is the last door."""
    return (
        (side == BUY or side == SELL)
        and 0 <= price_ticks <= PRICE_TICKS_MAX
        and 0 <= tonnes <= TONNES_MAX
        and (time_in_force == DAY or time_in_force == IOC or time_in_force == FOK)
    )


def judge_phase(state: State, instrument: Instrument, time_in_force: i64) -> Verdict:
    """Whether orders are taken for the instrument now."""
    phase: i64 = state.phase
    if phase == phases.CLOSED or phase == phases.POST_CLOSE or phase == phases.PRE_OPEN:
        return Verdict(reasons.MARKET_CLOSED)
    if state.halted or instrument.halted:
        return Verdict(standing.why_halted(state, instrument))
    if phase == phases.BREAK:
        return Verdict(reasons.PHASE_FORBIDS)
    if phase != phases.CONTINUOUS and time_in_force != DAY:
        return Verdict(reasons.TIF_NOT_ALLOWED)
    return ADMITTED


def judge_terms(state: State, instrument: Instrument, price_ticks: i64, tonnes: i64) -> Verdict:
    """Quantity, then price, then value, against the rule book and the day's band."""
    if tonnes < instrument.order_tonnes_min or tonnes <= 0:
        return Verdict(reasons.QTY_BELOW_MIN, instrument.order_tonnes_min, tonnes)
    if tonnes > instrument.order_tonnes_max:
        return Verdict(reasons.QTY_ABOVE_MAX, instrument.order_tonnes_max, tonnes)
    if tonnes % instrument.lot_tonnes != 0:
        return Verdict(reasons.QTY_OFF_LOT, instrument.lot_tonnes, tonnes)
    if price_ticks <= 0:
        return Verdict(reasons.PRICE_OFF_TICK, 1, price_ticks)
    if price_ticks < instrument.low_limit:
        return Verdict(reasons.PRICE_OUT_OF_BAND, instrument.low_limit, price_ticks)
    if price_ticks > instrument.high_limit:
        return Verdict(reasons.PRICE_OUT_OF_BAND, instrument.high_limit, price_ticks)
    # price and tonnes are at most 1e9 each, so this division-free product cannot leave 64 bits
    value: i64 = price_ticks * tonnes
    value_max: i64 = state.order_value_max
    if value > value_max // instrument.tick_fen:
        return Verdict(reasons.VALUE_ABOVE_MAX, value_max, min(value, AMOUNT_FEN_MAX) * instrument.tick_fen)
    return ADMITTED


def judge_own_limits(
    state: State, account: Account, instrument: Instrument, price_ticks: int, tonnes: int, open_before_fen: int
) -> Verdict:
    """Whether an order keeps to what its member lets the account ask for (C2, 13). open_before_fen: of what it would join."""
    limits = state.controls.limits[account.number]
    value_fen: int = price_ticks * tonnes * instrument.tick_fen
    if 0 < limits.order_value_max_fen < value_fen:
        return Verdict(reasons.OWN_ORDER_VALUE, limits.order_value_max_fen, value_fen)
    if 0 < limits.order_tonnes_max < tonnes:
        return Verdict(reasons.OWN_ORDER_QUANTITY, limits.order_tonnes_max, tonnes)
    if 0 < limits.open_value_max_fen < open_before_fen + value_fen:
        return Verdict(reasons.OWN_OPEN_VALUE, limits.open_value_max_fen, open_before_fen + value_fen)
    return ADMITTED


def open_value(state: State, account: Account) -> int:
    """What the account's open orders and block offers would be worth, both sides together, in fen."""
    total: int = 0
    for order in account.orders.values():
        total += order.price_ticks * order.leaves * state.held_instrument(order.instrument).tick_fen
    for offer in state.blocks.open_by(account.number):
        total += offer.price_ticks * offer.tonnes * state.held_instrument(offer.instrument).tick_fen
    return total


def judge_cover(account: Account, instrument: Instrument, side: i64, cash_needed: i64, units_needed: i64) -> Verdict:
    """Whether cash or units cover what the order must hold more than it holds already."""
    if side == BUY:
        if cash_needed > account.free:
            return Verdict(reasons.INSUFFICIENT_CASH, account.free, cash_needed)
        return ADMITTED
    position = account.position(instrument.number)
    if units_needed > position.available:
        if units_needed <= position.available + position.locked:
            return Verdict(reasons.UNITS_LOCKED, position.available, units_needed)
        if units_needed <= position.available + position.locked + position.use_restricted:
            return Verdict(reasons.USE_RESTRICTED, position.available, units_needed)
        return Verdict(reasons.INSUFFICIENT_ALLOWANCE, position.available, units_needed)
    if instrument.is_allowance and account.retention_floor > 0:
        left: i64 = account.allowances_available + account.allowances_apart - units_needed
        if left < account.retention_floor:
            return Verdict(reasons.OBLIGATION_RESERVED, account.retention_floor, left)
    return ADMITTED


def judge_holding(state: State, account: Account, instrument: Instrument, more_tonnes: i64) -> Verdict:
    """Whether the owner, with all that are associated with it, stays within the holding limit (最大持仓量) if all open buys
    and this one are filled; and whether it may be a holder at all.

    What is asked for anew counts, so that an owner above the limit (by law, by allocation, or by a new rule) may sell and give
    back, and buys nothing.
    """
    if not instrument.is_held_limited or more_tonnes <= 0 or account.category == GOVERNMENT:
        return ADMITTED
    owner: int = account.owner
    product = instrument.product
    if instrument.holding_limit > 0:
        group = group_of(state, owner)
        limit: i64 = above_allocation(state, group, instrument.is_allowance, instrument.holding_limit)
        actual: i64 = owned_tonnes(state, group, product) + wanted_tonnes(state, group, product) + more_tonnes
        if actual > limit:
            return Verdict(reasons.HOLDING_LIMIT, limit, actual)
    return judge_holders(state, owner, instrument)


def judge_holders(state: State, owner: int, instrument: Instrument) -> Verdict:
    """Whether the owner is or may become one of the product's holders (持有人数上限, CN-38).

    Who has units, or has asked for some, is one already. Only another is counted out, by a walk of all owners.
    """
    cap: i64 = instrument.holders_max
    product = instrument.product
    if cap == 0 or owned_tonnes(state, (owner,), product) > 0 or wanted_tonnes(state, (owner,), product) > 0:
        return ADMITTED
    there: i64 = holders(state, product, cap)
    return Verdict(reasons.HOLDER_CAP, cap, there) if there >= cap else ADMITTED


def why_restricted(account: Account) -> Verdict:
    """Why a restricted account is refused; one that was merged is restricted for good, and is told whom to turn to."""
    if account.successor != 0:
        return Verdict(reasons.ACCOUNT_MERGED, 0, account.successor)
    return Verdict(reasons.ACCOUNT_RESTRICTED, 0, account.restriction)


def judge_order(
    state: State, account: Account, instrument: Instrument, order: Order, time_in_force: i64, post_only: bool
) -> Verdict:
    """The whole chain for a new order that is well formed and whose client order id is new."""
    side: i64 = order.side
    if account.restriction != 0 and account.restriction & (RESTRICT_BUY if side == BUY else RESTRICT_SELL) != 0:
        return why_restricted(account)
    if account.bars != 0:
        barred: i64 = standing.why_barred(state, account, instrument, side, standing.LISTED)
        if barred != 0:
            return Verdict(barred)
    verdict = judge_phase(state, instrument, time_in_force)
    if verdict.reason != 0:
        return verdict
    if post_only and time_in_force != DAY:
        return Verdict(reasons.TIF_NOT_ALLOWED)  # what may only wait cannot also be immediate
    verdict = judge_terms(state, instrument, order.price_ticks, order.tonnes)
    if verdict.reason != 0:
        return verdict
    if account.bars & BAR_OWN_LIMITS != 0:
        verdict = judge_own_limits(
            state, account, instrument, order.price_ticks, order.tonnes, open_value(state, account)
        )
        if verdict.reason != 0:
            return verdict
    open_max: i64 = state.open_orders_max
    if len(account.orders) >= open_max:
        return Verdict(reasons.TOO_MANY_OPEN_ORDERS, open_max, len(account.orders))
    verdict = judge_meeting(state, account, instrument, order, time_in_force, post_only)
    if verdict.reason != 0:
        return verdict
    cash: i64 = 0
    if side == BUY:
        if instrument.is_held_limited:
            verdict = judge_holding(state, account, instrument, order.tonnes)
            if verdict.reason != 0:
                return verdict
        cash = instrument.hold_of(order.price_ticks, order.tonnes)
    return judge_cover(account, instrument, side, cash, order.tonnes)


def judge_meeting(
    state: State, account: Account, instrument: Instrument, order: Order, time_in_force: i64, post_only: bool
) -> Verdict:
    """What the order would meet: its owner's own orders in a call, anything if post-only, too little if fill-or-kill."""
    if state.phase != phases.CONTINUOUS:
        if state.stp != 0 and meets_own_order(state, account, instrument, order):
            return Verdict(reasons.SELF_MATCH)
    elif post_only:
        if instrument.book.would_trade(order.side, order.price_ticks):
            return Verdict(reasons.WOULD_TAKE)
    elif instrument.pick_levels > 0 and not may_pick(instrument, order, time_in_force):
        return why_not_pick(instrument, order, time_in_force)
    elif time_in_force == FOK and not instrument.book.can_fill(order, state.stp, instrument.pick_levels > 0):
        return Verdict(reasons.FOK_NOT_FILLABLE, order.tonnes, 0)
    return ADMITTED


def pickable_prices(instrument: Instrument, side: i64) -> list[int]:
    """The levels of the other side that an order of this side may pick, best first."""
    depth = instrument.book.depth(SELL if side == BUY else BUY, instrument.pick_levels)
    return [price_ticks for price_ticks, _, _ in depth]


def may_pick(instrument: Instrument, order: Order, time_in_force: i64) -> bool:
    """Where takers pick: an order that may rest must meet nothing, an immediate one must name a level within reach."""
    if time_in_force == DAY:
        return not instrument.book.would_trade(order.side, order.price_ticks)
    return order.price_ticks in pickable_prices(instrument, order.side)


def why_not_pick(instrument: Instrument, order: Order, time_in_force: i64) -> Verdict:
    """The refusal of what may not be picked: the nearest price, or the last one, that the order could have named."""
    prices = pickable_prices(instrument, order.side)
    if time_in_force == DAY:
        return Verdict(reasons.PICK_REQUIRED, prices[0], order.price_ticks)
    return Verdict(reasons.LEVEL_NOT_PICKABLE, prices[-1] if prices else 0, order.price_ticks)


def meets_own_order(state: State, account: Account, instrument: Instrument, order: Order) -> bool:
    """Whether an order of the same owner rests on the other side at a crossing price.

    In a call auction self-trades are prevented at entry: any pair could meet in the uncross. The continuous phase leaves no
    crossing orders behind, so this one check suffices. Walks the owner's own open orders, and only where some can be on the
    other side: walking the book instead made 50,000 orders collected in a call quadratic.
    """
    for own in state.owners[account.owner]:
        if order.side == BUY:
            if own.position(instrument.number).held == 0:
                continue
        elif own.held == 0:
            continue
        for resting in own.orders.values():
            if resting.instrument != order.instrument or resting.side == order.side:
                continue
            if order.side == BUY:
                if resting.price_ticks <= order.price_ticks:
                    return True
            elif resting.price_ticks >= order.price_ticks:
                return True
    return False
