"""People who log in with a passkey in a real Chromium: two operators halt and resume, and a member keeps its second factors."""

import base64
from pathlib import Path

from gateway.logins import factors
from tests.browser.driving import Driver, browser
from tests.gateway.http.people import PASSWORD, Street, street

TRICK = "=1+1 <b>drill</b><img src=x onerror=document.title=1>"


async def begun(there: Street, driver: Driver, name: str, door: str) -> None:
    """Choose a password at the page with a code, as its person would."""
    async with there.house.operator(name) if door == "ops" else there.house.member(name) as client:
        code = (await client.logins.new_code()).code
    page = driver.page
    await page.goto(f"{driver.home}/login")
    if door == "ops":
        await page.check("#enrol input[value=ops]")
    await page.fill("#enrol-name", name)
    await page.fill("#enrol-code", code)
    await page.fill("#enrol-password", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#confirm-secret:not(:empty)")


async def enrolled(there: Street, driver: Driver, name: str, door: str = "trade") -> bytes:
    """Make a login with six digits; the secret of them."""
    await begun(there, driver, name, door)
    page = driver.page
    secret = base64.b32decode((await page.text_content("#confirm-secret")).replace(" ", ""))
    await page.fill("#confirm-totp", factors.totp(secret, there.clock.step()))
    await page.keyboard.press("Enter")
    await page.wait_for_function("name => document.getElementById('login-name').value === name", arg=name)
    there.clock.ahead_s += factors.STEP_S
    return secret


async def logged_in(
    there: Street, driver: Driver, name: str, door: str = "trade", without_passkeys: bool = False
) -> bytes:
    """Log in with both factors, by the keyboard alone; the secret of the digits, whose next step is still good."""
    secret = await enrolled(there, driver, name, door)
    page = driver.page
    is_without = without_passkeys or "127.0.0.1" in driver.home  # a passkey belongs to a name, not to an address
    assert await page.is_hidden("#login-passkey") == is_without
    assert bool(await page.text_content("#login-none")) == is_without
    await driver.check(f"login-{name}")
    await page.focus("#login-password")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Tab")
    await page.keyboard.type(factors.totp(secret, there.clock.step()))
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/operator" if door == "ops" else "**/member")
    await driver.live()
    there.clock.ahead_s += factors.STEP_S
    return secret


async def with_an_authenticator(driver: Driver) -> None:
    """A device that makes passkeys, and whose person is there and says yes."""
    devtools = await driver.page.context.new_cdp_session(driver.page)
    await devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True,
    }  # fmt: skip
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


async def by_passkey(driver: Driver, path: str) -> None:
    """Log in with the passkey, by the keyboard; name and door stand there."""
    page = driver.page
    await page.focus("#login-password")
    await page.keyboard.type(PASSWORD)
    await page.focus("#login-passkey")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/{path}")
    await driver.live()


async def test_two_operators_halt_and_resume(tmp_path: Path) -> None:
    async with street(tmp_path, two_person_acts=("RegisterKey", "Resume")) as there, browser(there.named) as open_page:
        first, second = await open_page("zh"), await open_page("en")
        await first.page.add_init_script("delete globalThis.PublicKeyCredential")  # a browser that knows no passkeys
        await logged_in(there, first, "chen", "ops", without_passkeys=True)
        await first.says("#stages", "✓")
        await first.page.fill("#why", TRICK)
        await first.page.click("#halt")
        await first.says("#control-answer", "已执行")
        await first.says("#halted", "全市场")
        await first.page.click("#resume")
        await first.says("#control-answer", "待第二人复核")
        await first.page.wait_for_selector(".proposal button:disabled")
        await first.check("operator-zh")
        await with_an_authenticator(second)
        await begun(there, second, "li", "ops")
        await second.check("login-passkey")
        await second.page.focus("#confirm-passkey")
        await second.page.keyboard.press("Enter")
        await second.says("#enrol-title", "the passkey")
        await by_passkey(second, "operator")
        await second.says("#inbox", "Resume")
        await second.says("#inbox", TRICK)
        assert await second.page.locator("#inbox img, #inbox b").count() == 0
        await second.check("operator-en")
        await second.page.click(".proposal button:has-text('Approve')")
        await second.says("#halted", "none")
        await first.says("#inbox", "没有待复核事项")


async def test_a_member_adds_a_passkey_renames_it_and_drops_the_digits(tmp_path: Path) -> None:
    async with street(tmp_path) as there, browser(there.named) as open_page:
        wu = await open_page("zh")
        page = wu.page
        await with_an_authenticator(wu)
        secret = await logged_in(there, wu, "wu-1")
        await wu.says("#factors", "动态码")
        await page.fill("#factor-totp", factors.totp(secret, there.clock.step()))
        await page.fill("#factor-name", "办公室电脑")
        await page.keyboard.press("Enter")
        await wu.says("#factors-answer", "已添加")
        await wu.says("#factors", "办公室电脑")
        await page.click("#factors button[aria-label='更名 办公室电脑']")
        await wu.check("member-rename")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Enter")  # the button has the focus again
        await page.keyboard.press("ControlOrMeta+a")
        await page.keyboard.type("  ")
        await page.keyboard.press("Enter")
        await wu.says("#factors-answer", "请输入名称")
        await page.keyboard.press("ControlOrMeta+a")
        await page.keyboard.type("家中电脑 <b>2</b>")
        await page.keyboard.press("Enter")
        await wu.says("#factors-answer", "已更名为 家中电脑 <b>2</b>")
        assert await page.evaluate("document.activeElement.ariaLabel") == "更名 家中电脑 <b>2</b>"
        await page.reload()
        await wu.says("#factors", "家中电脑 <b>2</b>")
        assert "办公室电脑" not in await page.text_content("#factors")
        await page.click("#factors button[aria-label*='移除 动态码']")
        await wu.says("#factors-answer", "已移除")
        await page.click("#factors button.danger")
        await wu.says("#factors-answer", "(1032")
        await wu.check("member-factors")
        await page.click("#logout")
        await page.wait_for_url("**/login")
        await page.fill("#login-name", "wu-1")
        await by_passkey(wu, "member")
        await wu.says("#self", "wu-1")


async def test_a_page_behind_a_login_is_not_shown_without_one(tmp_path: Path) -> None:
    async with street(tmp_path) as there:
        visitor = there.browser()
        for path in ("/member", "/operator"):
            answer = await visitor.client.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/login")
