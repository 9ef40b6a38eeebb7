"""`yutan rulebook …`: check a rule book, show it, compare two, explain a rule. Nothing here needs a running exchange."""

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.core import reasons, rulebook, rulewords
from engine.core.rulebook import RuleBook, RuleBookError
from yutan.cli.options import Json
from yutan.cli.output import EXIT_MISSING, console, exit_code, fail, show

app = typer.Typer(no_args_is_help=True, help="The market's rules (交易规则).")

Name = Annotated[str, typer.Argument(metavar="BOOK", help="Name of a shipped rule book, or a .toml file (规则).")]
OPEN = ("to be confirmed", "unknown")  # what a person must supply or check before go-live


def text_of(name: str, as_json: bool) -> str:
    """The text of a shipped rule book or of a file."""
    try:
        path = Path(name)
        return path.read_text(encoding="utf-8") if path.suffix == ".toml" else rulebook.shipped(name)
    except (OSError, UnicodeDecodeError, RuleBookError) as error:
        fail(f"rule book {name}: {error}", code=EXIT_MISSING, as_json=as_json)


def read(name: str, as_json: bool) -> RuleBook:
    """A rule book; where it is none, every fault with the file's name, and the exit code of 2017."""
    try:
        return rulebook.parse(text_of(name, as_json))
    except RuleBookError as error:
        faults = [f"{name}: {fault}" for fault in error.faults]
        fail(
            "\n".join([f"{len(faults)} faults", *faults]),
            code=exit_code(reasons.RULEBOOK_INVALID),
            as_json=as_json,
            reason=reasons.RULEBOOK_INVALID,
            name=reasons.BY_NUMBER[reasons.RULEBOOK_INVALID].name,
            data={"file": name, "faults": error.faults} if as_json else None,
        )


def row_of(book: RuleBook, name: str) -> dict[str, Any]:
    """One rule with its value, how sure it is, and where it comes from."""
    origin = book.provenance[name]
    value = rulewords.value_of(book, name)
    return {"rule": name, "value": value, "confidence": origin.confidence, "source": origin.source}


@app.command()
def check(name: Name, as_json: Json = False) -> None:
    """Check a rule book and say every fault at once (校验规则)."""
    book = read(name, as_json)
    found = Counter(origin.confidence for origin in book.provenance.values())
    answer = {
        "market": book.market,
        "version": book.version,
        "products": list(book.products),
        "rules": {confidence: found[confidence] for confidence in rulebook.CONFIDENCES},
        "to_confirm": sorted(name for name, origin in book.provenance.items() if origin.confidence in OPEN),
    }
    show(answer, as_json=as_json, title="rule book is valid (规则有效)")


@app.command("show")
def show_rules(
    name: Name = "chongqing",
    source: Annotated[bool, typer.Option("--source", help="With the article each rule comes from (出处).")] = False,
    unsure: Annotated[bool, typer.Option("--unsure", help="Only what a person must still confirm (待确认).")] = False,
    as_json: Json = False,
) -> None:
    """Show the rules and how sure each is (查看规则)."""
    book = read(name, as_json)
    rows = [row_of(book, rule) for rule in book.provenance]
    if unsure:
        rows = [row for row in rows if row["confidence"] in OPEN]
    if not (source or as_json):
        rows = [{key: row[key] for key in ("rule", "value", "confidence")} for row in rows]
    show(rows, as_json=as_json, title=f"{book.name_zh} · {book.name_en} · version {book.version}")


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="Rule book: a shipped name or a .toml file (规则).")],
    after: Annotated[str, typer.Argument(metavar="B", help="The one to compare it with.")],
    as_json: Json = False,
) -> None:
    """Show every rule whose value differs (比较规则), and whether a running market could adopt B after A."""
    old, new = read(before, as_json), read(after, as_json)
    rows: list[dict[str, Any]] = [
        {**change._asdict(), "running_market": "fixed" if rulebook.is_fixed(change.rule) else "may change"}
        for change in rulewords.changes(old, new)
    ]
    if rows or as_json:
        show(rows, as_json=as_json, title=f"{before} → {after}")
    else:
        console().print("no rule differs (没有差异)")


@app.command()
def explain(
    key: Annotated[str, typer.Argument(help="A rule: limit_bp, trading.self_trade or product.CQEA.limit_bp.")],
    name: Annotated[str, typer.Option("--rulebook", help="Shipped rule book or .toml file (规则).")] = "chongqing",
    as_json: Json = False,
) -> None:
    """Explain a rule (解释规则): meaning, value, source and how sure it is."""
    book = read(name, as_json)
    found = [rule for rule in book.provenance if rule == key or rule.endswith(f".{key}")]
    if not found:
        fail(f"no rule is called {key!r}; `yutan rulebook show` lists them", code=EXIT_MISSING, as_json=as_json)
    rows = [{**rulewords.words_of(rule)._asdict(), **row_of(book, rule)} for rule in found]
    if as_json:
        show(rows, as_json=True)
        return
    for row in rows:
        show(row, as_json=False, title=row["rule"])
