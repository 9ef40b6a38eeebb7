"""`yutan operator emissions|obligation …`: the compliance year at the operators' door."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.protocol.times import day_text
from yutan.cli import session
from yutan.cli.allocations import Notified, with_notice
from yutan.cli.importing import read_whole
from yutan.cli.options import Act, Code, Desk, Instrument, as_act, as_operator
from yutan.cli.output import EXIT_DATA, EXIT_MISSING, fail
from yutan.client import Client

KEY_EMITTER = "key_emitter"

emissions_app = typer.Typer(no_args_is_help=True, help="Verified emissions of key emitters (经核查的排放量).")
obligation_app = typer.Typer(no_args_is_help=True, help="Compliance obligations (履约义务).")

Year = Annotated[int, typer.Option("--year", min=2000, max=2999, help="Compliance year (履约年度).")]
AnyYear = Annotated[int, typer.Option("--year", help="Compliance year; none: all (履约年度).")]


@emissions_app.command("import")
@as_act("verified emissions of the reporting system")
def import_emissions(
    act: Act,
    file: Annotated[Path, typer.Argument(help="CSV of the reporting system: account,emissions_t,reported_on (文件).")],
    year: Year,
    objection_until: Annotated[
        int, typer.Option("--objection-until", help="Last day to ask for a review, yyyymmdd (复核申请截止日).")
    ] = 0,
    notified_on: Notified = 0,
) -> None:
    """Import verified emissions (导入核查排放量): the whole file, or a report of its wrong rows and nothing."""
    from yutan.imports import Emissions, read_emissions  # stands on the core, which no other act needs

    async def read(client: Client, content: bytes) -> Emissions:
        return read_emissions(content, {row.account: row.category for row in await client.ops_accounts()})

    found = read_whole(act.desk, file, read)
    fields: dict[str, Any] = {"year": year, "rows": found.rows, "sha256": found.sha256}
    if objection_until:
        fields["objection_until"] = day_text(objection_until)
    session.act(act, "import_emissions", with_notice(fields, notified_on))


@obligation_app.command("show")
@as_operator
def show_obligation(
    desk: Desk, account: Annotated[str, typer.Argument(help="Account code (交易账户).")], year: AnyYear = 0
) -> None:
    """Show a key emitter's compliance years (履约情况): allocation, emissions, surrendered, shortfall."""
    found = session.ask_operator(desk, lambda client: client.ops_obligation(account, year))
    session.print_obligation(found, desk.as_json)


@obligation_app.command("short")
@as_operator
def short_of_units(desk: Desk, year: Year) -> None:
    """List who still owes units for a year, the most first (未足额清缴单位)."""

    async def question(client: Client) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for account in await client.ops_accounts():
            if account.category != KEY_EMITTER or account.successor:
                continue
            years = (await client.ops_obligation(account.account)).years
            rows += [
                {
                    "account": account.account,
                    "name": account.name,
                    "obligation": found.obligation,
                    "surrendered": found.surrendered,
                    "offsets": sum(found.offsets.values()),
                    "shortfall": found.shortfall,
                    "surrender_deadline": found.surrender_deadline,
                }
                for found in years
                if found.year == year and found.shortfall
            ]
        return sorted(rows, key=lambda row: (-row["shortfall"], row["account"]))

    session.operator_reads(desk, f"short of units for {year} (未足额清缴)", question)


# ---- allocation ahead of the year, and requests for review ------------------------------------------------

objection_app = typer.Typer(no_args_is_help=True, help="Requests for review (复核申请).")

Tonnes = Annotated[int, typer.Argument(min=0, help="Tonnes (吨).")]
Until = Annotated[int, typer.Option("--objection-until", help="Last day to object, yyyymmdd (异议截止日).")]
Subject = Annotated[str, typer.Option("--subject", help="allocation or verification (事项).")]
Number = Annotated[str, typer.Argument(help="Encumbrance, such as N-3 (权利限制编号).")]


def _with_until(fields: dict[str, Any], objection_until: int) -> dict[str, Any]:
    return {**fields, "objection_until": day_text(objection_until)} if objection_until else fields


