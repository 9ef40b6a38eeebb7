"""`yutan limits …`: the limits that a member sets for its own account (自设限额)."""

from typing import Annotated

import typer

from yutan.cli import session
from yutan.cli.options import Who, as_member

app = typer.Typer(no_args_is_help=True, help="Limits of one's own: order value and quantity, open value (自设限额).")


@app.command()
@as_member
def show(who: Who) -> None:
    """Show the own limits and what is open (自设限额)."""
    session.member_asks(who, "own limits (自设限额, CNY)", lambda client: client.controls.limits(who.account))


@app.command("set")
@as_member
def set_limits(
    who: Who,
    order_value: Annotated[
        str, typer.Option("--order-value", help="Most that one order is worth, yuan; 0: none.")
    ] = "",
    order_quantity: Annotated[int, typer.Option("--order-quantity", help="Most tonnes of one order; 0: none.")] = -1,
    open_value: Annotated[str, typer.Option("--open-value", help="Most that all open is worth, yuan; 0: none.")] = "",
    note: Annotated[str, typer.Option("--note", help="Why; journaled (事由).")] = "",
) -> None:
    """Set limits (设定限额): tighter ones hold at once, looser ones wait for a second user (`yutan own approve`)."""
    session.member_asks(
        who,
        "own limits (自设限额)",
        lambda client: client.controls.set_limits(
            who.account,
            order_value_max=order_value,
            order_quantity_max=order_quantity,
            open_value_max=open_value,
            note=note,
        ),
    )
