"""Merger of units (合并): one account takes over everything another has, and owes (CQ-M Art. 14).

The units report, the bureau confirms and notifies, the registry changes the record by this act. Units keep their state: locked
ones their day, encumbered ones their number, preallocated ones their year. With them go cash, the records of open years and
their retention. What the merged account has open in the market ends first; the account stays as history, names its successor
and does nothing any more.
"""

from typing import Final

import msgspec

from engine.core import offset_projects, reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.commands import AnyAct, ImportAllocations, ImportEmissions, MergeAccounts, SplitAccount
from engine.core.compliance import record_of
from engine.core.ending import end_what_is_open
from engine.core.events import (
    AccountMerged,
    CashTransferred,
    EmissionsRecorded,
    Event,
    HoldingTransferred,
    RestrictionChanged,
    RetentionChanged,
)
from engine.core.filings import judge_none_open
from engine.core.holdings import FREEZE, move_available, move_encumbered, move_use_restricted
from engine.core.records import NOT_VERIFIED, ComplianceYear
from engine.core.state import Account, Instrument, Position, State
from engine.core.supervision import WAITING
from engine.core.units import RESTRICT_ALL, RESTRICT_LOGIN

MERGEABLE: Final = ("key_emitter", "institution")  # a person has no successor by merger, the government none at all
ACCOUNT_FIELDS: Final = (
    "account",
    "to_account",
    "unit_account",
    "cash_account",
    "boundary",
)  # by which acts name accounts
MERGED: Final = RESTRICT_ALL & ~RESTRICT_LOGIN  # its owner may still read the account


# ---- judging --------------------------------------------------------------------------------------------


def judge_ended(state: State, act: AnyAct) -> Verdict:
    """Nothing happens to an account that was closed, or merged into another: then `actual` is the successor."""
    if isinstance(act, ImportEmissions):
        numbers = [row[0] for row in act.rows]
    elif isinstance(act, ImportAllocations):
        numbers = [row[0] for row in act.issues]
    elif isinstance(act, SplitAccount):
        numbers = [act.account, *(part.to_account for part in act.parts)]
    else:
        fields = [name for name in ACCOUNT_FIELDS if name in act.__struct_fields__]
        numbers = [getattr(act, name) for name in fields]
    for number in numbers:
        account = state.account(number)
        if account is not None and account.successor != 0:
            return Verdict(reasons.ACCOUNT_MERGED, 0, account.successor)
        if account is not None and account.is_closed:
            return Verdict(reasons.ACCOUNT_CLOSED)
    return ADMITTED


def judge(state: State, act: MergeAccounts) -> Verdict:
    """Two accounts of one kind, nothing that binds the first to stay, and years that can be added up."""
    account, successor = state.account(act.account), state.account(act.to_account)
    if account is None or successor is None:
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    if account is successor:
        return Verdict(reasons.ACT_INVALID)
    if account.category not in MERGEABLE or account.category != successor.category:
        return Verdict(reasons.NOT_MERGEABLE)
    if account.restriction != 0:
        return Verdict(reasons.ACCOUNT_RESTRICTED, 0, account.restriction)
    for restriction in state.supervision.restrictions:
        if restriction.account == act.account and restriction.status == WAITING:
            return Verdict(reasons.ACCOUNT_RESTRICTED, 0, restriction.left)
    for found in state.encumbrances.values():
        if found.account == act.account and found.kind == FREEZE:
            return Verdict(reasons.UNITS_FROZEN, 0, found.number)
    verdict = judge_none_open(state, (act.account, act.to_account))
    if verdict.reason == 0:
        verdict = judge_bids(state, act.account)
    if verdict.reason != 0:
        return verdict
    for year, record in sorted(state.compliance.get(act.account, {}).items()):
        if not record.is_final:
            verdict = judge_year(year, record, state.compliance.get(act.to_account, {}).get(year))
            if verdict.reason != 0:
                return verdict
    return ADMITTED


def judge_bids(state: State, account: int) -> Verdict:
    """No bid binds the account that its notice does not let be withdrawn."""
    for auction in state.auctions.values():
        is_bound = auction.is_live and not auction.terms.withdrawable
        if is_bound and any(bid.account == account for bid in auction.bids.values()):
            return Verdict(reasons.BID_NOT_WITHDRAWABLE)
    return ADMITTED


def judge_year(year: int, record: ComplianceYear, other: ComplianceYear | None) -> Verdict:
    """An open year can be added to the successor's: also open, verified alike, and nothing under review. `actual`: the year."""
    if any(objection.decided_on == 0 for objection in record.objections.values()):
        return Verdict(reasons.REVIEW_OPEN, 0, year)
    if other is None:
        return ADMITTED
    if other.is_final:
        return Verdict(reasons.COMPLIANCE_YEAR_CLOSED, 0, year)
    if (record.emissions == NOT_VERIFIED) != (other.emissions == NOT_VERIFIED):
        return Verdict(reasons.EMISSIONS_NOT_VERIFIED, 0, year)
    return ADMITTED


# ---- taking effect --------------------------------------------------------------------------------------


