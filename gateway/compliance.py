"""The compliance year as members and operators see it."""

from msgspec import UNSET, UnsetType

from engine.core import reasons
from engine.view import ComplianceView, Filing, MarketView
from gateway.directory import Directory
from gateway.protocol import wire
from gateway.protocol.codec import Refused
from gateway.protocol.obligation_rows import FilingLine, FilingRow
from gateway.protocol.times import day_text, time_text


def obligation_view(view: MarketView, names: Directory, account: int, year: int | UnsetType) -> wire.ObligationView:
    """An account's compliance years, or the one that is named. Raises `Refused` where there is none of that year."""
    found = view.account(account)
    assert found is not None, "an account that is there stays"
    years = [row for row in view.compliance(account) if year is UNSET or row.year == year]
    if year is not UNSET and not years:
        raise Refused(reasons.UNKNOWN_DOCUMENT, "year")
    filed = [filing_row(filing, names) for filing in view.filings(account)]
    rows = [_row(row, [filing for filing in filed if filing.year == row.year]) for row in years]
    return wire.ObligationView(found.code, found.category, rows, view.day().seq)


def encumbrance_rows(view: MarketView, names: Directory, account: int) -> list[wire.EncumbranceRow]:
    """What of an account's units (0: of all accounts') cannot be traded, oldest first."""
    return [
        wire.EncumbranceRow(
            f"N-{found.number}",
            names.account_code(found.account),
            names.instrument_code(found.instrument),
            found.kind,
            found.tonnes,
            found.beneficiary,
        )
        for found in view.encumbrances(account)
    ]


def filing_row(found: Filing, names: Directory) -> FilingRow:
    """A filing on the wire."""
    return FilingRow(
        f"S-{found.number}",
        names.account_code(found.account),
        found.year,
        [FilingLine(names.instrument_code(instrument), tonnes) for instrument, tonnes in found.lines],
        found.is_final,
        found.status,
        time_text(found.filed_ns),
        found.filed_by,
        found.confirmed_by,
        found.note,
    )


def _row(row: ComplianceView, filings: list[FilingRow]) -> wire.ObligationRow:
    is_verified = row.emissions >= 0
    return wire.ObligationRow(
        row.year,
        row.free,
        row.paid,
        row.preallocated,
        day_text(row.allocation_objection_until),
        row.emissions if is_verified else None,
        day_text(row.reported_on),
        day_text(row.report_deadline),
        0 < row.report_deadline < row.reported_on,
        day_text(row.objection_until),
        day_text(row.surrender_deadline),
        row.emissions if is_verified else None,
        row.surrendered,
        row.offsets,
        row.offset_limits,
        row.shortfall if is_verified else None,
        row.retention_floor,
        row.is_final,
        [
            wire.ObjectionRow(
                found.subject,
                day_text(found.filed_on),
                day_text(found.decide_by),
                day_text(found.decided_on),
                found.is_upheld,
            )
            for found in row.objections
        ],
        filings,
    )
