"""Weekly, monthly and yearly bulletins and corrections: each figure added up again from the trades, nothing ever replaced."""

import random
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.core import commands, events, reasons, units
from settlement.audit import audit
from settlement.core.bulletin import sha256_hex
from settlement.core.money import yuan
from tests.settlement.kit import SPOT, WITH_FEES, PaperEngine, Watch, open_settlement, settle
from tests.settlement.test_real_days import Exchange, Ticking, founded, trade_a_day

CODES = {1: "CQEA-2024", 2: "CQCER-2024"}


def told(total: Iterable[tuple[Any, ...]]) -> dict[str, Any]:
    """Volume, number and value of (price, tonnes, amount, method) rows as a bulletin has them."""
    rows = list(total)
    return {"tonnes": sum(r[1] for r in rows), "trades": len(rows), "turnover": yuan(sum(r[2] for r in rows))}


def check_against_trades(folder: Path, content: dict[str, Any], first_day: int, last_day: int) -> None:
    """Every figure of trading, worked out from the table of trades alone."""
    registry = sqlite3.connect(f"{(folder / 'registry.db').as_uri()}?mode=ro", uri=True)
    trades = registry.execute(
        "SELECT trading_day, instrument, price_ticks, tonnes, amount_fen, method FROM trades"
    ).fetchall()
    closes = dict(
        ((day, number), (previous, close))
        for day, number, previous, close in registry.execute(
            "SELECT trading_day, instrument, previous_close_ticks, close_ticks FROM day_stats"
        )
    )
    registry.close()
    inside = [t for t in trades if first_day <= t[0] <= last_day]
    days = sorted({day for day, _ in closes if first_day <= day <= last_day})
    for number, code in CODES.items():
        (row,) = [row for row in content["instruments"] if row["code"] == code]
        mine = [t[2:] for t in inside if t[1] == number]
        prices = [yuan(price) for price, *_ in mine]
        assert {name: row["listed"][name] for name in ("tonnes", "trades", "turnover")} == told(mine)
        for method in ("opening_call", "continuous", "closing_call"):
            assert row["listed"][method] == told(t for t in mine if t[3] == method)
        assert (row["open"], row["last"]) == ((prices[0], prices[-1]) if prices else (None, None))
        assert row["high"] == (yuan(max(t[0] for t in mine)) if mine else None)
        assert row["low"] == (yuan(min(t[0] for t in mine)) if mine else None)
        assert row["previous_close"] == yuan(closes[days[0], number][0])
        assert row["close"] == yuan(closes[days[-1], number][1])
        assert row["cumulative"] == told(t[2:] for t in trades if t[1] == number and t[0] <= last_day)
        vintage = {"product": code.split("-")[0], "vintage": 2024, **told(mine)}
        assert (vintage in content["by_vintage"]) == bool(mine)
    assert content["total"] == told(t[2:] for t in inside)
    assert content["by_method"]["continuous"] == told(t[2:] for t in inside if t[5] == "continuous")
    assert content["cumulative"] == told(t[2:] for t in trades if t[0] <= last_day)
    assert content["trading_days"] == len(days)


async def test_week_month_and_year_are_the_sums_of_their_trades(tmp_path: Path) -> None:
    rng, watch, clock = random.Random(11), Watch(), Ticking()
    exchange = await founded(tmp_path, watch, clock, WITH_FEES)
    for day in (20231222, 20231229, 20231231, 20240103, 20240107):
        await trade_a_day(exchange, rng, day, 90)
        if day == 20231229:
            await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
            await exchange.stop()
            exchange = await Exchange.start(tmp_path, watch, clock)
    await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
    made = {row.period: row for row in await exchange.settlement.publications()}
    # 31 December is a Sunday: it ends week, month and year; 24 December passed unreported until the 29th opened
    assert list(reversed(made)) == ["2023-W51", "2023-W52", "2023-12", "2023", "2024-W01"]
    bodies = {period: await exchange.settlement.publication(period, 1) for period in made}
    await exchange.stop()
    spans = {
        "2023-W51": (20231222, 20231222), "2023-W52": (20231229, 20231231), "2023-12": (20231222, 20231231),
        "2023": (20231222, 20231231), "2024-W01": (20240103, 20240107),
    }  # fmt: skip
    before = "0" * 64
    for period, (first_day, last_day) in spans.items():
        body, row = bodies[period], made[period]
        assert body is not None
        content = orjson.loads(body)
        assert (row.first_day, row.last_day, row.version, row.supersedes) == (first_day, last_day, 1, "")
        assert (row.sha256, content["previous_sha256"]) == (sha256_hex(body), before)
        assert (content["period"], content["kind"], content["correction"]) == (period, row.kind, None)
        before = row.sha256
        check_against_trades(tmp_path, content, first_day, last_day)
    assert audit(tmp_path / "registry.db").findings == []

    (tmp_path / "registry.db").unlink()
    exchange = await Exchange.start(tmp_path, watch, clock)
    await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
    assert {period: await exchange.settlement.publication(period, 1) for period in made} == bodies
    await exchange.stop()
    assert watch.failures == []


