"""`yutan operator restrict, lift, restrictions, case …` and `yutan measures, report-holding`: supervision (监管)."""

from typing import Annotated, Any

import typer

from engine.core.supervision import FINDINGS, STEPS
from gateway.alert_desk import draft_of
from gateway.protocol.times import day_text
from yutan.cli import session
from yutan.cli.options import (
    DEFAULT_DATA,
    Act,
    Code,
    DataDir,
    Desk,
    Document,
    Json,
    Who,
    as_act,
    as_member,
    as_operator,
)
from yutan.cli.output import EXIT_DATA, EXIT_MISSING, fail, show

SCOPES = {
    "login": ("login",),
    "buy": ("buy",),
    "sell": ("sell",),
    "transfer": ("transfer",),
    "cash-out": ("cash_out",),
    "trading": ("buy", "sell"),
    "all": ("login", "buy", "sell", "transfer", "cash_out"),
}

Scope = Annotated[list[str], typer.Option("--scope", help=f"One or more of: {', '.join(SCOPES)} (受限范围).")]
Restriction = Annotated[str, typer.Argument(help="Restriction, such as R-3 (限制编号).")]
Case = Annotated[str, typer.Argument(help="Case, such as K-3 (案件编号).")]
OfCase = Annotated[str, typer.Option("--case", help="Case of which it is a step, such as K-3 (案件).")]
OfAccount = Annotated[str, typer.Option("--account", help="Of this account alone (交易账户).")]
Ended = Annotated[bool, typer.Option("--ended", help="Also those that have ended (含已结束).")]
Note = Annotated[str, typer.Option("--note", help="What was done or found (说明).")]
ReviewOn = Annotated[int, typer.Option("--review-on", help="Day of its next review, yyyymmdd (复核日).")]

case_app = typer.Typer(no_args_is_help=True, help="Cases of supervision and their steps (案件).")


alerts_app = typer.Typer(no_args_is_help=True, help="Abnormal trading (异常交易), read off the journal.")


def register(app: typer.Typer) -> None:
    """Add the commands to `yutan operator`."""
    app.command()(restrict)
    app.command()(lift)
    app.command("review-restriction")(review_restriction)
    app.command()(restrictions)
    app.command("order-reduction")(order_reduction)
    app.command()(reductions)
    app.add_typer(case_app, name="case")
    app.add_typer(alerts_app, name="alerts")


def _scope(names: list[str]) -> list[str]:
    unknown = [name for name in names if name not in SCOPES]
    if unknown or not names:
        raise typer.BadParameter(f"--scope takes one or more of {', '.join(SCOPES)}")
    return list(dict.fromkeys(word for name in names for word in SCOPES[name]))


def _given(**fields: Any) -> dict[str, Any]:
    """Fields that were given; a day as yyyymmdd becomes a day of the wire."""
    return {name: day_text(value) if isinstance(value, int) else value for name, value in fields.items() if value}


@as_act()
def restrict(
    act: Act,
    account: Code,
    scope: Scope,
    basis: Annotated[str, typer.Option("--basis", help="Legal basis, such as CQ-M Art. 30 (依据).")] = "",
    first: Annotated[int, typer.Option("--first", help="Day at whose opening it begins, yyyymmdd; none: now.")] = 0,
    last: Annotated[int, typer.Option("--last", help="Its last day, yyyymmdd; none: until it is lifted.")] = 0,
    review_on: ReviewOn = 0,
    notified: Annotated[str, typer.Option("--notified", help="The other body that was told (抄送单位).")] = "",
    appeal: Annotated[str, typer.Option("--appeal", help="Where the account may object (救济途径).")] = "",
    case: OfCase = "",
) -> None:
    """Restrict an account (限制交易); open orders it covers are canceled. It can always surrender."""
    fields = {"account": account, "scope": _scope(scope), "basis": basis or act.reason}
    fields |= _given(first_day=first, last_day=last, review_on=review_on)
    fields |= _given(notified=notified, appeal=appeal, case_id=case)
    session.act(act, "restrict", fields)


@as_act()
def lift(
    act: Act,
    account: Code,
    scope: Scope,
    restriction: Annotated[str, typer.Option("--restriction", help="Of this one alone, such as R-3.")] = "",
) -> None:
    """Lift a restriction, or all of an account that are in force (解除限制)."""
    fields = {"account": account, "scope": _scope(scope), **_given(restriction_id=restriction)}
    session.act(act, "lift_restriction", fields)


