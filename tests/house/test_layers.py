"""Imports run one way: engine below gateway and settlement, which do not know each other; only yutan knows all."""

from tests.house.source import Source, imports, sources

# the engine's words: what the packages that follow it may know of it
WORDS = (
    "engine.act_view",
    "engine.alerts",
    "engine.core.calendar",
    "engine.core.commands",
    "engine.core.days",
    "engine.core.events",
    "engine.core.phases",
    "engine.core.reasons",
    "engine.core.rulebook",
    "engine.core.rulewords",
    "engine.core.units",
    "engine.view",
    "engine.participant_view",
    "engine.control_view",
    "engine.preflight",
    "engine.sequencer",
    "engine.title",
    "engine.public_notices",
    "engine.clock",
)
OURS = ("engine", "gateway", "settlement", "yutan", "bench", "tests")
MAY_IMPORT = {
    "engine": ("engine",),
    "gateway": ("gateway", "engine"),
    "settlement": ("settlement", "engine"),
    "yutan": ("yutan", "engine", "gateway", "settlement"),
    "bench": ("bench", "yutan", "engine", "gateway", "settlement"),
}


def is_inside(name: str, modules: tuple[str, ...]) -> bool:
    return any(name == module or name.startswith(module + ".") for module in modules)


def ours(source: Source) -> list[tuple[int, str]]:
    return [(line, name) for line, name in imports(source) if name.split(".")[0] in OURS]


def test_packages_import_only_those_below_them() -> None:
    wrong = [
        f"{source.path}:{line}: {name}"
        for source in sources("engine", "gateway", "settlement", "yutan", "bench")
        for line, name in ours(source)
        if not is_inside(name, MAY_IMPORT[source.package])
    ]
    assert wrong == []


def test_the_core_imports_nothing_of_ours_but_itself() -> None:
    wrong = [
        f"{source.path}:{line}: {name}"
        for source in sources("engine/core")
        for line, name in ours(source)
        if not is_inside(name, ("engine.core",))
    ]
    assert wrong == []


def test_gateway_and_settlement_know_the_engine_only_by_its_words() -> None:
    wrong = [
        f"{source.path}:{line}: {name}"
        for source in sources("gateway", "settlement")
        for line, name in ours(source)
        if is_inside(name, ("engine",)) and not is_inside(name, WORDS)
    ]
    assert wrong == []


def test_settlements_core_knows_neither_its_store_nor_its_worker() -> None:
    wrong = [
        f"{source.path}:{line}: {name}"
        for source in sources("settlement/core")
        for line, name in ours(source)
        if not is_inside(name, ("settlement.core", *WORDS))
    ]
    assert wrong == []


def test_sources_do_not_import_tests() -> None:
    everything = sources("engine", "gateway", "settlement", "yutan", "bench")
    assert [s.path for s in everything for _, name in imports(s) if name.split(".")[0] == "tests"] == []


def test_the_verifier_shares_no_code_with_what_it_verifies() -> None:
    found = sources("yutan/verifier")
    wrong = [
        f"{source.path}:{line}: {name}"
        for source in found
        for line, name in ours(source)
        if not is_inside(name, ("yutan.verifier",))
    ]
    assert len(found) > 5
    assert wrong == []


def test_the_independent_client_knows_the_exchange_by_its_documents_only() -> None:
    found = sources("tests/independent")
    wrong = [
        f"{source.path}:{line}: {name}"
        for source in found
        for line, name in ours(source)
        if not is_inside(name, ("tests.independent",))
    ]
    assert len(found) > 5
    assert wrong == []
