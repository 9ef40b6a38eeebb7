"""The credit record (环境信用记录): what of a participant's conduct enters the environmental credit rating. Pure.

Source: CQ-M Art. 32 (breaches enter the rating), domain rules (h). Three things do, each by a decision or a day that has passed:
a compliance year that is not surrendered by its deadline, a restriction that was imposed, a case that was closed as confirmed. Each
becomes due once the days in which the participant may object have passed (the rule book's, in working days; none unless it says so).
One that two operators struck stays as struck.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from engine.core.calendar import BeyondCalendar
from engine.title import DispatchRow
from engine.view import AccountView, MarketView
from gateway.protocol.report_wire import CreditRow
from gateway.protocol.times import day_text

SUBJECT: Final = "credit-"  # of what is sent to the bureau, then the day as of which it was made

_Found = tuple[str, str, int, int, str, str, str]  # record, kind, account, day, what, basis, document


def credit_rows(view: MarketView, dispatches: Iterable[DispatchRow]) -> list[CreditRow]:
    """All records, oldest first, with the document under which each was sent first."""
    accounts = {row.number: row for row in view.accounts()}
    known = {row.number: row for row in view.participants()}
    sent = sorted((row.subject, row.sent_as) for row in dispatches if row.subject.startswith(SUBJECT))
    today, strikes = view.day().trading_day, view.supervision().strikes
    rows: list[CreditRow] = []
    for record, kind, number, day, what, basis, document in sorted(
        _found(view, accounts), key=lambda row: (row[3], row[0])
    ):
        account = accounts[number]
        participant = known.get(account.owner)
        until = objection_until(view, day)
        due = day_text(until or day)
        sent_as = next((words for subject, words in sent if subject.removeprefix(SUBJECT) > due), "")
        rows.append(
            CreditRow(
                record,
                kind,
                account.owner,
                account.name if participant is None else participant.name,
                "" if participant is None else participant.identity,
                account.code,
                day_text(day),
                what,
                basis,
                document,
                day_text(until),
                "sent" if sent_as else "due" if today > (until or day) else "open",
                sent_as,
            )
        )
        if (strike := strikes.get(record)) is not None:
            rows[-1].status, rows[-1].struck_on = "struck", day_text(strike.struck_on)
            rows[-1].struck_as, rows[-1].struck_basis = strike.document, strike.basis
    return rows


def objection_until(view: MarketView, day: int) -> int:
    """The last day on which the participant may object; 0: the rule book gives none."""
    count = view.rulebook().surveillance.credit_objection_days
    if not count:
        return 0
    try:
        return view.calendar().add_working_days(day, count)
    except BeyondCalendar:
        return 99_991_231  # the calendar does not reach so far yet: nothing is due before it does


def _found(view: MarketView, accounts: dict[int, AccountView]) -> Iterator[_Found]:
    today = view.day().trading_day
    for account in accounts.values():
        for year in view.compliance(account.number):
            owed = max(year.emissions, 0) - year.surrendered - sum(year.offsets.values())
            if 0 < year.surrender_deadline < today and owed > 0:
                what = f"{owed} t of {year.emissions} t not surrendered for {year.year}"
                name = f"U-{year.year}-{account.code}"
                yield name, "unsurrendered", account.number, year.surrender_deadline, what, "CQ-M Art. 26", ""
    kept = view.supervision()
    for row in kept.restrictions:
        yield f"R-{row.number}", "restriction", row.account, row.imposed_on, "restricted", row.basis, row.document
    for case in kept.cases:
        if case.finding == "confirmed":
            document = case.steps[-1].document
            yield f"K-{case.number}", "breach", case.account, case.closed_on, case.matter, case.steps[-1].note, document