@as_act()
def review_restriction(act: Act, restriction: Restriction, review_on: ReviewOn = 0) -> None:
    """Record that a restriction was reviewed and stays (复核限制措施), and when it is reviewed next."""
    fields = {"restriction_id": restriction, **_given(review_on=review_on)}
    session.act(act, "review_restriction", fields)


@as_operator
def restrictions(desk: Desk, account: OfAccount = "", ended: Ended = False) -> None:
    """List restrictions (限制措施) with basis, document, persons, days; an overdue review is marked."""
    session.operator_reads(
        desk,
        "restrictions (限制措施)",
        lambda client: client.supervision.restrictions(account, ended=ended),
    )


@as_act()
def order_reduction(
    act: Act,
    account: Code,
    product: Annotated[str, typer.Option("--product", help="Product of the rule book (产品).")],
    to: Annotated[int, typer.Option("--to", min=0, help="Most that its owner may have, tonnes (减至).")],
    by: Annotated[int, typer.Option("--by", help="Day by whose close, yyyymmdd (期限).")],
    basis: Annotated[str, typer.Option("--basis", help="Rule it rests on (依据).")] = "",
    case: OfCase = "",
) -> None:
    """Order a holder to reduce what it has of a product (责令减持); each day's close looks whether it has."""
    fields = {"account": account, "product": product, "tonnes_max": to, "due_day": day_text(by)}
    fields |= {"basis": basis or act.reason, **_given(case_id=case)}
    session.act(act, "order_reduction", fields)


@as_operator
def reductions(desk: Desk, account: OfAccount = "", ended: Ended = False) -> None:
    """List orders to reduce a holding (减持令)."""
    session.operator_reads(
        desk,
        "orders to reduce (减持令)",
        lambda client: client.supervision.reductions(account, ended=ended),
    )


# ---- cases ----------------------------------------------------------------------------------------------


@case_app.command("open")
@as_act()
def open_case(
    act: Act,
    account: Code,
    matter: Annotated[str, typer.Option("--matter", help="What it is about (案由).")],
    alert: Annotated[list[str] | None, typer.Option("--alert", help="Alert it rests on, such as M-3.")] = None,
) -> None:
    """Open a case about an account (立案)."""
    fields: dict[str, Any] = {"account": account, "matter": matter, "alerts": alert or []}
    session.act(act, "open_case", fields)


def _add_step(act: Act, case: str, step: str, due: int = 0) -> None:
    fields = {"case_id": case, "step": step, "note": act.reason, **_given(due_day=due)}
    session.act(act, "add_case_step", fields)


@case_app.command("note")
@as_operator
def note_case(desk: Desk, case: Case, note: Note, document: Document = "") -> None:
    """Add a note (记事), which the account does not see."""
    _add_step(desk.act(note, document), case, "note")


@case_app.command("step")
@as_operator
def step_case(
    desk: Desk,
    case: Case,
    step: Annotated[str, typer.Argument(help=f"One of: {', '.join(STEPS[1:])} (监管步骤).")],
    note: Note,
    due: Annotated[int, typer.Option("--due", help="Day by which an answer is due, yyyymmdd (答复期限).")] = 0,
    document: Document = "",
) -> None:
    """Add a step of graduated supervision (提醒, 报告, 承诺, 约谈, 函告), or the answer to one; the account sees it."""
    if step not in STEPS:
        raise typer.BadParameter(f"{step!r} is not one of {', '.join(STEPS)}")
    _add_step(desk.act(note, document), case, step, due)


@case_app.command("close")
@as_operator
def close_case(
    desk: Desk,
    case: Case,
    finding: Annotated[str, typer.Option("--finding", help=f"One of: {', '.join(FINDINGS)} (认定).")],
    note: Note,
    document: Document = "",
) -> None:
    """Close a case with what was found (结案); a confirmed breach enters the credit record."""
    if finding not in FINDINGS:
        raise typer.BadParameter(f"{finding!r} is not one of {', '.join(FINDINGS)}")
    fields = {"case_id": case, "finding": finding, "note": note}
    session.act(desk.act(note, document), "close_case", fields)


@case_app.command("list")
@as_operator
def list_cases(desk: Desk, account: OfAccount = "", ended: Ended = False) -> None:
    """List cases (案件), each with its last step."""
    session.operator_reads(desk, "cases (案件)", lambda client: client.supervision.cases(account, ended=ended))


