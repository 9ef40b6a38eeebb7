"""`yutan operator …`: what an operator may do. Each is one journaled act with person, reason and document number.

Where the rule book wants two persons the command prints the proposal with the SHA-256 of its content; a second operator
looks at it with `pending` and approves it by that hash with `approve`. What only one act needs of the core is imported
by that act: the others start in half the time.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.core import phases
from engine.core.rulebook import CATEGORIES
from gateway.protocol.times import day_text
from yutan.cli import (
    allocations,
    auction,
    block,
    credit,
    day,
    day_package,
    kill,
    links,
    login,
    notices,
    participants,
    registry,
    report,
    session,
    supervision,
    trust,
)
from yutan.cli import statement as statements
from yutan.cli.options import Act, Code, Desk, Instrument, Why, as_act, as_operator
from yutan.cli.surrender import operator_app as filing_app

app = typer.Typer(no_args_is_help=True, help="Acts of an operator (操作员): each is journaled with person and reason.")
bulletin_app = typer.Typer(no_args_is_help=True, help="Bulletins (公报): publish, correct.")
app.add_typer(bulletin_app, name="bulletin")
registry.register(app)
allocations.register(app)
day.register(app)
credit.register(app)
day_package.register(app)
links.register(app)
supervision.register(app)
statements.register(app)
app.command()(notices.announce)
participants.register(app)
app.add_typer(filing_app, name="filing")
app.add_typer(block.operator_app, name="block")
app.add_typer(auction.operator_app, name="auction")
app.add_typer(kill.operator_app, name="kill")
app.add_typer(login.operator_app, name="login")
app.add_typer(report.app, name="report")
app.add_typer(trust.app, name="trust")

Tonnes = Annotated[int, typer.Argument(min=1, help="Tonnes (吨).")]
Yuan = Annotated[str, typer.Argument(help="Amount in yuan, such as 1000.00 (元).")]


def _given(**fields: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


@app.command("open-day")
@as_act("open the day")
def open_day(act: Act, trading_day: Annotated[int, typer.Argument(help="Trading day, yyyymmdd (交易日).")]) -> None:
    """Begin a trading day (开市): release T+N locks, fix price bands, enter pre_open."""
    session.act(act, "open_day", {"trading_day": day_text(trading_day)})


@app.command()
@as_act("change the phase")
def phase(
    act: Act, name: Annotated[str, typer.Argument(help=f"One of: {', '.join(phases.NAMES[1:])} (交易阶段).")]
) -> None:
    """Enter another phase of the day (切换交易阶段)."""
    if name not in phases.NAMES:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(phases.NAMES)}")
    session.act(act, "change_phase", {"phase": name})


@app.command("close-day")
@as_act("close the day")
def close_day(act: Act) -> None:
    """End the trading day (闭市): orders lapse, closing prices, statements, bulletin."""
    session.act(act, "close_day", {})


@app.command("announce-closure")
@as_act("announce a closure")
def announce_closure(
    act: Act,
    first: Annotated[int, typer.Argument(metavar="FIRST", help="First day without trading, yyyymmdd (休市首日).")],
    basis: Annotated[str, typer.Option("--basis", help="The exchange's announcement, shown to all (公告).")],
    last: Annotated[int, typer.Option("--last", help="Last day without trading; none: the first.")] = 0,
) -> None:
    """Announce days to come on which the market stays closed (休市公告)."""
    fields = {"first_day": day_text(first), "last_day": day_text(last or first), "basis": basis}
    session.act(act, "announce_closure", fields)


@app.command("announce-opening")
@as_act("announce an opening")
def announce_opening(
    act: Act,
    trading_day: Annotated[int, typer.Argument(help="Day that opens all the same, yyyymmdd (开市日).")],
    basis: Annotated[str, typer.Option("--basis", help="The exchange's announcement, shown to all (公告).")],
) -> None:
    """Announce that a day to come is a trading day, whatever the calendar says (开市公告)."""
    fields = {"trading_day": day_text(trading_day), "basis": basis}
    session.act(act, "announce_opening", fields)


@app.command("adopt-holidays")
@as_act("adopt the State Council's holidays")
def adopt_holidays(
    act: Act,
    file: Annotated[Path, typer.Argument(help="File with the year's notice, as engine/calendars/china.toml has them.")],
) -> None:
    """Take a year's State Council notice into the calendar (录入节假日安排)."""
    from gateway.protocol.calendar import notice_data
    from yutan.cli.calendar import notice_file

    notice = notice_file(file, act.as_json)
    session.act(
        act._replace(document=act.document or notice.source), "adopt_holidays", {"holidays": notice_data(notice)}
    )