@as_act("pre-allocation of the plan")
def preallocate(
    act: Act,
    account: Code,
    instrument: Instrument,
    tonnes: Tonnes,
    year: Year,
    objection_until: Until = 0,
    notified_on: Notified = 0,
) -> None:
    """Issue part of a year's free allocation ahead (预分配); it cannot be traded before its true-up."""
    fields = {"account": account, "instrument": instrument, "tonnes": tonnes, "year": year}
    session.act(act, "preallocate_units", with_notice(_with_until(fields, objection_until), notified_on))


@as_act("the year's allocation")
def true_up(
    act: Act,
    account: Code,
    instrument: Instrument,
    tonnes: Tonnes,
    year: Year,
    objection_until: Until = 0,
    notified_on: Notified = 0,
) -> None:
    """Settle a pre-allocation by the year's whole free allocation (多退少补)."""
    fields = {"account": account, "instrument": instrument, "tonnes": tonnes, "year": year}
    session.act(act, "true_up_allocation", with_notice(_with_until(fields, objection_until), notified_on))


@objection_app.command("file")
@as_act("request for review")
def file_objection(
    act: Act,
    account: Code,
    year: Year,
    subject: Subject,
    filed_on: Annotated[int, typer.Option("--filed-on", help="Day it came in, yyyymmdd (申请日).")],
) -> None:
    """Record a request for review (登记复核申请); it is to be decided within ten working days."""
    fields = {"account": account, "year": year, "subject": subject, "filed_on": day_text(filed_on)}
    session.act(act, "file_objection", fields)


@objection_app.command("decide")
@as_act("decision of the bureau")
def decide_objection(
    act: Act,
    account: Code,
    year: Year,
    subject: Subject,
    decided_on: Annotated[int, typer.Option("--decided-on", help="Day of the decision, yyyymmdd (决定日).")],
    upheld: Annotated[bool, typer.Option("--upheld/--dismissed", help="Whether the unit was right (支持/驳回).")],
) -> None:
    """Record the bureau's decision (登记复核决定)."""
    day = day_text(decided_on)
    fields = {"account": account, "year": year, "subject": subject, "decided_on": day, "upheld": upheld}
    session.act(act, "decide_objection", fields)


# ---- units -----------------------------------------------------------------------------------------------


@as_act()
def encumber(
    act: Act,
    account: Code,
    instrument: Instrument,
    tonnes: Tonnes,
    kind: Annotated[str, typer.Option("--kind", help="freeze (冻结), pledge (质押) or withdrawn (转出至登记账户).")],
    beneficiary: Annotated[str, typer.Option("--beneficiary", help="In whose favour: court, lender (权利人).")] = "",
    use_restricted: Annotated[
        bool, typer.Option("--use-restricted", help="Of units only for own surrender; freeze alone (仅限本单位清缴).")
    ] = False,
) -> None:
    """Set units apart from trading (登记权利限制); a freeze cancels open sells where it needs their units."""
    fields: dict[str, Any] = {
        "account": account,
        "instrument": instrument,
        "tonnes": tonnes,
        "kind": kind,
        "beneficiary": beneficiary,
    }
    if use_restricted:
        fields["use_restricted"] = True
    session.act(act, "encumber_units", fields)


@as_act()
def release(act: Act, encumbrance: Number, tonnes: Tonnes) -> None:
    """Release units of an encumbrance (解除权利限制)."""
    fields = {"encumbrance_id": encumbrance, "tonnes": tonnes}
    session.act(act, "release_units", fields)


@as_act()
def enforce(act: Act, encumbrance: Number, tonnes: Tonnes, to_account: Code) -> None:
    """Move frozen or pledged units to another account (司法扣划、质押实现); the retention floor stays."""
    fields = {"encumbrance_id": encumbrance, "tonnes": tonnes, "to_account": to_account}
    session.act(act, "enforce_encumbrance", fields)


@as_act()
def transfer(
    act: Act,
    account: Code,
    to_account: Code,
    instrument: Instrument,
    tonnes: Tonnes,
    kind: Annotated[str, typer.Option("--kind", help="succession (承继), court, gift (赠与) or reserve (预留划拨).")],
) -> None:
    """Move units between accounts without a trade (非交易过户); the retention floor stays."""
    fields = {
        "account": account,
        "to_account": to_account,
        "instrument": instrument,
        "tonnes": tonnes,
        "kind": kind,
    }
    session.act(act, "transfer_units", fields)


