"""The unit's own surrender filing: initiated by one of its persons, confirmed by a second, decided by the registry (CQ-M Art. 26).

Who may file is a user of the account's participant with the right "file", by a key of their own; the two must be two persons
(发起代表 / 确认代表, CCER-A). From the unit's confirmation on the filed units wait: they are encumbered in the registry, count for
retention, and nothing but the decision or a withdrawal moves them. Limits are judged at each of the three steps. One filing of an
account and year may be open at a time; it may have many lines.
"""

from typing import Final

from msgspec.structs import replace

from engine.core import compliance, reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.commands import (
    ConfirmSurrender,
    DecideFiling,
    EncumberUnits,
    FileSurrender,
    SurrenderUnits,
    WithdrawSurrender,
)
from engine.core.events import Event, FilingChanged, RequestRefused
from engine.core.holdings import ENCUMBRANCES_MAX, SURRENDER, encumber, release
from engine.core.participants import User
from engine.core.records import Encumbrance, Filing
from engine.core.state import Account, Instrument, State
from engine.core.units import TONNES_MAX

FILING_LINES_MAX: Final = 32
FILINGS_MAX: Final = 100  # of one account and year
NOTE_MAX: Final = 200
RIGHT: Final = "file"

FilingRequest = FileSurrender | ConfirmSurrender | WithdrawSurrender


def ask(state: State, seq: int, at_ns: int, command: FilingRequest, out: list[Event]) -> None:
    """Take a unit's request, or refuse it without a trace."""
    account = state.account(command.account)
    user = user_of(state, command.key_id)
    verdict = judge_person(account, state, command, user)
    if verdict.reason == 0 and account is not None and user is not None:
        if isinstance(command, FileSurrender):
            verdict = judge_filing(state, account, command)
            if verdict.reason == 0:
                keep(
                    state,
                    Filing(seq, command.account, command.year, command.lines, command.final, at_ns, user.user),
                    out,
                )
        else:
            verdict = judge_step(state, account, command, user)
            if verdict.reason == 0 and isinstance(command, ConfirmSurrender):
                confirm(state, state.filings[command.filing], user.user, out)
            elif verdict.reason == 0:
                found = state.filings[command.filing]
                free(state, found, out)
                keep(state, replace(found, status="withdrawn"), out, user.user)
    if verdict.reason != 0:
        out.append(RequestRefused(command.account, 0, "", verdict.reason, verdict.limit, verdict.actual))


def user_of(state: State, key_id: str) -> User | None:
    """Whose key it is; nobody where it is a program's, or revoked."""
    key = state.keys.get(key_id)
    return None if key is None or key.revoked or key.user == "" else state.participants.users.get(key.user)


def open_filing(state: State, account: int, year: int = 0) -> Filing | None:
    """The filing of an account that is open, of one year or (0) any."""
    for found in state.filings.values():
        if found.account == account and found.is_open and year in (0, found.year):
            return found
    return None


def judge_none_open(state: State, accounts: tuple[int, ...]) -> Verdict:
    """Records of years can be moved only while none of the accounts has a filing that is open. `actual`: its number."""
    for account in accounts:
        found = open_filing(state, account)
        if found is not None:
            return Verdict(reasons.FILING_OPEN, 0, found.number)
    return ADMITTED


# ---- judging --------------------------------------------------------------------------------------------


def judge_person(account: Account | None, state: State, command: FilingRequest, user: User | None) -> Verdict:
    """An account that is alive, and a person of its participant who may file for it by this key."""
    if account is None:
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    if account.successor != 0:
        return Verdict(reasons.ACCOUNT_MERGED, 0, account.successor)
    if account.is_closed:
        return Verdict(reasons.ACCOUNT_CLOSED)
    if user is None or user.is_removed or user.participant != account.owner:
        return Verdict(reasons.RIGHT_NOT_HELD)
    key = state.keys[command.key_id]
    may_file = RIGHT in key.scopes and RIGHT in user.rights and int(account.number) in key.accounts
    return ADMITTED if may_file else Verdict(reasons.RIGHT_NOT_HELD)


def judge_filing(state: State, account: Account, command: FileSurrender) -> Verdict:
    """Well formed, the only open one of its year, and good for the year as it stands."""
    instruments = [instrument for instrument, _ in command.lines]
    is_fit = 0 < len(instruments) <= FILING_LINES_MAX and len(set(instruments)) == len(instruments)
    if not is_fit or not compliance.is_year(command.year):
        return Verdict(reasons.ACT_INVALID, FILING_LINES_MAX, len(command.lines))
    if any(state.instrument(instrument) is None for instrument in instruments):
        return Verdict(reasons.UNKNOWN_INSTRUMENT)
    for _, tonnes in command.lines:
        if not (0 if command.final else 1) <= tonnes <= TONNES_MAX:
            return Verdict(reasons.ACT_INVALID, TONNES_MAX, max(-1, min(tonnes, TONNES_MAX + 1)))
    found = open_filing(state, command.account, command.year)
    if found is not None:
        return Verdict(reasons.FILING_OPEN, 0, found.number)
    count = sum((found.account, found.year) == (command.account, command.year) for found in state.filings.values())
    if count >= FILINGS_MAX:
        return Verdict(reasons.TOO_MANY_RECORDS, FILINGS_MAX, count)
    return compliance.judge_lines(state, account, command.year, lines_of(state, command.lines), command.final, {})


