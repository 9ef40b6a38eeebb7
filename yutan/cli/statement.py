"""`yutan statement …` for members, and what operators do with objections (结算单、确认与异议)."""

from typing import Annotated, Any

import typer

from gateway.protocol.statement_wire import StatementRow
from gateway.protocol.times import day_text
from yutan.cli import session
from yutan.cli.options import Act, Desk, Who, as_act, as_member, as_operator
from yutan.cli.output import EXIT_MISSING, fail, show
from yutan.client import Client

app = typer.Typer(no_args_is_help=True, help="Statements: read, confirm, object (结算单).")

Day = Annotated[int, typer.Option("--day", help="Trading day yyyymmdd; none: the newest (交易日).")]


@app.command("list")
@as_member
def list_statements(who: Who) -> None:
    """List the own statements, until when each can be answered, and what became of it (结算单列表)."""
    rows = session.ask_member(who, lambda client: client.statements.days(who.account))
    show(rows if who.as_json else [_short(row) for row in rows], as_json=who.as_json, title="statements (结算单)")


def _short(row: StatementRow) -> dict[str, Any]:
    objections = ", ".join(f"{found.objection_id} {found.status}" for found in row.objections)
    return {"trading_day": row.trading_day, "status": row.status, "until": row.until, "objections": objections}


async def _wanted(client: Client, who: Who, day: int) -> str:
    """The day that is meant; "" where there is no statement yet."""
    if day:
        return day_text(day)
    return next((row.trading_day for row in await client.statements.days(who.account)), "")


@app.command("show")
@as_member
def show_statement(who: Who, day: Day = 0) -> None:
    """Show the own statement of a day (结算单内容)."""

    async def question(client: Client) -> Any:
        wanted = await _wanted(client, who, day)
        return await client.statement(wanted, who.account) if wanted else None

    found = session.ask_member(who, question)
    if found is None:
        fail("there is no statement yet", code=EXIT_MISSING, as_json=who.as_json)
    show(found, as_json=who.as_json, title=f"statement (结算单) {found['trading_day']}")


@app.command()
@as_member
def confirm(who: Who, day: Day = 0) -> None:
    """Agree with a day's statement (确认); it cannot be contested afterwards."""

    async def question(client: Client) -> Any:
        wanted = await _wanted(client, who, day)
        return await client.statements.confirm(wanted, who.account) if wanted else None

    _answered(who, session.ask_member(who, question))


@app.command("object")
@as_member
def object_to(
    who: Who,
    words: Annotated[str, typer.Argument(help="What is wrong (异议内容).")],
    trade: Annotated[str, typer.Option("--trade", help="The trade that is disputed, such as T-7 (争议成交).")] = "",
    day: Day = 0,
) -> None:
    """Object to a day's statement before its deadline (提出异议); only the trade it names is held up."""

    async def question(client: Client) -> Any:
        wanted = await _wanted(client, who, day)
        return await client.statements.object(wanted, words, trade, who.account) if wanted else None

    _answered(who, session.ask_member(who, question))


def _answered(who: Who, found: Any) -> None:
    if found is None:
        fail("there is no statement yet", code=EXIT_MISSING, as_json=who.as_json)
    show(found, as_json=who.as_json, title="answered (已提交)")


# ---- operators ------------------------------------------------------------------------------------------


@as_operator
def objections(desk: Desk) -> None:
    """List members' objections to statements: what waits for a decision, and the newest day's (结算异议)."""
    session.operator_reads(desk, "objections (结算异议)", lambda client: client.statements.objections())


@as_act("decide an objection")
def decide_objection(
    act: Act,
    objection: Annotated[str, typer.Argument(help="Objection, such as S-1 (异议编号).")],
    decision: Annotated[str, typer.Argument(help="upheld or dismissed (成立/不成立).")],
    answer: Annotated[str, typer.Option("--answer", help="The answer that the member gets (书面答复).")],
    voids: Annotated[
        bool, typer.Option("--void", help="Upheld: hold the trade's units until void-trade has voided it.")
    ] = False,
) -> None:
    """Decide an objection to a statement, with an answer in writing (异议答复); always two persons."""
    if decision not in ("upheld", "dismissed"):
        fail("say upheld or dismissed", code=2, as_json=act.as_json)
    fields = {"objection_id": objection, "upheld": decision == "upheld", "answer": answer, "voids": voids}
    session.act(act, "decide_statement_objection", fields)


@as_act("void a trade")
def void_trade(
    act: Act,
    trade: Annotated[str, typer.Argument(help="Trade, such as T-12 (成交编号).")],
    basis: Annotated[str, typer.Option("--basis", help="What the decision rests on (依据).")],
) -> None:
    """Void a trade: units, cash and fees go back by new postings (撤销成交); always two persons."""
    session.act(act, "void_trade", {"trade_id": trade, "basis": basis})


def register(operator_app: typer.Typer) -> None:
    """Add the operators' commands to theirs."""
    operator_app.command("objections")(objections)
    operator_app.command("decide-objection")(decide_objection)
    operator_app.command("void-trade")(void_trade)
