"""`yutan init, serve, rulebook, doctor, verify`: found an exchange, run it, look after it."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.core import phases, rulebook
from yutan import doctor as doctor_module
from yutan import founding, keys
from yutan.cli.options import DEFAULT_DATA, DataDir, Json
from yutan.cli.output import EXIT_DATA, EXIT_MISSING, console, emit_json, fail, show
from yutan.settings import Settings, SettingsError, load
from yutan.verify import VerifyError
from yutan.verify import verify as verify_folder

rulebook_app = typer.Typer(no_args_is_help=True, help="The market's rules (交易规则).")

RuleBookName = Annotated[str, typer.Option("--rulebook", help="Name of a shipped rule book, or a file (规则).")]


def rulebook_text(name: str, as_json: bool) -> str:
    """The text of a shipped rule book or of a file."""
    try:
        path = Path(name)
        return path.read_text(encoding="utf-8") if path.suffix == ".toml" else rulebook.shipped(name)
    except (OSError, UnicodeDecodeError, rulebook.RuleBookError) as error:
        fail(f"rule book {name}: {error}", code=EXIT_MISSING, as_json=as_json)


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
    text = rulebook_text(name, as_json)
    try:
        made = founding.found(folder, text, operator or list(founding.DEFAULT_OPERATORS))
    except (founding.FoundingError, keys.KeyFileError) as error:
        fail(str(error), code=EXIT_DATA, as_json=as_json)
    show(made, as_json=as_json, title="founded (已初始化)")


@rulebook_app.command("check")
def rulebook_check(
    name: Annotated[str, typer.Argument(help="Name of a shipped rule book, or a .toml file.")],
    as_json: Json = False,
) -> None:
    """Check a rule book and say every fault (校验规则)."""
    text = rulebook_text(name, as_json)
    try:
        book = rulebook.parse(text)
    except rulebook.RuleBookError as error:
        faults = "\n".join(error.faults)
        fail(f"{len(error.faults)} faults\n{faults}", code=EXIT_DATA, as_json=as_json, data={"faults": error.faults})
    unsure = sorted(key for key, origin in book.provenance.items() if not origin.confidence.startswith("confirmed"))
    answer = {"market": book.market, "version": book.version, "products": list(book.products), "to_confirm": unsure}
    show(answer, as_json=as_json, title="rule book is valid (规则有效)")


@rulebook_app.command("show")
def rulebook_show(
    name: Annotated[str, typer.Argument(help="Name of a shipped rule book, or a .toml file.")] = "chongqing",
    as_json: Json = False,
) -> None:
    """Show the rules with source and confidence (查看规则)."""
    try:
        book = rulebook.parse(rulebook_text(name, as_json))
    except rulebook.RuleBookError as error:
        fail(str(error), code=EXIT_DATA, as_json=as_json)
    rows = [
        {"rule": key, "value": _value_of(book, key), "confidence": origin.confidence, "source": origin.source}
        for key, origin in book.provenance.items()
    ]
    show(rows, as_json=as_json, title=f"{book.name_zh} · {book.name_en}")


def _value_of(book: rulebook.RuleBook, key: str) -> Any:
    section, _, name = key.rpartition(".")
    holder: Any = book.products[section.removeprefix("product.")] if section.startswith("product.") else book
    value = getattr(holder, name)
    if name == "timetable":
        return [f"{row.at_second // 3600:02}:{row.at_second // 60 % 60:02} {phases.NAMES[row.phase]}" for row in value]
    return value


def doctor(data: DataDir = DEFAULT_DATA, as_json: Json = False) -> None:
    """Look at this machine (体检): Python, core, disk, SQLite, ports."""
    findings = doctor_module.examine(data, settings_or_fail(data, {}, as_json))
    show([finding._asdict() for finding in findings], as_json=as_json, title="yutan doctor")
    if any(finding.verdict == "bad" for finding in findings):
        raise typer.Exit(EXIT_DATA)


def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Data folder of a stopped exchange.")],
    as_json: Json = False,
) -> None:
    """Check a stopped exchange (核验): journal chain, replay hash, registry audit."""
    try:
        report = verify_folder(folder)
    except VerifyError as error:
        fail(str(error), code=EXIT_DATA, as_json=as_json)
    if as_json:
        emit_json(report)
    else:
        show(report, as_json=False, title="verified (核验通过)")


def warn(text: str) -> None:
    """Tell people, not programs."""
    if sys.stderr.isatty():
        console(stderr=True).print(text, markup=False)