async def test_a_correction_is_a_version_that_names_what_it_supersedes(tmp_path: Path) -> None:
    paper, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, paper)
    batches = paper.founded()
    batches.append(paper.entry(events.RestrictionChanged(2, units.RESTRICT_SELL, "court")))
    batches.append(paper.entry(paper.traded(1, 2, 100), paper.traded(1, 3, 50)))
    batches.append(paper.close_day())
    await settle(settlement, batches)
    first = await settlement.bulletin(20240101)
    assert first is not None
    assert orjson.loads(first)["trades_not_settled"] == 1

    lifted = paper.entry(events.RestrictionChanged(2, 0, "lifted"), events.SettlementRetryOrdered(0))
    corrected = paper.entry(events.BulletinCorrected("2024-01-01", "成交 T-1 已交收 T-1 has settled"))
    again = paper.entry(events.BulletinCorrected("2024-01-01", "second thoughts"))
    await settle(settlement, [lifted, corrected, again])
    third, second = await settlement.publications()
    assert (second.kind, second.version, second.supersedes) == ("day", 2, sha256_hex(first))
    assert (third.kind, third.version, third.supersedes) == ("day", 3, second.sha256)
    body = await settlement.publication("2024-01-01", 2)
    assert body is not None
    was, now = orjson.loads(first), orjson.loads(body)
    assert now["correction"] == {"basis": "成交 T-1 已交收 T-1 has settled", "supersedes": second.supersedes}
    assert now["trades_not_settled"] == 0
    assert await settlement.bulletin(20240101) == first  # the old one stays
    for name in ("instruments", "total", "cumulative", "trades_merkle_root", "trading_day", "closed_at_ns"):
        assert now[name] == was[name]

    published = paper.entry(events.BulletinPublished(20240101, second.sha256))
    await settle(settlement, [published])
    assert [row.published for row in await settlement.publications()] == [False, True]
    await settlement.close()
    assert audit(tmp_path / "registry.db").findings == []
    registry = sqlite3.connect(tmp_path / "registry.db")
    for change in ("UPDATE publications SET body = x'00'", "DELETE FROM publications"):
        with pytest.raises(sqlite3.IntegrityError):
            registry.execute(change)
    registry.close()


async def test_a_day_added_to_a_reported_week_makes_its_next_version(tmp_path: Path) -> None:
    paper, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, paper)
    batches = paper.founded()
    batches.append(paper.entry(paper.traded(1, 2, 10)))
    batches.append(paper.close_day("week"))
    batches.append(paper.open_day())
    batches.append(paper.entry(paper.traded(2, 3, 5, price=110)))
    batches.append(paper.close_day("week"))
    await settle(settlement, batches)
    second, first = await settlement.publications()
    assert (first.version, first.last_day) == (1, 20240101)
    assert (second.version, second.last_day, second.supersedes) == (2, 20240102, first.sha256)
    body = await settlement.publication("2024-W01", 2)
    assert body is not None
    (row,) = [row for row in orjson.loads(body)["instruments"] if row["code"] == "CQEA-2024"]
    assert (row["low"], row["high"], row["listed"]["tonnes"], row["average"]) == ("1.00", "1.10", 15, "1.03")
    await settlement.close()


async def test_only_what_is_over_and_was_traded_can_be_corrected(tmp_path: Path) -> None:
    watch, clock = Watch(), Ticking()
    exchange = await founded(tmp_path, watch, clock, WITH_FEES)
    await trade_a_day(exchange, random.Random(1), 20240103, 5)

    async def refused(period: str, basis: str = "wrong") -> str:
        answer = await exchange.sequencer.submit(commands.Propose(1, "", "", commands.CorrectBulletin(period, basis)))
        said = answer[0]
        return reasons.BY_NUMBER[said.reason].name if isinstance(said, events.ActRefused) else "proposed"

    wanted = {
        "2024-01-03": "proposed", "2024-W01": "UNKNOWN_DOCUMENT", "2024-01": "UNKNOWN_DOCUMENT", "2024": "UNKNOWN_DOCUMENT",
        "2024-01-04": "UNKNOWN_DOCUMENT", "2025": "UNKNOWN_DOCUMENT", "2024-W60": "ACT_INVALID", "2024-1": "ACT_INVALID",
        "2024-02-30": "ACT_INVALID", "": "ACT_INVALID", "2023": "proposed",
    }  # fmt: skip
    assert {period: await refused(period) for period in wanted} == wanted
    assert await refused("2024-01-03", "") == "ACT_INVALID"
    # of 2023 nothing was ever traded here: the act is taken, and there is nothing to make
    await exchange.act(commands.CorrectBulletin("2023", "nothing"))
    await exchange.act(commands.CorrectBulletin("2024-01-03", "typing error"))
    await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
    assert [row.period for row in await exchange.settlement.publications()] == ["2024-01-03"]
    await exchange.stop()


async def test_an_auction_is_in_one_bulletin_whatever_restarts_come_between(tmp_path: Path) -> None:
    """What ended on a closed day is not told again by the next, with or without a restart between the two."""
    paper, watch = PaperEngine(), Watch()
    settlement = await open_settlement(tmp_path, watch, paper)
    terms = commands.AnnounceAuction(
        "AUC-1", "sale", "sealed_uniform", SPOT, 100, 1, 2, 20240101, ("key_emitter",), 1, 1, "time", "cancel"
    )
    batches = paper.founded()
    batches.append(paper.entry(events.AuctionAnnounced(1, terms, 100)))
    batches.append(paper.entry(events.AuctionCanceled(1, reasons.AUCTION_CANCELED)))
    batches.append(paper.close_day("week"))
    await settle(settlement, batches)
    await settlement.close()
    settlement = await open_settlement(tmp_path, watch, paper)
    settlement.on_start(paper)  # type: ignore[arg-type]
    await settle(settlement, [paper.open_day(), paper.close_day("week")])
    days = [await settlement.bulletin(day) for day in (20240101, 20240102)]
    assert [[row["code"] for row in orjson.loads(body or b"{}")["auctions"]] for body in days] == [["AUC-1"], []]
    for version in (1, 2):
        body = await settlement.publication("2024-W01", version)
        assert [row["code"] for row in orjson.loads(body or b"{}")["auctions"]] == ["AUC-1"]
    await settlement.close()
