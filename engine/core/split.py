"""Split of units (分立): parts of what an account has and owes go to its successors, as the bureau's notice divides it.

CQ-M Art. 14, like a merger (`succession`). Each part names its successor and states what goes there: units by instrument and
state, cash, and of each open year allocation, verified emissions and what was surrendered for them. What no part names stays.
Nothing is made or lost; the retention floor follows the free allocation, and both sides must hold what they have to keep.
Pledged, frozen and withdrawn units stay with the account under their number: the contract or order names it.
"""

from typing import Final

from engine.core import reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.commands import SplitAccount, SplitPart, SplitYear
from engine.core.compliance import KEY_EMITTER, is_year, known_record, record_of
from engine.core.ending import end_what_is_open
from engine.core.events import (
    AccountSplit,
    CashTransferred,
    EmissionsRecorded,
    Event,
    HoldingTransferred,
    RetentionChanged,
)
from engine.core.filings import judge_none_open
from engine.core.holdings import move_available, move_use_restricted
from engine.core.records import NOT_VERIFIED, ComplianceYear
from engine.core.state import Account, Instrument, State
from engine.core.succession import judge_bids, judge_year
from engine.core.units import CASH_FEN_MAX, TONNES_MAX

SPLIT_PARTS_MAX: Final = 20
SPLIT_LINES_MAX: Final = 1_000  # of units, and of years, in one part
SPLIT_STATES: Final = ("available", "locked", "use_restricted")
SPLIT_KIND: Final = "split"


# ---- judging --------------------------------------------------------------------------------------------


def judge(state: State, act: SplitAccount) -> Verdict:
    """Key emitters on both sides, nothing that binds the account, and parts that it can give."""
    account = state.account(act.account)
    if account is None or any(state.account(part.to_account) is None for part in act.parts):
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    verdict = judge_form(state, act)
    if verdict.reason != 0:
        return verdict
    sides = [account, *(state.held_account(part.to_account) for part in act.parts)]
    if any(side.category != KEY_EMITTER for side in sides):
        return Verdict(reasons.NOT_SPLITTABLE)
    if account.restriction != 0:
        return Verdict(reasons.ACCOUNT_RESTRICTED, 0, account.restriction)
    verdict = judge_none_open(state, tuple(int(side.number) for side in sides))
    if verdict.reason == 0:
        verdict = judge_bids(state, act.account)
    if verdict.reason == 0:
        verdict = judge_holdings(state, account, act)
    if verdict.reason == 0:
        verdict = judge_years(state, act)
    return verdict if verdict.reason != 0 else judge_floors(state, account, act)


def judge_form(state: State, act: SplitAccount) -> Verdict:
    """Numbers in bounds; each successor, each year of a part and each kind of unit in it once, and nothing of nothing."""
    successors = [part.to_account for part in act.parts]
    is_fit = 0 < len(successors) <= SPLIT_PARTS_MAX and len({act.account, *successors}) == len(successors) + 1
    for part in act.parts:
        kinds = {(instrument, what) for instrument, what, _ in part.units}
        years = {year.year for year in part.years}
        is_fit = (
            is_fit
            and 0 <= part.cash_fen <= CASH_FEN_MAX
            and len(kinds) == len(part.units) <= SPLIT_LINES_MAX
            and len(years) == len(part.years) <= SPLIT_LINES_MAX
            and all(what in SPLIT_STATES and 0 < tonnes <= TONNES_MAX for _, what, tonnes in part.units)
            and all(is_year_fit(year) for year in part.years)
        )
        if any(state.instrument(instrument) is None for instrument, _, _ in part.units):
            return Verdict(reasons.UNKNOWN_INSTRUMENT)
    return ADMITTED if is_fit else Verdict(reasons.ACT_INVALID)


def is_year_fit(part: SplitYear) -> bool:
    """Whether a part's year is one and its numbers are in bounds."""
    tonnes = (part.free, part.paid, part.emissions, part.surrendered, *(offset for _, offset in part.offsets))
    products = {product for product, _ in part.offsets}
    ahead = {instrument for instrument, _ in part.preallocated}
    return (
        is_year(part.year)
        and all(0 <= each <= TONNES_MAX for each in tonnes)
        and all(0 < each <= TONNES_MAX for _, each in part.preallocated)
        and len(products) == len(part.offsets)
        and len(ahead) == len(part.preallocated)
    )


def judge_holdings(state: State, account: Account, act: SplitAccount) -> Verdict:
    """What the parts name together is there, once everything open has ended."""
    wanted: dict[tuple[int, str], int] = {}
    for part in act.parts:
        for instrument, what, tonnes in part.units:
            wanted[instrument, what] = wanted.get((instrument, what), 0) + tonnes
    for (instrument, what), tonnes in wanted.items():
        position = account.position(instrument)
        there = {
            "available": int(position.available + position.held),
            "locked": int(position.locked),
            "use_restricted": int(position.use_restricted),
        }[what]
        if tonnes > there:
            return Verdict(reasons.INSUFFICIENT_ALLOWANCE, there, tonnes)
    cash_fen = sum(part.cash_fen for part in act.parts)
    there = int(account.free + account.held)
    return ADMITTED if cash_fen <= there else Verdict(reasons.INSUFFICIENT_CASH, there, cash_fen)


