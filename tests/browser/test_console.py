"""Operators at work in a real Chromium: a whole day through the page, what two persons decide seen by the second beforehand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from engine.core import commands, rulebook
from engine.core.phases import CONTINUOUS
from tests.browser.driving import Driver, browser
from tests.browser.operators import act
from tests.browser.test_desks import logged_in
from tests.gateway.http.people import Clock
from yutan import folder, founding, keys
from yutan.client import Client
from yutan.compose import Exchange
from yutan.settings import Settings

BUY, SELL = 1, 2
DAY, NEXT_DAY = "2026-11-20", "2026-11-23"
FIRST, SECOND = founding.DEFAULT_OPERATORS
TRICK = "=HYPERLINK(1) <b>甲</b><img src=x onerror=document.title=1>"
TURNED = "正常文字 שלום =cmd|calc"  # runs from right to left in its middle
HEAD = "account,instrument,kind,tonnes\n"
WRONG = HEAD + "A001,CQEA-25,free,1000\nB009,CQEA-25,free,500\nA002,CQEA-25,free,250\n"
RIGHT = WRONG.replace("B009", "A003")


class Hall:
    """A running exchange whose next opening waits for the bank's file, with its two operators."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.house = self
        self.url = f"http://127.0.0.1:{exchange.running.http_port}"
        self.named = self.url  # nobody registers a passkey here
        self.clock = Clock()
        exchange.gateway.logins._now_ns = self.clock.now_ns

    def operator(self, person: str) -> Client:
        """An operator's program, which asks for the code of the person's login."""
        key = keys.load(folder.keys(self.exchange.data) / f"{person}.pem")
        return Client.connect(self.exchange.running.ws_url, key_id=person, private_key=key, door="ops", env="local")

    async def act(self, *acts: commands.AnyAct) -> None:
        await act(self.exchange, *acts)

    async def consent(self) -> None:
        """The second operator approves what waits."""
        for each in self.exchange.view.proposals():
            await self.exchange.sequencer.submit(commands.Approve(2, each.proposal, each.act_sha256))

    async def trade(self, tonnes: int, price_ticks: int) -> None:
        """The first account sells to the institution."""
        for account, side in ((1, SELL), (4, BUY)):
            order = commands.PlaceOrder(account, 1, side, price_ticks, tonnes, 0, f"o-{account}-{tonnes}")
            await self.exchange.sequencer.submit(order)
        await self.settled()

    async def settled(self) -> None:
        await self.exchange.settlement.wait_settled(self.exchange.view.day().seq)

    def cash_fen(self) -> dict[str, int]:
        return {row.code: row.free_fen + row.held_fen for row in self.exchange.view.accounts()}

    def plan(self) -> int:
        """What of 2025 was issued."""
        return next((plan.allocated for year, plan in self.exchange.view.allocation_plans() if year == 2025), 0)


@asynccontextmanager
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    """Three key emitters and an institution with cash; no day has been opened."""
    data = tmp_path / "data"
    text = rulebook.shipped("chongqing")
    checked = text.replace(
        'opening_checks = { value = ["reconciliation"]', 'opening_checks = { value = ["reconciliation", "bank"]'
    )
    assert checked != text
    founding.found(data, checked, founding.DEFAULT_OPERATORS)
    exchange = await Exchange.start(data, Settings(ws_port=0, http_port=0))
    try:
        there = Hall(exchange)
        names = (("A001", TRICK, "key_emitter"), ("A002", "乙公司", "key_emitter"), ("A003", "丙公司", "key_emitter"))
        await there.act(
            *(commands.OpenAccount(code, number, name, kind) for number, (code, name, kind) in enumerate(names, 1)),
            commands.OpenAccount("I001", 4, "机构", "institution"),
            commands.ListInstrument("CQEA-25", "CQEA", 2025, "重庆碳配额2025", "Chongqing allowance 2025", 4000),
            commands.DepositCash(4, 100_000_000),
        )
        yield there
    finally:
        await exchange.close()


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02}"


def bank_file(there: Hall, less_fen: int) -> bytes:
    """What the bank would send for the day, with the institution's balance so much lower than the ledger's."""
    cash = {code: fen for code, fen in there.cash_fen().items() if fen}
    cash["I001"] -= less_fen
    fees = 100_000_000 - sum(there.cash_fen().values())
    rows = [*cash.items(), ("#fees", fees), ("#total", sum(cash.values()) + fees)]
    lines = [f"{account},0.00,{yuan(fen)},0.00,{yuan(fen)}" for account, fen in rows]
    return ("account,opening,credit,debit,closing\n" + "\n".join(lines) + "\n").encode()


