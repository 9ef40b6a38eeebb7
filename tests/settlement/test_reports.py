"""Reports: every figure counted again from the registry's tables, with other means than the exchange's own."""

import random
import sqlite3
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.core import commands as c
from engine.core import phases
from settlement.core.money import yuan
from settlement.reports import dates_of
from tests.settlement.kit import WITH_FEES, Watch
from tests.settlement.test_real_days import Exchange, Ticking, founded, trade_a_day

FIRST, LAST, AFTER = 20231102, 20231103, 20231204


async def act(exchange: Exchange, *acts: c.AnyAct) -> None:
    """One act after the other."""
    for one in acts:
        await exchange.act(one)


async def traded(folder: Path) -> tuple[Exchange, Watch]:
    """Two days of November with an auction that sells 900 of 1,000 t on the second, and a day of December."""
    rng, watch, clock = random.Random(5), Watch(), Ticking()
    exchange = await founded(folder, watch, clock, WITH_FEES)
    await trade_a_day(exchange, rng, FIRST, 120)
    await act(
        exchange,
        c.OpenAccount("GOV", 900, "生态环境局", "government"),
        c.OpenAccount("TREASURY", 901, "市级国库", "treasury"),
    )
    accounts = {row.code: row.number for row in exchange.sequencer.view.accounts()}
    gov, treasury = accounts["GOV"], accounts["TREASURY"]
    await act(exchange, c.AllocateUnits(gov, 1, 1_000, "paid", 2024), c.OpenDay(LAST), c.ChangePhase(phases.CONTINUOUS))
    terms = c.AnnounceAuction(
        "N-1", "sale", "sealed_uniform", 1, 1_000, gov, treasury, LAST, ("key_emitter", "institution"), 1, 1, "time",
        "partial", fee_ppm=1_000, limit_ticks=100,
    )  # fmt: skip
    await act(exchange, terms, c.OpenAuction(1))
    for account, price, tonnes in ((1, 300, 500), (2, 200, 400)):
        await exchange.sequencer.submit(c.PlaceBid(account, 1, price, tonnes, f"b{account}"))
    await act(exchange, c.CloseAuction(1), c.CloseDay())
    await trade_a_day(exchange, rng, AFTER, 60)
    await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
    return exchange, watch


def table(folder: Path, sql: str) -> list[Any]:
    """Rows of the closed registry."""
    registry = sqlite3.connect(f"{(folder / 'registry.db').as_uri()}?mode=ro", uri=True)
    try:
        return registry.execute(sql).fetchall()
    finally:
        registry.close()


async def test_the_bureaus_report_is_what_the_tables_say(tmp_path: Path) -> None:
    exchange, watch = await traded(tmp_path)
    told = await exchange.settlement.report("bureau", "2023-11")
    later = await exchange.settlement.report("bureau", "2023-12")
    await exchange.stop()
    assert told is not None
    assert later is not None
    assert (told["first_day"], told["last_day"], told["trading_days"]) == ("2023-11-02", "2023-11-03", 2)
    assert later["after_seq"] == told["seq"]

    trades = table(
        tmp_path, "SELECT trading_day, tonnes, amount_fen, buyer, seller, buy_fee_fen, sell_fee_fen, status FROM trades"
    )
    awards = table(
        tmp_path, "SELECT trading_day, tonnes, amount_fen, buyer, seller, buy_fee_fen, sell_fee_fen, status FROM awards"
    )
    mine = [row for row in trades if row[0] <= LAST]
    total = {"tonnes": sum(r[1] for r in mine), "trades": len(mine), "turnover": yuan(sum(r[2] for r in mine))}
    assert told["trading"]["total"] == total
    assert told["settlement"]["trades_settled"] == sum(r[7] == "settled" for r in [*mine, *awards])
    assert told["settlement"]["fees"] == yuan(sum(r[5] + r[6] for r in [*mine, *awards]))
    owners = {
        number: (owner, category)
        for number, owner, category in table(tmp_path, "SELECT account, owner, category FROM accounts")
    }
    seen: dict[tuple[str, str], set[int]] = defaultdict(set)
    tonnes: Counter[tuple[str, str]] = Counter()
    for row in mine:
        for side, account in (("buy", row[3]), ("sell", row[4])):
            owner, category = owners[account]
            seen[category, side].add(owner)
            tonnes[category, side] += row[1]
    assert told["trading"]["participation"] == [
        {"category": category, "owners": len(seen[category, side]), "side": side, "tonnes": tonnes[category, side]}
        for category, side in sorted(seen)
    ]

    cash = table(tmp_path, f"SELECT kind, amount_fen FROM cash_postings WHERE seq <= {told['seq']}")
    by_kind: dict[str, list[int]] = defaultdict(list)
    for kind, fen in cash:
        by_kind[kind].append(fen)
    assert told["settlement"]["cash"] == {
        kind: {"amount": yuan(sum(found)), "postings": len(found)} for kind, found in by_kind.items()
    }
    opened = table(tmp_path, "SELECT category FROM accounts")
    assert (
        told["registration"]["accounts"] == Counter(row[0] for row in opened) == told["registration"]["accounts_opened"]
    )
    assert later["registration"]["accounts_opened"] == {}
    issued = table(tmp_path, "SELECT tonnes FROM unit_postings WHERE kind = 'issue'")
    assert sum(row["tonnes"] for row in told["registration"]["acts"] if row["act"] == "issue") == sum(
        r[0] for r in issued
    )
    notices = table(tmp_path, f"SELECT category FROM notices WHERE seq <= {told['seq']}")
    assert told["major_matters"]["by_category"] == Counter(row[0] for row in notices)
    assert told["major_matters"]["by_category"]["auction"] == 2
    assert watch.failures == []


