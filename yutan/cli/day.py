"""`yutan operator day|fix-day|override-opening|bank …`: the stages of the day and the bank's file."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.protocol.times import day_text
from yutan.cli import session
from yutan.cli.importing import read_whole
from yutan.cli.options import Act, Code, Desk, as_act, as_operator
from yutan.cli.output import EXIT_DATA, console, show
from yutan.client import Client

bank_app = typer.Typer(no_args_is_help=True, help="The settlement bank's daily file (银行对账).")
reserve_app = typer.Typer(no_args_is_help=True, help="The risk reserve (风险准备金).")

Yuan = Annotated[str, typer.Argument(help="Amount in yuan, such as 1000.00 (元).")]
TradingDay = Annotated[int, typer.Argument(help="Trading day, yyyymmdd (交易日).")]
BreakNumber = Annotated[str, typer.Argument(help="Difference, such as D-3 (差异编号).")]


@as_operator
def day(desk: Desk) -> None:
    """Show the stages of the day (日程): due, done, by whom, and what the next opening waits for."""
    found = session.ask_operator(desk, lambda client: client.ops_day())
    if desk.as_json:
        show(found, as_json=True)
        return
    show(found.stages, as_json=False, title=f"{found.trading_day or '–'} {found.phase} (日程)")
    show(found.house, as_json=False, title="house (系统检查)")
    show(found.confirmations, as_json=False, title="figures of the closed day, by both bodies (双方确认)")
    if found.blocked_by is not None:
        words = f"{found.next_day} does not open: {found.blocked_by.code} {found.blocked_by.name} (不得开市)"
        console().print(words, markup=False)
    elif found.next_day:
        under = f" under {found.override}" if found.override else ""
        console().print(f"{found.next_day} may open{under} (可以开市)", markup=False)


@as_act("fix the day's values")
def fix_day(act: Act, trading_day: TradingDay) -> None:
    """Fix a trading day's values the evening before (固定参数): rule book, price bands, fees."""
    session.act(act, "fix_day", {"trading_day": day_text(trading_day)})


@as_act()
def override_opening(
    act: Act,
    trading_day: TradingDay,
    basis: Annotated[str, typer.Option("--basis", help="Number of the document that allows it (文号).")],
) -> None:
    """Let a day open although a check stands against it (例外开市); always two persons."""
    fields = {"trading_day": day_text(trading_day), "basis": basis}
    session.act(act, "override_opening", fields)


@bank_app.command("import")
@as_act("the bank's file of the day")
def import_bank_file(
    act: Act,
    file: Annotated[Path, typer.Argument(help="CSV of the bank: account,opening,credit,debit,closing (文件).")],
    trading_day: Annotated[int, typer.Option("--day", help="Trading day of the file, yyyymmdd (交易日).")],
) -> None:
    """Import the bank's file (导入银行对账文件): the whole file, or a report of its wrong rows and nothing."""
    from yutan.imports import BankFile, read_bank_file  # stands on the core, which no other act needs

    async def read(client: Client, content: bytes) -> BankFile:
        return read_bank_file(content, {row.account for row in await client.ops_accounts()})

    found = read_whole(act.desk, file, read)
    fields: dict[str, Any] = {"trading_day": day_text(trading_day), **found._asdict()}
    session.act(act, "import_bank_file", fields)


@bank_app.command("show")
@as_operator
def show_bank(desk: Desk) -> None:
    """Show the newest file's differences from the ledger (银行对账差异); exit code 65 where one waits for a remedy."""
    found = session.ask_operator(desk, lambda client: client.ops_bank())
    if desk.as_json:
        show(found, as_json=True)
    else:
        state = "compared (已核对)" if found.is_compared else "not compared yet (未核对)"
        show(found.breaks, as_json=False, title=f"bank file {found.trading_day or '–'}, {state}, differences (差异)")
    if any(row.state == "open" for row in found.breaks):
        raise typer.Exit(EXIT_DATA)


@bank_app.command("resolve")
@as_act()
def resolve_break(
    act: Act,
    number: BreakNumber,
    remedy: Annotated[str, typer.Argument(help="explained, corrected (post the difference) or carried (处理方式).")],
    basis: Annotated[str, typer.Option("--basis", help="What it rests on, such as the bank's letter (依据).")],
) -> None:
    """Deal with a difference (处理差异): explained, corrected by a posting, or carried to the next file; two persons."""
    fields = {"break_id": number, "remedy": remedy, "basis": basis}
    session.act(act, "resolve_bank_break", fields)


@reserve_app.command("show")
@as_operator
def show_reserve(desk: Desk) -> None:
    """Show what is in the risk reserve, and who owes it (风险准备金余额)."""
    found = session.ask_operator(desk, lambda client: client.ops_bank())
    if desk.as_json:
        show({"reserve": found.reserve, "claims": found.claims}, as_json=True)
        return
    show(found.claims, as_json=False, title=f"risk reserve {found.reserve} CNY, claims (应追偿)")


@reserve_app.command("use")
@as_act()
def use_reserve(
    act: Act,
    account: Code,
    amount: Yuan,
    basis: Annotated[str, typer.Option("--basis", help="Purpose and document (用途及依据).")],
) -> None:
    """Pay from the risk reserve for an account that cannot (动用); it owes the amount; always two persons."""
    fields = {"account": account, "amount": amount, "basis": basis}
    session.act(act, "use_risk_reserve", fields)


@reserve_app.command("recover")
@as_act("what the risk reserve paid")
def recover_reserve(
    act: Act,
    account: Code,
    amount: Yuan,
    basis: Annotated[str, typer.Option("--basis", help="What it rests on (依据).")],
) -> None:
    """Take back from an account what the risk reserve paid for it (追偿)."""
    fields = {"account": account, "amount": amount, "basis": basis}
    session.act(act, "recover_risk_reserve", fields)


@reserve_app.command("fund")
@as_act("the exchange adds to the risk reserve")
def fund_reserve(
    act: Act, amount: Yuan, basis: Annotated[str, typer.Option("--basis", help="The bank's advice (依据).")]
) -> None:
    """Record money of the exchange that the bank has received for the risk reserve (补足)."""
    fields = {"amount": amount, "basis": basis}
    session.act(act, "fund_risk_reserve", fields)


def register(app: typer.Typer) -> None:
    """Add these commands to the operator's."""
    app.command("day")(day)
    app.command("fix-day")(fix_day)
    app.command("override-opening")(override_opening)
    app.add_typer(bank_app, name="bank")
    app.add_typer(reserve_app, name="reserve")