@app.command()
@as_act()
def halt(act: Act, instrument: Annotated[str, typer.Argument(help="Instrument; none: the whole market.")] = "") -> None:
    """Halt one instrument or the whole market (暂停交易); cancels stay possible."""
    session.act(act, "halt", _given(instrument=instrument))


@app.command()
@as_act()
def resume(
    act: Act, instrument: Annotated[str, typer.Argument(help="Instrument; none: the whole market.")] = ""
) -> None:
    """Lift a halt (恢复交易)."""
    session.act(act, "resume", _given(instrument=instrument))


@app.command("open-account")
@as_act("admit a participant")
def open_account(
    act: Act,
    code: Code,
    name: Annotated[str, typer.Argument(help="Participant's name (名称).")],
    category: Annotated[str, typer.Option("--category", help=f"One of: {', '.join(CATEGORIES)} (类别).")],
    owner: Annotated[int, typer.Option("--owner", min=1, help="Number of the beneficial owner (实际控制人).")],
) -> None:
    """Open a participant's trading account (开户)."""
    fields = {"code": code, "owner": owner, "name": name, "category": category}
    session.act(act, "open_account", fields)


@app.command("list-instrument")
@as_act("list an instrument")
def list_instrument(
    act: Act,
    code: Instrument,
    product: Annotated[str, typer.Option("--product", help="Product of the rule book (产品).")],
    vintage: Annotated[int, typer.Option("--vintage", help="Vintage year (年份).")],
    base_price: Annotated[str, typer.Option("--base-price", help="First reference price in yuan (基准价).")],
    name_zh: Annotated[str, typer.Option("--name-zh", help="Chinese name.")],
    name_en: Annotated[str, typer.Option("--name-en", help="English name.")],
) -> None:
    """Admit an instrument to trading (上市)."""
    fields = {
        "code": code,
        "product": product,
        "vintage": vintage,
        "name_zh": name_zh,
        "name_en": name_en,
        "base_price": base_price,
    }
    session.act(act, "list_instrument", fields)


@app.command("register-key")
@as_act("register a key")
def register_key(
    act: Act,
    key_id: Annotated[str, typer.Argument(help="Key id; the member's key file must have this stem.")],
    public_key: Annotated[str, typer.Option("--public-key", help="Public key: 64 hex digits, or a PEM private key.")],
    account: Annotated[list[str], typer.Option("--account", help="Account the key may act for; repeat for more.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", help="view, trade, cancel, transfer, file, limits, or drop_copy alone; default view, trade."
        ),
    ] = None,
    user: Annotated[str, typer.Option("--user", help="Whose key it is; none: a program of the participant's.")] = "",
    expires: Annotated[int, typer.Option("--expires", help="Last day, yyyymmdd; none: no end (有效期至).")] = 0,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow", help="Network it is used from, such as 203.0.113.0/24; repeat; none: anywhere (网段)."),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="Certificate of the key, PEM; see trust (数字证书).")
    ] = None,
) -> None:
    """Register a member's key (登记会员密钥)."""
    fields = {
        "key_id": key_id,
        "public_key": session.public_key(public_key, act.as_json).hex(),
        "accounts": account,
        "scopes": scope or ["view", "trade"],
        "networks": allow or [],
    }
    fields |= _given(user=user, expires_day=day_text(expires) if expires else "")
    if certificate is not None:
        fields["certificate"] = session.read_text(certificate, act.as_json)
    session.act(act, "register_key", fields)


