"""Members at work in a real Chromium: a member trades and confirms the statement, a unit's two persons surrender with offsets."""

import io
import re
from pathlib import Path
from typing import Any, Final

import openpyxl

from engine.core import commands, reasons, units
from engine.core.reasons import BY_NUMBER
from gateway.protocol.login_wire import LoginCodeView
from gateway.protocol.settlement_words import SENTENCES
from gateway.protocol.terms import TERMS
from tests.browser.driving import Driver, browser
from tests.browser.test_desks import logged_in
from tests.gateway.http.people import Browser, Street, street
from tests.gateway.kit import PRODUCTS, public_of
from tests.testkit.build import rulebook_text

RIGHTS: Final = ("view", "trade", "file", "limits")
OFFSET: Final = "CQCER-24"
# Trades wait for the close, and a tenth of what is owed may be offsets.
RULES: Final = rulebook_text(
    {**PRODUCTS, "CQCER": {"kind": "offset"}},
    {2025: {"offset_limit_bp": 1_000, "surrender_deadline": "2026-12-31"}},
    {"2025.CQCER": {"limit_bp": 1_000, "is_local": True}},
    two_person_acts=["RegisterKey"],
    cycle="end_of_day",
)


async def furnished(there: Street) -> None:
    """Account K001 owes 100 t for 2025 and has cash, allowances and offsets; user xu may file beside wu and zhu."""
    await there.house.act(
        commands.RevokeKey("wu-1"),
        commands.ListInstrument(OFFSET, "CQCER", 2024, "碳惠通", "CQCER", 3000),
        commands.DepositCash(4, 10_000_000),
        commands.AllocateUnits(4, 1, 500, "free", 2025),
        commands.AllocateUnits(4, 3, 50, "offset", 2025),
        commands.ImportEmissions(2025, ((4, 100, 20260420),), 0, "cd" * 32),
    )
    for user in ("zhu", "xu"):
        await there.house.act(
            commands.AppointUser(user, 9, user, f"P-{user}", RIGHTS),
            commands.RegisterKey(f"{user}-1", public_of(f"{user}-1"), (4,), RIGHTS, user),
        )


async def arrived(there: Street, driver: Driver, name: str, language: str) -> None:
    """At the terminal of the house with a session that was begun without the page."""
    async with there.house.member(name) as client:
        code = await client.logins.new_code()
    await entered(driver, there.url, code, there.browser(), language)


async def entered(driver: Driver, url: str, code: LoginCodeView, visitor: Browser, language: str) -> None:
    """Make a login with this code and begin a session, both without the page, and open the terminal with it."""
    await visitor.enrol(code)
    assert (await visitor.log_in(code.door, code.name)).status_code == 200
    page = driver.page
    held = {**visitor.client.cookies, "language": language}
    await page.context.add_cookies([{"name": name, "value": value, "url": url} for name, value in held.items()])
    await page.goto(f"{url}/member")
    await driver.live()
    await page.wait_for_selector("#t-instrument option[value='CQEA-25']", state="attached")


async def ordered(page: Any, price: str, quantity: str) -> None:
    """Fill the ticket and press Enter: the preflight."""
    await page.fill("#t-price", price)
    await page.fill("#t-quantity", quantity)
    await page.keyboard.press("Enter")


