"""The terminal in daily use in a real Chromium: keys alone, block trades and bids, a device's settings, an exchange that is away."""

from pathlib import Path
from typing import Any

import httpx

from engine.core import commands, phases, rulebook
from tests.browser.driving import browser
from tests.browser.test_member import arrived, entered, furnished
from tests.browser.test_public import Market
from tests.gateway.http.people import Browser, Clock, street
from tests.gateway.kit import DAY, DEADLINE_S, PRODUCTS, key_of, public_of
from tests.testkit.build import rulebook_text
from yutan import founding
from yutan.client import Client
from yutan.compose import Exchange
from yutan.settings import Settings

RULES = rulebook_text({**PRODUCTS, "CQCER": {"kind": "offset"}}, two_person_acts=["RegisterKey"])


async def colour(page: Any) -> str:
    """In which colour something that is up is written."""
    return str(await page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--up').trim()"))


async def test_a_trader_works_by_keys_alone_and_sets_this_device(tmp_path: Path) -> None:
    async with street(tmp_path, rules=RULES) as there, browser(there.url) as open_page:
        await furnished(there)
        async with there.house.member("a001") as seller:
            await seller.place("CQEA-25", "sell", 50, "40.00")
        driver = await open_page("zh")
        page, press, type_in = driver.page, driver.page.keyboard.press, driver.page.keyboard.type
        await arrived(there, driver, "zhu-1", "zh")
        await driver.says("#book", "40.00")
        await press("b")
        await press("Escape")
        await press("Shift+Digit1")  # the best ask, and on to the quantity
        assert await page.input_value("#t-price") == "40.00"
        await type_in("10")
        await press("Enter")
        await page.wait_for_selector(".verdict.accepted")
        await press("Enter")
        await driver.says("#fills", "● 已交收")
        await press("Escape")
        await press("s")
        await type_in("42.99")
        await press("ArrowUp")  # a tick more
        await press("Tab")
        await type_in("5")
        await press("Enter")
        await page.wait_for_selector(".verdict.accepted")
        await press("Enter")
        await driver.says("#orders", "43.00")
        await press("Escape")
        await press("o")
        await press("ArrowDown")
        await press("Enter")  # to be changed, in the ticket
        await type_in("42.50")
        await press("Enter")
        await driver.says("#orders", "42.50")
        await press("Escape")
        await press("o")
        for _ in range(2):
            await press("ArrowDown")
        await press("Enter")
        await driver.says("#explained", "43.00")
        await press("o")
        await press("Enter")
        await driver.says("#orders", "没有未成交委托")
        await press("?")
        assert await page.evaluate("document.getElementById('keys').open")
        await driver.check("keys-zh")
        # A key that was lost is ended here; without the box nothing happens.
        await page.click("#access button[aria-label='吊销 xu-1']")
        await driver.says("#access-answer", "请先勾选")
        await page.check("#revoke-sure")
        await page.click("#access button[aria-label='吊销 xu-1']")
        await driver.says("#access-answer", "xu-1 已吊销")
        # What is set stays on this device.
        assert await colour(page) == "#c4122f"
        for name, chosen in (("colours", "green-up"), ("figures", "short"), ("keys", "off")):
            await page.select_option(f"#device [name={name}]", chosen)
        await driver.says("#cash-available", "9.96万")
        await page.reload()
        await driver.live()
        await driver.says("#cash-available", "9.96万")
        assert await colour(page) == "#08744a"
        await press("b")
        assert await page.evaluate("document.activeElement === document.body")


async def test_block_trades_and_sealed_bids_are_made_at_the_terminal(tmp_path: Path) -> None:
    async with street(tmp_path, rules=RULES) as there, browser(there.url) as open_page:
        await furnished(there)
        await there.house.act(commands.DepositCash(4, 100_000_000), commands.OpenBlockWindow())
        driver = await open_page("zh")
        page = driver.page
        await arrived(there, driver, "zhu-1", "zh")
        async with there.house.member("a001") as other, there.house.member("b001") as third:
            # To a group; one of it counters, and the counter is confirmed.
            await page.focus("summary:has-text('发出报价')")  # a click can miss it: the tables above are still filling
            await page.keyboard.press("Enter")
            for field, text in (("price", "30.00"), ("quantity", "5000"), ("with", "A001, B001")):
                await page.fill(f"#b-{field}", text)
            await page.keyboard.press("Enter")
            await driver.says("#block-answer", "已发出")
            [offer] = await third.blocks.offers()
            countered = await other.blocks.counter(offer.block_id, 5_000, "31.00")
            await page.click(f"#blocks button[aria-label='确认 {countered.block_id}']")
            await driver.says("#blocks", "已成交 T-1")
            await driver.says("#fills", "● 已交收")
            await page.click(
                f"#blocks button[aria-label='撤回 {offer.block_id}']"
            )  # the other of the group could still say yes
            await driver.says("#block-answer", "已撤回")
            # To one, by the other side; it is countered here and confirmed there.
            directed = await other.blocks.offer("CQEA-25", "sell", 5_000, "33.00", ["K001"])
            await page.fill(f"#blocks input[aria-label='{directed.block_id} 还价价格']", "32.00")
            await page.click(f"#blocks button[aria-label='还价 {directed.block_id}']")
            await driver.says("#block-answer", "已发出")
            mine = [row for row in await other.blocks.offers() if row.answers == directed.block_id]
            await other.blocks.confirm(mine[0].block_id)
            await driver.says("#blocks", "已成交 T-2")
        await there.house.act(
            commands.OpenAccount("GOV", 900, "生态环境局", "government"),
            commands.OpenAccount("TREASURY", 901, "市级国库", "treasury"),
            commands.AllocateUnits(5, 1, 5_000, "paid", 2025),
            commands.AnnounceAuction(
                "2026-01", "sale", "sealed_uniform", 1, 1_000, 5, 6, DAY, ("key_emitter",), 10, 10, "time", "partial",
                limit_ticks=3_800, cap_bp=10_000, fee_ppm=1_000, withdrawable=True,
            ),
            commands.OpenAuction(1),
        )  # fmt: skip
        await page.wait_for_selector("#bid:not([hidden])")
        await page.fill("#a-price", "37.00")
        await page.fill("#a-quantity", "100")
        await page.keyboard.press("Enter")
        await driver.says("#bid-answer", "限值 38.00")
        await page.fill("#a-price", "45.00")
        await page.keyboard.press("Enter")
        await driver.says("#bids", "4,504.50")  # 100 x 45.00 and 0.1 %
        await page.click("#bids button:has-text('撤回')")
        await driver.says("#bids", "没有未出清的申报")
        await page.fill("#a-price", "44.00")
        await page.fill("#a-quantity", "100")
        await page.keyboard.press("Enter")
        await driver.says("#bids", "4,404.40")
        await driver.check("deals-zh")
        await there.house.act(commands.CloseAuction(1))
        await driver.says("#auctions", "44.00 · 成交 100")


async def test_the_terminal_says_that_the_exchange_is_gone_and_heals_when_it_is_back(tmp_path: Path) -> None:
    data = tmp_path / "data"
    founding.found(data, rulebook.shipped("chongqing"), founding.DEFAULT_OPERATORS)
    there = Market(await Exchange.start(data, Settings(ws_port=0, http_port=0)))
    try:
        await there.act(
            commands.ListInstrument("CQEA-25", "CQEA", 2025, "重庆碳配额2025", "Chongqing allowance 2025", 4000),
            commands.OpenAccount("A001", 1, "甲公司", "institution"),
            commands.AdmitParticipant(1, "a001", "甲公司"),
            commands.AppointUser("wu", 1, "吴某", "P-wu", ("view", "trade")),
            commands.RegisterKey("wu-1", public_of("wu-1"), (1,), ("view", "trade"), "wu"),
            commands.DepositCash(1, 100_000_000),
            commands.OpenDay(DAY),
            commands.ChangePhase(phases.CONTINUOUS),
        )
        url, ports = there.url, there.exchange.running
        doors = f"ws://127.0.0.1:{ports.ws_port}"
        async with Client.connect(doors, key_id="wu-1", private_key=key_of("wu-1")) as client:
            code = await client.logins.new_code()
        async with httpx.AsyncClient(base_url=url, timeout=DEADLINE_S) as web, browser(url) as open_page:
            driver = await open_page("zh")
            page = driver.page
            deaf = False

            def between(socket: Any) -> None:
                server = socket.connect_to_server()
                server.on_message(lambda text: None if deaf else socket.send(text))

            await page.route_web_socket(f"{doors}/ws/v1/trade", between)
            await entered(driver, url, code, Browser(web, Clock(), url), "zh")
            # Nothing is heard any more, though the socket is open: what is shown may be old, and that is said.
            deaf = True
            await page.wait_for_selector("#link[data-state=stale]")
            deaf = False
            await driver.live()
            await there.exchange.close()
            await page.wait_for_selector("#link[data-state=resuming]")
            settings = Settings(ws_port=ports.ws_port, http_port=ports.http_port)
            there.exchange = await Exchange.start(data, settings)
            await driver.live()
            await page.fill("#t-price", "40.00")
            await page.fill("#t-quantity", "7")
            await page.keyboard.press("Enter")
            await page.wait_for_selector(".verdict.accepted")
            await page.keyboard.press("Enter")
            await driver.says("#orders", "0 / 7")
    finally:
        await there.exchange.close()