def judge_years(state: State, act: SplitAccount) -> Verdict:
    """Every year that parts name is open on both sides, fit to be added up, and the parts come to no more than its record."""
    years = {year.year: True for part in act.parts for year in part.years}
    for year in sorted(years):
        record = known_record(state, act.account, year)
        if record is None:
            return Verdict(reasons.SPLIT_ABOVE_RECORD, 0, year)
        if record.is_final:
            return Verdict(reasons.COMPLIANCE_YEAR_CLOSED, 0, year)
        shares = [(part.to_account, share) for part in act.parts for share in part.years if share.year == year]
        for to_account, _ in shares:
            verdict = judge_year(year, record, known_record(state, to_account, year))
            if verdict.reason != 0:
                return verdict
        if record.emissions == NOT_VERIFIED and any(share.emissions > 0 for _, share in shares):
            return Verdict(reasons.EMISSIONS_NOT_VERIFIED, 0, year)
        for there, wanted in sums_of(record, [share for _, share in shares]):
            if wanted > there:
                return Verdict(reasons.SPLIT_ABOVE_RECORD, there, wanted)
    return ADMITTED


def sums_of(record: ComplianceYear, shares: list[SplitYear]) -> list[tuple[int, int]]:
    """(what the record has, what the shares want together) for each figure of a year."""
    offsets: dict[str, int] = {}
    ahead: dict[int, int] = {}
    for share in shares:
        for product, tonnes in share.offsets:
            offsets[product] = offsets.get(product, 0) + tonnes
        for instrument, tonnes in share.preallocated:
            ahead[instrument] = ahead.get(instrument, 0) + tonnes
    return [
        (record.free, sum(share.free for share in shares)),
        (record.paid, sum(share.paid for share in shares)),
        (max(0, record.emissions), sum(share.emissions for share in shares)),
        (record.surrendered, sum(share.surrendered for share in shares)),
        *((record.offsets.get(product, 0), tonnes) for product, tonnes in offsets.items()),
        *((record.preallocated.get(instrument, 0), tonnes) for instrument, tonnes in ahead.items()),
    ]


def judge_floors(state: State, account: Account, act: SplitAccount) -> Verdict:
    """After the split each side holds what it must keep: no part of the obligation goes where there are no units for it."""
    left = sum(floor_left(state, act, year) for year in account.retention)
    kept = int(account.allowances_available + account.allowances_apart) + held_allowances(state, account)
    for part in act.parts:
        successor = state.held_account(part.to_account)
        moved = sum(
            tonnes
            for instrument, what, tonnes in part.units
            if what != "locked" and state.held_instrument(instrument).is_allowance
        )
        kept -= moved
        floor = int(successor.retention_floor) + sum(
            floor_of(state, act.account, year, share_of(part, year).free) for year in account.retention
        )
        has = int(successor.allowances_available + successor.allowances_apart) + moved
        if floor > int(successor.retention_floor) and has < floor:
            return Verdict(reasons.OBLIGATION_RESERVED, floor, has)
    return ADMITTED if left == 0 or kept >= left else Verdict(reasons.OBLIGATION_RESERVED, left, kept)


def held_allowances(state: State, account: Account) -> int:
    """Allowances behind what is open, which the split ends first."""
    return sum(
        int(position.held)
        for number, position in enumerate(account.positions)
        if position is not None and state.held_instrument(number).is_allowance
    )


def share_of(part: SplitPart, year: int) -> SplitYear:
    """A part's share of a year; of nothing where it names none."""
    return next((share for share in part.years if share.year == year), SplitYear(year))


