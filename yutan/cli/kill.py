"""`yutan kill …` and `yutan operator kill …`: stop an account, a participant, an instrument or the market at once (紧急停止)."""

from typing import Annotated, Any

import typer

from yutan.cli import session
from yutan.cli.options import Act, Desk, Who, as_act, as_member, as_operator
from yutan.cli.output import fail

app = typer.Typer(no_args_is_help=True, help="Stop oneself at once; two users let go again (紧急停止).")
operator_app = typer.Typer(no_args_is_help=True, help="Kill switches: one operator stops, two let go (紧急停止).")

Switch = Annotated[str, typer.Argument(help="Kill switch, such as X-3 (紧急停止编号).")]
Note = Annotated[str, typer.Option("--note", help="Why; journaled (事由).")]


@app.command()
@as_member
def engage(
    who: Who,
    is_all: Annotated[bool, typer.Option("--all", help="All accounts of the participant (全部账户).")] = False,
    note: Note = "",
) -> None:
    """Stop at once (紧急停止): open orders end, nothing new is taken, cancels and surrender stay possible."""
    kind: Any = "participant" if is_all else "account"
    session.member_asks(
        who, "stopped (已停止)", lambda client: client.controls.engage(who.account, kind=kind, note=note)
    )


@app.command()
@as_member
def release(who: Who, switch: Switch, note: Note = "") -> None:
    """Ask to let go (解除紧急停止): a second user approves it with `yutan own approve`."""
    session.member_asks(who, "waits for a second user (待复核)", lambda client: client.controls.release(switch, note))


@app.command("list")
@as_member
def list_own(who: Who) -> None:
    """List what stops the key's accounts (生效中的紧急停止)."""
    session.member_asks(who, "kill switches (紧急停止)", lambda client: client.controls.switches(who.account))


@operator_app.command("engage")
@as_act()
def operator_engage(
    act: Act,
    is_market: Annotated[bool, typer.Option("--market", help="The whole market (全市场).")] = False,
    instrument: Annotated[str, typer.Option("--instrument", help="This instrument (品种).")] = "",
    participant: Annotated[int, typer.Option("--participant", help="All accounts of this participant (参与人).")] = 0,
    account: Annotated[str, typer.Option("--account", help="This account (交易账户).")] = "",
    basis: Annotated[str, typer.Option("--basis", help="Rule or finding it rests on (依据).")] = "",
) -> None:
    """Stop a market, an instrument, a participant or an account at once (紧急停止)."""
    named = {"market": is_market, "instrument": instrument, "participant": participant, "account": account}
    given = [kind for kind, value in named.items() if value]
    if len(given) != 1:
        fail("name one of --market, --instrument, --participant, --account", code=2, as_json=act.as_json)
    fields: dict[str, Any] = {"kind": given[0]}
    if not is_market:
        fields[given[0]] = named[given[0]]
    if basis:
        fields["basis"] = basis
    session.act(act, "engage_kill_switch", fields)


@operator_app.command("release")
@as_act()
def operator_release(act: Act, switch: Switch) -> None:
    """Let go (解除紧急停止), by two operators; a halted market or instrument is resumed by `resume` afterwards."""
    session.act(act, "release_kill_switch", {"kill_switch_id": switch})


@operator_app.command("list")
@as_operator
def operator_list(desk: Desk) -> None:
    """List all kill switches in force, members' own among them (生效中的紧急停止)."""
    session.operator_reads(desk, "kill switches (紧急停止)", lambda client: client.controls.all_switches())
