"""What pages say in Chinese: every sentence of a file's reader and of the day has its words, and no word is held twice."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from engine.core import days
from gateway.protocol.day_words import SENTENCES
from gateway.protocol.field_words import CHOICES
from gateway.protocol.terms import TERMS
from tests.house.source import sources
from tests.yutan.test_imports import CATEGORIES
from yutan.imports import ImportRefused, read_allocations, read_bank_file, read_emissions

SCRIPTS = Path(__file__).parents[2] / "gateway" / "pages" / "static"
FAULTS = SCRIPTS / "faults.js"
KNOWN = [re.compile(form) for form in re.findall(r"^  \[/(.+?)/, ", FAULTS.read_text(encoding="utf-8"), re.MULTILINE)]
ALLOCATIONS = "account,instrument,kind,tonnes\n"
BANK = "account,opening,credit,debit,closing\n"
EMISSIONS = "account,emissions_t,reported_on\n"
TABLES = {
    f"gateway/protocol/{name}.py" for name in ("act_words", "day_words", "field_words", "settlement_words", "terms")
}
# Files whose words are others on purpose, and of which kinds: equal to what is found, so that one less is taken out here.
OTHER_IN_SCRIPTS = {"bank.js": {"remedy", "break_state"}}  # what a person chooses to do, not what was done
OTHER_IN_MODULES = {
    # what an act would change, told in sentences to who approves it
    "gateway/effects/compliance.py": {"subject", "unit_kind", "issue_kind"},
    "gateway/effects/registry.py": {"encumbrance_kind", "split_state", "unit_state"},
    # headings of the public's pages
    "gateway/http/disclosure_pages.py": {
        "category", "bidder_category", "direction", "auction_status", "government_auction", "participant_auction",
    },
    "gateway/http/joining.py": {"category", "bidder_category", "method"},
}  # fmt: skip
WRONG = {
    ALLOCATIONS: (
        b"", b"\xff", b'"x', b"x" * 1_048_577, ALLOCATIONS.encode(), (ALLOCATIONS + "K001,C,free,1\n" * 2_001).encode(),
        (ALLOCATIONS + "K009,C,free,1\nINV,C,free,1\nK001,D,free,1\nK001,C,gift,1\nK001,C,free,0\nK001\n").encode(),
        (ALLOCATIONS + "K001,C,free,1\nK001,C,free,2\n").encode(),
    ),
    EMISSIONS: ((EMISSIONS + "INV,5,2026-04-20\nK001,x,2026-13-01\n").encode(),),
    BANK: (
        BANK.encode(), (BANK + "K001,1,0.00,0.00,1.00\nK002,1.00,-1.00,0.00,0.00\nINV,1.00,0.00,0.00,2.00\n").encode(),
        (BANK + "K001,1.00,0.00,0.00,1.00\n#fees,0.00,0.00,0.00,0.00\n#total,0.00,0.00,0.00,0.00\n").encode(),
    ),
}  # fmt: skip


def read(kind: str, content: bytes) -> object:
    if kind == BANK:
        return read_bank_file(content, CATEGORIES)
    return read_emissions(content, CATEGORIES) if kind == EMISSIONS else read_allocations(content, CATEGORIES, ["C"])


def problems(kind: str, content: bytes) -> set[str]:
    with pytest.raises(ImportRefused) as refused:
        read(kind, content)
    return {fault.problem for fault in refused.value.faults}


def test_every_problem_has_its_words_and_every_word_its_problem() -> None:
    said = {problem for kind, files in WRONG.items() for content in files for problem in problems(kind, content)}
    assert [problem for problem in sorted(said) if not any(form.search(problem) for form in KNOWN)] == []
    assert [form.pattern for form in KNOWN if not any(form.search(problem) for problem in said)] == []


def test_what_is_told_of_the_day_says_the_same_in_both_languages() -> None:
    """The same values in each; Chinese in the one and none in the other."""
    values = {name: [sorted(re.findall(r"{(\w+)}", text)) for text in said[:2]] for name, said in SENTENCES.items()}
    assert [name for name, (zh, en) in values.items() if zh != en] == []
    chinese = re.compile("[\u4e00-\u9fff]")
    assert [name for name, said in SENTENCES.items() if not chinese.search(said.zh) or chinese.search(said.en)] == []


def kinds_of(words: set[str]) -> list[str]:
    """The kinds of which a table would be a second one: two of its words are theirs, in whatever words it says them."""
    return [kind for kind, rows in {**CHOICES, **TERMS}.items() if len(words & rows.keys()) > 1]


def seconds(files: Iterable[tuple[str, Iterable[set[str]]]]) -> dict[str, set[str]]:
    """Of each file the kinds of which it has a table of its own."""
    found = {name: {kind for words in tables for kind in kinds_of(words)} for name, tables in files}
    return {name: kinds for name, kinds in found.items() if kinds}


def tables_of_script(text: str) -> Iterator[set[str]]:
    """The words of each literal table of a script whose entries have a Chinese word."""
    for table in re.findall(r"{([^{}]*)}", text):
        found = set(re.findall(r"""\b([a-z_]+): \[?"[^"]*[\u4e00-\u9fff]""", table))
        if found:
            yield found


def tables_of_module(tree: ast.Module) -> Iterator[set[str]]:
    """The words of each literal table of a module whose values have Chinese: of a dict, or of rows that begin with the word."""
    for node in ast.walk(tree):
        pairs: list[tuple[ast.expr | None, ast.AST]] = []
        if isinstance(node, ast.Dict):
            pairs = list(zip(node.keys, node.values, strict=True))
        elif isinstance(node, ast.Tuple | ast.List):
            rows = [row.args if isinstance(row, ast.Call) else getattr(row, "elts", []) for row in node.elts]
            pairs = [(row[0], ast.Tuple(row[1:])) for row in rows if len(row) > 1]
        found = {word_of(key) for key, value in pairs if key is not None and is_chinese(value)}
        if found:
            yield found


def word_of(key: ast.expr) -> str:
    """A literal word, or the constant of `engine.core.days` of that name."""
    if isinstance(key, ast.Attribute) and ast.unparse(key.value) == "days":
        return str(getattr(days, key.attr))
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""


def is_chinese(value: ast.AST) -> bool:
    texts = [node.value for node in ast.walk(value) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return any(re.search("[\u4e00-\u9fff]", text) for text in texts)


def test_no_word_of_the_exchange_is_held_by_a_script_too() -> None:
    """A script asks for a word by its kind; in a table of its own it would be changed at one place and forgotten at the other."""
    tables = [*CHOICES.values(), *TERMS.values()]
    held = {(word, said.zh) for rows in tables for word, said in rows.items()}
    entry = re.compile(r'\b([a-z_]+): \[?"([^"]*)"')
    texts = {script.name: script.read_text(encoding="utf-8") for script in SCRIPTS.glob("*.js")}
    found = {name: set(entry.findall(text)) for name, text in texts.items()}
    assert any(found.values())
    assert {name: words & held for name, words in found.items() if words & held} == {}
    assert seconds((name, tables_of_script(text)) for name, text in texts.items()) == OTHER_IN_SCRIPTS


def test_no_word_of_the_exchange_is_held_by_a_module_too() -> None:
    modules = [source for source in sources("gateway") if source.path not in TABLES]
    assert seconds((source.path, tables_of_module(source.tree)) for source in modules) == OTHER_IN_MODULES


@pytest.mark.parametrize(
    "script",
    [
        'const SIDES = { buy: ["买", "Buy"], sell: ["卖", "Sell"], auction: ["竞", "Auction"] };',
        'const STATUS = {\n  settled: ["已交收", "settled"],\n  failed: ["未交收", "not settled"] };',
    ],
)
def test_a_second_table_of_a_script_is_found(script: str) -> None:
    assert [kind for words in tables_of_script(script) for kind in kinds_of(words)]


@pytest.mark.parametrize(
    "module",
    [
        'NAMES_ZH = {days.FIXING: "固定当日参数", days.CHECKS: "开市前检查"}',
        '_SIDES = {"buy": ("买入", "buy"), "sell": ("卖出", "sell")}',
        'ROWS = [wire.EnumRow("buy", "买", "buy"), wire.EnumRow("sell", "卖", "sell")]',
        '_SCOPES = (("login", "登录", "login"), ("buy", "买入", "buying"))',
    ],
)
def test_a_second_table_of_a_module_is_found(module: str) -> None:
    assert [kind for words in tables_of_module(ast.parse(module)) for kind in kinds_of(words)]


def test_every_word_that_a_script_asks_for_is_of_a_kind_there_is() -> None:
    asked = re.compile(r'\bterms?\("([a-z_]+)"')
    found = {kind for script in SCRIPTS.glob("*.js") for kind in asked.findall(script.read_text(encoding="utf-8"))}
    assert found == set(TERMS)