async def view(driver: Driver, name: str) -> None:
    """Follow a link of the console's navigation."""
    await driver.page.click(f"#views a[href='#{name}']")
    await driver.page.wait_for_selector(f"[data-view={name}]:not([hidden])")


async def handed_over(driver: Driver, kind: str, content: bytes) -> None:
    """Choose a file and have it read."""
    await driver.page.select_option("#file-kind", kind)
    chosen: Any = {"name": f"{kind}.csv", "mimeType": "text/csv", "buffer": content}
    await driver.page.set_input_files("#file-file", chosen)
    await driver.page.click("#file-read")


async def approved(proposer: Driver, selector: str, driver: Driver, *words: str) -> None:
    """The second person reads the difference of what was just proposed, and approves it."""
    await proposer.says(selector, "待第二人复核")
    proposal = next(word for word in str(await proposer.page.text_content(selector)).split() if word.startswith("P-"))
    card = f"#inbox [aria-label='{proposal}']"
    await view(driver, "today")
    for each in words:
        await driver.says(card, each)
    await driver.page.click(f"{card} button:has-text('Approve')")


async def opened(there: Hall, first: Driver) -> None:
    """The day is opened, an instrument halted and resumed."""
    page = first.page
    await page.fill("#why", TRICK)
    await page.fill("#open-which", DAY)
    await page.click("#open-day")
    await first.says("#trading-day", DAY)
    await there.act(commands.ChangePhase(CONTINUOUS))
    await page.wait_for_selector("#halt-what option[value='CQEA-25']", state="attached")
    await page.select_option("#halt-what", "CQEA-25")
    await page.click("#halt")
    await first.says("#halted", "CQEA-25")
    await page.click("#resume")
    await first.says("#halted", "无")


async def imported(there: Hall, first: Driver, second: Driver) -> None:
    """A file with one wrong row is refused whole. What the right one would change has changed when it is approved: looked at anew."""
    page = first.page
    await view(first, "files")
    await handed_over(first, "allocations", WRONG.encode())
    await first.says("#file-answer", "整个文件未导入")
    await first.says("#file-report", "B009")
    await first.says("#file-report", "无此账户")
    assert await page.locator("#file-report tbody tr").count() == 1
    assert there.plan() == 0
    await first.check("console-file-refused-zh")
    await handed_over(first, "allocations", RIGHT.encode())
    await first.says("#file-answer", "3 行全部正确")
    await page.fill("#file-year", "2025")
    await page.click("#file-propose")
    await first.says("#file-answer", "待第二人复核")

    # what it would change is seen; when that has changed meanwhile, it is not done
    await second.says("#inbox .proposal", "Issued of the year")
    await second.says("#inbox .proposal", "1750")
    await second.check("console-approval-en")
    await there.act(commands.AllocateUnits(1, 1, 100, "free", 2025))
    await second.page.click("#inbox button:has-text('Approve')")
    await second.says("#inbox-answer", "has changed since it was shown")
    assert there.plan() == 100
    await second.says("#inbox .proposal", "1850")
    await second.page.click("#inbox button:has-text('Approve')")
    await second.says("#inbox-answer", "done")
    assert there.plan() == 1850


async def reconciled(there: Hall, first: Driver, second: Driver) -> None:
    """The day ends; the next opening is blocked until the bank's file is there and its differences are explained."""
    page = first.page
    await there.trade(50, 4000)
    await view(first, "today")
    await page.click("#stages button:has-text('闭市')")
    await first.says("#phase", "闭市")
    await first.says("#blocked", "BANK_FILE_MISSING")
    await there.settled()
    await page.click("#stages tr:has-text('开市前检查') a:has-text('导入银行文件')")  # what helps leads there
    await page.wait_for_selector("[data-view=files]:not([hidden])")
    assert (await page.input_value("#file-kind"), await page.input_value("#file-day")) == ("bank", DAY)
    await handed_over(first, "bank", bank_file(there, 12_34))
    await first.says("#file-answer", "全部正确")
    await page.click("#file-propose")
    await first.says("#file-answer", "已执行")
    await first.says("#blocked", "BANK_BREAK_OPEN")
    await view(first, "settlement")
    await first.says("#bank-breaks", "待处理")
    while await page.locator("#bank-breaks button").count():
        row = page.locator("#bank-breaks tr:has(button)").first
        name = await row.locator("th").text_content()
        await row.locator("input").fill("银行函 12")
        await row.locator("button").click()
        await approved(first, "#bank-answer", second, "State of the difference", "explained")
        await page.wait_for_selector(f"#bank-breaks tr:has(th:text-is('{name}')):not(:has(button))")
    await first.says("#bank-breaks", "已解释")
    await first.check("console-bank-zh")