async def test_the_finance_bureau_sees_what_the_treasury_has_by_its_postings(tmp_path: Path) -> None:
    exchange, _ = await traded(tmp_path)
    told = await exchange.settlement.report("finance", "2023-11-03")
    before = await exchange.settlement.report("finance", "2023-11-02")
    await exchange.stop()
    assert told is not None
    assert before is not None
    assert before["auctions"] == []
    # 500 at 3.00 and 400 at 2.00 for 1,000 t: all 900 at 2.00 = 1,800.00; fee 0.1 % = 1.00 and 0.80
    (row,) = told["auctions"]
    assert (row["due"], row["received"], row["outstanding"], row["fees_beside"]) == (
        "1800.00",
        "1800.00",
        "0.00",
        "1.80",
    )
    assert (row["treasury_account"], row["tonnes"], row["awards"], row["awards_settled"]) == ("TREASURY", 900, 2, 2)
    assert told["totals"]["sale"] == {"due": "1800.00", "outstanding": "0.00", "received": "1800.00"}
    (balance,) = table(
        tmp_path, "SELECT amount_fen FROM cash_balances b JOIN accounts a USING (account) WHERE code = 'TREASURY'"
    )
    assert yuan(balance[0]) == row["received"]


async def test_the_monitors_report_compares_an_auction_with_the_days_before(tmp_path: Path) -> None:
    exchange, _ = await traded(tmp_path)
    told = await exchange.settlement.report("monitor", "N-1")
    market = await exchange.settlement.report("monitor", "2023-Q4")
    nothing = [await exchange.settlement.report("monitor", name) for name in ("N-2", "2023-Q3", "2022", "2023-Q5", "x")]
    await exchange.stop()
    assert nothing == [None] * 5
    assert told is not None
    assert market is not None
    tonnes, fen, close = table(
        tmp_path,
        f"SELECT tonnes, turnover_fen, close_ticks FROM day_stats WHERE instrument = 1 AND trading_day = {FIRST}",
    )[0]
    average = (Decimal(fen) / tonnes).quantize(Decimal(1), ROUND_HALF_UP)
    premium = ((200 - average) * 100 / average).quantize(Decimal("0.01"), ROUND_HALF_UP)
    secondary = told["secondary_market"]
    assert (secondary["average"], secondary["close"], secondary["days"]) == (
        yuan(int(average)),
        yuan(close),
        ["2023-11-02"],
    )
    assert secondary["premium_to_average"] == str(premium)
    assert told["participation"] == {"bidders": 2, "winners": 2}
    assert (told["concentration"], told["price_limit"], told["bids"]) == (None, None, None)  # two bidders are protected

    trades = table(tmp_path, "SELECT instrument, tonnes, buyer FROM trades")
    owners = dict(table(tmp_path, "SELECT account, owner FROM accounts"))
    for row in market["concentration"]:
        bought: Counter[int] = Counter()
        number = {"CQEA-2024": 1, "CQCER-2024": 2}[row["instrument"]]
        for instrument, size, buyer in trades:
            if instrument == number:
                bought[owners[buyer]] += size
        assert row["buyers"]["owners"] == len(bought)
        if len(bought) >= 5:
            shares = [Decimal(size) / sum(bought.values()) for size in bought.values()]
            index = sum((share * share for share in shares), Decimal(0)) * 10_000
            assert row["buyers"]["hhi"] == index.quantize(Decimal(1), ROUND_HALF_UP)


@pytest.mark.parametrize(
    ("period", "dates"),
    [
        ("2026-Q1", (20260101, 20260331)),
        ("2026-Q4", (20261001, 20261231)),
        ("2026-02", (20260201, 20260228)),
        ("2026-W01", (20251229, 20260104)),
        ("2026-Q0", None),
        ("2026-13", None),
        ("", None),
        ("２０２６-Q1", None),
    ],
)
def test_a_period_is_a_day_week_month_quarter_or_year(period: str, dates: tuple[int, int] | None) -> None:
    assert dates_of(period) == dates