def judge_step(state: State, account: Account, command: ConfirmSurrender | WithdrawSurrender, user: User) -> Verdict:
    """A filing of the account that is there to be confirmed, by another person, or to be withdrawn, by anyone who may file."""
    found = state.filings.get(command.filing)
    if found is None or found.account != command.account or not found.is_open:
        return Verdict(reasons.UNKNOWN_FILING)
    if isinstance(command, WithdrawSurrender):
        return ADMITTED
    if found.status != "initiated":
        return Verdict(reasons.UNKNOWN_FILING)
    if state.participants.users[found.filed_by].identity == user.identity:
        return Verdict(reasons.SELF_APPROVAL)
    if len(state.encumbrances) + 2 * len(found.lines) > ENCUMBRANCES_MAX:
        return Verdict(reasons.TOO_MANY_RECORDS, ENCUMBRANCES_MAX, len(state.encumbrances))
    return compliance.judge_lines(state, account, found.year, lines_of(state, found.lines), found.is_final, {})


def judge(state: State, act: DecideFiling) -> Verdict:
    """A filing that waits; a confirmation is judged as the surrender that it makes, a rejection says why."""
    found = state.filings.get(act.filing)
    if found is None or found.status != "pending":
        return Verdict(reasons.UNKNOWN_FILING)
    if len(act.note) > NOTE_MAX or (not act.confirmed and not act.note.strip()):
        return Verdict(reasons.ACT_INVALID, NOTE_MAX, len(act.note))
    if not act.confirmed:
        return ADMITTED
    apart = dict(found.lines)
    account = state.held_account(found.account)
    return compliance.judge_lines(state, account, found.year, lines_of(state, found.lines), found.is_final, apart)


def lines_of(state: State, lines: tuple[tuple[int, int], ...]) -> list[tuple[Instrument, int]]:
    """The lines of a filing with their instruments."""
    return [(state.held_instrument(instrument), tonnes) for instrument, tonnes in lines]


# ---- taking effect --------------------------------------------------------------------------------------


def keep(state: State, filing: Filing, out: list[Event], user: str = "") -> None:
    """Remember a filing as it stands now, and say so."""
    state.filings[filing.number] = filing
    by = filing.filed_by if filing.status == "initiated" else user
    out.append(FilingChanged(filing.number, filing.account, filing.year, filing.status, by, filing.note))


def confirm(state: State, found: Filing, user: str, out: list[Event]) -> None:
    """Set the filed units apart, use-restricted ones first as a surrender takes them."""
    account = state.held_account(found.account)
    name = name_of(found)
    for instrument, tonnes in found.lines:
        restricted = min(tonnes, int(account.position(instrument).use_restricted))
        for part, is_restricted in ((restricted, True), (tonnes - restricted, False)):
            if part > 0:
                encumber(state, EncumberUnits(found.account, instrument, part, SURRENDER, name, is_restricted), out)
    keep(state, replace(found, status="pending", confirmed_by=user), out, user)


def decide(state: State, act: DecideFiling, out: list[Event]) -> None:
    """Give the units back, and surrender them where the filing is confirmed; the year ends with the last line of a final one."""
    found = state.filings[act.filing]
    free(state, found, out)
    if act.confirmed:
        for place, (instrument, tonnes) in enumerate(found.lines, 1):
            is_last = found.is_final and place == len(found.lines)
            compliance.surrender(state, SurrenderUnits(found.account, instrument, tonnes, found.year, is_last), out)
    keep(state, replace(found, status="confirmed" if act.confirmed else "rejected", note=act.note), out)


def free(state: State, found: Filing, out: list[Event]) -> None:
    """Release what waits for the filing."""
    for waiting in waiting_for(state, found):
        release(state, waiting, waiting.tonnes, out)


def waiting_for(state: State, found: Filing) -> list[Encumbrance]:
    """What waits for the registry's decision on the filing."""
    name = name_of(found)
    return [each for each in state.encumbrances.values() if each.kind == SURRENDER and each.beneficiary == name]


def name_of(found: Filing) -> str:
    """How the filing is called on the wire, and in the encumbrances of its units."""
    return f"S-{found.number}"
