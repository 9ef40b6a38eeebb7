"""What members do with block offers: offer, counter, confirm, decline, withdraw (大宗协议, BILATERAL_CONFIRM).

An offer holds what it needs from the moment it is made, so a confirmation needs to look only at who confirms. A refusal
changes nothing and reaches only the asker. Checks follow the validation chain of domain rules C2, funds last; size, band and
window are the rule book's (A2, A3). A block trade leaves the book and all quotes of the day untouched.
"""

from engine.core import phases, reasons, standing
from engine.core.admission import (
    ADMITTED,
    Verdict,
    judge_cover,
    judge_holding,
    judge_own_limits,
    open_value,
    why_restricted,
)
from engine.core.blocks import COUNTERPARTIES_MAX, ENDED, OFFERS_A_DAY_MAX, OPEN, OPEN_OFFERS_MAX, TRADED, Offer
from engine.core.commands import BlockConfirm, BlockCounter, BlockDecline, BlockOffer, BlockWithdraw
from engine.core.events import (
    BlockDeclined,
    BlockEnded,
    BlockOffered,
    BlockRepeated,
    BlockTaken,
    BlockTraded,
    Event,
    MethodStats,
    RequestRefused,
)
from engine.core.participants import BAR_OWN_LIMITS
from engine.core.state import Account, Instrument, State
from engine.core.units import (
    AMOUNT_FEN_MAX,
    BLOCK,
    BUY,
    PPM,
    PRICE_TICKS_MAX,
    RESTRICT_BUY,
    RESTRICT_SELL,
    SELL,
    TONNES_MAX,
    amount_of,
)

SHUT_PHASES = (phases.CLOSED, phases.PRE_OPEN, phases.POST_CLOSE)  # no trading of any kind


# ---- commands -------------------------------------------------------------------------------------------


def offer(state: State, seq: int, command: BlockOffer, out: list[Event]) -> None:
    """A new offer to one account or to a group."""
    wanted = Offer(
        seq,
        command.account,
        command.instrument,
        command.side,
        command.price_ticks,
        command.tonnes,
        command.counterparties,
        command.client_offer_id,
        0,
    )
    verdict = judge_parties(state, wanted)
    if verdict.reason == 0:
        verdict = make(state, wanted, out)
    if verdict.reason != 0:
        refuse(command.account, seq, command.client_offer_id, verdict, out)


def counter(state: State, seq: int, command: BlockCounter, out: list[Event]) -> None:
    """An offer back to whoever made the one that is answered; that one is declined by it."""
    answered = state.blocks.offers.get(command.offer)
    if answered is None or command.account not in answered.addressed:
        refuse(command.account, command.offer, command.client_offer_id, Verdict(reasons.UNKNOWN_OFFER), out)
        return
    wanted = Offer(
        seq,
        command.account,
        answered.instrument,
        other_side(answered.side),
        command.price_ticks,
        command.tonnes,
        (answered.account,),
        command.client_offer_id,
        answered.number,
    )
    verdict = make(state, wanted, out)
    if verdict.reason != 0:
        refuse(command.account, command.offer, command.client_offer_id, verdict, out)


def confirm(state: State, command: BlockConfirm, out: list[Event]) -> None:
    """Accept an offer: units and cash change hands, nobody else can have it any more."""
    found = state.blocks.offers.get(command.offer)
    if found is None or command.account not in found.addressed:
        refuse(command.account, command.offer, "", Verdict(reasons.UNKNOWN_OFFER), out)
        return
    if found.confirmer == command.account:
        out.append(BlockRepeated(command.account, found.client_offer_id, found.number, found.trade))
        return
    account = state.held_account(command.account)
    instrument = state.held_instrument(found.instrument)
    verdict = judge_confirm(state, account, instrument, found)
    if verdict.reason != 0:
        refuse(command.account, command.offer, "", verdict, out)
        return
    trade(state, instrument, found, account, out)


