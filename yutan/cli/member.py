"""`yutan place, cancel, …`: what a member may do and see, through the same websocket door as any program."""

from typing import Annotated

import typer

from yutan.cli import session
from yutan.cli.options import DEFAULT_DATA, AccountCode, DataDir, Demo, Env, Instrument, Json, KeyFile, MemberName, Url
from yutan.cli.session import Who

OrderName = Annotated[str, typer.Argument(help="Order O-12, or your own client order id (委托号).")]
Tonnes = Annotated[int, typer.Argument(help="Tonnes (吨).")]
Price = Annotated[str, typer.Argument(help="Limit price in yuan per tonne, such as 40.10 (限价).")]


def place(
    side: Annotated[str, typer.Argument(help="buy or sell (买/卖).")],
    instrument: Instrument,
    tonnes: Tonnes,
    price: Price,
    time_in_force: Annotated[str, typer.Option("--tif", help="day, ioc or fok (有效期).")] = "day",
    post_only: Annotated[bool, typer.Option("--post-only", help="Refuse rather than trade at once (只挂单).")] = False,
    client_order_id: Annotated[str, typer.Option("--id", help="Your own id; made up where none is given.")] = "",
    account: AccountCode = "",
    data: DataDir = DEFAULT_DATA,
    key: KeyFile = None,
    member: MemberName = "",
    demo: Demo = False,
    url: Url = "",
    env: Env = "",
    as_json: Json = False,
) -> None:
    """Place a limit order (下单)."""
    who = Who(data, key, member, demo, url, env, account, as_json)
    session.place(who, side, instrument, tonnes, price, time_in_force, post_only, client_order_id)


def cancel(
    order: OrderName,
    account: AccountCode = "",
    data: DataDir = DEFAULT_DATA,
    key: KeyFile = None,
    member: MemberName = "",
    demo: Demo = False,
    url: Url = "",
    env: Env = "",
    as_json: Json = False,
) -> None:
    """Cancel an open order (撤单)."""
    session.cancel(Who(data, key, member, demo, url, env, account, as_json), order)


def replace(
    order: OrderName,
    tonnes: Tonnes,
    price: Price,
    account: AccountCode = "",
    data: DataDir = DEFAULT_DATA,
    key: KeyFile = None,
    member: MemberName = "",
    demo: Demo = False,
    url: Url = "",
    env: Env = "",
    as_json: Json = False,
) -> None:
    """Change an open order's price and total quantity (改单)."""
    session.replace(Who(data, key, member, demo, url, env, account, as_json), order, tonnes, price)


def orders(
    account: AccountCode = "",
    data: DataDir = DEFAULT_DATA,
    key: KeyFile = None,
    member: MemberName = "",
    demo: Demo = False,
    url: Url = "",
    env: Env = "",
    as_json: Json = False,
) -> None:
    """List open orders (未成交委托)."""
    session.orders(Who(data, key, member, demo, url, env, account, as_json))


def cash(
    account: AccountCode = "",
    data: DataDir = DEFAULT_DATA,
    key: KeyFile = None,
    member: MemberName = "",
    demo: Demo = False,
    url: Url = "",
    env: Env = "",
    as_json: Json = False,
) -> None:
    """Show cash: free, held by orders, settled (资金)."""
    session.cash(Who(data, key, member, demo, url, env, account, as_json))


def allowances(
    account: AccountCode = "",
    data: DataDir = DEFAULT_DATA,
    key: KeyFile = None,
    member: MemberName = "",
    demo: Demo = False,
    url: Url = "",
    env: Env = "",
    as_json: Json = False,
) -> None:
    """Show units: available, held by orders, locked by T+N (持仓)."""
    session.allowances(Who(data, key, member, demo, url, env, account, as_json))


def obligation(
    year: Annotated[int, typer.Option("--year", help="Compliance year; none: all (履约年度).")] = 0,
    account: AccountCode = "",
    data: DataDir = DEFAULT_DATA,
    key: KeyFile = None,
    member: MemberName = "",
    demo: Demo = False,
    url: Url = "",
    env: Env = "",
    as_json: Json = False,
) -> None:
    """Show the own compliance years: allocation, verified emissions, surrendered, shortfall (履约情况)."""
    session.print_obligation(
        session.obligation(Who(data, key, member, demo, url, env, account, as_json), year), as_json
    )


def fills(
    count: Annotated[int, typer.Option("--last", min=1, max=10_000, help="How many, newest last.")] = 20,
    account: AccountCode = "",
    data: DataDir = DEFAULT_DATA,
    key: KeyFile = None,
    member: MemberName = "",
    demo: Demo = False,
    url: Url = "",
    env: Env = "",
    as_json: Json = False,
) -> None:
    """List own trades and how far their settlement has come (成交)."""
    session.fills(Who(data, key, member, demo, url, env, account, as_json), count)


def watch(
    count: Annotated[int, typer.Option("--count", min=0, help="Leave after so many messages; 0: until Ctrl-C.")] = 0,
    account: AccountCode = "",
    data: DataDir = DEFAULT_DATA,
    key: KeyFile = None,
    member: MemberName = "",
    demo: Demo = False,
    url: Url = "",
    env: Env = "",
    as_json: Json = False,
) -> None:
    """Follow the own execution reports as they come (成交回报)."""
    session.watch(Who(data, key, member, demo, url, env, account, as_json), count)


def book(
    instrument: Instrument,
    levels: Annotated[int, typer.Option("--levels", min=1, max=50, help="Price levels a side (档位).")] = 5,
    data: DataDir = DEFAULT_DATA,
    url: Url = "",
    as_json: Json = False,
) -> None:
    """Show the public order book (盘口)."""
    session.book(data, url, instrument, levels, as_json)
