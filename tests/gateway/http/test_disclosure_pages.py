"""Auctions, key units, calendar and rules as pages: what their answers under /api/v1 say, safe to look at."""

import html
import re

from engine.core import commands
from gateway.http.disclosure_pages import AUCTION_WORDS, CONFIDENCE_ZH, RESULT_WORDS
from gateway.protocol.auction_wire import AuctionResult
from tests.gateway.http.conftest import Door
from tests.testkit.auctions import notice


def text_of(page: str) -> str:
    """What a reader sees."""
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


async def test_an_auction_is_found_from_the_front_page_to_its_result(door: Door) -> None:
    assert 'href="/auctions"' in (await door.client.get("/")).text
    assert "尚无竞价" in (await door.client.get("/auctions")).text
    door.run.act(commands.OpenAccount("GOV", 90, "政府账户", "government"))
    door.run.act(commands.OpenAccount("TRE", 91, "国库", "treasury"))
    day = door.run.view.day().trading_day
    units, cash = len(door.run.view.accounts()) - 1, len(door.run.view.accounts())
    door.run.act(commands.AllocateUnits(units, 1, 5_000, "reserve", 2025))
    door.run.act(notice(trading_day=day, unit_account=units, cash_account=cash, notice="<b>渝环公告</b>"))
    listed = (await door.client.get("/auctions")).text
    assert 'href="/auctions/2026-01"' in listed
    (told,) = (await door.client.get("/api/v1/auctions")).json()["auctions"]
    page = (await door.client.get("/auctions/2026-01")).text
    assert "&lt;b&gt;渝环公告" in page
    page = text_of(page)
    assert told["trading_day"] in page
    assert "1,000" in page
    assert AUCTION_WORDS["announced"] in page
    assert (await door.client.get("/auctions/none")).json()["error"]["name"] == "UNKNOWN_AUCTION"


async def test_a_participants_auction_says_who_applied_where_the_rule_book_lets_it(door: Door) -> None:
    door.run.act(commands.OpenAccount("S1", 60, "售碳厂<b>", "key_emitter"))
    seller, day = len(door.run.view.accounts()), door.run.view.day().trading_day
    door.run.act(commands.AllocateUnits(seller, 1, 5_000, "paid", 2025))
    door.run.act(notice(code="own", trading_day=day, unit_account=seller, cash_account=seller, seller_fee_ppm=40_000))
    assert (await door.client.get("/api/v1/auctions/own")).json()["held_by"] == "key_emitter"
    page = text_of((await door.client.get("/auctions/own")).text)
    assert "单向竞价申请方" in page
    assert "40,000" in page
    assert "售碳厂" not in page
    own = {"unit_account": seller, "cash_account": seller}
    door.run.act(commands.DepositCash(seller, 10_000_000))
    door.run.act(notice(code="want", direction="purchase", trading_day=day, limit_ticks=4_000, **own))
    assert "买入" in text_of((await door.client.get("/auctions/want")).text)


def test_each_figure_of_a_result_has_its_chinese_word() -> None:
    assert set(RESULT_WORDS) == set(AuctionResult.__struct_fields__)


async def test_names_of_units_do_no_harm_and_the_page_says_what_the_answer_says(door: Door) -> None:
    door.run.act(commands.OpenAccount("K1", 50, '<script>alert("x")</script>\u202e厂', "key_emitter"))
    door.run.act(commands.AllocateUnits(len(door.run.view.accounts()), 1, 1_234_567, "free", 2025))
    page = (await door.client.get("/key-units")).text
    assert "<script>alert" not in page
    assert "1,234,567" in page
    assert re.search(r"<bdi>&lt;script&gt;.*?</bdi>", page)
    assert (await door.client.get("/key-units?year=2001")).status_code == 404
    assert (await door.client.get("/key-units?yeer=2025")).status_code == 400


async def test_the_calendar_page_has_the_day_and_where_to_subscribe(door: Door) -> None:
    told = (await door.client.get("/api/v1/calendar")).json()
    page = (await door.client.get("/calendar")).text
    assert 'href="/calendar.ics"' in page
    assert told["today"]["day"] in page
    for row in told["timetable"]:
        assert row["phase_zh"] in page


async def test_each_rule_stands_with_its_source_and_how_sure_it_is(door: Door) -> None:
    told = (await door.client.get("/api/v1/rulebook")).json()
    page = text_of((await door.client.get("/rules")).text)
    assert told["sha256"] in page
    for rule in told["rules"]:
        assert rule["rule"].rpartition(".")[2] in page
        assert rule["source"] in page
        assert CONFIDENCE_ZH[rule["confidence"]] in page
