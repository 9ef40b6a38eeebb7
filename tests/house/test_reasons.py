"""The catalogue of reasons is closed and complete: what is named is in it, what is in it is named, in two languages."""

import re
from collections import Counter

import pytest

from engine.core import reasons
from engine.core.reasons import BY_NAME, BY_NUMBER, CATALOGUE, Reason
from tests.gateway.points import ENDED, REFUSED
from tests.gateway.test_catalogue import NO_SOCKET, PROVOKED
from tests.house.source import sources

CONSTANTS = {name: value for name, value in vars(reasons).items() if name.isupper() and type(value) is int}
RETRIES = {"never", "same_id", "after", "reconcile", "phase", "contact"}
AREAS = (1, 2, 3, 4, 5, 6, 9)  # thousands: session, permission, limits, orders, funds, settlement, internal


def test_every_constant_is_in_the_catalogue_and_the_reverse() -> None:
    assert {reason.name: reason.number for reason in CATALOGUE} == CONSTANTS


def test_numbers_and_names_are_given_once() -> None:
    for field in ("number", "name", "en"):
        counts = Counter(getattr(reason, field) for reason in CATALOGUE)
        assert [value for value, count in counts.items() if count > 1] == []
    assert len(BY_NUMBER) == len(BY_NAME) == len(CATALOGUE)


def test_the_catalogue_is_in_order() -> None:
    numbers = [reason.number for reason in CATALOGUE]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("reason", CATALOGUE, ids=lambda reason: reason.name)
def test_each_reason_says_what_is_wrong_in_both_languages(reason: Reason) -> None:
    assert re.fullmatch(r"[A-Z][A-Z0-9_]*", reason.name)
    assert reason.number // 1000 in AREAS
    assert reason.retry in RETRIES
    assert 0 <= reason.fix <= 99
    assert reason.en.endswith(".")
    assert reason.en.isascii()
    assert reason.zh.endswith("。")
    assert re.search(r"[\u4e00-\u9fff]", reason.zh)


def test_numbers_of_reasons_are_written_nowhere_else() -> None:
    wrong = [
        f"{source.path}:{line}"
        for source in sources("engine", "gateway", "settlement", "yutan")
        if source.path != "engine/core/reasons.py"
        for line, text in enumerate(source.text.splitlines(), 1)
        if re.search(r"reason\w*\s*(==|!=|=|:)\s*[1-9]\d{3}\b", text)
    ]
    assert wrong == []


def test_each_reason_is_provoked_through_a_socket() -> None:
    """A new one gets a row in tests/gateway/points.py (or a provocation in test_catalogue.py): what asks for it, and where."""
    shown = {point.name for point in (*REFUSED, *ENDED)} | {name for names in PROVOKED for name in names}
    assert sorted(BY_NAME.keys() - shown - NO_SOCKET.keys()) == [], "provoked by no row of tests/gateway/points.py"
    assert sorted(shown - BY_NAME.keys()) == []
    assert not shown & NO_SOCKET.keys()
