"""The options that many commands share, declared once."""

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Concatenate, NamedTuple, ParamSpec, TypeVar

import typer

DataDir = Annotated[
    Path,
    typer.Option("--data", envvar="YUTAN_DATA", help="Data folder of the exchange (数据目录)."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document instead of tables (输出 JSON).")]
Url = Annotated[str, typer.Option("--url", help="Websocket address, where not the exchange on --data.")]
Env = Annotated[str, typer.Option("--env", help="Environment name of the exchange at --url.")]

KeyFile = Annotated[
    Path | None,
    typer.Option("--key", help="Member's private key, PEM; the file's stem is the key id (会员私钥)."),
]
MemberName = Annotated[str, typer.Option("--member", help="Key of this name in the data folder's keys/.")]
Demo = Annotated[bool, typer.Option("--demo", help="Act as the demo market's visitor (演示访客).")]
Instrument = Annotated[str, typer.Argument(help="Instrument code, such as CQEA-25 (品种).")]
Code = Annotated[str, typer.Argument(help="Account code (交易账户).")]
AccountCode = Annotated[str, typer.Option("--account", help="Account code, where the key has several (交易账户).")]

Operator = Annotated[
    str,
    typer.Option("--operator", help="Operator: a person with a key in keys/, or a key file (操作员)."),
]
Why = Annotated[str, typer.Option("--reason", help="Why; journaled (事由).")]
Document = Annotated[str, typer.Option("--document", help="Number of the document it rests on (文号).")]

DEFAULT_DATA = Path("data")

Own = ParamSpec("Own")


class Who(NamedTuple):
    """Which member asks, where, and how to answer: what every command of a member can be told, and how it is told."""

    data: DataDir = DEFAULT_DATA
    key: KeyFile = None
    member: MemberName = ""
    demo: Demo = False
    url: Url = ""
    env: Env = ""
    account: AccountCode = ""
    as_json: Json = False


class Desk(NamedTuple):
    """Which operator asks, where, and how to answer: what every reading command of an operator is told."""

    operator: Operator
    data: DataDir = DEFAULT_DATA
    as_json: Json = False

    def act(self, reason: str, document: str) -> "Act":
        """What is done here with this reason, where the command has it as an argument of its own."""
        return Act(self.operator, reason, document, self.data, self.as_json)


class Act(NamedTuple):
    """The same for an act, which is journaled: also why, and on what document it rests."""

    operator: Operator
    reason: Why
    document: Document = ""
    data: DataDir = DEFAULT_DATA
    as_json: Json = False

    @property
    def desk(self) -> Desk:
        """Who acts, as who reads: an act may have to ask something first."""
        return Desk(self.operator, self.data, self.as_json)


Told = TypeVar("Told", Who, Desk, Act)


def as_member(command: Callable[Concatenate[Who, Own], None]) -> Callable[..., None]:
    """A member's command: its first parameter is a `Who`."""
    return _told(command, Who)


def as_operator(command: Callable[Concatenate[Desk, Own], None]) -> Callable[..., None]:
    """An operator's reading command: its first parameter is a `Desk`."""
    return _told(command, Desk)


def as_act(reason: str = "") -> Callable[[Callable[Concatenate[Act, Own], None]], Callable[..., None]]:
    """An operator's act: its first parameter is an `Act`. Without a usual `reason` the operator has to give one."""

    def declare(command: Callable[Concatenate[Act, Own], None]) -> Callable[..., None]:
        return _told(command, Act, **({"reason": reason} if reason else {}))

    return declare


def _told(
    command: Callable[Concatenate[Told, Own], None], kind: Callable[..., Told], **defaults: str
) -> Callable[..., None]:
    """On the command line the command has the fields of `kind` as options beside its own."""
    shared: list[inspect.Parameter] = [
        field.replace(default=defaults.get(field.name, field.default))
        for field in inspect.signature(kind).parameters.values()
    ]

    @wraps(command)
    def told(**given: Any) -> None:
        who = kind(**{field.name: given.pop(field.name) for field in shared})
        command(who, **given)  # type: ignore[call-arg]  # what is left is named as its own parameters are

    parameters = [*list(inspect.signature(command).parameters.values())[1:], *shared]
    parameters.sort(key=lambda parameter: parameter.default is not parameter.empty)  # as a signature demands
    told.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what Typer reads
    return told