@as_act()
def merge(act: Act, account: Code, to_account: Code) -> None:
    """Merge an account into another, which takes over all it has and owes (合并); it is closed for good."""
    fields = {"account": account, "to_account": to_account}
    session.act(act, "merge_accounts", fields)


@as_act()
def split(
    act: Act,
    account: Code,
    file: Annotated[Path, typer.Argument(help="TOML of the parts, as docs/registry.md shows (分立方案).")],
) -> None:
    """Split an account: the file's parts go to its successors, the rest stays (分立)."""
    try:
        parts = tomllib.loads(file.read_text(encoding="utf-8")).get("parts", [])
    except OSError as error:
        fail(f"{file}: {error.strerror}", code=EXIT_MISSING, as_json=act.as_json)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        fail(f"{file}: {error}", code=EXIT_DATA, as_json=act.as_json)
    session.act(act, "split_account", {"account": account, "parts": parts})


@as_act("certified reductions")
def issue_offsets(
    act: Act,
    account: Code,
    instrument: Instrument,
    tonnes: Tonnes,
    project: Annotated[str, typer.Option("--project", help="Project number (项目编号).")],
    project_type: Annotated[str, typer.Option("--type", help="Project type, such as forestry (项目类型).")],
    methodology: Annotated[str, typer.Option("--methodology", help="Methodology (方法学).")],
    origin: Annotated[str, typer.Option("--origin", help="Where the project lies (项目所在地).")],
    first_serial: Annotated[int, typer.Option("--first-serial", min=1, help="First serial number (起始序列号).")],
    proof: Annotated[str, typer.Option("--proof", help="Certificate; of a CCER its national retirement (注销证明).")],
    boundary: Annotated[str, typer.Option("--boundary", help="Unit in whose boundary it lies (边界所属单位).")] = "",
) -> None:
    """Issue certified reductions of a project by their serial numbers (登记减排量)."""
    fields = {
        "account": account,
        "instrument": instrument,
        "tonnes": tonnes,
        "project": project,
        "project_type": project_type,
        "methodology": methodology,
        "origin": origin,
        "first_serial": first_serial,
        "proof": proof,
    }
    if boundary:
        fields["boundary"] = boundary
    session.act(act, "issue_offsets", fields)


@as_operator
def serials(
    desk: Desk, account: Annotated[str, typer.Option("--account", help="Only of this account (交易账户).")] = ""
) -> None:
    """List serial numbers of offsets: who holds them, what was surrendered and canceled (减排量序列号)."""
    session.operator_reads(desk, "serials (序列号)", lambda client: client.serials.of(account))


@as_act()
def cancel_units(
    act: Act,
    account: Code,
    instrument: Instrument,
    tonnes: Tonnes,
    kind: Annotated[str, typer.Option("--kind", help="voluntary (自愿注销) or reserve (预留注销).")],
) -> None:
    """Cancel units for good (注销); the retention floor stays."""
    fields = {"account": account, "instrument": instrument, "tonnes": tonnes, "kind": kind}
    session.act(act, "cancel_units", fields)


@as_operator
def accounts(desk: Desk) -> None:
    """List all accounts with cash, restriction, retention floor, and where merged and split ones went (交易账户)."""
    session.operator_reads(desk, "accounts (交易账户)", lambda client: client.ops_accounts())


@as_operator
def encumbrances(
    desk: Desk, account: Annotated[str, typer.Option("--account", help="Only of this account (交易账户).")] = ""
) -> None:
    """List units that are frozen, pledged or withdrawn from trading (权利限制)."""
    session.operator_reads(desk, "encumbrances (权利限制)", lambda client: client.ops_encumbrances(account))


@as_operator
def large_holders(desk: Desk) -> None:
    """List who has more of a product than the large-holder threshold (大户报告), over all accounts of one owner."""
    session.operator_reads(desk, "large holders (大户)", lambda client: client.supervision.large_holders())


def register(app: typer.Typer) -> None:
    """Add the registry's commands to `yutan operator`."""
    app.add_typer(emissions_app, name="emissions")
    app.add_typer(obligation_app, name="obligation")
    app.add_typer(objection_app, name="objection")
    for command in (
        preallocate,
        true_up,
        encumber,
        release,
        enforce,
        transfer,
        merge,
        split,
        issue_offsets,
        serials,
        cancel_units,
        accounts,
        encumbrances,
        large_holders,
    ):
        app.command()(command)
