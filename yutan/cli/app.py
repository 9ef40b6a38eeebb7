"""The tree of commands."""

import typer

from yutan.cli import auction, block, calendar, house, market, member, operator, rulebook

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="渝碳 Yutan: the exchange of a regional carbon market (区域碳市场交易所).",
)
app.command()(house.init)
app.command()(market.serve)
app.command()(market.demo)
app.command()(market.replay)
app.command()(house.verify)
app.command()(house.doctor)
app.add_typer(rulebook.app, name="rulebook")
app.add_typer(calendar.app, name="calendar")
for _command in (
    member.place,
    member.cancel,
    member.replace,
    member.orders,
    member.cash,
    member.allowances,
    member.obligation,
    member.fills,
    member.watch,
    member.book,
):
    app.command()(_command)
app.add_typer(block.app, name="block")
operator.app.add_typer(auction.operator_app, name="auction")
app.add_typer(auction.app, name="auction")
app.add_typer(operator.app, name="operator")
