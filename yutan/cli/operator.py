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
from yutan.cli import auction, block, day, notices, participants, registry, session, supervision
from yutan.cli.options import DEFAULT_DATA, Code, DataDir, Document, Instrument, Json, Operator, Why

app = typer.Typer(no_args_is_help=True, help="Acts of an operator (操作员): each is journaled with person and reason.")
bulletin_app = typer.Typer(no_args_is_help=True, help="Bulletins (公报): publish, correct.")
app.add_typer(bulletin_app, name="bulletin")
registry.register(app)
day.register(app)
supervision.register(app)
app.command()(notices.announce)
participants.register(app)
app.add_typer(block.operator_app, name="block")
app.add_typer(auction.operator_app, name="auction")

Tonnes = Annotated[int, typer.Argument(min=1, help="Tonnes (吨).")]
Yuan = Annotated[str, typer.Argument(help="Amount in yuan, such as 1000.00 (元).")]


def _act(
    name: str, fields: dict[str, Any], data: DataDir, operator: str, why: str, document: str, as_json: bool
) -> None:
    session.act(name, fields, data, operator, why, document, as_json)


def _given(**fields: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


@app.command("open-day")
def open_day(
    trading_day: Annotated[int, typer.Argument(help="Trading day, yyyymmdd (交易日).")],
    operator: Operator,
    reason: Why = "open the day",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Begin a trading day (开市): release T+N locks, fix price bands, enter pre_open."""
    _act("open_day", {"trading_day": day_text(trading_day)}, data, operator, reason, document, as_json)


@app.command()
def phase(
    name: Annotated[str, typer.Argument(help=f"One of: {', '.join(phases.NAMES[1:])} (交易阶段).")],
    operator: Operator,
    reason: Why = "change the phase",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Enter another phase of the day (切换交易阶段)."""
    if name not in phases.NAMES:
        raise typer.BadParameter(f"{name!r} is not one of {', '.join(phases.NAMES)}")
    _act("change_phase", {"phase": name}, data, operator, reason, document, as_json)


@app.command("close-day")
def close_day(
    operator: Operator,
    reason: Why = "close the day",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """End the trading day (闭市): orders lapse, closing prices, statements, bulletin."""
    _act("close_day", {}, data, operator, reason, document, as_json)


@app.command("announce-closure")
def announce_closure(
    first: Annotated[int, typer.Argument(metavar="FIRST", help="First day without trading, yyyymmdd (休市首日).")],
    basis: Annotated[str, typer.Option("--basis", help="The exchange's announcement, shown to all (公告).")],
    operator: Operator,
    last: Annotated[int, typer.Option("--last", help="Last day without trading; none: the first.")] = 0,
    reason: Why = "announce a closure",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Announce days to come on which the market stays closed (休市公告)."""
    fields = {"first_day": day_text(first), "last_day": day_text(last or first), "basis": basis}
    _act("announce_closure", fields, data, operator, reason, document, as_json)


@app.command("announce-opening")
def announce_opening(
    trading_day: Annotated[int, typer.Argument(help="Day that opens all the same, yyyymmdd (开市日).")],
    basis: Annotated[str, typer.Option("--basis", help="The exchange's announcement, shown to all (公告).")],
    operator: Operator,
    reason: Why = "announce an opening",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Announce that a day to come is a trading day, whatever the calendar says (开市公告)."""
    fields = {"trading_day": day_text(trading_day), "basis": basis}
    _act("announce_opening", fields, data, operator, reason, document, as_json)


@app.command("adopt-holidays")
def adopt_holidays(
    file: Annotated[Path, typer.Argument(help="File with the year's notice, as engine/calendars/china.toml has them.")],
    operator: Operator,
    reason: Why = "adopt the State Council's holidays",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Take a year's State Council notice into the calendar (录入节假日安排)."""
    from gateway.protocol.calendar import notice_data
    from yutan.cli.calendar import notice_file

    notice = notice_file(file, as_json)
    _act(
        "adopt_holidays", {"holidays": notice_data(notice)}, data, operator, reason, document or notice.source, as_json
    )


@app.command()
def halt(
    operator: Operator,
    reason: Why,
    instrument: Annotated[str, typer.Argument(help="Instrument; none: the whole market.")] = "",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Halt one instrument or the whole market (暂停交易); cancels stay possible."""
    _act("halt", _given(instrument=instrument), data, operator, reason, document, as_json)


@app.command()
def resume(
    operator: Operator,
    reason: Why,
    instrument: Annotated[str, typer.Argument(help="Instrument; none: the whole market.")] = "",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Lift a halt (恢复交易)."""
    _act("resume", _given(instrument=instrument), data, operator, reason, document, as_json)


@app.command("open-account")
def open_account(
    code: Code,
    name: Annotated[str, typer.Argument(help="Participant's name (名称).")],
    category: Annotated[str, typer.Option("--category", help=f"One of: {', '.join(CATEGORIES)} (类别).")],
    owner: Annotated[int, typer.Option("--owner", min=1, help="Number of the beneficial owner (实际控制人).")],
    operator: Operator,
    reason: Why = "admit a participant",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Open a participant's trading account (开户)."""
    fields = {"code": code, "owner": owner, "name": name, "category": category}
    _act("open_account", fields, data, operator, reason, document, as_json)


@app.command("list-instrument")
def list_instrument(
    code: Instrument,
    product: Annotated[str, typer.Option("--product", help="Product of the rule book (产品).")],
    vintage: Annotated[int, typer.Option("--vintage", help="Vintage year (年份).")],
    base_price: Annotated[str, typer.Option("--base-price", help="First reference price in yuan (基准价).")],
    name_zh: Annotated[str, typer.Option("--name-zh", help="Chinese name.")],
    name_en: Annotated[str, typer.Option("--name-en", help="English name.")],
    operator: Operator,
    reason: Why = "list an instrument",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
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
    _act("list_instrument", fields, data, operator, reason, document, as_json)


@app.command("register-key")
def register_key(
    key_id: Annotated[str, typer.Argument(help="Key id; the member's key file must have this stem.")],
    public_key: Annotated[str, typer.Option("--public-key", help="Public key: 64 hex digits, or a PEM private key.")],
    account: Annotated[list[str], typer.Option("--account", help="Account the key may act for; repeat for more.")],
    operator: Operator,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="view, trade, cancel, transfer, file; default view and trade.")
    ] = None,
    user: Annotated[str, typer.Option("--user", help="Whose key it is; none: a program of the participant's.")] = "",
    reason: Why = "register a key",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Register a member's key (登记会员密钥)."""
    fields = {
        "key_id": key_id,
        "public_key": session.public_key(public_key, as_json).hex(),
        "accounts": account,
        "scopes": scope or ["view", "trade"],
    } | _given(user=user)
    _act("register_key", fields, data, operator, reason, document, as_json)


@app.command("revoke-key")
def revoke_key(
    key_id: Annotated[str, typer.Argument(help="Key id.")],
    operator: Operator,
    reason: Why,
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Revoke a member's key (吊销密钥); its sessions end at once."""
    _act("revoke_key", {"key_id": key_id}, data, operator, reason, document, as_json)


@app.command("register-operator")
def register_operator(
    person: Annotated[str, typer.Argument(help="Person id; the key file must have this stem.")],
    name: Annotated[str, typer.Argument(help="The person's name.")],
    public_key: Annotated[str, typer.Option("--public-key", help="Public key: 64 hex digits, or a PEM private key.")],
    operator: Operator,
    reason: Why = "register an operator",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Register a person as operator (登记操作员)."""
    fields = {"person": person, "name": name, "public_key": session.public_key(public_key, as_json).hex()}
    _act("register_operator", fields, data, operator, reason, document, as_json)


@app.command("adopt-rulebook")
def adopt_rulebook(
    file: Annotated[str, typer.Argument(metavar="BOOK", help="The new rule book, a .toml file (规则).")],
    effective: Annotated[int, typer.Option("--effective", help="First trading day under it, yyyymmdd (生效日).")],
    approval: Annotated[list[str], typer.Option("--approval", help="Number of an approving document (批准文号).")],
    operator: Operator,
    reason: Why,
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Adopt a later version of the rule book (规则变更): published at once, in force from a later opening; takes two persons."""
    from yutan.cli import rulebook

    book = rulebook.read(file, as_json)
    fields = {
        "rulebook": rulebook.text_of(file, as_json),
        "version": book.version,
        "effective_day": day_text(effective),
        "approvals": approval,
    }
    _act("adopt_rule_book", fields, data, operator, reason, document, as_json)


@app.command()
def allocate(
    account: Code,
    instrument: Instrument,
    tonnes: Tonnes,
    kind: Annotated[str, typer.Option("--kind", help="free (counts for retention), paid, offset or reserve.")],
    year: Annotated[int, typer.Option("--year", help="Compliance year (履约年度).")],
    operator: Operator,
    reason: Why = "allocate units",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Issue units to an account (配额发放)."""
    fields = {"account": account, "instrument": instrument, "tonnes": tonnes, "kind": kind, "year": year}
    _act("allocate_units", fields, data, operator, reason, document, as_json)


@app.command()
def deposit(
    account: Code,
    amount: Yuan,
    operator: Operator,
    reason: Why = "cash received by the settlement bank",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Book money that the settlement bank has received (入金)."""
    _act("deposit_cash", {"account": account, "amount": amount}, data, operator, reason, document, as_json)


@app.command()
def withdraw(
    account: Code,
    amount: Yuan,
    operator: Operator,
    reason: Why = "cash paid out",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Pay free cash out (出金)."""
    _act("withdraw_cash", {"account": account, "amount": amount}, data, operator, reason, document, as_json)


@app.command()
def surrender(
    account: Code,
    instrument: Instrument,
    tonnes: Tonnes,
    year: Annotated[int, typer.Option("--year", help="Compliance year (履约年度).")],
    operator: Operator,
    final: Annotated[bool, typer.Option("--final", help="Confirms the year and ends its retention.")] = False,
    reason: Why = "surrender",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Surrender units for a compliance year (清缴)."""
    fields = {"account": account, "instrument": instrument, "tonnes": tonnes, "year": year, "final": final}
    _act("surrender_units", fields, data, operator, reason, document, as_json)


@app.command()
def retry(
    operator: Operator,
    reason: Why = "try again",
    trade: Annotated[str, typer.Argument(help="Trade, such as T-12; none: all that were set aside.")] = "",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Have settlement try set-aside instructions again (重试交收)."""
    _act("retry_settlement", _given(trade_id=trade), data, operator, reason, document, as_json)


@app.command()
def unsettled(operator: Operator, data: DataDir = DEFAULT_DATA, as_json: Json = False) -> None:
    """List trades whose settlement was set aside (未交收)."""
    session.operator_reads(data, operator, as_json, "unsettled", lambda client: client.unsettled())


@app.command()
def reconcile(operator: Operator, data: DataDir = DEFAULT_DATA, as_json: Json = False) -> None:
    """Compare engine, registry and bank now (对账); exit code 65 on a difference."""
    session.reconcile(data, operator, as_json)


@app.command()
def pending(operator: Operator, data: DataDir = DEFAULT_DATA, as_json: Json = False) -> None:
    """List proposals that wait for a second person (待复核)."""
    session.operator_reads(data, operator, as_json, "pending", lambda client: client.pending())


@app.command()
def approve(
    proposal: Annotated[str, typer.Argument(help="Proposal, such as P-12.")],
    operator: Operator,
    sha256: Annotated[str, typer.Option("--sha256", help="Approve only where the content has this hash.")] = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Approve another operator's proposal by the hash of its content (复核通过)."""
    session.approve(proposal, sha256, data, operator, as_json)


@app.command()
def reject(
    proposal: Annotated[str, typer.Argument(help="Proposal, such as P-12.")],
    operator: Operator,
    reason: Why,
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Turn a proposal down, or withdraw one's own (复核驳回)."""
    session.reject(proposal, reason, data, operator, as_json)


@app.command()
def statement(
    account: Code,
    operator: Operator,
    day: Annotated[int, typer.Option("--day", help="Trading day yyyymmdd; none: the newest.")] = 0,
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Show an account's statement of a day (结算单)."""
    session.operator_statement(account, day, data, operator, as_json)


@app.command()
def status(operator: Operator, data: DataDir = DEFAULT_DATA, as_json: Json = False) -> None:
    """Show phase, journal, settlement lag and sessions (状态)."""
    session.operator_reads(data, operator, as_json, "status", lambda client: client.ops_status())


@bulletin_app.command("publish")
def publish_bulletin(
    operator: Operator,
    day: Annotated[int, typer.Option("--day", help="Trading day yyyymmdd; none: the newest not yet published.")] = 0,
    period: Annotated[str, typer.Option("--period", help="A week, month or year: 2026-W47, 2026-11, 2026.")] = "",
    reason: Why = "publish the bulletin",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Publish a day's bulletin by the hash of its content (发布公报); the others are published by themselves."""
    session.publish_bulletin(day, period, reason, document, data, operator, as_json)


@bulletin_app.command("correct")
def correct_bulletin(
    period: Annotated[str, typer.Argument(help="What it is of: 2026-11-20, 2026-W47, 2026-11 or 2026 (期间).")],
    basis: Annotated[str, typer.Option("--basis", help="What is corrected and why, shown to all (更正说明).")],
    operator: Operator,
    reason: Why = "correct a bulletin",
    document: Document = "",
    data: DataDir = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """Issue a bulletin again from the registry as it stands now (更正公报); the versions before stay."""
    _act("correct_bulletin", {"period": period, "basis": basis}, data, operator, reason, document, as_json)
