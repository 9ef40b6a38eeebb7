"""The console says in Chinese what is wrong with a file and what is told of the day: every sentence has its words."""

import re
from pathlib import Path

import pytest

from gateway.protocol.day_words import SENTENCES
from tests.yutan.test_imports import CATEGORIES
from yutan.imports import ImportRefused, read_allocations, read_bank_file, read_emissions

SCRIPT = Path(__file__).parents[2] / "gateway" / "pages" / "static" / "faults.js"
KNOWN = [re.compile(form) for form in re.findall(r"^  \[/(.+?)/, ", SCRIPT.read_text(encoding="utf-8"), re.MULTILINE)]
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
