"""`yutan operator participant|user|ban …`: who takes part, with which qualifications, by whose hands."""

from typing import Annotated, Any

import typer

from gateway.protocol.times import day_text
from yutan.cli import session
from yutan.cli.options import Act, Code, Desk, as_act, as_operator

participant_app = typer.Typer(
    no_args_is_help=True, help="Participants: admission, qualification, suspension (交易参与人)."
)
user_app = typer.Typer(no_args_is_help=True, help="Users: persons who act for a participant (操作人员).")
ban_app = typer.Typer(no_args_is_help=True, help="Who may not take part (禁止参与名单).")
association_app = typer.Typer(no_args_is_help=True, help="Who controls whom: limits are shared (关联关系).")

Participant = Annotated[
    int, typer.Argument(min=1, help="Number of the participant: the owner of its accounts (参与人编号).")
]
Identity = Annotated[
    str,
    typer.Option(
        "--identity", help="Unified social credit code, or the exchange's own number (统一社会信用代码或编号)."
    ),
]
Name = Annotated[str, typer.Argument(help="Name (名称).")]
Home = Annotated[str, typer.Option("--home", help="Province or city of registration (注册地).")]
Basis = Annotated[str, typer.Option("--basis", help="Rule or finding it rests on (依据).")]
User = Annotated[str, typer.Argument(help="Id of the user (操作人员代码).")]


@participant_app.command()
@as_act("admit a participant")
def admit(act: Act, participant: Participant, name: Name, identity: Identity, home: Home = "") -> None:
    """Admit a participant (准入), to be qualified, suspended, associated, and to have users."""
    fields = _record(participant, name, identity, home)
    session.act(act, "admit_participant", fields)


@participant_app.command()
@as_act()
def amend(act: Act, participant: Participant, name: Name, identity: Identity, home: Home = "") -> None:
    """Change what is recorded of a participant (信息变更): everything is as given here from now on."""
    fields = _record(participant, name, identity, home)
    session.act(act, "amend_participant", fields)


def _record(participant: int, name: str, identity: str, home: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"participant": participant, "identity": identity, "name": name}
    return fields | ({"home": home} if home else {})


@participant_app.command()
@as_act("record a qualification")
def qualify(
    act: Act,
    participant: Participant,
    kind: Annotated[str, typer.Argument(help="Qualification as the rule book names it, such as suitability (条件).")],
    first: Annotated[int, typer.Option("--from", help="First day in force, yyyymmdd (起始日).")],
    until: Annotated[int, typer.Option("--until", help="Last day in force, yyyymmdd; none: no end (到期日).")] = 0,
    assets: Annotated[str, typer.Option("--assets", help="Net worth stated, in yuan (净资产).")] = "",
) -> None:
    """Record a qualification (适当性): a suitability test, a statement of net worth, a contract."""
    fields: dict[str, Any] = {"participant": participant, "kind": kind, "from_day": day_text(first)}
    if until:
        fields["until_day"] = day_text(until)
    if assets:
        fields["assets"] = assets
    session.act(act, "qualify", fields)


@participant_app.command()
@as_act()
def disqualify(
    act: Act,
    participant: Participant,
    kind: Annotated[str, typer.Argument(help="Qualification as recorded (条件).")],
    basis: Basis = "",
) -> None:
    """Take a qualification away (取消适当性); open orders of accounts that need it are canceled."""
    fields = {"participant": participant, "kind": kind, "basis": basis or act.reason}
    session.act(act, "disqualify", fields)


@participant_app.command()
@as_act()
def suspend(act: Act, participant: Participant, basis: Basis = "") -> None:
    """Suspend a participant (暂停交易资格): all its accounts and keys, at once; surrender stays possible."""
    fields = {"participant": participant, "basis": basis or act.reason}
    session.act(act, "suspend_participant", fields)


@participant_app.command()
@as_act()
def reinstate(act: Act, participant: Participant, basis: Basis = "") -> None:
    """End a suspension (恢复交易资格)."""
    fields = {"participant": participant, "basis": basis or act.reason}
    session.act(act, "reinstate_participant", fields)


@participant_app.command("list")
@as_operator
def list_participants(desk: Desk) -> None:
    """List participants with accounts, qualifications and users (交易参与人)."""
    session.operator_reads(desk, "participants (交易参与人)", lambda client: client.participants.all())


