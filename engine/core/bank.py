"""The settlement bank's daily file (domain rules E1.8, E4.2): taken in, compared by settlement, its differences dealt with.

The file has what stands in each participant's sub-account of the special account. Settlement holds it against the registry's
ledger; what differs becomes a record that two people explain, correct or carry. A file tells balances, so the next one
supersedes what the last had left.
"""

from typing import Final

from engine.core import days, phases, reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.commands import ImportBankFile, RecordBankComparison, ResolveBankBreak
from engine.core.days import BANK_BREAKS_MAX, BANK_ROWS_MAX, BankBreak, BankFile, Mark
from engine.core.events import (
    BankBreakResolved,
    BankCompared,
    BankFileImported,
    CashDeposited,
    CashWithdrawn,
    Event,
)
from engine.core.state import State
from engine.core.units import CASH_FEN_MAX

REMEDIES: Final = ("explained", "corrected", "carried")
UNRESOLVED: Final = ("open", "carried")
BASIS_CHARACTERS_MAX: Final = 200

BankAct = ImportBankFile | RecordBankComparison | ResolveBankBreak


def judge(state: State, act: BankAct) -> Verdict:
    """Whether the act may take effect in the present state."""
    if isinstance(act, ImportBankFile):
        return judge_file(state, act)
    if isinstance(act, RecordBankComparison):
        waiting = state.days.bank_file
        is_fit = waiting is not None and (waiting.trading_day, waiting.sha256) == (act.trading_day, act.sha256)
        is_fit = is_fit and waiting is not None and not waiting.is_compared and len(act.differences) <= BANK_BREAKS_MAX
        return ADMITTED if is_fit else Verdict(reasons.UNKNOWN_DOCUMENT)
    return judge_remedy(state, act)


def judge_file(state: State, act: ImportBankFile) -> Verdict:
    """A file of the day that was closed last, before the next opens; each account once, balances that add up."""
    if state.phase != phases.CLOSED or state.trading_day == 0:
        return Verdict(reasons.ACT_NOT_ALLOWED_NOW, 0, state.phase)
    if act.trading_day != state.trading_day:
        return Verdict(reasons.ACT_INVALID, state.trading_day, max(0, min(act.trading_day, 99_999_999)))
    if len(act.balances) > BANK_ROWS_MAX or len(act.sha256) != 64:
        return Verdict(reasons.ACT_INVALID, BANK_ROWS_MAX, len(act.balances))
    accounts = [account for account, _ in act.balances]
    if any(state.account(account) is None for account in accounts):
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    amounts = [*(fen for _, fen in act.balances), act.fees_fen, act.reserve_fen, act.total_fen]
    if len(set(accounts)) != len(accounts) or any(abs(fen) > CASH_FEN_MAX for fen in amounts):
        return Verdict(reasons.ACT_INVALID)
    added = sum(amounts[:-1])
    return ADMITTED if added == act.total_fen else Verdict(reasons.BANK_FILE_TOTAL, act.total_fen, fit(added))


def fit(fen: int) -> int:
    """An amount brought into what a refusal can show."""
    return max(-CASH_FEN_MAX, min(fen, CASH_FEN_MAX))


def judge_remedy(state: State, act: ResolveBankBreak) -> Verdict:
    """An unresolved difference; a correction of a participant's cash, which must be there if it goes down."""
    found = state.days.breaks.get(act.bank_break)
    if found is None or found.state not in UNRESOLVED:
        return Verdict(reasons.UNKNOWN_BREAK)
    if act.remedy not in REMEDIES or not 0 < len(act.basis.strip()) <= BASIS_CHARACTERS_MAX:
        return Verdict(reasons.ACT_INVALID)
    if act.remedy != "corrected":
        return ADMITTED
    account = state.account(found.account)
    if account is None:  # the exchange's own accounts and the total have no cash that a member could pay in or out
        return Verdict(reasons.ACT_INVALID)
    missing = found.ledger_fen - found.bank_fen
    if missing > account.free:
        return Verdict(reasons.INSUFFICIENT_CASH, account.free, missing)
    if int(state.cash_deposited) - missing > CASH_FEN_MAX:
        return Verdict(reasons.ACT_INVALID)
    return ADMITTED


def take(state: State, act: BankAct, out: list[Event]) -> None:
    """Let a judged act take effect."""
    if isinstance(act, ImportBankFile):
        state.days.bank_file = BankFile(act.trading_day, act.sha256, False)
        out.append(
            BankFileImported(act.trading_day, act.balances, act.fees_fen, act.reserve_fen, act.total_fen, act.sha256)
        )
    elif isinstance(act, RecordBankComparison):
        record(state, act, out)
    else:
        resolve(state, act, out)


def record(state: State, act: RecordBankComparison, out: list[Event]) -> None:
    """Number the differences; one that the file before had as well keeps the day since which it is there."""
    known = state.days
    since = {found.account: found.since_day for found in known.breaks.values() if found.state in UNRESOLVED}
    known.breaks = {}
    for account, ledger_fen, bank_fen in act.differences:
        known.break_number += 1
        first_day = since.get(account, act.trading_day)
        known.breaks[known.break_number] = BankBreak(
            known.break_number, act.trading_day, account, ledger_fen, bank_fen, "open", first_day
        )
    known.bank_file = BankFile(act.trading_day, act.sha256, True)
    out.append(BankCompared(act.trading_day, act.sha256, tuple(known.breaks.values())))


def resolve(state: State, act: ResolveBankBreak, out: list[Event]) -> None:
    """Note the remedy; a correction makes the ledger say what the bank says."""
    found = state.days.breaks[act.bank_break]
    state.days.breaks[act.bank_break] = BankBreak(
        found.number, found.trading_day, found.account, found.ledger_fen, found.bank_fen, act.remedy, found.since_day
    )
    out.append(BankBreakResolved(found.number, found.trading_day, found.account, act.remedy, act.basis))
    if act.remedy != "corrected":
        return
    account = state.held_account(found.account)
    more = found.bank_fen - found.ledger_fen
    account.free += more
    if more > 0:
        state.cash_deposited += more
        out.append(CashDeposited(found.account, more))
    else:
        state.cash_withdrawn -= more
        out.append(CashWithdrawn(found.account, -more))


def note(state: State, at_ns: int, operator: int, act: BankAct) -> None:
    """Keep that the bank's file was compared, and what is left open of it."""
    if isinstance(act, ImportBankFile):
        state.days.marks.get(act.trading_day, {}).pop(days.BANK, None)
    else:
        compared = state.days.bank_file
        if compared is not None and compared.trading_day in state.days.marks:
            left = state.days.open_breaks
            state.days.note(compared.trading_day, days.BANK, Mark(at_ns, operator, left == 0, left))