def decline(state: State, command: BlockDecline, out: list[Event]) -> None:
    """Turn an offer down; the last who does ends it."""
    found = state.blocks.offers.get(command.offer)
    if found is None or command.account not in found.addressed:
        refuse(command.account, command.offer, "", Verdict(reasons.UNKNOWN_OFFER), out)
    elif not is_open_to(found, command.account):
        refuse(command.account, command.offer, "", Verdict(reasons.COUNTERPARTY_GONE), out)
    else:
        turn_down(state, found, command.account, reasons.COUNTERPARTY_DECLINED, out)


def withdraw(state: State, command: BlockWithdraw, out: list[Event]) -> None:
    """Take back one's own offer."""
    number = command.offer or state.blocks.numbers.get((command.account, command.client_offer_id), 0)
    found = state.blocks.offers.get(number)
    if found is None or found.account != command.account:
        refuse(command.account, number, command.client_offer_id, Verdict(reasons.UNKNOWN_OFFER), out)
    elif found.status != OPEN:
        verdict = Verdict(reasons.ALREADY_FILLED if found.status == TRADED else reasons.ALREADY_CANCELED)
        refuse(command.account, number, found.client_offer_id, verdict, out)
    else:
        end(state, found, 0, out)


def refuse(account: int, number: int, client_offer_id: str, verdict: Verdict, out: list[Event]) -> None:
    """Tell the asker, and only the asker, why not."""
    out.append(RequestRefused(account, number, client_offer_id, verdict.reason, verdict.limit, verdict.actual))


# ---- judging --------------------------------------------------------------------------------------------


def other_side(side: int) -> int:
    """Who confirms an offer to sell buys."""
    return SELL if side == BUY else BUY


def is_open_to(found: Offer, account: int) -> bool:
    """Whether the account may still confirm the offer."""
    return found.status == OPEN and account in found.counterparties


def judge_parties(state: State, wanted: Offer) -> Verdict:
    """Whether the accounts exist, the instrument does, and the offer goes to others, each once."""
    if state.account(wanted.account) is None:
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    addressed = wanted.addressed
    is_fit = 0 < len(addressed) <= COUNTERPARTIES_MAX and len(set(addressed)) == len(addressed)
    if wanted.side not in (BUY, SELL) or not is_fit:
        return Verdict(reasons.INVALID_FIELD)
    if state.instrument(wanted.instrument) is None:
        return Verdict(reasons.UNKNOWN_INSTRUMENT)
    if any(state.account(number) is None for number in addressed):
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    return ADMITTED


def judge_offer(state: State, account: Account, instrument: Instrument, wanted: Offer) -> Verdict:
    """The whole chain for a new offer or counter whose parties exist."""
    verdict = judge_access(state, account, instrument, wanted.side)
    if verdict.reason == 0:
        verdict = judge_terms(state, instrument, wanted.price_ticks, wanted.tonnes)
    if verdict.reason == 0 and account.bars & BAR_OWN_LIMITS:
        verdict = judge_own_limits(
            state, account, instrument, wanted.price_ticks, wanted.tonnes, open_value(state, account)
        )
    if verdict.reason == 0:
        verdict = judge_count(state, wanted.account)
    if verdict.reason == 0:
        verdict = judge_counterparties(state, account, wanted)
    if verdict.reason == 0 and wanted.side == BUY:
        verdict = judge_holding(state, account, instrument, wanted.tonnes)
    if verdict.reason != 0:
        return verdict
    cash = int(instrument.hold_of(wanted.price_ticks, wanted.tonnes)) if wanted.side == BUY else 0
    return judge_cover(account, instrument, wanted.side, cash, wanted.tonnes)


