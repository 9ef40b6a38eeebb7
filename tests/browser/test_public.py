"""Visitors in a real Chromium: the board while trades happen, the files, and a bulletin that they check themselves."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.core import commands, rulebook
from engine.core.phases import CONTINUOUS
from tests.browser.driving import Driver, browser
from tests.browser.operators import act
from tests.testkit.auctions import notice
from tests.yutan.kit import DEADLINE_S
from yutan import founding
from yutan.compose import Exchange
from yutan.settings import Settings

BUY, SELL = 1, 2
DAY, NEXT_DAY = 20261120, 20261123
PAGES = (
    "/", "/bulletins", "/bulletins/2026-11-20", "/notices", "/auctions", "/key-units", "/calendar", "/rules", "/fees", "/data",
    "/history/CQEA-25", "/auctions/2026-01", "/join", "/verify", "/reference", "/login", "/no-such-page",
)  # fmt: skip


class Market:
    """A running exchange whose two operators and members act at once."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.url = f"http://127.0.0.1:{exchange.running.http_port}"
        self.orders = 0

    async def act(self, *acts: commands.AnyAct) -> None:
        await act(self.exchange, *acts)

    async def trade(self, tonnes: int, price_ticks: int) -> None:
        """The first account sells to the second."""
        for account, side in ((1, SELL), (2, BUY)):
            self.orders += 1
            await self.exchange.sequencer.submit(
                commands.PlaceOrder(account, 1, side, price_ticks, tonnes, 0, f"order-{self.orders}")
            )

    async def end_day(self) -> None:
        """Close, publish, and open the next day."""
        await self.act(commands.CloseDay())
        settlement = self.exchange.settlement
        await settlement.wait_settled(self.exchange.view.day().seq)
        (row,) = await settlement.bulletins()
        await self.act(commands.PublishBulletin(DAY, row.sha256))
        deadline = time.monotonic() + DEADLINE_S
        while self.exchange.view.day().trading_day != NEXT_DAY:  # once registry and engine were compared
            assert time.monotonic() < deadline
            await self.exchange.sequencer.submit(commands.Propose(1, "test", "", commands.OpenDay(NEXT_DAY)))
            await asyncio.sleep(0.05)
        await self.act(commands.ChangePhase(CONTINUOUS))
        await settlement.wait_settled(self.exchange.view.day().seq)


@asynccontextmanager
async def market(tmp_path: Path) -> AsyncIterator[Market]:
    """One listed allowance on a day on which it has traded."""
    data = tmp_path / "data"
    founding.found(data, rulebook.shipped("chongqing"), founding.DEFAULT_OPERATORS)
    exchange = await Exchange.start(data, Settings(ws_port=0, http_port=0))
    try:
        there = Market(exchange)
        await there.act(
            commands.OpenAccount("A001", 1, "甲公司", "key_emitter"),
            commands.OpenAccount("A002", 2, "乙公司", "institution"),
            commands.ListInstrument("CQEA-25", "CQEA", 2025, "重庆碳配额2025", "Chongqing allowance 2025", 4000),
            commands.DepositCash(2, 100_000_000),
            commands.AllocateUnits(1, 1, 100_000, "free", 2025),
            commands.OpenDay(DAY),
            commands.ChangePhase(CONTINUOUS),
        )
        await there.trade(100, 4010)
        await there.trade(50, 4020)
        yield there
    finally:
        await exchange.close()


async def told(driver: Driver, selector: str) -> str:
    """What the element says."""
    return str(await driver.page.text_content(selector))


async def test_a_visitor_reads_the_board_while_trades_happen_and_takes_the_days_file(tmp_path: Path) -> None:
    async with market(tmp_path) as there, browser(there.url) as open_page:
        driver = await open_page("zh")
        page = driver.page
        await page.goto(there.url)
        await driver.live()
        await driver.says("#big-last", "40.20")
        await there.trade(30, 4050)
        await driver.says("#big-last", "40.50")
        assert "30" in await told(driver, "#trades tr:first-child")
        await there.exchange.sequencer.submit(commands.PlaceOrder(1, 1, SELL, 4060, 200, 0, "rests"))
        await driver.says("#asks", "40.60")
        await page.fill("#cost-quantity", "150")
        await driver.says("#cost-said", "买入 6,090.00 元,均价 40.6000")
        await driver.check("market-zh")
        await there.end_day()
        await driver.says("#trading-day", "2026-11-23")
        await page.click("nav a[href='/data']")
        async with page.expect_download() as coming:
            await page.click("a[href='/data/2026-11-20/history-2026-11-20.csv']")
        text = (await asyncio.to_thread((await (await coming.value).path()).read_bytes)).decode("utf-8-sig")
        assert "CQEA-25,2026-11-20,40.10,40.50,40.10,40.50,180," in text
        await driver.check("data-zh")