@case_app.command("show")
@as_operator
def show_case(desk: Desk, case: Case) -> None:
    """Show a case (监管个案) with all its steps: who, what, why, document."""
    found = session.ask_operator(desk, lambda client: client.supervision.case(case))
    show(found, as_json=desk.as_json, title=f"case (案件) {case}")


# ---- alerts ---------------------------------------------------------------------------------------------


def alerts_of(data: DataDir, as_json: bool) -> list[dict[str, Any]]:
    """Every alert of the folder's journal with codes for numbers; fails where there is no sound journal."""
    from engine import monitoring
    from engine.journal.form import JournalError  # with the replay, which no other command needs

    try:
        found, view = monitoring.alerts_of(data)
    except (JournalError, OSError) as error:
        fail(str(error), code=EXIT_DATA, as_json=as_json)
    accounts = {row.number: row.code for row in view.accounts()} if found else {}
    instruments = {row.number: row.code for row in view.instruments()} if found else {}
    return [
        {
            "alert_id": f"M-{alert.number}",
            "pattern": alert.pattern,
            "trading_day": day_text(alert.trading_day),
            "instrument": instruments.get(alert.instrument, ""),
            "product": alert.product,
            "accounts": [accounts[number] for number in alert.accounts],
            "figures": alert.figures,
            "seq": alert.seq,
            "trades": [f"T-{number}" for number in alert.trades],
            "orders": [f"O-{number}" for number in alert.orders],
            "draft": draft_of(alert, instruments.get(alert.instrument, "")),
        }
        for alert in found
    ]


@alerts_app.command("list")
def list_alerts(
    day: Annotated[int, typer.Option("--day", help="Of this trading day alone, yyyymmdd (交易日).")] = 0,
    account: OfAccount = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """List the alerts (预警) of the journal in DIR, also beside a running exchange; each replay gives the same."""
    rows = [
        {
            name: row[name]
            for name in ("alert_id", "pattern", "trading_day", "instrument", "product", "accounts", "figures")
        }
        for row in alerts_of(data, as_json)
        if (not day or row["trading_day"] == day_text(day)) and (not account or account in row["accounts"])
    ]
    show(rows, as_json=as_json, title="alerts (预警)")


@alerts_app.command("live")
@as_operator
def live_alerts(
    desk: Desk,
    day: Annotated[int, typer.Option("--day", help="Of this trading day alone, yyyymmdd (交易日).")] = 0,
    account: OfAccount = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="At most so many, the newest (条数).")] = 100,
) -> None:
    """List the alerts (预警) that the running exchange has raised so far, the day in progress among them."""
    wanted = day_text(day) if day else ""
    session.operator_reads(desk, "alerts (预警)", lambda client: client.supervision.alerts(account, wanted, limit))


@alerts_app.command("show")
def show_alert(
    alert: Annotated[str, typer.Argument(help="Alert, such as M-3 (预警编号).")],
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Show an alert with its evidence (预警与证据): figures, trades, orders, and the journal entry it rests on."""
    found = [row for row in alerts_of(data, as_json) if row["alert_id"] == alert]
    if not found:
        fail(f"there is no alert {alert}", code=EXIT_MISSING, as_json=as_json)
    show(found[0], as_json=as_json, title=f"alert (预警) {alert}")


# ---- members --------------------------------------------------------------------------------------------


@as_member
def measures(who: Who) -> None:
    """Show the measures against the own account (监管措施): restrictions, demands, orders to reduce, reports due."""
    session.member_asks(who, "measures (监管措施)", lambda client: client.supervision.measures(who.account))


@as_member
def report_holding(
    who: Who,
    product: Annotated[str, typer.Argument(help="Product of the rule book (产品).")],
    purpose: Annotated[str, typer.Option("--purpose", help="What it is held for (持有目的).")],
    funds: Annotated[str, typer.Option("--funds", help="Where the money comes from (资金来源).")],
    related: Annotated[str, typer.Option("--related", help="Related parties (关联方).")] = "",
) -> None:
    """File the large holder's report (大户报告), due on the trading day after becoming one."""
    session.member_asks(
        who,
        "report filed (已报告)",
        lambda client: client.supervision.report_holding(product, purpose, funds, related, who.account),
    )