async def test_a_member_trades_watches_it_settle_and_confirms_the_statement(tmp_path: Path) -> None:
    async with street(tmp_path, rules=RULES) as there, browser(there.url) as open_page:
        await furnished(there)
        async with there.house.member("a001") as seller:
            await seller.place("CQEA-25", "sell", 50, "40.00")
        driver = await open_page("zh")
        page = driver.page
        await logged_in(there, driver, "zhu-1")
        await page.wait_for_selector("#t-instrument option[value='CQEA-25']", state="attached")
        await ordered(page, "99.00", "10")
        await driver.says(".verdict.refused", BY_NUMBER[reasons.PRICE_OUT_OF_BAND].zh)
        await ordered(page, "40.00", "10")
        await page.wait_for_selector(".verdict.accepted")
        assert "冻结资金" in await page.text_content(".verdict")
        await page.keyboard.press("Enter")
        await driver.says("#fills", BY_NUMBER[reasons.AWAITS_CYCLE].zh)
        assert await page.locator("#fills .reached").all_text_contents() == ["● 已成交", "● 清算中"]
        await driver.says("#access", "zhu-1")
        await driver.says("#access", "已吊销")
        await driver.check("member-zh")
        await driver.walked("member")
        await there.house.act(commands.CloseDay())
        await driver.says("#fills", "● 已交收")
        assert await page.locator("#fills .why").count() == 0
        await page.click("#statements button:has-text('确认')")
        await driver.says("#statements", "已确认")
        await page.click("#statements button:has-text('查看')")
        await driver.says(".statement", "T-1")
        await driver.check("statement-zh")
        async with page.expect_download() as coming:
            await page.click("text=下载 Excel")
        assert (await coming.value).suggested_filename == "K001-2026-11-20.xlsx"
        book = openpyxl.load_workbook(io.BytesIO((await (await coming.value).path()).read_bytes()))
        assert book.sheetnames == ["概要", "资金", "持有", "成交"]
        assert [cell.value for cell in book["成交"][2]][4:10] == ["CQEA-25", "买入", 40, 10, 400, 0.4]
        assert [cell.value for cell in book["资金"]["B"]] == ["金额(元)", 0, 100_000, 400, 0.4, 99_599.6]
        await page.emulate_media(media="print")
        assert await page.locator("h1:visible, h2:visible, button:visible, header:visible, footer:visible").count() == 0
        assert await page.is_visible(".statement")
        assert (await page.pdf()).startswith(b"%PDF-")
        await page.emulate_media(media="screen")
        narrow = await open_page("en", width=390)
        await narrow.page.context.add_cookies(await page.context.cookies())
        await narrow.page.context.add_cookies([{"name": "language", "value": "en", "url": there.url}])
        await narrow.page.goto(f"{there.url}/member")
        await narrow.live()
        await narrow.says("#fills", "settled")
        await narrow.check("member-en-phone")
        await narrow.page.fill("#l-value", "500.00")
        await narrow.page.click("#limits-send")
        await narrow.says("#now-order_value_max", "500.00")  # tighter: at once
        await narrow.page.fill("#l-value", "900.00")
        await narrow.page.click("#limits-send")
        await narrow.says("#own", "900.00")  # looser: when a second user agrees
        await narrow.page.click("#own button:has-text('Approve')")
        await narrow.says("#brakes-answer", BY_NUMBER[reasons.SELF_APPROVAL].en)
        second = await open_page("zh")
        await arrived(there, second, "xu-1", "zh")
        await second.page.click("#own button:has-text('同意')")
        await second.says("#now-order_value_max", "900.00")
        await narrow.says("#now-order_value_max", "900.00")
        await narrow.page.check("#kill-sure")
        await narrow.page.click("#kill")
        await narrow.says("#kill-state", "Stopped")
        await page.click("#logout")
        await page.wait_for_url("**/login")


async def test_why_a_trade_is_not_settled_is_told_in_the_pages_language(tmp_path: Path) -> None:
    """On the terminal, in the statement and on the console: the reason's sentence, and the figures beside it."""
    async with street(tmp_path, rules=RULES) as there, browser(there.url) as open_page:
        await furnished(there)
        async with there.house.member("a001") as seller:
            await seller.place("CQEA-25", "sell", 50, "40.00")
        async with there.house.member("zhu-1") as buyer:
            await buyer.place("CQEA-25", "buy", 10, "40.00")
        await there.house.act(commands.Restrict(1, units.RESTRICT_SELL, "court order"), commands.CloseDay())
        barred, scope = BY_NUMBER[reasons.ACCOUNT_RESTRICTED], TERMS["scope"]["sell"]
        shown = {
            "zh": f"{barred.zh} ({barred.number} {barred.name} · {barred.article}) · 卖方受限:{scope.zh}",
            "en": f"{barred.en} ({barred.number} {barred.name} · {barred.article}) · the seller is restricted: {scope.en}",
        }
        for language in ("zh", "en"):
            member, operator = await open_page(language), await open_page(language)
            await logged_in(there, operator, "chen", "ops")
            await operator.page.goto(f"{there.url}/operator#settlement")
            await operator.says("#unsettled", shown[language])
            await operator.check(f"operator-unsettled-{language}")
            await arrived(there, member, "zhu-1", language)
            await member.says("#fills .why", shown[language])
            await member.page.click(f"#statements button:has-text('{'查看' if language == 'zh' else 'View'}')")
            await member.says(".statement", shown[language].partition(" · 卖方")[0].partition(" · the")[0])
            await member.says(".statement", shown[language].rpartition(" · ")[2])
            await member.check(f"member-unsettled-{language}")


