"""`yutan intention …`: adverts that bind nobody (意向申报)."""

from typing import Annotated

import typer

from gateway.protocol.times import day_text
from yutan.cli import session
from yutan.cli.member import Tonnes
from yutan.cli.options import DEFAULT_DATA, DataDir, Instrument, Json, Url, Who, as_member

app = typer.Typer(no_args_is_help=True, help="Intentions, adverts that bind nobody: post, withdraw, list (意向申报).")


@app.command()
@as_member
def post(
    who: Who,
    side: Annotated[str, typer.Argument(help="buy or sell (买/卖).")],
    instrument: Instrument,
    tonnes: Tonnes,
    price: Annotated[str, typer.Option("--price", help="In yuan, where one is named (意向价格).")] = "",
    until: Annotated[int, typer.Option("--until", help="Last day, yyyymmdd; none: the day's end (有效期).")] = 0,
    named: Annotated[bool, typer.Option("--named", help="Let the public read who posts it (公开名称).")] = False,
    contact: Annotated[str, typer.Option("--contact", help="How to answer; public (联系方式).")] = "",
) -> None:
    """Put an advert on the public board (发布意向): it holds nothing and binds nobody."""
    session.member_asks(
        who,
        "posted (已发布)",
        lambda client: client.intentions.post(
            instrument, side, tonnes, price,
            until_day=day_text(until) if until else "", named=named, contact=contact, account=who.account,
        ),
    )  # fmt: skip


@app.command()
@as_member
def withdraw(who: Who, intention: Annotated[str, typer.Argument(help="Intention, such as V-12 (意向申报).")]) -> None:
    """Take an advert down (撤销意向)."""
    session.member_asks(who, "withdrawn (已撤销)", lambda client: client.intentions.withdraw(intention, who.account))


@app.command("list")
def list_board(data: DataDir = DEFAULT_DATA, url: Url = "", as_json: Json = False) -> None:
    """Show the public board, newest first (意向公示)."""
    session.visitor_reads(data, url, as_json, "intentions (意向申报)", lambda client: client.intentions.board())
