"""Restrictions of accounts (限制措施, CQ-M Art. 30): imposed, reviewed, lifted, and begun and ended by the days themselves.

What an account may not do is the union of its restrictions in force; so lifting the exchange's own leaves a court's. A
surrender is never stood against.
"""

from typing import Final

from msgspec.structs import replace

from engine.core import auctions, block_trading, calendar, reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.commands import LiftRestriction, Restrict, ReviewRestriction
from engine.core.events import ActTaken, Event, RestrictionChanged, RestrictionReviewed, RestrictionScheduled
from engine.core.state import Account, State
from engine.core.supervision import ENDED, IN_FORCE, LIFTED, OPEN, RECORDS_MAX, WAITING, Restriction
from engine.core.trading import cancel_open_orders
from engine.core.units import BUY, RESTRICT_ALL, RESTRICT_BUY, RESTRICT_SELL, SELL

TEXT_MAX: Final = 200
NUMBER_MAX: Final = 2**62


def judge(state: State, act: Restrict | LiftRestriction | ReviewRestriction) -> Verdict:
    """An account and a scope that exist; a restriction that can still be changed; days that are days, and to come."""
    if isinstance(act, ReviewRestriction):
        found = state.supervision.restriction(act.restriction)
        if found is None or found.status not in (WAITING, IN_FORCE):
            return Verdict(reasons.UNKNOWN_RESTRICTION)
        return judge_day(state, act.review_on)
    if state.account(act.account) is None:
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    if not 0 < act.scope <= RESTRICT_ALL:
        return Verdict(reasons.ACT_INVALID, RESTRICT_ALL, max(-NUMBER_MAX, min(act.scope, NUMBER_MAX)))
    if isinstance(act, LiftRestriction):
        found = state.supervision.restriction(act.restriction)
        if act.restriction != 0 and (
            found is None or found.account != act.account or found.status not in (WAITING, IN_FORCE)
        ):
            return Verdict(reasons.UNKNOWN_RESTRICTION)
        return ADMITTED
    return judge_terms(state, act)


def judge_terms(state: State, act: Restrict) -> Verdict:
    """From when to when, when it is reviewed, who was told, and to which case it belongs."""
    for day in (act.first_day, act.last_day, act.review_on):
        verdict = judge_day(state, day)
        if verdict.reason != 0:
            return verdict
    if act.last_day != 0 and act.last_day < act.first_day:
        return Verdict(reasons.ACT_INVALID, act.first_day, act.last_day)
    if max(len(act.notified), len(act.appeal)) > TEXT_MAX:
        return Verdict(reasons.ACT_INVALID, TEXT_MAX, max(len(act.notified), len(act.appeal)))
    if act.case != 0:
        case = state.supervision.case(act.case)
        if case is None or case.status != OPEN or case.account != act.account:
            return Verdict(reasons.UNKNOWN_CASE)
    kept = len(state.supervision.restrictions)
    return ADMITTED if kept < RECORDS_MAX else Verdict(reasons.TOO_MANY_RECORDS, RECORDS_MAX, kept)


def judge_day(state: State, day: int) -> Verdict:
    """Whether a day is none (0), or one that is not before the present trading day."""
    if day == 0 or (calendar.is_day(day) and day >= int(state.trading_day)):
        return ADMITTED
    return Verdict(reasons.ACT_INVALID, state.trading_day, max(0, min(day, 99_999_999)))


# ---- taking effect --------------------------------------------------------------------------------------


def restrict(state: State, act: Restrict, taken: ActTaken, out: list[Event]) -> None:
    """Keep the restriction; in force at once, or from the opening of its first day."""
    today = int(state.trading_day)
    status = WAITING if act.first_day > today else IN_FORCE
    number = len(state.supervision.restrictions) + 1
    state.supervision.restrictions.append(
        Restriction(
            number,
            act.account,
            act.scope,
            act.scope,
            act.basis[:TEXT_MAX],
            taken.document,
            taken.operator,
            taken.approver,
            today,
            act.first_day,
            act.last_day,
            act.review_on,
            act.notified,
            act.appeal,
            act.case,
            status,
        )
    )
    if status == WAITING:
        out.append(RestrictionScheduled(number, act.account, act.scope, act.first_day))
        return
    impose(state, state.held_account(act.account), act.scope, act.basis[:TEXT_MAX], out)


def impose(state: State, account: Account, scope: int, basis: str, out: list[Event]) -> None:
    """Add to what the account may not do, and end the open orders, block offers and bids that this covers."""
    account.restriction = int(account.restriction) | scope
    number = int(account.number)
    out.append(RestrictionChanged(number, account.restriction, basis))
    for bit, side in ((RESTRICT_BUY, BUY), (RESTRICT_SELL, SELL)):
        if scope & bit:
            cancel_open_orders(state, account, 0, side, reasons.RESTRICTION_IMPOSED, out)
            block_trading.end_restricted(state, number, side, out)
    auctions.end_bids_of(state, number, scope, out)


def lift(state: State, act: LiftRestriction, out: list[Event]) -> None:
    """Take the named bits from one restriction, or from all of the account that are in force."""
    records = state.supervision.restrictions
    for place, found in enumerate(records):
        is_meant = found.number == act.restriction if act.restriction else found.status == IN_FORCE
        if is_meant and found.account == act.account:
            left = found.left & ~act.scope
            if left:
                records[place] = replace(found, left=left)
            else:
                records[place] = replace(found, left=0, status=LIFTED, ended_on=int(state.trading_day))
    account = state.held_account(act.account)
    account.restriction = state.supervision.in_force(act.account)
    out.append(RestrictionChanged(act.account, account.restriction, "lifted"))


def review(state: State, act: ReviewRestriction, out: list[Event]) -> None:
    """Note that it was looked at, and when it will be again."""
    place = act.restriction - 1
    found = state.supervision.restrictions[place]
    state.supervision.restrictions[place] = replace(found, review_on=act.review_on, reviewed_on=int(state.trading_day))
    out.append(RestrictionReviewed(act.restriction, act.review_on))


def begin_day(state: State, out: list[Event]) -> None:
    """As a day opens: end what has had its last day, begin what has its first; one fact for each account."""
    today = int(state.trading_day)
    records = state.supervision.restrictions
    changed: dict[int, tuple[int, str]] = {}  # account -> bits that begin, why
    for place, found in enumerate(records):
        if found.status == WAITING and found.first_day <= today and (found.last_day == 0 or today <= found.last_day):
            records[place] = replace(found, status=IN_FORCE)
            scope, _ = changed.get(found.account, (0, ""))
            changed[found.account] = scope | found.left, found.basis
        elif found.status in (WAITING, IN_FORCE) and 0 < found.last_day < today:
            records[place] = replace(found, status=ENDED, ended_on=today)
            if found.status == IN_FORCE:
                changed.setdefault(found.account, (0, "ended"))
    for number, (scope, basis) in changed.items():
        account = state.held_account(number)
        account.restriction = state.supervision.in_force(number)
        impose(state, account, scope, basis, out)
