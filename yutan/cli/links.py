"""`yutan operator link …`: accounts of different owners that are watched together, since evidence links them (账户组)."""

from typing import Annotated

import typer

from engine.core.supervision import LINK_KINDS
from yutan.cli import session
from yutan.cli.options import Act, Desk, as_act, as_operator

link_app = typer.Typer(no_args_is_help=True, help="Accounts of different owners that are watched together (账户组).")

Basis = Annotated[str, typer.Option("--basis", help="What it was seen by; the reason, unless given (依据).")]


def register(app: typer.Typer) -> None:
    """Add the commands to `yutan operator`."""
    app.add_typer(link_app, name="link")


@link_app.command("record")
@as_act()
def link_accounts(
    act: Act,
    accounts: Annotated[list[str], typer.Argument(help="Codes of two or more accounts (交易账户).")],
    kind: Annotated[str, typer.Option("--kind", help=f"The evidence, one of: {', '.join(LINK_KINDS)} (类型).")],
    basis: Basis = "",
) -> None:
    """Record that accounts are linked by evidence (登记账户组); limits stay their own, the alerts see them together."""
    if kind not in LINK_KINDS:
        raise typer.BadParameter(f"{kind!r} is not one of {', '.join(LINK_KINDS)}")
    session.act(act, "link_accounts", {"accounts": accounts, "kind": kind, "basis": basis or act.reason})


@link_app.command("end")
@as_act()
def unlink_accounts(
    act: Act,
    link: Annotated[int, typer.Argument(min=1, help="Number of the link (编号).")],
    basis: Basis = "",
) -> None:
    """Record that a link is none, or has ended (解除账户组); the record stays."""
    session.act(act, "unlink_accounts", {"link": link, "basis": basis or act.reason})


@link_app.command("list")
@as_operator
def list_links(
    desk: Desk,
    account: Annotated[str, typer.Option("--account", help="Of this account alone (交易账户).")] = "",
    ended: Annotated[bool, typer.Option("--ended", help="Also those that have ended (含已结束).")] = False,
) -> None:
    """List links between accounts, and which owners are watched together by them (账户组)."""
    session.operator_reads(desk, "links (账户组)", lambda client: client.supervision.links(account, ended=ended))
