"""A member exports its own days through its own door: complete, described, checked, and going on after an interruption."""

import hashlib
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import polars
import pytest

from engine.core import commands as c
from engine.core import phases
from tests.gateway.kit import DAY, SPOT, House
from tests.yutan.kit import answer, serving
from tests.yutan.test_cli import Desk
from yutan import exporting
from yutan.client import Client, ConnectionLost

FIRST_DAY, SECOND_DAY, THIRD_DAY = "2026-11-20", "2026-11-23", "2026-11-24"


class Interrupted:
    """A client whose connection is lost at its n-th question for reports."""

    def __init__(self, client: Client, pages: int) -> None:
        self._client = client
        self._pages = pages

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def replay(self, *asked: Any) -> Any:
        """A page, or the loss."""
        if self._pages == 0:
            raise ConnectionLost(1006, "cut")
        self._pages -= 1
        return await self._client.replay(*asked)


async def three_days(house: House) -> None:
    """Trades on two closed days, one of them with an order left open and one refused; a third day is open."""
    for day, trades in ((0, 3), (DAY + 3, 4), (DAY + 4, 1)):
        if day:
            await house.act(c.OpenDay(day), c.ChangePhase(phases.CONTINUOUS))
        async with house.member("a001") as a, house.member("b001") as b:
            for _ in range(trades):
                await a.place(SPOT, "sell", 7, "40.10")
                await b.place(SPOT, "buy", 7, "40.10")
            await a.place(SPOT, "sell", 5, "41.00")
        if day != DAY + 4:
            await house.act(c.CloseDay())
            await house.settlement.wait_settled(house.sequencer.view.day().seq)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """An exchange with two closed days and an open one."""
    folder = tmp_path / "house"
    folder.mkdir()
    house = await House.start(folder)
    await three_days(house)
    yield house
    await house.stop()


async def exported(house: House, folder: Path, first: str = FIRST_DAY, last: str = SECOND_DAY) -> exporting.Exported:
    async with house.member("a001") as client:
        return await exporting.export(client, folder, "A001", first, last)


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / f"{table}.json").read_bytes())
    return found


async def test_all_of_the_days_asked_for_and_nothing_else_is_exported_and_described(
    house: House, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    done = await exported(house, folder)
    assert (done.statements, done.differences) == (2, [])
    fills = rows(folder, "fills")
    assert [(row["trading_day"], row["last_qty"], row["last_price"]) for row in fills] == [
        *[(FIRST_DAY, 7, "40.10")] * 3,
        *[(SECOND_DAY, 7, "40.10")] * 4,
    ]
    assert {row["account"] for row in rows(folder, "reports")} == {"A001"}
    orders = rows(folder, "orders")
    assert [row["order_status"] for row in orders if row["price"] == "41.00"] == ["expired", "expired"]
    assert len(orders) == 9
    assert [row["trade_id"] for row in rows(folder, "settled_trades")] == [row["trade_id"] for row in fills]
    async with house.member("a001") as a:
        assert json.loads((folder / "statements" / f"{FIRST_DAY}.json").read_bytes()) == await a.statement(FIRST_DAY)
    closing = [row["amount"] for row in rows(folder, "ledger") if (row["asset"], row["movement"]) == ("CNY", "closing")]
    assert len(closing) == 2
    held = polars.read_parquet(folder / "holdings.parquet")
    spot = held.filter((polars.col("instrument") == SPOT) & (polars.col("trading_day").cast(str) == SECOND_DAY))
    assert spot["closing"].sum() == spot["opening"].sum() - 28
    assert polars.read_parquet(folder / "fills.parquet")["fee_fen"].to_list() == [
        round(float(row["fee"]) * 100) for row in fills
    ]
    package = json.loads((folder / "datapackage.json").read_bytes())
    for resource in package["resources"]:
        body = (folder / resource["path"]).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(body).hexdigest()}"
    assert {resource["path"] for resource in package["resources"]} == set(done.files)


async def test_an_export_that_was_cut_off_goes_on_and_gives_the_same_files(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    await exported(house, whole)
    monkeypatch.setattr(exporting, "REPORTS_A_PAGE", 4)
    for pages in (0, 1, 2):
        async with house.member("a001") as client:
            lossy: Any = Interrupted(client, pages)
            with pytest.raises(ConnectionLost):
                await exporting.export(lossy, cut, "A001", FIRST_DAY, SECOND_DAY)
    kept = json.loads((cut / "export.json").read_bytes())
    assert kept["next_seq"] == 1 + 4 * 3
    with (cut / "reports.partial").open("ab") as file:
        file.write(b'{"half a line')  # a page whose place was not noted any more
    assert (await exported(house, cut)).differences == []
    for path in sorted(whole.rglob("*.*")):
        if path.name != "export.json":
            assert (cut / path.relative_to(whole)).read_bytes() == path.read_bytes(), path


async def test_what_does_not_agree_with_a_statement_is_said(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    await exported(house, folder)
    path = folder / "statements" / f"{SECOND_DAY}.json"
    statement = json.loads(path.read_bytes())
    trade = statement["trades"].pop(1)["trade_id"]
    statement["trades_count"] -= 1
    statement["cash"]["opening"] = "1.00"
    path.write_text(json.dumps(statement), encoding="utf-8")
    found = (await exported(house, folder)).differences
    assert all(words.startswith(SECOND_DAY) for words in found)
    assert any(f"{trade} (sell)" in words for words in found)
    assert any("cash opens with 1.00; it closed with" in words for words in found)
    assert any("moves by" in words for words in found)


async def test_a_folder_is_for_one_export(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    done = await exported(house, folder, SECOND_DAY)
    assert (done.statements, done.differences) == (1, [])
    with pytest.raises(exporting.ExportError, match="holds the export of A001 from 2026-11-23"):
        await exported(house, folder)
    shutil.copytree(folder, tmp_path / "other")
    (tmp_path / "other" / "export.json").unlink()
    with pytest.raises(exporting.ExportError, match="something else"):
        await exported(house, tmp_path / "other")


def test_a_member_exports_by_command(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    answer("init", str(data), "--rulebook", "chongqing")
    with serving(data):
        desk = Desk(data)
        desk.admit(1, "B01", "b01", "100.00", 0)
        member = ("--data", str(data), "--member", "b01")
        done = answer("export", str(out), "--from", FIRST_DAY, "--to", SECOND_DAY, *member)
        assert (done["account"], done["statements"], done["differences"]) == ("B01", 0, [])
        assert rows(out, "orders") == []
        again = answer("export", str(out), "--from", FIRST_DAY, "--to", THIRD_DAY, *member, code=65)
        assert "holds the export of B01" in again["error"]["message"]
        answer("export", str(out), "--from", SECOND_DAY, "--to", FIRST_DAY, *member, code=2)
        assert answer("fees", "--data", str(data))["in_force"]["items"]