def floor_of(state: State, account: int, year: int, free: int) -> int:
    """The retention that goes with so much of a year's free allocation, rounded up as every issue's is."""
    floor = state.held_account(account).retention.get(year, 0)
    record = known_record(state, account, year)
    return 0 if record is None or record.free == 0 else -(-floor * free // record.free)


def floor_left(state: State, act: SplitAccount, year: int) -> int:
    """The retention of a year that stays with the account."""
    record = known_record(state, act.account, year)
    gone = sum(share_of(part, year).free for part in act.parts)
    return 0 if record is None else floor_of(state, act.account, year, record.free - gone)


# ---- taking effect --------------------------------------------------------------------------------------


def split(state: State, act: SplitAccount, out: list[Event]) -> None:
    """Let a judged split take effect."""
    account = state.held_account(act.account)
    end_what_is_open(state, account, reasons.ACCOUNT_SPLIT, out)
    floors = divide_floors(state, account, act, out)
    for part in act.parts:
        transfer_units(state, account, part, out)
        transfer_cash(account, state.held_account(part.to_account), part.cash_fen, out)
        for share in part.years:
            transfer_year(state, act.account, part.to_account, share, out)
    for to_account, year, more in floors:
        successor = state.held_account(to_account)
        floor = successor.retention.get(year, 0) + more
        successor.retention[year] = floor
        successor.retention_floor += more
        out.append(RetentionChanged(to_account, year, floor))
    successors = tuple([part.to_account for part in act.parts])
    account.split_into += [number for number in successors if number not in account.split_into]
    out.append(AccountSplit(act.account, successors))


def divide_floors(state: State, account: Account, act: SplitAccount, out: list[Event]) -> list[tuple[int, int, int]]:
    """Lower the account's floors before its units leave; returns (successor, year, tonnes) that go along."""
    moved: list[tuple[int, int, int]] = []
    for year in sorted(account.retention):
        shares = [(part.to_account, share_of(part, year).free) for part in act.parts]
        shares = [(to_account, free) for to_account, free in shares if free > 0]
        if not shares:
            continue
        moved += [(to_account, year, floor_of(state, act.account, year, free)) for to_account, free in shares]
        left = floor_left(state, act, year)
        account.retention_floor += left - account.retention[year]
        account.retention[year] = left
        if left == 0:
            del account.retention[year]
        out.append(RetentionChanged(act.account, year, left))
    return moved


def transfer_units(state: State, account: Account, part: SplitPart, out: list[Event]) -> None:
    """Units go over in the state they are in, in the order of the part."""
    successor = state.held_account(part.to_account)
    source, target = int(account.number), part.to_account
    for number, what, tonnes in part.units:
        instrument = state.held_instrument(number)
        if what == "locked":
            transfer_locked(account, successor, instrument, tonnes, out)
            continue
        move = move_available if what == "available" else move_use_restricted
        move(account, instrument, -tonnes)
        move(successor, instrument, tonnes)
        out.append(HoldingTransferred(source, target, number, what, tonnes, 0, 0, SPLIT_KIND))


def transfer_locked(
    account: Account, successor: Account, instrument: Instrument, tonnes: int, out: list[Event]
) -> None:
    """So much of what is under T+N lock, the oldest first; each lot keeps its day."""
    number = int(instrument.number)
    position, into = account.position(number), successor.position(number)
    together = dict(zip(into.lock_days, into.lock_tonnes, strict=True))
    left = tonnes
    while left > 0:
        day, lot = position.lock_days[0], position.lock_tonnes[0]
        moved = min(left, lot)
        left -= moved
        if moved == lot:
            del position.lock_days[0]
            del position.lock_tonnes[0]
        else:
            position.lock_tonnes[0] = lot - moved
        together[day] = together.get(day, 0) + moved
        bought = day - int(instrument.lock_days)
        out.append(
            HoldingTransferred(
                int(account.number), int(successor.number), number, "locked", moved, bought, 0, SPLIT_KIND
            )
        )
    position.locked -= tonnes
    into.locked += tonnes
    into.lock_days = sorted(together)
    into.lock_tonnes = [together[day] for day in into.lock_days]


def transfer_cash(account: Account, successor: Account, amount_fen: int, out: list[Event]) -> None:
    """Free cash goes over."""
    if amount_fen > 0:
        account.free -= amount_fen
        successor.free += amount_fen
        out.append(CashTransferred(int(account.number), int(successor.number), amount_fen))


def transfer_year(state: State, source: int, target: int, share: SplitYear, out: list[Event]) -> None:
    """A share of an open year's record goes over, with its last days to object."""
    record, into = record_of(state, source, share.year), record_of(state, target, share.year)
    record.free -= share.free
    into.free += share.free
    record.paid -= share.paid
    into.paid += share.paid
    record.surrendered -= share.surrendered
    into.surrendered += share.surrendered
    for product, tonnes in share.offsets:
        record.offsets[product] = record.offsets.get(product, 0) - tonnes
        into.offsets[product] = into.offsets.get(product, 0) + tonnes
    for instrument, tonnes in share.preallocated:
        state.held_account(source).position(instrument).preallocated -= tonnes
        state.held_account(target).position(instrument).preallocated += tonnes
        record.preallocated[instrument] -= tonnes
        if record.preallocated[instrument] == 0:
            del record.preallocated[instrument]
        into.preallocated[instrument] = into.preallocated.get(instrument, 0) + tonnes
        out.append(HoldingTransferred(source, target, instrument, "preallocated", tonnes, 0, 0, SPLIT_KIND))
    into.allocation_objection_until = max(into.allocation_objection_until, record.allocation_objection_until)
    into.objection_until = max(into.objection_until, record.objection_until)
    into.reported_on = max(into.reported_on, record.reported_on)
    if record.emissions != NOT_VERIFIED:
        record.emissions -= share.emissions
        into.emissions = max(0, into.emissions) + share.emissions
        for number, year in ((source, record), (target, into)):
            out.append(EmissionsRecorded(number, share.year, year.emissions, year.reported_on, year.objection_until))
