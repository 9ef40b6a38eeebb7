"""The bank's daily file against the fund ledger: every sub-account of the special account, and the whole of it."""

from engine.core.events import BankFileImported
from settlement.core.ledger import Ledger
from settlement.core.postings import BANK, FEES, RESERVE

TOTAL = 0  # instead of an account: the special account as a whole


def compare(ledger: Ledger, file: BankFileImported) -> list[tuple[int, int, int]]:
    """(account, ledger fen, bank fen) of each balance that differs, the exchange's own accounts first, by number.

    What is set aside has not moved in the ledger, and the bank moves on the ledger's word, so nothing is allowed for.
    """
    of_bank = dict(file.balances)
    of_bank[FEES] = file.fees_fen
    of_bank[RESERVE] = file.reserve_fen
    of_bank[TOTAL] = file.total_fen
    of_ledger = {account: fen for account, fen in ledger.cash.items() if account != BANK}
    of_ledger[TOTAL] = -ledger.cash[BANK]
    return [
        (account, of_ledger.get(account, 0), of_bank.get(account, 0))
        for account in sorted({*of_ledger, *of_bank})
        if of_ledger.get(account, 0) != of_bank.get(account, 0)
    ]
