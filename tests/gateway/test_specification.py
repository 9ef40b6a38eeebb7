"""The specification says what the doors do, and clients written for what is recorded go on working."""

from pathlib import Path
from typing import Any

import pytest

from gateway.protocol.doors import DOORS
from gateway.protocol.results import RESULTS
from gateway.specification import asyncapi, contract
from gateway.specification.channels import CHANNELS, channel_of
from tests.gateway.kit import House
from tests.testkit.said import Listener

RECORDED = Path(__file__).parents[2] / "docs" / "contract.txt"
REFRESH = "run python -m gateway.specification.contract docs/contract.txt"


def test_every_request_has_its_answer() -> None:
    asked = {request for union in DOORS.values() for request in union.__args__}
    assert {asyncapi.name_of(request) for request in asked ^ set(RESULTS)} == set()


def test_every_reference_of_the_document_leads_somewhere() -> None:
    document = asyncapi.document("1")
    followed = 0

    def follow(node: Any) -> None:
        nonlocal followed
        if isinstance(node, dict):
            if "$ref" in node:
                found: Any = document
                for step in node["$ref"].removeprefix("#/").split("/"):
                    found = found[step]
                followed += 1
            for inner in node.values():
                follow(inner)
        elif isinstance(node, list):
            for inner in node:
                follow(inner)

    follow(document)
    assert followed > 500


async def test_every_channel_there_is_has_its_row(tmp_path: Path) -> None:
    house = await House.start(tmp_path)
    rows = {channel_of(name).name for name in house.gateway.feed.channels()}
    assert rows == {channel.name for channel in CHANNELS} - {"$session", "exec.{account}"}
    await house.stop()


def test_no_client_breaks_and_nothing_is_unrecorded() -> None:
    recorded, current = contract.read(RECORDED.read_text(encoding="utf-8")), contract.lines()
    assert contract.breaks(recorded, current) == []
    assert sorted(recorded.items() ^ current.items()) == [], REFRESH


@pytest.mark.parametrize(
    ("about", "holds", "is_broken"),
    [
        ("asked order.place.request params.side", None, True),
        ("asked order.place.request params.side", "one of buy!", True),
        ("asked order.place.request params.side", "one of buy,sell,both!", False),
        ("asked order.place.request params.side", "one of buy,sell", False),
        ("asked order.place.request params.account", "string minLength 1 maxLength 64!", True),
        ("asked order.place.request params.quantity", "integer minimum 1 maximum 10!", True),
        ("asked order.place.request params.mood", "string!", True),
        ("asked order.place.request params.mood", "string", False),
        ("asked mood.get.request params.mood", "string!", False),
        ("said order.place.reply result.order_id", None, True),
        ("said order.place.reply result.order_id", "integer!", True),
        ("said order.place.reply result.order_id", "string", True),
        ("said order.place.reply result.duplicate", "boolean!", False),
        ("said order.place.reply result.mood", "string", False),
        ("door trade order.place.request", None, True),
        ("refusal 4003", "PRICE_OUT_OF_BAND after", True),
        ("refusal 4003", None, True),
        ("close 4008", None, True),
        ("close 4999", "there", False),
    ],
)
def test_what_breaks_a_client(about: str, holds: str | None, is_broken: bool) -> None:
    recorded = contract.lines()
    current = {line: held for line, held in recorded.items() if line != about}
    if holds is not None:
        current[about] = holds
    assert bool(contract.breaks(recorded, current)) == is_broken


def test_a_break_is_not_recorded_by_accident(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "contract.txt"
    promised = contract.write(contract.lines() | {"said order.place.reply result.mood": "string!"})
    file.write_text(promised, encoding="utf-8")
    assert contract.main([str(file)]) == 65
    assert "gone: said order.place.reply result.mood" in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == promised
    assert contract.main([str(file), "--break"]) == 0
    assert contract.read(file.read_text(encoding="utf-8")) == contract.lines()


@pytest.mark.parametrize(
    "said",
    [
        {"id": 1, "result": {"order_id": "O-1", "client_order_id": "a", "account": "A001", "mood": "good"}},
        {"id": 1, "result": {"order_id": "O-1", "client_order_id": "a"}},
        {"id": 1, "result": {"order_id": 1, "client_order_id": "a", "account": "A001"}},
        {"ch": "weather.A", "kind": "update", "seq": 1, "prev": 0, "ts": "", "data": {}},
        {"ch": "book.A", "kind": "storm", "seq": 1, "prev": 0, "ts": "", "data": {}},
        {"id": 1, "error": {"code": 1, "name": "X", "message": "", "data": {}}},
    ],
)
def test_the_listener_has_teeth(said: dict[str, Any]) -> None:
    listener = Listener()
    listener.asked({"id": 1, "method": "order.place"})
    with pytest.raises((AssertionError, KeyError)):
        listener.said(said)
