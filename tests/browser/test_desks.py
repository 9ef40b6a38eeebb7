"""People at work in a real Chromium: a member trades and confirms, a unit's two persons file, two operators halt and resume."""

import base64
from pathlib import Path
from typing import Any

from engine.core import commands
from gateway.logins import factors
from tests.browser.driving import Driver, browser
from tests.gateway.http.people import PASSWORD, Street, street
from tests.gateway.kit import public_of

TRICK = "=1+1 <b>drill</b><img src=x onerror=document.title=1>"


async def furnished(there: Street) -> None:
    """Account K001 owes 100 t for 2025 and has cash and units; user xu may file beside wu."""
    rights = ("view", "trade", "file", "limits")
    act = there.house.act
    await act(
        commands.RevokeKey("wu-1"),
        commands.DepositCash(4, 10_000_000),
        commands.AllocateUnits(4, 1, 500, "free", 2025),
        commands.ImportEmissions(2025, ((4, 100, 20260420),), 0, "cd" * 32),
    )
    for user in ("zhu", "xu"):
        await act(
            commands.AppointUser(user, 9, user, f"P-{user}", rights),
            commands.RegisterKey(f"{user}-1", public_of(f"{user}-1"), (4,), rights, user),
        )


async def enrolled(there: Street, driver: Driver, name: str, door: str = "trade") -> bytes:
    """Make a login at the page with a code, as its person would; the secret of the second factor."""
    async with there.house.operator(name) if door == "ops" else there.house.member(name) as client:
        code = (await client.logins.new_code()).code
    page = driver.page
    await page.goto(f"{there.url}/login")
    if door == "ops":
        await page.check("#enrol input[value=ops]")
    await page.fill("#enrol-name", name)
    await page.fill("#enrol-code", code)
    await page.fill("#enrol-password", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#confirm-secret:not(:empty)")
    secret = base64.b32decode((await page.text_content("#confirm-secret")).replace(" ", ""))
    await page.fill("#confirm-totp", factors.totp(secret, there.clock.step()))
    await page.keyboard.press("Enter")
    await page.wait_for_function("name => document.getElementById('login-name').value === name", arg=name)
    there.clock.ahead_s += factors.STEP_S
    return secret


async def logged_in(there: Street, driver: Driver, name: str, door: str = "trade") -> None:
    """Log in with both factors, by the keyboard alone."""
    secret = await enrolled(there, driver, name, door)
    page = driver.page
    await driver.check(f"login-{name}")
    await page.focus("#login-password")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Tab")
    await page.keyboard.type(factors.totp(secret, there.clock.step()))
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/operator" if door == "ops" else "**/member")
    await driver.live()


async def ordered(page: Any, price: str, quantity: str) -> None:
    """Fill the ticket and press Enter: the preflight."""
    await page.fill("#t-price", price)
    await page.fill("#t-quantity", quantity)
    await page.keyboard.press("Enter")


async def test_a_member_trades_and_confirms_the_statement(tmp_path: Path) -> None:
    async with street(tmp_path) as there, browser(there.url) as open_page:
        await furnished(there)
        async with there.house.member("a001") as seller:
            await seller.place("CQEA-25", "sell", 50, "40.00")
        driver = await open_page("zh")
        page = driver.page
        await logged_in(there, driver, "zhu-1")
        await page.wait_for_selector("#t-instrument option[value='CQEA-25']", state="attached")
        await ordered(page, "99.00", "10")
        await page.wait_for_selector(".verdict.refused")
        await ordered(page, "40.00", "10")
        await page.wait_for_selector(".verdict.accepted")
        assert "冻结资金" in await page.text_content(".verdict")
        await page.keyboard.press("Enter")
        await driver.says("#fills", "已交收")
        await page.wait_for_function("document.querySelectorAll('#fills .reached').length === 3")
        await driver.check("member-zh")
        await there.house.act(commands.CloseDay())
        await page.click("#statements button:has-text('确认')")
        await driver.says("#statements", "已确认")
        await driver.check("statement-zh")
        # The connection is cut: the page says so, and is live again by itself.
        for peer in list(there.house.gateway._connections):
            peer.end("too_slow")
        await page.wait_for_selector("#link[data-state=resuming]")
        await driver.live()
        narrow = await open_page("en", width=390)
        await narrow.page.context.add_cookies(await page.context.cookies())
        await narrow.page.context.add_cookies([{"name": "language", "value": "en", "url": there.url}])
        await narrow.page.goto(f"{there.url}/member")
        await narrow.live()
        await narrow.says("#fills", "settled")
        await narrow.check("member-en-phone")
        await narrow.page.check("#kill-sure")
        await narrow.page.click("#kill")
        await narrow.says("#kill-state", "Stopped")
        await page.click("#logout")
        await page.wait_for_url("**/login")


async def test_a_unit_files_and_a_second_person_confirms(tmp_path: Path) -> None:
    async with street(tmp_path) as there, browser(there.url) as open_page:
        await furnished(there)
        first, second = await open_page("zh"), await open_page("en")
        await logged_in(there, first, "zhu-1")
        await first.page.wait_for_selector("#filing-lines select option", state="attached")
        await first.page.select_option("#filing-lines select", "CQEA-25")
        await first.page.fill("#filing-lines input", "100")
        await first.page.click("#filing-send")
        await first.says("#filing-answer", "待本单位第二人确认")
        await first.page.click("#years button:has-text('作为第二人确认')")
        await first.says("#filing-answer", "(2008")
        await logged_in(there, second, "xu-1")
        await second.page.click("#years button:has-text('Confirm as second person')")
        await second.says("#years", "waits for the registry")
        await second.check("filing-en")


async def test_two_operators_halt_and_resume(tmp_path: Path) -> None:
    async with street(tmp_path, two_person_acts=("RegisterKey", "Resume")) as there, browser(there.url) as open_page:
        first, second = await open_page("zh"), await open_page("en")
        await logged_in(there, first, "chen", "ops")
        await first.says("#stages", "✓")
        await first.page.fill("#why", TRICK)
        await first.page.click("#halt")
        await first.says("#control-answer", "已执行")
        await first.says("#halted", "全市场")
        await first.page.click("#resume")
        await first.says("#control-answer", "待第二人复核")
        await first.page.wait_for_selector(".proposal button:disabled")
        await first.check("operator-zh")
        await logged_in(there, second, "li", "ops")
        await second.says("#inbox", "resume")
        await second.says("#inbox", TRICK)
        assert await second.page.locator("#inbox img, #inbox b").count() == 0
        await second.check("operator-en")
        await second.page.click(".proposal button:has-text('Approve')")
        await second.says("#halted", "none")
        await first.says("#inbox", "没有待复核事项")


async def test_a_page_behind_a_login_is_not_shown_without_one(tmp_path: Path) -> None:
    async with street(tmp_path) as there:
        visitor = there.browser()
        for path in ("/member", "/operator"):
            answer = await visitor.client.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/login")
