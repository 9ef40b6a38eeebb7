"""`yutan block …`: block trades (大宗协议) of a member, through the same websocket door as any program."""

from typing import Annotated

import typer

from yutan.blocks import OpenOffer
from yutan.cli import session
from yutan.cli.member import Price, Tonnes
from yutan.cli.options import Act, Desk, Instrument, Who, as_act, as_member, as_operator
from yutan.client import Client

app = typer.Typer(no_args_is_help=True, help="Block trades: offer, counter, confirm, decline, withdraw (大宗协议).")

Block = Annotated[str, typer.Argument(help="Block offer, such as B-12 (大宗协议申报).")]
OfferId = Annotated[str, typer.Option("--id", help="Your own id; made up where none is given.")]


@app.command()
@as_member
def offer(
    who: Who,
    side: Annotated[str, typer.Argument(help="buy or sell: what you would do (买/卖).")],
    instrument: Instrument,
    tonnes: Tonnes,
    price: Price,
    to: Annotated[
        list[str], typer.Option("--to", help="Account it is for; several make a group offer (定向/群组申报对象).")
    ],
    client_offer_id: OfferId = "",
) -> None:
    """Offer a block: all of it, to the first that confirms, until the day's end (发出申报)."""
    session.member_asks(
        who,
        "offered (已申报)",
        lambda client: client.blocks.offer(
            instrument, side, tonnes, price, to, client_offer_id=client_offer_id, account=who.account
        ),
    )


@app.command()
@as_member
def counter(
    who: Who,
    block: Block,
    tonnes: Tonnes,
    price: Price,
    client_offer_id: OfferId = "",
) -> None:
    """Answer an offer with another price or quantity (反申报)."""
    session.member_asks(
        who,
        "countered (已反申报)",
        lambda client: client.blocks.counter(
            block, tonnes, price, client_offer_id=client_offer_id, account=who.account
        ),
    )


@app.command()
@as_member
def confirm(who: Who, block: Block) -> None:
    """Accept an offer as it stands: the trade is made (确认成交)."""
    session.member_asks(who, "traded (已成交)", lambda client: client.blocks.confirm(block, account=who.account))


@app.command()
@as_member
def decline(who: Who, block: Block) -> None:
    """Turn an offer down (拒绝)."""
    session.member_asks(who, "declined (已拒绝)", lambda client: client.blocks.decline(block, account=who.account))


@app.command()
@as_member
def withdraw(
    who: Who,
    block: Annotated[str, typer.Argument(help="Block offer B-12, or your own client offer id.")],
) -> None:
    """Take your own open offer back (撤回)."""
    is_number = block.startswith("B-") and block[2:].isdigit()
    name = {"block_id" if is_number else "client_offer_id": block}
    session.member_asks(who, "withdrawn (已撤回)", lambda client: client.blocks.withdraw(account=who.account, **name))


@app.command("list")
@as_member
def list_offers(who: Who) -> None:
    """List the day's offers, made and received (当日申报)."""
    session.member_asks(who, "block offers (大宗协议申报)", lambda client: client.blocks.offers(account=who.account))


# ---- operators ------------------------------------------------------------------------------------------

operator_app = typer.Typer(no_args_is_help=True, help="Hours of block trading, and what is open (大宗协议).")


@operator_app.command("open")
@as_act("open block trading")
def open_window(act: Act) -> None:
    """Open block trading (开放大宗协议交易时段); the timetable does it by the rule book's hours."""
    session.act(act, "open_block_window", {})


@operator_app.command("close")
@as_act("close block trading")
def close_window(act: Act) -> None:
    """Close block trading (关闭大宗协议交易时段); open offers stay until the day's end."""
    session.act(act, "close_block_window", {})


@operator_app.command("list")
@as_operator
def list_open(desk: Desk) -> None:
    """List open offers with their parties (未了结申报)."""
    session.operator_reads(desk, "open block offers", _all_open)


async def _all_open(client: Client) -> list[OpenOffer]:
    found: list[OpenOffer] = []
    while True:
        page = await client.blocks.open_offers(found[-1].block_id if found else "")
        found += page.offers
        if not page.more:
            return found