def judge_confirm(state: State, account: Account, instrument: Instrument, found: Offer) -> Verdict:
    """The chain for who confirms: the offer's terms were judged when it was made, and the day's band has not moved."""
    side = other_side(found.side)
    verdict = judge_access(state, account, instrument, side)
    if verdict.reason != 0:
        return verdict
    if not is_open_to(found, account.number):
        return Verdict(reasons.COUNTERPARTY_GONE)
    if account.bars & BAR_OWN_LIMITS:
        verdict = judge_own_limits(state, account, instrument, found.price_ticks, found.tonnes, 0)
        if verdict.reason != 0:
            return verdict
    if side == BUY:
        verdict = judge_holding(state, account, instrument, found.tonnes)
        if verdict.reason != 0:
            return verdict
    cash = int(instrument.hold_of(found.price_ticks, found.tonnes)) if side == BUY else 0
    return judge_cover(account, instrument, side, cash, found.tonnes)


def judge_access(state: State, account: Account, instrument: Instrument, side: int) -> Verdict:
    """Whether this account may trade this instrument in blocks now."""
    if int(account.restriction) & (RESTRICT_BUY if side == BUY else RESTRICT_SELL):
        return why_restricted(account)
    barred = standing.why_barred(state, account, instrument, side, standing.BLOCK)
    if barred:
        return Verdict(barred)
    if state.rulebook.products[instrument.product].block_tonnes_min == 0:
        return Verdict(reasons.METHOD_NOT_ALLOWED)
    if not state.blocks.is_window_open or int(state.phase) in SHUT_PHASES:
        return Verdict(reasons.METHOD_NOT_OPEN)
    if state.halted or instrument.halted:
        return Verdict(standing.why_halted(state, instrument))
    return ADMITTED


def judge_terms(state: State, instrument: Instrument, price_ticks: int, tonnes: int) -> Verdict:
    """Quantity, then price, then value, against the rule book's values for block trades."""
    if not 0 <= price_ticks <= PRICE_TICKS_MAX or not 0 <= tonnes <= TONNES_MAX:
        return Verdict(reasons.INVALID_FIELD)
    tonnes_min = state.rulebook.products[instrument.product].block_tonnes_min
    if tonnes < tonnes_min:
        return Verdict(reasons.QTY_BELOW_MIN, tonnes_min, tonnes)
    if tonnes % int(instrument.lot_tonnes):
        return Verdict(reasons.QTY_OFF_LOT, instrument.lot_tonnes, tonnes)
    if price_ticks == 0:
        return Verdict(reasons.PRICE_OFF_TICK, 1, price_ticks)
    low, high = band_of(state, instrument)
    if not low <= price_ticks <= high:
        return Verdict(reasons.PRICE_OUT_OF_BAND, low if price_ticks < low else high, price_ticks)
    value = amount_of(price_ticks, tonnes, int(instrument.tick_fen))
    value_max = int(state.order_value_max)
    if value > value_max:
        return Verdict(reasons.VALUE_ABOVE_MAX, value_max, min(value, AMOUNT_FEN_MAX))
    return ADMITTED


