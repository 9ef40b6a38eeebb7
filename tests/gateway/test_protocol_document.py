"""docs/protocol.md: its tables are the code's, and its examples run."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from engine.core import reasons
from gateway.protocol import acts, describe, session
from gateway.protocol.doors import DOORS
from tests.gateway.kit import House, RawPeer

DOCUMENT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(trade|ops) (\w+)\n(.*?)```", DOCUMENT, re.DOTALL)


def test_the_tables_are_the_codes() -> None:
    assert describe.rewrite(DOCUMENT) == DOCUMENT, "run python -m gateway.protocol.describe docs/protocol.md"


def test_nothing_is_left_out() -> None:
    for union in DOORS.values():
        for request in union.__args__:
            assert f"`{request.__struct_config__.tag}`" in DOCUMENT
    for row in reasons.CATALOGUE:
        assert f"| {row.number} | `{row.name}` |" in DOCUMENT
    for name in acts.ACTS:
        assert f"| `{name}` |" in DOCUMENT
    for code in session.CLOSE_CODES:
        assert f"| {code} |" in DOCUMENT


def test_every_method_has_an_example() -> None:
    shown = set(re.findall(r'"id":[^,]+,"method":"([a-z_.]+)"', DOCUMENT))
    assert shown == {str(request.__struct_config__.tag) for union in DOORS.values() for request in union.__args__}


async def test_the_examples_run(tmp_path: Path) -> None:
    house = await House.start(tmp_path, two_person_acts=("AllocateUnits",))
    peers: dict[str, RawPeer] = {}
    lines = 0
    for door, who, block in BLOCKS:
        if who not in peers:
            peers[who] = await house.logged_in(who, door)
        for line in block.strip().splitlines():
            if line.startswith("→ "):
                await house.settlement.wait_settled(house.sequencer.view.day().seq)  # so that title is one thing
                peers[who].send(line[2:])
            else:
                assert_like(json.loads(line[2:]), await peers[who].message(), line)
            lines += 1
    assert lines > 70
    await house.stop()


def assert_like(wanted: Any, said: Any, line: str) -> None:
    """Whether `said` is what the document shows; "…" stands for anything, "O-…" for what begins so."""
    if isinstance(wanted, str) and wanted.endswith("…"):
        assert wanted == "…" or str(said).startswith(wanted[:-1]), line
    elif isinstance(wanted, dict):
        assert isinstance(said, dict), line
        assert wanted.keys() == said.keys(), line
        for key in wanted:
            assert_like(wanted[key], said[key], line)
    elif isinstance(wanted, list):
        assert isinstance(said, list), line
        assert len(wanted) == len(said), line
        for part, other in zip(wanted, said, strict=True):
            assert_like(part, other, line)
    else:
        assert wanted == said, line


@pytest.mark.parametrize("wrong", ['{"a":2}', '{"a":1,"b":1}', "{}"])
def test_the_comparison_has_teeth(wrong: str) -> None:
    with pytest.raises(AssertionError):
        assert_like({"a": 1}, json.loads(wrong), "")