async def overridden(first: Driver, second: Driver) -> None:
    """A day's file of the bank does not come: the next opens all the same, under a document and by two persons."""
    page = first.page
    await page.click("#close-day")
    await first.says("#blocked", "BANK_FILE_MISSING")
    button = "#stages tr:has-text('开市前检查') button:has-text('越过检查开市')"
    await page.click(button)
    await first.says("#control-answer", "请在页首填写准许越过检查的文号")
    await page.keyboard.type("渝环〔2026〕11号")  # the focus is where it is wanted
    await page.click(button)
    await approved(first, "#control-answer", second, "What stands against the opening", "渝环〔2026〕11号")
    await first.says("#blocked", "已准许越过检查:渝环〔2026〕11号")
    await second.says("#blocked", "open all the same: 渝环〔2026〕11号")
    await page.wait_for_selector(button, state="detached")
    await first.check("console-override-zh")
    await second.check("console-override-en")
    await page.click("#stages button:has-text('开市'):not(:has-text('越过'))")
    await first.says("#trading-day", "2026-11-24")
    await page.wait_for_selector("#blocked", state="hidden")


async def answered(there: Hall, first: Driver, second: Driver) -> None:
    """The institution objects to its statement: what waits is said in each one's language, answered, and decided by two persons."""
    page = first.page
    objection = commands.ObjectToStatement(4, 20261120, TRICK)
    await there.exchange.sequencer.submit(objection)
    await view(first, "today")
    row = "#stages tr:has-text('结算异议截止')"
    await first.says("#stages", "0 户已确认,1 户有异议,3 户未答复")
    await second.says("#stages", "0 confirmed, 1 contested, 3 not answered")
    await first.check("console-contest-zh")
    await second.check("console-contest-en")
    await page.click(f"{row} a:has-text('答复异议')")
    await first.says("#objections", TRICK)
    await page.click("#objections button:has-text('不成立')")
    await first.says("#objections-answer", "请写明答复")
    await page.keyboard.type("成交价即委托价")
    await page.click("#objections button:has-text('不成立')")
    await approved(first, "#objections-answer", second, TRICK, "dismissed")
    await first.says("#objections", "✓ 不成立")
    await first.says("#objections", "成交价即委托价")
    await view(first, "today")
    await page.wait_for_selector(f"{row} a", state="detached")


async def published(first: Driver, second: Driver, visitor: Driver, url: str) -> None:
    """The bulletin is looked at, signed, proposed, approved; a visitor's own browser finds it genuine."""
    page = first.page
    await view(first, "bulletins")
    await page.click("#bulletin-rows tr:has-text('2026-11-20') button")
    await first.says("#bulletin", "CQEA-25")
    assert await page.locator("#bulletin button:has-text('提出公布')").is_disabled()
    await page.click("#bulletin button:has-text('签名')")
    await first.says("#bulletin-answer", "本浏览器已验证")
    await page.click("#bulletin button:has-text('提出公布')")
    await approved(first, "#bulletin-answer", second, "Bulletin", "published")
    await first.check("console-bulletin-zh")
    await first.says("#bulletin-rows", "✓ 已公布")
    await visitor.page.goto(f"{url}/verify#{DAY}")
    await visitor.says("#verdict", f"真实:{DAY}")


async def test_two_operators_run_a_day_and_a_visitor_checks_its_bulletin(tmp_path: Path) -> None:
    async with hall(tmp_path) as there, browser(there.url) as open_page:
        first, second, visitor = await open_page("zh"), await open_page("en"), await open_page("zh")
        await logged_in(there, first, FIRST, "ops")
        await logged_in(there, second, SECOND, "ops")
        page = first.page

        await opened(there, first)
        await imported(there, first, second)
        await reconciled(there, first, second)
        await answered(there, first, second)
        await published(first, second, visitor, there.url)

        # nothing stands against the next day any more
        await view(first, "today")
        await page.wait_for_selector("#blocked", state="hidden")
        await page.click("#stages button:has-text('开市')")
        await first.says("#trading-day", NEXT_DAY)
        assert await page.locator("main img, main b:text('甲')").count() == 0
        assert await page.title() == "运营台 · 渝碳"
        await first.check("console-today-zh")
        await overridden(first, second)


