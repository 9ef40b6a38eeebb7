"""The compliance year: verified emissions, surrender with offsets inside the year's limits, the final filing.

A key emitter owes its verified emissions (CQ-M Art. 26). It files in as many parts as it likes; offsets count up to the
year's limits of the rule book (Art. 27), of which none are usable until configured. The final filing must cover the
emissions; it closes the year and ends its retention. What is not surrendered stays with its owner (banking, 结转).
"""

from typing import Final

from engine.core import calendar, reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.commands import ImportEmissions, SurrenderUnits
from engine.core.events import EmissionsRecorded, Event, RetentionChanged, UnitsSurrendered
from engine.core.holdings import move_available, move_use_restricted
from engine.core.offset_projects import judge_boundary
from engine.core.records import NOT_VERIFIED, ComplianceYear
from engine.core.state import Account, Instrument, State
from engine.core.units import TONNES_MAX

KEY_EMITTER: Final = "key_emitter"
EMISSION_ROWS_MAX: Final = 2_000  # six times the units that Chongqing covers
WHOLE_BP: Final = 10_000
REVIEW_DAYS: Final = 7  # working days in which a unit may ask for a review, CQ-M Art. 11 and 25


def is_year(year: int) -> bool:
    """Whether a compliance year can be that."""
    return 2000 <= year < 3000


def is_day(day: int) -> bool:
    """Whether a number has the form yyyymmdd. Which days exist is the calendar's business, at the door."""
    return 2000_00_00 < day < 3000_00_00 and 1 <= day // 100 % 100 <= 12 and 1 <= day % 100 <= 31


def record_of(state: State, account: int, year: int) -> ComplianceYear:
    """The record of a year, made on first use."""
    years = state.compliance.setdefault(account, {})
    if year not in years:
        years[year] = ComplianceYear()
    return years[year]


def known_record(state: State, account: int, year: int) -> ComplianceYear | None:
    """The record of a year, if there is one."""
    return state.compliance.get(account, {}).get(year)


def judge_review_window(state: State, objection_until: int, notified_on: int) -> Verdict:
    """A last day to ask for a review, or the day of the notice from which it is counted, or neither."""
    if notified_on == 0:
        return ADMITTED if objection_until == 0 or calendar.is_day(objection_until) else Verdict(reasons.ACT_INVALID)
    if objection_until != 0 or not calendar.is_day(notified_on):
        return Verdict(reasons.ACT_INVALID)
    try:
        review_until(state, notified_on)
    except calendar.BeyondCalendar as beyond:
        return Verdict(reasons.CALENDAR_ENDED, beyond.last_day, notified_on)
    return ADMITTED


def review_until(state: State, notified_on: int) -> int:
    """The last day on which a unit may ask for a review of what it was notified of (CQ-M Art. 11, 25)."""
    return state.calendar().add_working_days(notified_on, REVIEW_DAYS)


# ---- verified emissions ---------------------------------------------------------------------------------


def judge_emissions(state: State, act: ImportEmissions) -> Verdict:
    """Every row must be right; the refusal's `actual` says which row, from 1, is the first that is not."""
    if not is_year(act.year) or not 0 < len(act.rows) <= EMISSION_ROWS_MAX or len(act.sha256) != 64:
        return Verdict(reasons.ACT_INVALID, EMISSION_ROWS_MAX, len(act.rows))
    verdict = judge_review_window(state, act.objection_until, act.notified_on)
    if verdict.reason != 0:
        return verdict
    seen: set[int] = set()
    for row, (number, tonnes, reported_on) in enumerate(act.rows, 1):
        account = state.account(number)
        if account is None:
            return Verdict(reasons.UNKNOWN_ACCOUNT, 0, row)
        if account.category != KEY_EMITTER:
            return Verdict(reasons.NOT_KEY_EMITTER, 0, row)
        record = known_record(state, number, act.year)
        if record is not None and record.is_final:
            return Verdict(reasons.COMPLIANCE_YEAR_CLOSED, 0, row)
        if number in seen or not 0 <= tonnes <= TONNES_MAX or not is_day(reported_on):
            return Verdict(reasons.ACT_INVALID, 0, row)
        seen.add(number)
    return ADMITTED


def import_emissions(state: State, act: ImportEmissions, out: list[Event]) -> None:
    """Record every row, in the order of the file."""
    until = review_until(state, act.notified_on) if act.notified_on != 0 else act.objection_until
    for account, tonnes, reported_on in act.rows:
        record = record_of(state, account, act.year)
        record.emissions = tonnes
        record.reported_on = reported_on
        record.objection_until = until
        out.append(EmissionsRecorded(account, act.year, tonnes, reported_on, until))


# ---- surrender ------------------------------------------------------------------------------------------


