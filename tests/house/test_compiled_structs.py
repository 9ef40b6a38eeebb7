"""mypyc drops the keywords of a struct's class: a compiled module must not rely on any (gc=False, array_like, tag, …)."""

import ast

from engine.compiled import HOT
from tests.house.source import Source, sources

CHECKED_BY_MYPY = {"frozen"}  # whoever assigns to such a field is refused before it runs


def dropped(source: Source) -> list[str]:
    """Classes that say more about their struct than the compiled form would know."""
    return [
        f"{source.path}:{node.lineno}: {node.name}({keyword.arg}=…)"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef)
        for keyword in node.keywords
        if keyword.arg not in CHECKED_BY_MYPY
    ]


def test_no_compiled_module_gives_keywords_to_a_class() -> None:
    hot = [source for source in sources("engine", "gateway", "settlement") if source.module in HOT]
    assert len(hot) == len(HOT)
    assert [found for source in hot for found in dropped(source)] == []


def test_the_search_finds_one() -> None:
    wire = next(source for source in sources("gateway/protocol") if source.module == "gateway.protocol.wire")
    assert any("gc=" in found for found in dropped(wire))
