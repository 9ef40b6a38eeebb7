"""The options that many commands share, declared once."""

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Concatenate, NamedTuple, ParamSpec

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


def as_member(command: Callable[Concatenate[Who, Own], None]) -> Callable[..., None]:
    """A command whose first parameter is a `Who`: on the command line it has the options of `Who` behind its own."""
    own = list(inspect.signature(command).parameters.values())[1:]

    @wraps(command)
    def told(**given: Any) -> None:
        who = Who(**{name: given.pop(name) for name in Who._fields})
        command(who, **given)  # type: ignore[call-arg]  # what is left is named as its own parameters are

    parameters = [*own, *inspect.signature(Who).parameters.values()]
    told.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what Typer reads
    return told
