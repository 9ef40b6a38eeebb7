"""Who may trade what (适当性): suspension, the rule book's classes and the qualifications they need, leaving (domain rules C2, 4).

The answer for an account is worked out when something changes it and as each day opens, and kept in `Account.bars`, so that an
order asks one integer. Nothing here ends orders: `membership` does, where an act takes a standing away.
"""

from typing import Final

from engine.core import reasons
from engine.core.controls import ACCOUNT, INSTRUMENT, MARKET, PARTICIPANT
from engine.core.participants import (
    BAR_BY_CLASS,
    BAR_CLOSED,
    BAR_KILLED,
    BAR_LEAVING,
    BAR_LEFT,
    BAR_OWN_LIMITS,
    BAR_SUSPENDED,
    BAR_UNFINISHED,
    BAR_UNQUALIFIED,
    Participant,
)
from engine.core.rulebook import ASSETS, ClassRules
from engine.core.state import Account, Instrument, State
from engine.core.units import BUY

LISTED: Final = "listed"
BLOCK: Final = "block"
AUCTION: Final = "auction"


def refresh(state: State, account: Account) -> None:
    """Work out an account's standing as of the trading day."""
    bars = 0
    participant = state.participants.by_number.get(account.owner)
    if participant is not None and participant.is_suspended:
        bars |= BAR_SUSPENDED
    rules = state.rulebook.classes.get(account.category)
    if rules is not None:
        bars |= BAR_BY_CLASS
        if missing(rules, participant, int(state.trading_day)) != "":
            bars |= BAR_UNQUALIFIED
    if account.leaving_until != 0:
        bars |= BAR_LEAVING if state.trading_day <= account.leaving_until else BAR_LEFT
    if account.is_closed:
        bars |= BAR_CLOSED
    if state.controls.engaged and killed_by(state, account):
        bars |= BAR_KILLED
    if int(account.number) in state.controls.limits:
        bars |= BAR_OWN_LIMITS
    if state.days.unfinished and int(account.number) in state.days.unfinished:
        bars |= BAR_UNFINISHED
    account.bars = bars


def killed_by(state: State, account: Account) -> int:
    """The number of the kill switch that stops the account, or all of its participant's; 0 for none."""
    controls = state.controls
    return controls.first(ACCOUNT, int(account.number)) or controls.first(PARTICIPANT, int(account.owner))


def why_halted(state: State, instrument: Instrument) -> int:
    """The reason that refuses what a halt refuses: a kill switch has its own."""
    controls = state.controls
    is_killed = controls.first(MARKET, 0) or controls.first(INSTRUMENT, int(instrument.number))
    return reasons.KILL_SWITCH_ENGAGED if is_killed else reasons.INSTRUMENT_HALTED


def refresh_all(state: State) -> None:
    """Every account's, and who counts as one: as a day opens, when papers begin and end and rules may be others."""
    state.participants.regroup(int(state.trading_day))
    for account in state.accounts:
        if account is not None:
            refresh(state, account)


def refresh_of(state: State, participant: int) -> None:
    """Those of one participant's accounts."""
    for account in state.owners.get(participant, []):
        refresh(state, account)


def missing(rules: ClassRules, participant: Participant | None, trading_day: int) -> str:
    """The first qualification that the class needs and the participant does not have on this day; "" for none."""
    for kind in rules.qualifications:
        found = None if participant is None else participant.qualifications.get(kind)
        if found is None or trading_day < found.from_day or 0 < found.until_day < trading_day:
            return kind
        if kind == ASSETS and found.assets_fen < rules.assets_fen_min:
            return kind
    return ""


def why_barred(state: State, account: Account, instrument: Instrument, side: int, method: str) -> int:
    """The reason that refuses a trade of this kind, 0 for none. Asked only where `bars` is not 0."""
    if account.bars & BAR_CLOSED:
        return reasons.ACCOUNT_CLOSED
    if account.bars & BAR_SUSPENDED:
        return reasons.PARTICIPANT_SUSPENDED
    if account.bars & BAR_KILLED:
        return reasons.KILL_SWITCH_ENGAGED
    if account.bars & BAR_UNFINISHED:
        return reasons.SETTLEMENT_UNFINISHED
    if account.bars & BAR_UNQUALIFIED:
        return reasons.NOT_QUALIFIED
    if account.bars & BAR_BY_CLASS:
        rules = state.rulebook.classes[account.category]
        if instrument.product not in rules.products or method not in rules.methods:
            return reasons.NOT_ELIGIBLE
        if ("buy" if side == BUY else "sell") not in rules.sides:
            return reasons.SIDE_NOT_ALLOWED
    if account.bars & BAR_LEFT or (account.bars & BAR_LEAVING and side == BUY):
        return reasons.ACCOUNT_LEAVING
    return 0


def may_trade(account: Account) -> bool:
    """Whether the account trades at all, whatever it trades."""
    return not account.bars & (BAR_SUSPENDED | BAR_UNFINISHED | BAR_UNQUALIFIED | BAR_LEFT | BAR_CLOSED)
