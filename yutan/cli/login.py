"""`yutan login …` and `yutan operator login …`: codes by which a person makes a login for a browser (浏览器登录)."""

from typing import Annotated

import typer

from yutan.cli import session
from yutan.cli.options import Act, Desk, Who, as_act, as_member, as_operator
from yutan.cli.output import show

app = typer.Typer(no_args_is_help=True, help="One's own login for a browser (浏览器登录).")
operator_app = typer.Typer(no_args_is_help=True, help="Logins for a browser (浏览器登录).")

TITLE = "type it at /login (登录码)"


@app.command()
@as_member
def code(who: Who) -> None:
    """Get a one-time code for one's own login, with the key of a user (取得登录码)."""
    session.member_asks(who, TITLE, lambda client: client.logins.new_code())


@operator_app.command("code")
@as_operator
def operator_code(desk: Desk) -> None:
    """Get a one-time code for one's own login, with one's own key (取得登录码)."""
    session.operator_reads(desk, TITLE, lambda client: client.logins.new_code())


@operator_app.command("new")
@as_act("login for a person")
def new_login(
    act: Act,
    name: Annotated[str, typer.Argument(help="Name to log in with; becomes a key that nobody can sign with (用户名).")],
    user: Annotated[str, typer.Option("--user", help="Whose login it is: an appointed user (操作人员).")],
    account: Annotated[list[str], typer.Option("--account", help="Account it is for; repeat for more (交易账户).")],
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="view, trade, cancel, limits, transfer, file; default view.")
    ] = None,
) -> None:
    """Register a login for a user who has no key (登记浏览器登录); its one-time code works once two operators agree."""
    from gateway.logins import factors

    login_code = factors.new_code()
    fields = {
        "key_id": name,
        "public_key": factors.fingerprint(name, login_code).hex(),
        "accounts": account,
        "scopes": scope or ["view"],
        "user": user,
    }
    answer = session.act_answer(act, "register_key", fields)
    show(answer | {"login_code": login_code}, as_json=act.as_json, title=TITLE)