def band_of(state: State, instrument: Instrument) -> tuple[int, int]:
    """Lowest and highest price of a block trade today, in ticks: previous close x (1 +- p), rounded half up."""
    limit_bp = state.rulebook.products[instrument.product].block_limit_bp
    reference = int(instrument.previous_close)
    low = max(1, (reference * (10_000 - limit_bp) + 5_000) // 10_000)
    return low, min(PRICE_TICKS_MAX, (reference * (10_000 + limit_bp) + 5_000) // 10_000)


def judge_count(state: State, account: int) -> Verdict:
    """How many offers one account may have open, and may make in a day."""
    count = len(state.blocks.open_by(account))
    if count >= OPEN_OFFERS_MAX:
        return Verdict(reasons.TOO_MANY_OPEN_ORDERS, OPEN_OFFERS_MAX, count)
    count = len(state.blocks.made.get(account, []))
    if count >= OFFERS_A_DAY_MAX:
        return Verdict(reasons.TOO_MANY_OPEN_ORDERS, OFFERS_A_DAY_MAX, count)
    return ADMITTED


def judge_counterparties(state: State, account: Account, wanted: Offer) -> Verdict:
    """Nobody deals with themselves; and an offer that is countered must be open to who counters it."""
    if any(state.held_account(number).owner == account.owner for number in wanted.addressed):
        return Verdict(reasons.SELF_MATCH)
    if wanted.answers:
        answered = state.blocks.offers[wanted.answers]
        if not is_open_to(answered, wanted.account):
            return Verdict(reasons.COUNTERPARTY_GONE)
        if (wanted.price_ticks, wanted.tonnes) == (answered.price_ticks, answered.tonnes):
            return Verdict(reasons.NO_CHANGE)  # that would be a confirmation
    return ADMITTED


# ---- taking effect --------------------------------------------------------------------------------------


def make(state: State, wanted: Offer, out: list[Event]) -> Verdict:
    """Repeat the answer to an offer that came before, refuse it, or hold what it needs and tell its counterparties."""
    blocks = state.blocks
    account = state.held_account(wanted.account)
    known = blocks.numbers.get((wanted.account, wanted.client_offer_id))
    if known is not None:
        if not blocks.offers[known].is_same(wanted):
            return Verdict(reasons.CLIENT_ORDER_ID_CONFLICT)
        out.append(BlockRepeated(wanted.account, wanted.client_offer_id, known, 0))
        return ADMITTED
    instrument = state.held_instrument(wanted.instrument)
    verdict = judge_offer(state, account, instrument, wanted)
    if verdict.reason != 0:
        return verdict
    if wanted.answers:
        turn_down(state, blocks.offers[wanted.answers], wanted.account, reasons.COUNTERPARTY_COUNTERED, out)
    hold(account, instrument, wanted, 1)
    blocks.add(wanted)
    out.append(
        BlockOffered(
            wanted.number,
            wanted.account,
            int(account.next_exec_seq()),
            wanted.client_offer_id,
            wanted.instrument,
            wanted.side,
            wanted.price_ticks,
            wanted.tonnes,
            wanted.answers,
            wanted.addressed,
            next_exec_seqs(state, wanted.addressed),
        )
    )
    return ADMITTED


def next_exec_seqs(state: State, accounts: tuple[int, ...]) -> tuple[int, ...]:
    """The next number of each account's private stream."""
    return tuple([int(state.held_account(number).next_exec_seq()) for number in accounts])


def hold(account: Account, instrument: Instrument, found: Offer, sign: int) -> None:
    """Reserve (sign 1) or give back (-1) what the offer needs: cash with fees, or units."""
    if found.side == BUY:
        cash = sign * int(instrument.hold_of(found.price_ticks, found.tonnes))
        account.free -= cash
        account.held += cash
    else:
        position = account.position(instrument.number)
        position.available -= sign * found.tonnes
        position.held += sign * found.tonnes
        assert min(position.available, position.held) >= 0
        if instrument.is_allowance:
            account.allowances_available -= sign * found.tonnes
    assert min(account.free, account.held) >= 0


def turn_down(state: State, found: Offer, account: int, reason: int, out: list[Event]) -> None:
    """The account will not have the offer; it ends where nobody is left who could."""
    found.counterparties.remove(account)
    offerer = state.held_account(found.account)
    if not found.counterparties:
        close(state, found, reason)
    out.append(
        BlockDeclined(
            found.number,
            found.account,
            int(offerer.next_exec_seq()),
            found.client_offer_id,
            found.instrument,
            found.side,
            found.price_ticks,
            found.tonnes,
            reason,
            account,
            int(state.held_account(account).next_exec_seq()),
            len(found.counterparties),
        )
    )


def close(state: State, found: Offer, reason: int) -> None:
    """The offer is open no more and holds nothing."""
    assert found.status == OPEN
    found.status = ENDED
    found.reason = reason
    hold(state.held_account(found.account), state.held_instrument(found.instrument), found, -1)


def end(state: State, found: Offer, reason: int, out: list[Event]) -> None:
    """End an open offer without a trade and say so to all who could have had it."""
    left = tuple(found.counterparties)
    close(state, found, reason)
    found.counterparties.clear()
    out.append(
        BlockEnded(
            found.number,
            found.account,
            int(state.held_account(found.account).next_exec_seq()),
            found.client_offer_id,
            found.instrument,
            found.side,
            found.price_ticks,
            found.tonnes,
            reason,
            left,
            next_exec_seqs(state, left),
        )
    )


def end_all(state: State, out: list[Event]) -> None:
    """The day ends: the window closes and what is open expires, oldest first."""
    state.blocks.is_window_open = False
    for found in state.blocks.open_offers():
        end(state, found, reasons.DAY_ENDED, out)


def end_restricted(state: State, account: int, side: int, out: list[Event]) -> None:
    """A restriction on the account covers its open offers of this side."""
    for found in state.blocks.open_by(account):
        if found.side == side:
            end(state, found, reasons.RESTRICTION_IMPOSED, out)


def trade(state: State, instrument: Instrument, found: Offer, confirmer: Account, out: list[Event]) -> None:
    """Move units and cash of both sides in the engine's projection; settlement moves title from the event."""
    offerer = state.held_account(found.account)
    close(state, found, 0)
    buyer, seller = (offerer, confirmer) if found.side == BUY else (confirmer, offerer)
    amount = amount_of(found.price_ticks, found.tonnes, int(instrument.tick_fen))
    fee = amount * int(instrument.fee_ppm) // PPM
    deliver(state, instrument, buyer, found.tonnes, amount + fee)
    pay(state, instrument, seller, found.tonnes, amount - fee)
    state.fees += 2 * fee
    state.trade_number += 1
    found.status = TRADED
    found.trade = int(state.trade_number)
    found.confirmer = int(confirmer.number)
    out.append(
        BlockTraded(
            found.trade,
            found.number,
            found.client_offer_id,
            found.side,
            found.instrument,
            found.price_ticks,
            found.tonnes,
            amount,
            int(buyer.number),
            int(buyer.next_exec_seq()),
            fee,
            int(seller.number),
            int(seller.next_exec_seq()),
            fee,
        )
    )
    others = tuple([number for number in found.counterparties if number != found.confirmer])
    found.counterparties.clear()
    if others:
        out.append(
            BlockTaken(
                found.number,
                found.account,
                found.instrument,
                found.side,
                found.price_ticks,
                found.tonnes,
                others,
                next_exec_seqs(state, others),
            )
        )


def deliver(state: State, instrument: Instrument, buyer: Account, tonnes: int, cost_fen: int) -> None:
    """Units against free cash; they are locked for T+N like any that were bought."""
    buyer.free -= cost_fen
    assert buyer.free >= 0
    bought = buyer.position(instrument.number)
    if instrument.lock_days > 0:
        bought.lock(state.day_number + instrument.lock_days, tonnes)
        return
    bought.available += tonnes
    if instrument.is_allowance:
        buyer.allowances_available += tonnes


def pay(state: State, instrument: Instrument, seller: Account, tonnes: int, proceeds_fen: int) -> None:
    """Proceeds against available units; usable at once or from the next day, as the rule book says."""
    sold = seller.position(instrument.number)
    sold.available -= tonnes
    assert sold.available >= 0
    if instrument.is_allowance:
        seller.allowances_available -= tonnes
    if state.is_proceeds_same_day:
        seller.free += proceeds_fen
    else:
        seller.pending += proceeds_fen


def stats_of(state: State, instrument: int) -> tuple[MethodStats, ...]:
    """The day's block trades in an instrument; empty where there are none."""
    traded = state.blocks.trades_in(instrument)
    if not traded:
        return ()
    tick_fen = int(state.held_instrument(instrument).tick_fen)
    tonnes = sum(found.tonnes for found in traded)
    turnover_fen = sum(amount_of(found.price_ticks, found.tonnes, tick_fen) for found in traded)
    return (MethodStats(BLOCK, tonnes, turnover_fen, len(traded)),)
