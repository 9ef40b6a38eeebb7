"""What pages say in Chinese: every sentence of a file's reader and of the day has its words, and no word is held twice."""

import re
from pathlib import Path

import pytest

from gateway.protocol.day_words import SENTENCES
from gateway.protocol.field_words import CHOICES
from gateway.protocol.terms import TERMS
from tests.yutan.test_imports import CATEGORIES
from yutan.imports import ImportRefused, read_allocations, read_bank_file, read_emissions

SCRIPTS = Path(__file__).parents[2] / "gateway" / "pages" / "static"
FAULTS = SCRIPTS / "faults.js"
KNOWN = [re.compile(form) for form in re.findall(r"^  \[/(.+?)/, ", FAULTS.read_text(encoding="utf-8"), re.MULTILINE)]
ALLOCATIONS = "account,instrument,kind,tonnes\n"
BANK = "account,opening,credit,debit,closing\n"
EMISSIONS = "account,emissions_t,reported_on\n"
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


def test_no_word_of_the_exchange_is_held_by_a_script_too() -> None:
    """A script asks for a word by its kind; in a table of its own it would be changed at one place and forgotten at the other."""
    tables = [*CHOICES.values(), *TERMS.values()]
    held = {(word, said.zh) for rows in tables for word, said in rows.items()}
    entry = re.compile(r'\b([a-z_]+): \[?"([^"]*)"')
    found = {script.name: set(entry.findall(script.read_text(encoding="utf-8"))) for script in SCRIPTS.glob("*.js")}
    assert any(found.values())
    assert {name: words & held for name, words in found.items() if words & held} == {}


def test_every_word_that_a_script_asks_for_is_of_a_kind_there_is() -> None:
    asked = re.compile(r'\bterms?\("([a-z_]+)"')
    found = {kind for script in SCRIPTS.glob("*.js") for kind in asked.findall(script.read_text(encoding="utf-8"))}
    assert found == set(TERMS)