async def test_a_bulletin_is_checked_in_the_browser_and_a_changed_one_is_found_out(tmp_path: Path) -> None:
    async with market(tmp_path) as there, browser(there.url) as open_page:
        await there.end_day()
        driver = await open_page("en")
        page = driver.page
        await page.goto(f"{there.url}/bulletins/2026-11-20")
        await page.click("a[href='/verify#2026-11-20']")
        await driver.says("#verdict", "Genuine: 2026-11-20, version 1")
        assert await page.locator("#checks [data-state=right]").count() == 4
        await driver.check("verify-en")
        body = await (await page.request.get(f"{there.url}/bulletins/2026-11-20.json")).body()
        for content, verdict in ((body, "Genuine"), (body.replace(b"40.20", b"40.30"), "cannot be confirmed")):
            await page.set_input_files("#file", {"name": "a.json", "mimeType": "application/json", "buffer": content})
            await page.click("#ask button")
            await driver.says("#verdict", verdict)
        await page.set_input_files("#file", {"name": "a.json", "mimeType": "application/json", "buffer": body})
        await page.fill("#key", "0" * 63 + "1")
        await page.click("#ask button")
        await page.wait_for_selector("#checks li:nth-child(2)[data-state=wrong]")
        await driver.says("#verdict", "cannot be confirmed")


async def announced(there: Market) -> None:
    """A notice and an auction, so that their pages are there."""
    await there.act(
        commands.OpenAccount("GOV", 900, "生态环境局", "government"),
        commands.OpenAccount("TREASURY", 901, "市级国库", "treasury"),
        commands.AllocateUnits(3, 1, 5_000, "paid", 2025),
        commands.PublishNotice("announcement", "系统维护", "Maintenance", "周六不开放。", "Closed on Saturday."),
        notice(trading_day=20261124, unit_account=3, cash_account=4),
    )
    await there.exchange.settlement.wait_settled(there.exchange.view.day().seq)


@pytest.mark.parametrize(("language", "width"), [("zh", 1280), ("en", 390)])
async def test_every_public_page_is_sound(tmp_path: Path, language: str, width: int) -> None:
    async with market(tmp_path) as there, browser(there.url) as open_page:
        await there.end_day()
        await announced(there)
        driver = await open_page(language, width)
        (newest, *_) = (await (await driver.page.request.get(f"{there.url}/api/v1/notices")).json())["notices"]
        for path in (*PAGES, f"/notices/{newest['notice_id']}"):
            await driver.page.goto(there.url + path)
            await driver.check(f"public-{path.strip('/').replace('/', '-') or 'market'}-{language}-{width}")
            # what is wider than the screen scrolls in its own frame, not the page
            assert await driver.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            if language == "zh":
                await driver.walked(path)


async def found_from_the_front_page(page: Any, url: str, *steps: str) -> str:
    """Follow links by their words from the front page, as somebody would who reads no documents."""
    await page.goto(url)
    for words in steps:
        await page.locator("a", has_text=words).first.click()
    return str(await page.text_content("main"))


async def test_what_a_first_visitor_looks_for_is_at_most_three_links_away(tmp_path: Path) -> None:
    async with market(tmp_path) as there, browser(there.url) as open_page:
        await there.end_day()
        driver = await open_page("zh")
        page = driver.page
        assert "40.13" in await found_from_the_front_page(page, there.url, "公报", "2026-11-20")  # the close
        assert "2026-11" in await found_from_the_front_page(page, there.url, "数据")
        assert "准入" in await found_from_the_front_page(page, there.url, "开户")
        await found_from_the_front_page(page, there.url, "核验公报")
        await page.select_option("#issue", label="2026-11-20 v1")
        await page.click("#ask button")
        await driver.says("#verdict", "真实:2026-11-20")
