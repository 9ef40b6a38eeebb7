"""The fee schedule is what the engine charges, with its sources; a change is told as soon as it is adopted."""

import sqlite3
from pathlib import Path

from engine.core.commands import AdoptRuleBook
from gateway.http.disclosure_pages import CONFIDENCE_ZH
from gateway.http.pages import grouped
from tests.gateway.http.conftest import DAY_NS, Door, busy
from tests.gateway.http.test_disclosure_pages import text_of


async def test_each_fee_names_its_source_and_how_sure_it_is_and_examples_add_up(door: Door) -> None:
    rules = door.run.view.rulebook()
    told = (await door.client.get("/api/v1/fees")).json()
    assert told["next"] is None
    assert [(row["product"], row["item"]) for row in told["in_force"]["items"]] == [
        (code, item) for code in rules.products for item in ("trading", "settlement")
    ]
    for row in told["in_force"]["items"]:
        origin = rules.provenance[f"product.{row['product']}.{row['item']}_fee_ppm"]
        assert (row["source"], row["confidence"]) == (origin.source, origin.confidence)
        assert float(row["rate_percent"]) == row["rate_ppm"] / 10_000
    for row in told["in_force"]["examples"]:
        amount, fee, pays, gets = (
            int(row[name].replace(".", "")) for name in ("amount", "fee", "buyer_pays", "seller_gets")
        )
        assert amount == int(row["price"].replace(".", "")) * row["quantity"]
        assert fee == amount * row["rate_ppm"] // 10**6
        assert (pays, gets) == (amount + fee, amount - fee)
        assert row["unit"] == rules.products[row["product"]].unit_en


async def test_a_change_stands_on_the_page_when_adopted_and_is_what_is_charged_from_its_day_on(
    door: Door, tmp_path: Path
) -> None:
    state = door.run.market.state
    rate = f"trading_fee_ppm = {{ value = {state.rulebook.products['CQEA'].trading_fee_ppm},"
    text = state.rulebook_text.replace(f"version = {{ value = {state.rulebook.version},", "version = { value = 9,")
    door.run.act(AdoptRuleBook(text.replace(rate, "trading_fee_ppm = { value = 12345,", 1), 9, 20261123, ("渝环1号",)))
    told = (await door.client.get("/api/v1/fees")).json()
    assert (told["next"]["version"], told["next"]["effective_day"]) == (9, "2026-11-23")
    assert told["next"]["items"][0]["rate_percent"] == "1.2345"
    page = text_of((await door.client.get("/fees")).text)
    for rules in (told["in_force"], told["next"]):
        for row in rules["items"]:
            assert f"{row['rate_percent']}%" in page
            assert row["source"] in page
            assert CONFIDENCE_ZH[row["confidence"]] in page
        for row in rules["examples"]:
            assert grouped(row["buyer_pays"]) in page
    assert told["rounding_zh"] in page
    assert told["auctions_zh"] in page

    door.run.close_day()
    door.run.at_ns += DAY_NS - 450_000_000_000
    door.run.open_day(20261123)
    busy(door.run, 7)
    await door.title.wait_settled(door.run.market.seq)
    now = (await door.client.get("/api/v1/fees")).json()
    assert (now["in_force"], now["next"]) == (told["next"], None)
    (rate_ppm,) = {row["rate_ppm"] for row in now["in_force"]["examples"] if row["product"] == "CQEA"}
    with sqlite3.connect(f"{(tmp_path / 'registry.db').as_uri()}?mode=ro", uri=True) as registry:
        charged = list(
            registry.execute("SELECT amount_fen, buy_fee_fen, sell_fee_fen FROM trades WHERE trading_day = 20261123")
        )
    assert len(charged) > 5
    assert [(buy, sell) for _, buy, sell in charged] == [(fen * rate_ppm // 10**6,) * 2 for fen, _, _ in charged]
    assert all(buy > 0 for _, buy, _ in charged)