@app.command("keys")
@as_operator
def list_keys(desk: Desk) -> None:
    """List members' keys: accounts, scopes, last day, networks, certificate, and whether they open anything today (密钥)."""
    session.operator_reads(desk, "keys (密钥)", lambda client: client.participants.keys())


@app.command("revoke-key")
@as_act()
def revoke_key(act: Act, key_id: Annotated[str, typer.Argument(help="Key id.")]) -> None:
    """Revoke a member's key (吊销密钥); its sessions end at once."""
    session.act(act, "revoke_key", {"key_id": key_id})


@app.command("register-operator")
@as_act("register an operator")
def register_operator(
    act: Act,
    person: Annotated[str, typer.Argument(help="Person id; the key file must have this stem.")],
    name: Annotated[str, typer.Argument(help="The person's name.")],
    public_key: Annotated[str, typer.Option("--public-key", help="Public key: 64 hex digits, or a PEM private key.")],
) -> None:
    """Register a person as operator (登记操作员)."""
    fields = {"person": person, "name": name, "public_key": session.public_key(public_key, act.as_json).hex()}
    session.act(act, "register_operator", fields)


@app.command("adopt-rulebook")
@as_act()
def adopt_rulebook(
    act: Act,
    file: Annotated[str, typer.Argument(metavar="BOOK", help="The new rule book, a .toml file (规则).")],
    effective: Annotated[int, typer.Option("--effective", help="First trading day under it, yyyymmdd (生效日).")],
    approval: Annotated[list[str], typer.Option("--approval", help="Number of an approving document (批准文号).")],
) -> None:
    """Adopt a later version of the rule book (规则变更): published at once, in force from a later opening; takes two persons."""
    from yutan.cli import rulebook

    book = rulebook.read(file, act.as_json)
    fields = {
        "rulebook": rulebook.text_of(file, act.as_json),
        "version": book.version,
        "effective_day": day_text(effective),
        "approvals": approval,
    }
    session.act(act, "adopt_rule_book", fields)


@app.command()
@as_act("allocate units")
def allocate(
    act: Act,
    account: Code,
    instrument: Instrument,
    tonnes: Tonnes,
    kind: Annotated[str, typer.Option("--kind", help="free (counts for retention), paid, offset, reserve or right.")],
    year: Annotated[int, typer.Option("--year", help="Compliance year (履约年度).")],
    notified_on: allocations.Notified = 0,
) -> None:
    """Issue units to an account (配额发放)."""
    fields = {"account": account, "instrument": instrument, "tonnes": tonnes, "kind": kind, "year": year}
    session.act(act, "allocate_units", allocations.with_notice(fields, notified_on))


@app.command()
@as_act("cash received by the settlement bank")
def deposit(act: Act, account: Code, amount: Yuan) -> None:
    """Book money that the settlement bank has received (入金)."""
    session.act(act, "deposit_cash", {"account": account, "amount": amount})


@app.command()
@as_act("cash paid out")
def withdraw(act: Act, account: Code, amount: Yuan) -> None:
    """Pay free cash out (出金)."""
    session.act(act, "withdraw_cash", {"account": account, "amount": amount})


@app.command()
@as_act("surrender")
def surrender(
    act: Act,
    account: Code,
    instrument: Instrument,
    tonnes: Tonnes,
    year: Annotated[int, typer.Option("--year", help="Compliance year (履约年度).")],
    final: Annotated[bool, typer.Option("--final", help="Confirms the year and ends its retention.")] = False,
) -> None:
    """Surrender units for a compliance year (清缴)."""
    fields = {"account": account, "instrument": instrument, "tonnes": tonnes, "year": year, "final": final}
    session.act(act, "surrender_units", fields)


