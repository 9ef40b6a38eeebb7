"""Whatever settlement can say against an instruction has its sentence in Chinese and English, read from settlement's own source."""

import ast
import re
from collections.abc import Iterator

from engine.core.reasons import BY_NAME
from gateway.protocol.acts import SCOPE_BITS
from gateway.protocol.settlement_words import SENTENCES
from gateway.protocol.terms import TERMS
from settlement.core.postings import STATE_PLACES
from tests.house.source import Source, sources

CHINESE = re.compile("[\u4e00-\u9fff]")
PLACE = re.compile(r"{\w+}")
COMPOSED = {"settlement/store/sqlite.py": "disputed by "}  # what is put before a refusal where it is read


def functions(source: Source) -> Iterator[ast.AST]:
    """The module's own statements, and each function, so that a name is looked up where it is given its value."""
    yield source.tree
    yield from (node for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def form_of(text: ast.expr, inside: ast.AST) -> str:
    """A sentence as it is written, with {} for each value; fails for one that cannot be read here."""
    if isinstance(text, ast.Name):
        (given,) = [
            node.value
            for node in ast.walk(inside)
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == text.id
        ]
        return form_of(given, inside)
    if isinstance(text, ast.Constant) and isinstance(text.value, str):
        return text.value
    assert isinstance(text, ast.JoinedStr), f"not to be read: {ast.unparse(text)}"
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in text.values)


def refusals() -> set[tuple[str, str]]:
    """(names of reasons, form of the sentence) of every `Refusal(…)` of settlement."""
    found: dict[tuple[str, int, int], tuple[str, str]] = {}
    for source in sources("settlement"):
        for inside in functions(source):  # the innermost comes last
            for node in ast.walk(inside):
                if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Refusal":
                    reason, detail = node.args
                    why = ast.unparse(reason)
                    if isinstance(reason, ast.Name):
                        why = " ".join(
                            ast.unparse(given.value)
                            for given in ast.walk(inside)
                            if isinstance(given, ast.Assign) and ast.unparse(given.targets[0]) == reason.id
                        )
                    if inside is not source.tree or not isinstance(detail, ast.Name):
                        found[source.path, node.lineno, node.col_offset] = why, form_of(detail, inside)
    return set(found.values())


def composed() -> set[str]:
    return {
        form_of(node, source.tree)
        for source in sources("settlement")
        for node in ast.walk(source.tree)
        if source.path in COMPOSED and isinstance(node, ast.JoinedStr)
        if isinstance(node.values[0], ast.Constant) and str(node.values[0].value).startswith(COMPOSED[source.path])
    }


def test_every_sentence_of_settlement_has_both_words_and_every_word_its_sentence() -> None:
    said = {form for _, form in refusals()} - {""} | composed()
    assert len(said) > 10
    assert said == {PLACE.sub("{}", form) for form in SENTENCES}


def test_every_reason_of_settlement_is_one_of_the_catalogue() -> None:
    named = [set(re.findall(r"reasons\.([A-Z_]+)", why)) for why, _ in refusals()]
    assert all(named)
    assert set().union(*named) <= BY_NAME.keys()


def test_both_languages_tell_the_same_figures() -> None:
    for form, said in SENTENCES.items():
        assert CHINESE.search(said.zh), form
        assert said.en.isascii(), form
        assert sorted(PLACE.findall(form)) == sorted(PLACE.findall(said.zh)) == sorted(PLACE.findall(said.en))


def test_no_sentence_is_taken_for_one_that_stands_before_it() -> None:
    """A page takes the first form that fits; a later one that a sentence of it also fits would never be said."""
    forms = list(SENTENCES)
    for place, form in enumerate(forms):
        sample = PLACE.sub("7", form)
        fits = [other for other in forms if re.fullmatch(r"\S+".join(map(re.escape, PLACE.split(other))), sample)]
        assert fits[0] == form, (place, fits)


def test_what_is_set_aside_and_what_it_names_has_its_words() -> None:
    kinds = set[str]()
    for source in sources("settlement"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and node.args:
                called = ast.unparse(node.func).split(".")[-1]
                first = node.args[1] if called == "Instruction" and len(node.args) > 1 else node.args[0]
                if called in ("Instruction", "UnitMove") and isinstance(first, ast.Constant):
                    kinds.add(str(first.value))
            elif isinstance(node, ast.For) and ast.unparse(node.target).startswith("(kind, "):
                assert isinstance(node.iter, ast.Tuple)
                kinds |= {str(ast.literal_eval(row.elts[0])) for row in node.iter.elts if isinstance(row, ast.Tuple)}
    assert kinds == TERMS["instruction"].keys()
    assert STATE_PLACES.keys() <= TERMS["unit_state"].keys()
    assert SCOPE_BITS.keys() == TERMS["scope"].keys()