@user_app.command()
@as_act("appoint a user")
def appoint(
    act: Act,
    user: User,
    name: Name,
    participant: Annotated[int, typer.Option("--participant", min=1, help="For which participant (参与人编号).")],
    identity: Identity,
    right: Annotated[
        list[str], typer.Option("--right", help="view, trade, cancel, transfer or file; repeat for more (权限).")
    ],
) -> None:
    """Appoint a person as user of a participant (登记操作人员); keys follow with register-key --user."""
    fields = {"user": user, "participant": participant, "name": name, "identity": identity, "rights": right}
    session.act(act, "appoint_user", fields)


@user_app.command()
@as_act()
def remove(act: Act, user: User, basis: Basis = "") -> None:
    """Remove a user (移除操作人员): their keys are revoked and their connections end at once."""
    session.act(act, "remove_user", {"user": user, "basis": basis or act.reason})


@ban_app.command("add")
@as_act()
def ban(
    act: Act,
    identity: Annotated[str, typer.Argument(help="Credit code, or the exchange's own number (标识).")],
    name: Name,
    basis: Basis = "",
) -> None:
    """Ban a person or body (禁止参与): as a user they are removed, as a participant suspended."""
    fields = {"identity": identity, "name": name, "basis": basis or act.reason}
    session.act(act, "ban_person", fields)


@ban_app.command("lift")
@as_act()
def lift_ban(
    act: Act, identity: Annotated[str, typer.Argument(help="Identity on the list (标识).")], basis: Basis = ""
) -> None:
    """Take an identity off the list (解除禁止); who was suspended by it is reinstated apart."""
    session.act(act, "lift_ban", {"identity": identity, "basis": basis or act.reason})


@ban_app.command("list")
@as_operator
def list_bans(desk: Desk) -> None:
    """List who may not take part (禁止参与名单)."""
    session.operator_reads(desk, "banned (禁止参与名单)", lambda client: client.participants.bans())


@association_app.command("record")
@as_act()
def associate(
    act: Act,
    controller: Annotated[int, typer.Argument(min=1, help="Number of who controls (控制方).")],
    controlled: Annotated[int, typer.Argument(min=1, help="Number of who is controlled (被控制方).")],
    share: Annotated[int, typer.Option("--share-bp", help="Share in basis points, above 5000 (持股比例).")],
    first: Annotated[int, typer.Option("--from", help="First day, yyyymmdd (起始日).")],
    until: Annotated[int, typer.Option("--until", help="Last day, yyyymmdd; none: no end (截止日).")] = 0,
    basis: Basis = "",
) -> None:
    """Record that one participant controls another (登记关联关系): from then on they share limits."""
    fields: dict[str, Any] = {
        "controller": controller,
        "controlled": controlled,
        "share_bp": share,
        "from_day": day_text(first),
        "basis": basis or act.reason,
    }
    if until:
        fields["until_day"] = day_text(until)
    session.act(act, "associate", fields)


@association_app.command("end")
@as_act()
def dissociate(
    act: Act,
    association: Annotated[int, typer.Argument(min=1, help="Number of the association (关联关系编号).")],
    until: Annotated[int, typer.Option("--until", help="Last day, yyyymmdd (截止日).")],
    basis: Basis = "",
) -> None:
    """Record the last day of an association (解除关联关系)."""
    fields = {"association": association, "until_day": day_text(until), "basis": basis or act.reason}
    session.act(act, "dissociate", fields)


@association_app.command("list")
@as_operator
def list_associations(desk: Desk) -> None:
    """List who controls whom, and who counts as one today (关联关系)."""
    session.operator_reads(desk, "associations (关联关系)", lambda client: client.participants.associations())


@as_act()
def leave(
    act: Act,
    account: Code,
    until: Annotated[int, typer.Option("--until", help="Last day on which it may sell, yyyymmdd (可卖出截止日).")],
    last_year: Annotated[int, typer.Option("--last-year", help="Last compliance year it owes here (最后履约年度).")],
) -> None:
    """A key emitter leaves for the national market (退出地方市场): no more units, sells until a day, closed once empty."""
    fields = {"account": account, "until_day": day_text(until), "last_year": last_year}
    session.act(act, "exit_to_national_market", fields)


@as_act()
def close_account(act: Act, account: Code) -> None:
    """Close an account that has and owes nothing (销户); it stays as history."""
    session.act(act, "close_account", {"account": account})


def register(app: typer.Typer) -> None:
    """Put these commands under `yutan operator`."""
    app.add_typer(participant_app, name="participant")
    app.add_typer(user_app, name="user")
    app.add_typer(ban_app, name="ban")
    app.add_typer(association_app, name="association")
    app.command("exit-to-national")(leave)
    app.command("close-account")(close_account)