@app.command()
@as_act("try again")
def retry(
    act: Act, trade: Annotated[str, typer.Argument(help="Trade, such as T-12; none: all that were set aside.")] = ""
) -> None:
    """Have settlement try set-aside instructions again (重试交收)."""
    session.act(act, "retry_settlement", _given(trade_id=trade))


@app.command()
@as_operator
def unsettled(desk: Desk) -> None:
    """List trades whose settlement was set aside (未交收)."""
    session.operator_reads(desk, "unsettled", lambda client: client.unsettled())


@app.command()
@as_operator
def reconcile(desk: Desk) -> None:
    """Compare engine, registry and bank now (对账); exit code 65 on a difference."""
    session.reconcile(desk)


@app.command()
@as_operator
def pending(desk: Desk) -> None:
    """List proposals that wait for a second person (待复核)."""
    session.operator_reads(desk, "pending", lambda client: client.pending())


@app.command()
@as_operator
def approve(
    desk: Desk,
    proposal: Annotated[str, typer.Argument(help="Proposal, such as P-12.")],
    sha256: Annotated[str, typer.Option("--sha256", help="Approve only where the content has this hash.")] = "",
) -> None:
    """Approve another operator's proposal by the hash of its content (复核通过)."""
    session.approve(desk, proposal, sha256)


@app.command()
@as_operator
def reject(desk: Desk, proposal: Annotated[str, typer.Argument(help="Proposal, such as P-12.")], reason: Why) -> None:
    """Turn a proposal down, or withdraw one's own (复核驳回)."""
    session.reject(desk, proposal, reason)


@app.command()
@as_operator
def statement(
    desk: Desk,
    account: Code,
    day: Annotated[int, typer.Option("--day", help="Trading day yyyymmdd; none: the newest.")] = 0,
) -> None:
    """Show an account's statement of a day (结算单)."""
    session.operator_statement(desk, account, day)


@app.command()
@as_operator
def audit(
    desk: Desk,
    account: Annotated[str, typer.Option("--account", help="Only acts that name this account (交易账户).")] = "",
    person: Annotated[
        str, typer.Option("--person", help="Only what this operator proposed or approved (经办人).")
    ] = "",
    act: Annotated[str, typer.Option("--act", help="Only this kind of act, such as deposit_cash (事项).")] = "",
    document: Annotated[
        str, typer.Option("--of-document", help="Only acts under this document, or a part (文号).")
    ] = "",
    before: Annotated[int, typer.Option("--before", help="Only lines before this one: the next page.")] = 0,
    limit: Annotated[int, typer.Option("--last", min=1, max=500, help="At most so many, newest first.")] = 50,
) -> None:
    """Search the audit trail (操作日志): who did what, why, under which document, and who approved."""
    session.audit(desk, account, person, act, document, before, limit)


@app.command()
@as_operator
def status(desk: Desk) -> None:
    """Show phase, journal, settlement lag and sessions (状态)."""
    session.operator_reads(desk, "status", lambda client: client.ops_status())


@bulletin_app.command("publish")
@as_act("publish the bulletin")
def publish_bulletin(
    act: Act,
    day: Annotated[int, typer.Option("--day", help="Trading day yyyymmdd; none: the newest not yet published.")] = 0,
    period: Annotated[str, typer.Option("--period", help="A week, month or year: 2026-W47, 2026-11, 2026.")] = "",
) -> None:
    """Publish a day's bulletin by the hash of its content (发布公报); the others are published by themselves."""
    session.publish_bulletin(act, day, period)


@bulletin_app.command("correct")
@as_act("correct a bulletin")
def correct_bulletin(
    act: Act,
    period: Annotated[str, typer.Argument(help="What it is of: 2026-11-20, 2026-W47, 2026-11 or 2026 (期间).")],
    basis: Annotated[str, typer.Option("--basis", help="What is corrected and why, shown to all (更正说明).")],
) -> None:
    """Issue a bulletin again from the registry as it stands now (更正公报); the versions before stay."""
    session.act(act, "correct_bulletin", {"period": period, "basis": basis})