async def tabbed_to(driver: Driver, selector: str) -> None:
    """Go on with the Tab key until the focus is there."""
    for _ in range(200):
        await driver.page.keyboard.press("Tab")
        if await driver.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never comes to {selector}")


async def traded_at_the_limit(there: Hall) -> None:
    """What the watch takes for a pair that moves the price between themselves."""
    await there.act(
        commands.AllocateUnits(1, 1, 1_000, "free", 2025), commands.OpenDay(20261120), commands.ChangePhase(CONTINUOUS)
    )
    (instrument,) = there.exchange.view.instruments()
    for tonnes in (30, 20, 10):
        await there.trade(tonnes, instrument.high_limit_ticks)


async def handled(there: Hall, driver: Driver) -> None:
    """A case goes its way: a demand that is to be answered, a restriction, an order to reduce, the finding."""
    page = driver.page
    await page.click("#cases button[aria-label='Look at K-1']")
    await page.wait_for_selector("#case [data-step=reminder]:text-is('▸ reminder')")  # the next one
    await page.click("#case [data-step=report]")
    await driver.says("#cases-answer", "Say what it is about")
    await page.fill("#case-note", TRICK)
    await page.fill("#case-due", DAY)
    await page.fill("#document", "函2026-9")
    await page.click("#case [data-step=report]")
    await driver.says("#case table", TRICK)
    await driver.says("#cases", DAY)
    await page.wait_for_selector("#case [data-step=report]:text-is('✓ report asked for')")
    await driver.says("#case dl", "函2026-9")
    await page.click("#case button:has-text('Restrict')")
    assert await page.input_value("#restrict-case") == "K-1"
    await page.fill("#restrict-account", "A002")
    await page.check("#restrict-form [value=buy]")
    await page.fill("#restrict-basis", TURNED)
    await page.click("#restrict")
    await driver.says("#measures-answer", "(6102)")
    await page.fill("#restrict-case", "")
    await page.click("#restrict")
    await driver.says("#restrictions", "A002")
    await page.click("#case button:has-text('Order to reduce')")
    for name, text in (("product", "CQEA"), ("tonnes", "10"), ("due", NEXT_DAY), ("basis", "CQ-M Art. 17")):
        await page.fill(f"#reduction-{name}", text)
    await page.click("#reduction-form [type=submit]")
    await driver.says("#cases-answer", "waits for a second person")
    await there.consent()
    await driver.says("#reductions", "CQEA")
    await driver.says("#case", "at most 10 of CQEA")
    await page.click("#case button[aria-label='Evidence of M-1']")
    await page.wait_for_selector("#evidence-shown:focus")
    await page.fill("#case-note", "to move the price")
    await driver.check("console-case-en")
    await page.click("#case button:has-text('Close the case')")
    await driver.says("#cases-answer", "waits for a second person")
    await there.consent()
    await driver.says("#case", "closed · confirmed")
    await driver.says("#cases", "No case")
    await page.check("#cases-ended")
    await driver.says("#cases", "closed · confirmed")


async def each_view(driver: Driver, url: str) -> None:
    """Every view by Tab alone in English, and looked at in both languages."""
    page = driver.page
    names = [
        str(link).split("#")[1] for link in await page.eval_on_selector_all("#views a", "all => all.map(a => a.href)")
    ]
    assert names[0] == "today"
    for name in names:
        await view(driver, name)
        await driver.check(f"console-{name}-en-view")
        await driver.walked(name)
    await page.context.add_cookies([{"name": "language", "value": "zh", "url": url}])
    await page.reload()
    await driver.live()
    for name in names:
        await view(driver, name)
        await driver.check(f"console-{name}-zh-view")
    await driver.says("#house", "2 人持有密钥")
    await view(driver, "supervision")
    await driver.says("#matters", "违规属实")
    await driver.check("console-matters-zh")