async def test_the_figures_of_settlement_read_as_people_read_them(tmp_path: Path) -> None:
    """Every sentence by the script that the pages load: amounts in yuan, states and scopes in words, a person's words untouched."""
    told = {
        "disputed by S-1234; void: seller needs 3000 fen, has 5 fen": "被异议 S-1234 暂缓 · 撤销成交 · 卖方应付 30.00 元,仅有 0.05 元",
        "disputed by S-3": "被异议 S-3 暂缓",
        "transfer: needs 2500 t, encumbered 7 t, locked 0 t": "划转 · 需 2,500 吨,冻结质押 7 吨,锁定 0 吨",
        "needs 5 t, available 4 t, locked 3 t": "需 5 吨,可用 4 吨,锁定 3 吨",
        "withdrawal: restricted, scope 24": "出金 · 账户受限:转出、出金",
        "渝交所〔2024〕1号: <b>1</b>": "渝交所〔2024〕1号: <b>1</b>",
        "transfer": "transfer",
    }
    async with street(tmp_path) as there, browser(there.url) as open_page:
        page = (await open_page("zh")).page
        await page.goto(f"{there.url}/login")
        script = "async (detail) => (await import('/static/settlement.js')).detailText(detail)"
        assert {detail: await page.evaluate(script, detail) for detail in told} == told
        english = (await open_page("en")).page
        await english.goto(f"{there.url}/login")
        for form, said in SENTENCES.items():
            sample = re.sub(r"{(\w+)}", lambda place: {"state": "locked", "scope": "2"}.get(place[1], "900"), form)
            for driven, words in ((page, said.zh), (english, said.en)):
                got = await driven.evaluate(script, sample)
                assert re.fullmatch(re.sub(r"\\{\w+\\}", ".+", re.escape(words)), got), (form, got)


async def test_a_unit_surrenders_with_offsets_and_a_second_person_confirms(tmp_path: Path) -> None:
    async with street(tmp_path, rules=RULES) as there, browser(there.url) as open_page:
        await furnished(there)
        async with there.house.member("a001") as seller:
            await seller.place("CQEA-25", "sell", 200, "40.00")
        first, second = await open_page("zh"), await open_page("en")
        await arrived(there, first, "zhu-1", "zh")
        page = first.page
        await first.says("#years", "含费约 4,004.00 元")  # 100 t x 40.00, and fees of 0.1 %
        assert "2026-12-31" in await page.text_content("#years")
        assert "CQCER 0 / 10" in await page.text_content("#years")
        spot, offset = "#f-CQEA-25", f"#f-{OFFSET}"
        assert [await page.input_value(field) for field in (offset, spot)] == ["10", "90"]
        # The slider by keys: four tonnes of offsets, then as many as the year allows.
        await page.focus("#f-offsets")
        await page.keyboard.press("Home")
        for _ in range(4):
            await page.keyboard.press("ArrowRight")
        assert [await page.input_value(field) for field in (offset, spot)] == ["4", "96"]
        await page.fill(spot, "60")
        await first.says("#filing-sum", "含费约 1,441.44 元")  # 36 t are missing
        await page.fill(offset, "11")
        await page.click("#filing-send")
        await first.says("#filing-answer", BY_NUMBER[reasons.OFFSET_LIMIT].zh)
        await page.focus("#f-offsets")
        await page.keyboard.press("End")
        assert [await page.input_value(field) for field in (offset, spot)] == ["10", "90"]
        await first.check("surrender-zh")
        await page.click("#filing-send")
        await first.says("#filing-answer", "待本单位第二人确认")
        await page.click("#years button:has-text('作为第二人确认')")
        await first.says("#filing-answer", BY_NUMBER[reasons.SELF_APPROVAL].zh)
        await arrived(there, second, "xu-1", "en")
        await second.page.click("#years button:has-text('Confirm as second person')")
        await second.says("#years", "waits for the registry")
        await second.check("filing-en")
        [filing] = there.house.sequencer.view.filings(4)
        await there.house.act(commands.DecideFiling(filing.number, True, "complete"))
        await second.says("#years", "● surrendered")
        assert await second.page.is_hidden("#filing")  # the year is final
