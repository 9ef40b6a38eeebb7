"""Changing the rules of a running market: a new rule book is adopted, published, and in force from a later day's opening.

One change waits at a time; adopting another supersedes it, so that a mistake that was published can be taken back. No
order is open at an opening, so no hold was reckoned by the old rules; the close that the day's band is measured from stays.
"""

from hashlib import sha256
from typing import Final

from engine.core import reasons, rulebook
from engine.core.admission import ADMITTED, Verdict
from engine.core.commands import AdoptRuleBook
from engine.core.events import Event, RuleBookAdopted, RuleBookTookEffect
from engine.core.rulebook import ProductRules, RuleBook, RuleBookError
from engine.core.state import STP_MODES, Instrument, PendingRuleBook, State
from engine.core.units import AMOUNT_FEN_MAX

APPROVALS_MAX: Final = 16
APPROVAL_CHARACTERS_MAX: Final = 200
DAY_MAX: Final = 99_999_999


def judge_adoption(state: State, act: AdoptRuleBook) -> Verdict:
    """Whether the text is a rule book that this market may change to, on that day, with approvals named."""
    if not 1 <= len(act.approvals) <= APPROVALS_MAX or not all(_is_number(text) for text in act.approvals):
        return Verdict(reasons.ACT_INVALID, APPROVALS_MAX, len(act.approvals))
    last_settled_day = max(int(state.trading_day), state.days.fixed_day)  # a day whose values are fixed keeps them
    if not last_settled_day < act.effective_day <= DAY_MAX:
        return Verdict(reasons.RULEBOOK_TOO_SOON, last_settled_day, max(0, min(act.effective_day, DAY_MAX)))
    try:
        book = rulebook.parse(act.rulebook)
    except RuleBookError as error:
        return Verdict(reasons.RULEBOOK_INVALID, 0, len(error.faults))
    if book.version != act.version:
        return Verdict(reasons.CONTENT_CHANGED)
    newest = newest_version(state)
    if book.version <= newest:
        return Verdict(reasons.RULEBOOK_NOT_NEWER, newest, book.version)
    if not keeps_what_is_fixed(state, book):
        return Verdict(reasons.RULEBOOK_FIXED_RULE)
    return ADMITTED


def _is_number(text: str) -> bool:
    return len(text.strip()) > 0 and len(text) <= APPROVAL_CHARACTERS_MAX


def newest_version(state: State) -> int:
    """The version in force, or the one that is to follow it."""
    return state.rulebook.version if state.pending_rulebook is None else state.pending_rulebook.rulebook.version


def keeps_what_is_fixed(state: State, book: RuleBook) -> bool:
    """Whether market, clock and the fixed rules of every listed product are as they are."""
    old = state.rulebook
    if (old.market, old.utc_offset_minutes) != (book.market, book.utc_offset_minutes):
        return False
    return all(
        same_fixed_rules(old.products[instrument.product], book.products.get(instrument.product))
        for instrument in state.instruments
        if instrument is not None
    )


def same_fixed_rules(old: ProductRules, new: ProductRules | None) -> bool:
    """Whether a product stays what its holdings, prices and locks are counted in."""
    return new is not None and all(getattr(old, key) == getattr(new, key) for key in rulebook.FIXED_OF_LISTED)


def may_list(state: State, product: str) -> bool:
    """Whether a product can be listed now: a change that waits may still alter a product that is not listed, or drop it."""
    pending = state.pending_rulebook
    rules = state.rulebook.products
    return pending is None or same_fixed_rules(rules[product], pending.rulebook.products.get(product))


def adopt(state: State, act: AdoptRuleBook, out: list[Event]) -> None:
    """Publish the change; it waits for its day."""
    pending = PendingRuleBook(act.rulebook, rulebook.parse(act.rulebook), act.effective_day, act.approvals)
    state.pending_rulebook = pending
    out.append(RuleBookAdopted(act.version, act.effective_day, text_sha256(act.rulebook), act.approvals))


def text_sha256(text: str) -> str:
    """What names a rule book's text: its SHA-256, hex."""
    return sha256(text.encode()).hexdigest()


def take_effect(state: State, trading_day: int, out: list[Event]) -> None:
    """At a day's opening: the change that waits for this day, or an earlier one that never opened, is in force."""
    pending = state.pending_rulebook
    if pending is None or trading_day < pending.effective_day:
        return
    assert not any(account.orders for account in state.accounts if account is not None), "no order outlives its day"
    book = pending.rulebook
    state.rulebook = book
    state.rulebook_text = pending.text
    state.rulebook_since = trading_day
    state.pending_rulebook = None
    state.stp = STP_MODES[book.self_trade]
    state.open_orders_max = book.open_orders_max
    state.order_value_max = min(AMOUNT_FEN_MAX, book.order_value_max_fen)
    state.is_proceeds_same_day = book.proceeds_same_day
    for instrument in state.instruments:
        if instrument is not None:
            refresh(instrument, book.products[instrument.product])
    out.append(RuleBookTookEffect(book.version, trading_day, text_sha256(state.rulebook_text), state.rulebook_text))


def refresh(instrument: Instrument, rules: ProductRules) -> None:
    """Give a listed instrument the new rules of its product; what is fixed is the same already."""
    instrument.lot_tonnes = rules.lot_tonnes
    instrument.order_tonnes_min = rules.order_tonnes_min
    instrument.order_tonnes_max = rules.order_tonnes_max
    instrument.pick_levels = rulebook.PICK_LEVELS.get(rules.match_mode, 0)
    instrument.is_median = rules.match_mode == "MEDIAN3"
    instrument.limit_bp = rules.limit_bp
    instrument.fee_ppm = rules.trading_fee_ppm + rules.settlement_fee_ppm
    instrument.close_rule = rules.close_rule
    instrument.close_min_tonnes = rules.close_min_tonnes
    instrument.limit_holders(rules)