def merge(state: State, act: MergeAccounts, out: list[Event]) -> None:
    """Let a judged merger take effect."""
    account, successor = state.held_account(act.account), state.held_account(act.to_account)
    end_what_is_open(state, account, reasons.ACCOUNT_MERGED, out)
    floors = sorted(account.retention.items())
    for year, _ in floors:  # before the units leave: from here on the successor keeps them
        out.append(RetentionChanged(act.account, year, 0))
    account.retention = {}
    account.retention_floor = 0
    transfer_holdings(state, account, successor, out)
    transfer_cash(account, successor, out)
    transfer_years(state, act.account, act.to_account, out)
    owed = state.risk_reserve.claims.pop(act.account, 0)
    if owed > 0:
        state.risk_reserve.claims[act.to_account] = state.risk_reserve.claims.get(act.to_account, 0) + owed
    for year, tonnes in floors:
        floor = successor.retention.get(year, 0) + tonnes
        successor.retention[year] = floor
        successor.retention_floor += tonnes
        out.append(RetentionChanged(act.to_account, year, floor))
    offset_projects.succeed(state, act.account, act.to_account)
    account.successor = act.to_account
    account.restriction = MERGED
    out.append(RestrictionChanged(act.account, MERGED, f"merged into {successor.code}"))
    out.append(AccountMerged(act.account, act.to_account))


def transfer_holdings(state: State, account: Account, successor: Account, out: list[Event]) -> None:
    """Every unit goes over in the state it is in, instrument by instrument."""
    source, target = int(account.number), int(successor.number)
    for number, position in enumerate(account.positions):
        if position is None:
            continue
        instrument = state.held_instrument(number)
        tonnes = int(position.available)
        if tonnes > 0:
            move_available(account, instrument, -tonnes)
            move_available(successor, instrument, tonnes)
            out.append(HoldingTransferred(source, target, number, "available", tonnes, 0, 0))
        transfer_locked(account, successor, instrument, position, out)
        for found in list(state.encumbrances.values()):
            if found.account == source and found.instrument == number:
                move_encumbered(account, instrument, -found.tonnes)
                move_encumbered(successor, instrument, found.tonnes)
                state.encumbrances[found.number] = msgspec.structs.replace(found, account=target)
                out.append(HoldingTransferred(source, target, number, "encumbered", found.tonnes, 0, found.number))
        tonnes = int(position.use_restricted)
        if tonnes > 0:
            move_use_restricted(account, instrument, -tonnes)
            move_use_restricted(successor, instrument, tonnes)
            out.append(HoldingTransferred(source, target, number, "use_restricted", tonnes, 0, 0))
        tonnes = int(position.preallocated)
        if tonnes > 0:
            position.preallocated -= tonnes
            successor.position(number).preallocated += tonnes
            out.append(HoldingTransferred(source, target, number, "preallocated", tonnes, 0, 0))


def transfer_locked(
    account: Account, successor: Account, instrument: Instrument, position: Position, out: list[Event]
) -> None:
    """Units under T+N lock stay locked until their day."""
    if not position.lock_days:
        return
    lots = list(zip(position.lock_days, position.lock_tonnes, strict=True))
    into = successor.position(instrument.number)
    together = dict(zip(into.lock_days, into.lock_tonnes, strict=True))
    for day, tonnes in lots:
        together[day] = together.get(day, 0) + tonnes
        into.locked += tonnes
        position.locked -= tonnes
        bought = day - int(instrument.lock_days)
        out.append(
            HoldingTransferred(
                int(account.number), int(successor.number), int(instrument.number), "locked", tonnes, bought, 0
            )
        )
    into.lock_days = sorted(together)
    into.lock_tonnes = [together[day] for day in into.lock_days]
    position.lock_days = []
    position.lock_tonnes = []


def transfer_cash(account: Account, successor: Account, out: list[Event]) -> None:
    """Cash goes over, proceeds that are not usable yet as such."""
    amount_fen = int(account.free + account.pending)
    successor.free += account.free
    successor.pending += account.pending
    account.free = 0
    account.pending = 0
    if amount_fen > 0:
        out.append(CashTransferred(int(account.number), int(successor.number), amount_fen))


def transfer_years(state: State, source: int, target: int, out: list[Event]) -> None:
    """Add the records of open years to the successor's; what was closed stays where it was filed."""
    years = state.compliance.get(source, {})
    for year in sorted(years):
        record = years[year]
        if record.is_final:
            continue
        del years[year]
        into = record_of(state, target, year)
        into.free += record.free
        into.paid += record.paid
        into.surrendered += record.surrendered
        for product, tonnes in record.offsets.items():
            into.offsets[product] = into.offsets.get(product, 0) + tonnes
        for instrument, tonnes in record.preallocated.items():
            into.preallocated[instrument] = into.preallocated.get(instrument, 0) + tonnes
        into.allocation_objection_until = max(into.allocation_objection_until, record.allocation_objection_until)
        into.objection_until = max(into.objection_until, record.objection_until)
        into.reported_on = max(into.reported_on, record.reported_on)
        if record.emissions != NOT_VERIFIED:
            into.emissions = max(0, into.emissions) + record.emissions
            out.append(EmissionsRecorded(source, year, 0, record.reported_on, record.objection_until))
            out.append(EmissionsRecorded(target, year, into.emissions, into.reported_on, into.objection_until))
