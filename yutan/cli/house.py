"""`yutan init, doctor`: found an exchange, run it, look after it."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from yutan import doctor as doctor_module
from yutan import founding, keys
from yutan.cli import rulebook
from yutan.cli.options import DEFAULT_DATA, DataDir, Json
from yutan.cli.output import EXIT_DATA, console, fail, show
from yutan.settings import Settings, SettingsError, load

RuleBookName = Annotated[str, typer.Option("--rulebook", help="Name of a shipped rule book, or a file (规则).")]


def settings_or_fail(folder: Path, flags: dict[str, Any], as_json: bool) -> Settings:
    """The settings, or every fault of them and exit."""
    try:
        return load(folder, flags)
    except SettingsError as error:
        fail("settings: " + "\n  ".join(["", *error.faults]).lstrip(), code=EXIT_DATA, as_json=as_json)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Fresh data folder (数据目录).")],
    name: RuleBookName = "chongqing",
    operator: Annotated[
        list[str] | None,
        typer.Option("--operator", help="Person id of a founding operator; at least two (操作员)."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Found an exchange (初始化): rule book, two operators, their keys in DIR/keys."""
    text = rulebook.text_of(name, as_json)
    try:
        made = founding.found(folder, text, operator or list(founding.DEFAULT_OPERATORS))
    except (founding.FoundingError, keys.KeyFileError) as error:
        fail(str(error), code=EXIT_DATA, as_json=as_json)
    show(made, as_json=as_json, title="founded (已初始化)")


def doctor(data: DataDir = DEFAULT_DATA, as_json: Json = False) -> None:
    """Look at this machine (体检): Python, core, disk, SQLite, ports."""
    findings = doctor_module.examine(data, settings_or_fail(data, {}, as_json))
    show([finding._asdict() for finding in findings], as_json=as_json, title="yutan doctor")
    if any(finding.verdict == "bad" for finding in findings):
        raise typer.Exit(EXIT_DATA)


def warn(text: str) -> None:
    """Tell people, not programs."""
    if sys.stderr.isatty():
        console(stderr=True).print(text, markup=False)