def judge_surrender(state: State, account: Account, instrument: Instrument, act: SurrenderUnits) -> Verdict:
    """Units that are there, offsets within limits, and a final filing that covers what is owed.

    A restriction never stands against surrendering.
    """
    return judge_lines(state, account, act.year, [(instrument, act.tonnes)], act.final, {})


def judge_lines(
    state: State,
    account: Account,
    year: int,
    lines: list[tuple[Instrument, int]],
    is_final: bool,
    apart: dict[int, int],
) -> Verdict:
    """The same for units of several instruments at once. apart: tonnes that already wait for just this, by instrument."""
    if account.category != KEY_EMITTER:
        return Verdict(reasons.NOT_KEY_EMITTER)
    record = known_record(state, int(account.number), year)
    if record is not None and record.is_final:
        return Verdict(reasons.COMPLIANCE_YEAR_CLOSED)
    for instrument, tonnes in lines:
        position = account.position(instrument.number)
        there = int(position.available + position.use_restricted) + apart.get(int(instrument.number), 0)
        if tonnes > there:
            return Verdict(reasons.INSUFFICIENT_ALLOWANCE, there, tonnes)
    record = ComplianceYear() if record is None else record
    offsets = [(instrument, tonnes) for instrument, tonnes in lines if not instrument.is_allowance]
    if offsets:
        verdict = judge_offsets(state, record, year, offsets)
        for instrument, tonnes in offsets:
            if verdict.reason == 0:
                verdict = judge_boundary(state, account, instrument, tonnes)
        if verdict.reason != 0:
            return verdict
    if is_final:
        if record.emissions == NOT_VERIFIED:
            return Verdict(reasons.EMISSIONS_NOT_VERIFIED)
        covered = record.covered + sum(tonnes for _, tonnes in lines)
        if covered < record.emissions:
            return Verdict(reasons.OBLIGATION_NOT_MET, record.emissions, covered)
    return ADMITTED


def judge_offsets(state: State, record: ComplianceYear, year: int, lines: list[tuple[Instrument, int]]) -> Verdict:
    """Whether the year's rules let so much of these reductions be used, all filings of the year together."""
    rules = state.rulebook.compliance.get(year)
    used = dict(record.offsets)
    for instrument, tonnes in lines:
        terms = None if rules is None else rules.offsets.get(instrument.product)
        if rules is None or terms is None:
            return Verdict(reasons.OFFSET_NOT_ALLOWED)
        if instrument.vintage < terms.vintage_min:
            return Verdict(reasons.OFFSET_NOT_ALLOWED, terms.vintage_min, instrument.vintage)
        if record.emissions == NOT_VERIFIED and rules.offset_base == "verified_emissions":
            return Verdict(reasons.EMISSIONS_NOT_VERIFIED)
        used[instrument.product] = used.get(instrument.product, 0) + tonnes
        of_product = offset_limit(record, rules.offset_base, terms.limit_bp)
        if used[instrument.product] > of_product:
            return Verdict(reasons.OFFSET_LIMIT, of_product, used[instrument.product])
    assert rules is not None, "a line has named a product that the year's rules let be used"
    in_all = sum(used.values())
    of_all = offset_limit(record, rules.offset_base, rules.offset_limit_bp)
    if in_all > of_all:
        return Verdict(reasons.OFFSET_LIMIT, of_all, in_all)
    local = sum(
        tonnes for product, tonnes in used.items() if product in rules.offsets and rules.offsets[product].is_local
    )
    local_min = -(-in_all * rules.local_share_min_bp // WHOLE_BP)
    if local < local_min:
        return Verdict(reasons.OFFSET_ORIGIN, local_min, local)
    return ADMITTED


def offset_limit(record: ComplianceYear, base: str, limit_bp: int) -> int:
    """A limit in tonnes, rounded down: a share of the verified emissions or of the year's allocation."""
    whole = record.allocated if base == "allocation" else max(0, record.emissions)
    return whole * limit_bp // WHOLE_BP


def surrender(state: State, act: SurrenderUnits, out: list[Event]) -> None:
    """Take units for a compliance year, use-restricted ones first; the final filing ends that year's retention."""
    account = state.held_account(act.account)
    instrument = state.held_instrument(act.instrument)
    restricted = min(act.tonnes, int(account.position(act.instrument).use_restricted))
    move_use_restricted(account, instrument, -restricted)
    move_available(account, instrument, restricted - act.tonnes)
    state.surrendered[act.instrument] += act.tonnes
    record = record_of(state, act.account, act.year)
    if instrument.is_allowance:
        record.surrendered += act.tonnes
    else:
        record.offsets[instrument.product] = record.offsets.get(instrument.product, 0) + act.tonnes
    out.append(UnitsSurrendered(act.account, act.instrument, act.tonnes, act.year, act.final, restricted))
    if act.final:
        record.is_final = True
        if act.year in account.retention:
            account.retention_floor -= account.retention[act.year]
            del account.retention[act.year]
            out.append(RetentionChanged(act.account, act.year, 0))
