"""`yutan place, cancel, …`: what a member may do and see, through the same websocket door as any program."""

from typing import Annotated

import typer

from yutan.cli import inquiries, session
from yutan.cli.options import DEFAULT_DATA, DataDir, Instrument, Json, Url, Who, as_member

AnyName = Annotated[
    str, typer.Argument(help="Order O-12, bid A-12, block offer B-12, or your own client order id (委托、申报、要约).")
]
OrderName = Annotated[str, typer.Argument(help="Order O-12, or your own client order id (委托号).")]
Tonnes = Annotated[int, typer.Argument(help="Tonnes (吨).")]
Price = Annotated[str, typer.Argument(help="Limit price in yuan per tonne, such as 40.10 (限价).")]


@as_member
def place(
    who: Who,
    side: Annotated[str, typer.Argument(help="buy or sell (买/卖).")],
    instrument: Instrument,
    tonnes: Tonnes,
    price: Price,
    time_in_force: Annotated[str, typer.Option("--tif", help="day, ioc or fok (有效期).")] = "day",
    post_only: Annotated[bool, typer.Option("--post-only", help="Refuse rather than trade at once (只挂单).")] = False,
    client_order_id: Annotated[str, typer.Option("--id", help="Your own id; made up where none is given.")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would become of it: rules, fee, hold, fills (试算).")
    ] = False,
) -> None:
    """Place a limit order (下单)."""
    act = inquiries.test if dry_run else session.place
    act(who, side, instrument, tonnes, price, time_in_force, post_only, client_order_id)


@as_member
def cancel(who: Who, order: OrderName) -> None:
    """Cancel an open order (撤单)."""
    session.cancel(who, order)


@as_member
def replace(
    who: Who,
    order: OrderName,
    tonnes: Tonnes,
    price: Price,
) -> None:
    """Change an open order's price and total quantity (改单)."""
    session.replace(who, order, tonnes, price)


@as_member
def explain(who: Who, order: AnyName) -> None:
    """Tell what became of an order, bid or block offer: accepted, waiting, filled and settled, ended and why (委托全程)."""
    inquiries.explain(who, order)


@as_member
def orders(who: Who) -> None:
    """List open orders (未成交委托)."""
    session.orders(who)


@as_member
def cash(who: Who) -> None:
    """Show cash: free, held by orders, settled (资金)."""
    session.cash(who)


@as_member
def allowances(who: Who) -> None:
    """Show units: available, held by orders, locked by T+N (持仓)."""
    session.allowances(who)


@as_member
def obligation(
    who: Who,
    year: Annotated[int, typer.Option("--year", help="Compliance year; none: all (履约年度).")] = 0,
) -> None:
    """Show the own compliance years: allocation, verified emissions, surrendered, shortfall (履约情况)."""
    session.print_obligation(session.obligation(who, year), who.as_json)


@as_member
def fills(
    who: Who,
    count: Annotated[int, typer.Option("--last", min=1, max=10_000, help="How many, newest last.")] = 20,
) -> None:
    """List own trades and how far their settlement has come (成交)."""
    session.fills(who, count)


@as_member
def watch(
    who: Who,
    count: Annotated[int, typer.Option("--count", min=0, help="Leave after so many messages; 0: until Ctrl-C.")] = 0,
) -> None:
    """Follow the own execution reports as they come (成交回报)."""
    session.watch(who, count)


@as_member
def dead_man(
    who: Who, seconds: Annotated[int, typer.Argument(min=0, max=3_600, help="Set again within these; 0: none (秒).")]
) -> None:
    """Set the account's dead-man timer (失联撤单): its orders end unless it is set again in time."""
    session.member_asks(
        who, "dead-man timer (失联撤单)", lambda client: client.controls.set_dead_man(seconds, who.account)
    )


def book(
    instrument: Instrument,
    levels: Annotated[int, typer.Option("--levels", min=1, max=50, help="Price levels a side (档位).")] = 5,
    data: DataDir = DEFAULT_DATA,
    url: Url = "",
    as_json: Json = False,
) -> None:
    """Show the public order book (盘口)."""
    session.book(data, url, instrument, levels, as_json)
