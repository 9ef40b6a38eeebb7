"""`yutan surrender …`: a unit's own surrender filing, by two of its persons; `yutan operator filing …`: the registry's decision."""

from typing import Annotated

import typer

from yutan.cli import session
from yutan.cli.options import Act, Desk, Who, as_act, as_member, as_operator
from yutan.cli.output import fail, show

app = typer.Typer(no_args_is_help=True, help="Surrender filings: file, confirm, withdraw (清缴申报).")
operator_app = typer.Typer(no_args_is_help=True, help="Surrender filings of units: list, confirm, reject (清缴申报).")

Filing = Annotated[str, typer.Argument(help="Filing, such as S-12 (清缴申报).")]
Year = Annotated[int, typer.Option("--year", min=2000, max=2999, help="Compliance year (履约年度).")]


@app.command()
@as_member
def file(
    who: Who,
    lines: Annotated[list[str], typer.Argument(help="INSTRUMENT=TONNES, such as CQEA-25=400; several (品种=吨).")],
    year: Year,
    final: Annotated[bool, typer.Option("--final", help="This is all of the year (年度最终申报).")] = False,
) -> None:
    """Begin a filing as the unit's first person (发起申报); a second one confirms it."""
    units: dict[str, int] = {}
    for line in lines:
        instrument, _, tonnes = line.partition("=")
        if not (instrument and tonnes.isdecimal()) or instrument in units:
            fail(f"{line}: must be INSTRUMENT=TONNES, each instrument once", code=2, as_json=who.as_json)
        units[instrument] = int(tonnes)
    session.member_asks(
        who, "filed (已申报)", lambda client: client.filings.file(year, units, final=final, account=who.account)
    )


@app.command()
@as_member
def confirm(who: Who, filing: Filing) -> None:
    """Confirm a filing as the unit's second person (确认申报): its units wait for the registry."""
    session.member_asks(who, "pending (待清缴确认)", lambda client: client.filings.confirm(filing, who.account))


@app.command()
@as_member
def withdraw(who: Who, filing: Filing) -> None:
    """Take a filing back before the registry has decided (撤回申报)."""
    session.member_asks(who, "withdrawn (已撤回)", lambda client: client.filings.withdraw(filing, who.account))


@app.command("list")
@as_member
def list_filings(
    who: Who, year: Annotated[int, typer.Option("--year", help="Only of this year (履约年度).")] = 0
) -> None:
    """List the unit's own filings with their status and why one was rejected (申报记录)."""
    rows = [row for found in session.obligation(who, year).years for row in found.filings]
    show(rows, as_json=who.as_json, title="surrender filings (清缴申报)")


# ---- operators ------------------------------------------------------------------------------------------


@operator_app.command("list")
@as_operator
def list_waiting(desk: Desk) -> None:
    """List filings that wait for a unit's second person or for the registry (待办申报)."""
    session.operator_reads(desk, "surrender filings (清缴申报)", lambda client: client.filings.waiting())


@operator_app.command("confirm")
@as_act("surrender filing")
def confirm_filing(act: Act, filing: Filing) -> None:
    """Confirm a filing (确认清缴): its units are surrendered for good; a final one ends the year's retention."""
    session.act(act, "decide_filing", {"filing_id": filing, "confirmed": True, "note": act.reason})


@operator_app.command("reject")
@as_act()
def reject_filing(act: Act, filing: Filing) -> None:
    """Reject a filing (退回申报): its units are free again, and the unit reads the reason."""
    session.act(act, "decide_filing", {"filing_id": filing, "confirmed": False, "note": act.reason})
