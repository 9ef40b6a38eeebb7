"""What must be a pure function is one: no clock, no input or output, no randomness, no floats, no order of a set."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.source import Source, imports, sources

PURE = ("engine/core", "settlement/core")
MAY_IMPORT = {
    "engine",
    "settlement",
    "bisect",
    "collections",
    "dataclasses",
    "enum",
    "functools",
    "hashlib",
    "heapq",
    "itertools",
    "re",
    "tomllib",
    "typing",
    "csv",
    "io",
    "msgspec",
    "mypy_extensions",
    "orjson",
}
# (file, module): why
EXCEPTIONS = {
    ("engine/core/addresses.py", "ipaddress"): "reads addresses; nobody is asked for one",
    ("engine/core/auction_statistics.py", "math"): "the square root of an integer is an integer",
    ("engine/core/calendar.py", "datetime"): "dates are arithmetic; what today is, is never asked",
    ("engine/core/rulebook.py", "importlib"): "hands out the rule books that are shipped; the market gets their text",
}
KEEPS_ORDER = ("list", "tuple", "iter", "enumerate", "next", "zip", "extend", "join")
FORBIDDEN_CALLS = {
    "float": "floats",
    "hash": "differs between processes",
    "id": "differs between processes",
    "open": "input and output",
    "print": "input and output",
    "input": "input and output",
    "eval": "runs text",
    "exec": "runs text",
}


def pure() -> tuple[Source, ...]:
    return sources(*PURE)


@pytest.mark.parametrize("source", pure(), ids=lambda source: source.path)
def test_imports_only_what_has_no_effect(source: Source) -> None:
    wrong = [
        f"{source.path}:{line}: {name}"
        for line, name in imports(source)
        if (top := name.split(".")[0]) not in MAY_IMPORT and (source.path, top) not in EXCEPTIONS
    ]
    assert wrong == []


@pytest.mark.parametrize("source", pure(), ids=lambda source: source.path)
def test_has_no_floats_and_no_true_division(source: Source) -> None:
    wrong: list[str] = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            wrong.append(f"{source.path}:{node.lineno}: {node.value}")
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            wrong.append(f"{source.path}:{node.lineno}: true division")
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and not is_whole_power(node.right):
            wrong.append(f"{source.path}:{node.lineno}: a power that may not be whole")
    assert wrong == []


def is_whole_power(exponent: ast.expr) -> bool:
    return isinstance(exponent, ast.Constant) and isinstance(exponent.value, int) and exponent.value >= 0


@pytest.mark.parametrize("source", pure(), ids=lambda source: source.path)
def test_calls_nothing_that_differs_between_runs(source: Source) -> None:
    wrong = [
        f"{source.path}:{node.lineno}: {node.func.id}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS
    ]
    assert wrong == []


@pytest.mark.parametrize("source", pure(), ids=lambda source: source.path)
def test_never_walks_a_set(source: Source) -> None:
    named = set_names(source)
    wrong = [
        f"{source.path}:{walked.lineno}"
        for walked in walked_expressions(source.tree)
        if is_set(walked) or (isinstance(walked, ast.Name) and walked.id in named)
    ]
    assert wrong == []


def walked_expressions(tree: ast.AST) -> Iterator[ast.expr]:
    """Whatever is iterated: loops, comprehensions, unpacking, and calls that keep the order of what they are given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            yield node.iter
        elif isinstance(node, ast.Starred):
            yield node.value
        elif isinstance(node, ast.Call) and called(node) in KEEPS_ORDER:
            yield from node.args


def called(node: ast.Call) -> str:
    """The last part of a call's name."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def is_set(node: ast.expr) -> bool:
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id in ("set", "frozenset")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr | ast.BitAnd | ast.Sub | ast.BitXor):
        return is_set(node.left) or is_set(node.right)
    return False


def set_names(source: Source) -> set[str]:
    """Names that are bound to a set somewhere in the file, or annotated as one."""
    names: set[str] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assign) and is_set(node.value):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        annotation = node.annotation if isinstance(node, ast.AnnAssign | ast.arg) else None
        if annotation is not None and ast.unparse(annotation).startswith(("set[", "frozenset[", "Set[")):
            if isinstance(node, ast.arg):
                names.add(node.arg)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                names.add(node.target.id)
    return names


def teeth(text: str) -> Source:
    return Source("x.py", "x", text, ast.parse(text))


@pytest.mark.parametrize(
    ("text", "check"),
    [
        ("import time", test_imports_only_what_has_no_effect),
        ("from random import choice", test_imports_only_what_has_no_effect),
        ("def f():\n    import os", test_imports_only_what_has_no_effect),
        ("a = 0.5", test_has_no_floats_and_no_true_division),
        ("a = b / 2", test_has_no_floats_and_no_true_division),
        ("a /= 2", test_has_no_floats_and_no_true_division),
        ("a = 2 ** b", test_has_no_floats_and_no_true_division),
        ("a = hash(b)", test_calls_nothing_that_differs_between_runs),
        ("for a in {1, 2}: pass", test_never_walks_a_set),
        ("b = [a for a in set(c) | d]", test_never_walks_a_set),
        ("b = set(c)\nlist(b)", test_never_walks_a_set),
        ("def f(b: set[int]):\n    return [*b]", test_never_walks_a_set),
    ],
)
def test_these_rules_have_teeth(text: str, check: object) -> None:
    assert callable(check)
    with pytest.raises(AssertionError):
        check(teeth(text))