async def test_supervision_the_trail_and_the_house_are_looked_into(tmp_path: Path) -> None:
    async with hall(tmp_path) as there, browser(there.url) as open_page:
        await traded_at_the_limit(there)
        driver = await open_page("en")
        page = driver.page
        await logged_in(there, driver, FIRST, "ops")

        # an alert with its trades drawn and listed becomes a case; an account is restricted
        await page.fill("#why", "渝环查 1")
        await view(driver, "supervision")
        await page.click("#alerts tr:has-text('limit pair') button")
        await page.wait_for_selector("#evidence circle")
        assert await page.locator("#evidence circle").count() == await page.locator("#evidence tbody tr").count() == 3
        await page.click("#evidence button:has-text('Open a case')")
        await driver.says("#alerts-answer", "done")
        await driver.says("#cases", "limit pair")
        await handled(there, driver)
        await page.click("#accounts-show")
        await driver.says("#accounts", TRICK)
        assert await page.locator("#accounts img, #accounts tbody b").count() == 0
        await driver.check("console-supervision-en")

        # by keys alone: the audit trail is searched, then the state of the house is seen
        await page.focus("#why")
        for _ in range(2):
            await page.keyboard.press("Shift+Tab")
        assert await page.evaluate("() => document.activeElement.hash") == "#audit"
        await page.keyboard.press("Enter")
        await tabbed_to(driver, "#audit-account")
        await page.keyboard.type("A002")
        await page.keyboard.press("Enter")
        await driver.says("#audit-found", "restrict")
        await driver.says("#audit-found", "渝环查 1")
        await tabbed_to(driver, "#audit-found summary")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#audit-found details[open]")
        await driver.check("console-audit-en")
        await view(driver, "health")
        await driver.says("#house", "with a key")
        await driver.says("#house", "entries behind")
        await driver.says("#house", "ms there and back")
        await driver.check("console-health-en")
        await each_view(driver, there.url)


async def many_accounts(there: Hall, count: int) -> None:
    """So many accounts more, opened by one operator, as fast as the exchange takes them."""
    submit = there.exchange.sequencer.submit
    for first in range(0, count, 500):
        acts = (
            commands.OpenAccount(f"X{n:05}", 100 + n, f"企业 {n}", "institution") for n in range(first, first + 500)
        )
        await asyncio.gather(*(submit(commands.Propose(1, "test", "", act)) for act in acts))


async def test_long_tables_stay_usable(tmp_path: Path) -> None:
    async with hall(tmp_path) as there, browser(there.url) as open_page:
        driver = await open_page("en")
        page = driver.page
        await logged_in(there, driver, FIRST, "ops")
        await view(driver, "files")
        rows = "".join(f"X{number:05},CQEA-25,free,1\n" for number in range(1_500))
        await handed_over(driver, "allocations", (HEAD + rows).encode())
        await driver.says("#file-answer", "1500 wrong")
        await driver.says("#file-report", "Rows 1–100 of 1,000")
        await page.click("#file-report button:has-text('Next')")
        await driver.says("#file-report tbody", "X00100")
        await page.fill("#file-report [type=search]", "x00999")
        await driver.says("#file-report", "Rows 1–1 of 1")
        await driver.check("console-long-en")
        # ten thousand accounts of a real exchange, a page at a time
        await many_accounts(there, 10_000)
        await view(driver, "supervision")
        await page.click("#accounts-show")
        await driver.says("#accounts", "Rows 1–100 of 10,004")
        assert await page.locator("#accounts tbody tr").count() == 100
        await page.fill("#accounts [type=search]", "x09999")
        await driver.says("#accounts", "Rows 1–1 of 1")
        assert await page.text_content("#accounts tbody th") == "X09999"
        await page.fill("#accounts [type=search]", "")
        await page.click("#accounts button:has-text('Next')")
        await driver.says("#accounts", "Rows 101–200 of 10,004")
        assert await page.evaluate("document.querySelectorAll('*').length") < 4_000
        await driver.check("console-accounts-en")


async def test_a_change_of_the_rules_is_read_as_a_difference(tmp_path: Path) -> None:
    async with hall(tmp_path) as there, browser(there.url) as open_page:
        driver = await open_page("zh")
        page = driver.page
        await logged_in(there, driver, FIRST, "ops")
        await page.fill("#why", "规则修订")
        await view(driver, "files")
        now = rulebook.shipped("chongqing")
        await handed_over(driver, "rulebook", now.replace("proposal_hours_max = {", "proposal_hours_max = ").encode())
        await driver.says("#file-answer", "整个文件未导入")
        longer = now.replace('{ value = 24, source = "stale', '{ value = 48, source = "stale')
        changed = longer.replace("version = { value = 1", "version = { value = 2")
        await handed_over(driver, "rulebook", changed.encode())
        await page.fill("#file-effective", NEXT_DAY)
        await page.fill("#file-approvals", "渝环〔2026〕9号")
        await page.click("#file-propose")
        await driver.says("#file-answer", "待第二人复核")
        await view(driver, "today")
        row = "#inbox tr:has-text('proposal_hours_max')"
        await driver.says("#inbox", "proposal_hours_max")
        assert await page.text_content(f"{row} del") == "24"
        assert await page.text_content(f"{row} ins") == "48"
        await driver.check("console-rules-zh")
