"""What acts about cash, the bank's file and the risk reserve would change."""

from collections.abc import Iterator
from typing import Final

from engine.core import commands
from engine.view import MarketView
from gateway.protocol.console_wire import EffectRow
from gateway.protocol.names import Names
from gateway.protocol.prices import money_text
from gateway.protocol.times import day_text

_OWN_ACCOUNTS: Final = {0: "total", -3: "fees", -4: "reserve"}
Rows = Iterator[EffectRow]


def bank_file(act: commands.ImportBankFile, view: MarketView, names: Names) -> Rows:
    """The newest file, and each account that it differs from the ledger in."""
    file, _ = view.bank()
    before = "" if file is None else f"{day_text(file.trading_day)} {file.sha256[:12]}"
    yield EffectRow("", "银行文件", "The bank's file", before, f"{day_text(act.trading_day)} {act.sha256[:12]}")
    told = dict(act.balances)
    for account in view.accounts():
        owned, closing = account.free_fen + account.held_fen, told.get(account.number, 0)
        if owned != closing:
            row = EffectRow(account.code, "账面与银行", "Ledger and bank", money_text(owned), money_text(closing))
            yield row


def bank_break(act: commands.ResolveBankBreak, view: MarketView, names: Names) -> Rows:
    """What becomes of the difference, and of the ledger where it is corrected."""
    for found in view.bank()[1]:
        if found.number == act.bank_break:
            account = _OWN_ACCOUNTS.get(found.account) or names.account_code(found.account)
            subject = f"D-{found.number} {account}"
            yield EffectRow(subject, "差异状态", "State of the difference", found.state, act.remedy)
            if act.remedy == "corrected":
                ledger, bank = money_text(found.ledger_fen), money_text(found.bank_fen)
                yield EffectRow(subject, "账面余额", "Balance in the ledger", ledger, bank)


def deposit(act: commands.DepositCash, view: MarketView, names: Names) -> Rows:
    """Cash that comes in."""
    yield EffectRow(names.account_code(act.account), "入金", "Cash in", "", f"+{money_text(act.amount_fen)}")


def withdraw(act: commands.WithdrawCash, view: MarketView, names: Names) -> Rows:
    """Cash that goes out."""
    yield EffectRow(names.account_code(act.account), "出金", "Cash out", "", f"-{money_text(act.amount_fen)}")


def reserve(
    act: commands.UseRiskReserve | commands.RecoverRiskReserve | commands.FundRiskReserve,
    view: MarketView,
    names: Names,
) -> Rows:
    """The risk reserve, and what an account owes it."""
    kept, claims = view.risk_reserve()
    paid = -act.amount_fen if type(act) is commands.UseRiskReserve else act.amount_fen
    yield EffectRow("", "风险准备金", "Risk reserve", money_text(kept), money_text(kept + paid))
    if type(act) is commands.UseRiskReserve or type(act) is commands.RecoverRiskReserve:
        owed = claims.get(act.account, 0)
        code = names.account_code(act.account)
        yield EffectRow(code, "欠风险准备金", "Owed to the reserve", money_text(owed), money_text(owed - paid))
