"""Operators propose by forms in a real Chromium: every worked example of an act can be filled in, and two of them do their work."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec

from engine.core import commands, rulebook
from gateway import act_forms
from gateway.protocol import acts
from tests.browser.driving import Driver, browser
from tests.browser.test_console import DAY, FIRST, SECOND, Hall, approved, hall, view
from tests.browser.test_desks import logged_in
from tests.gateway.test_operator_door import directory, worked_examples

FILLED = """async ([told, examples]) => {
  const { controlOf } = await import("/static/fields.js");
  const offers = { serve: () => () => {} };
  const tools = { choices: told.choices, offers, changed: () => {} };
  return examples.map(([name, given]) => {
    const controls = told.acts.find((row) => row.act === name).fields.map((field) => controlOf(field, tools));
    for (const control of controls) if (given[control.field.name] !== undefined) control.set(given[control.field.name]);
    const pairs = controls.map((control) => [control.field.name, control.value()]);
    return [name, Object.fromEntries(pairs.filter(([, value]) => value !== undefined))];
  });
}"""


async def every_example_can_be_filled_in(driver: Driver) -> None:
    """What the controls say stands in them is the act again."""
    names = directory()
    told = msgspec.to_builtins(act_forms.describe(rulebook.parse(rulebook.shipped("chongqing"))))
    wanted = worked_examples()
    examples = [acts.show_act(act, names) for act in wanted]
    filled = await driver.page.evaluate(FILLED, [told, json.loads(json.dumps(examples))])
    for act, (name, fields) in zip(wanted, filled, strict=True):
        assert acts.read_act(name, json.dumps(fields).encode(), names) == act


async def admitted(first: Driver, second: Driver) -> None:
    """A participant is admitted by keys alone: what is wrong is said at its field, what is right is looked at and proposed."""
    page = first.page
    keys = page.keyboard
    await page.fill("#why", "准入审核通过")
    await view(first, "propose")
    await page.focus("#act-search")
    await keys.type("准入")
    await keys.press("Enter")
    await first.says("#act-title", "准入")
    for typed in ("9", "91500000MA5U0BCX43", "渝东水泥厂"):
        await keys.type(typed)
        await keys.press("Tab")
    await keys.press("Enter")
    await first.says("#act-shown .fault:not(:empty)", "校验位有误")
    assert await page.evaluate("document.activeElement.value") == "91500000MA5U0BCX43"
    await first.check("propose-refused-zh")
    await keys.press("End")
    await keys.press("Backspace")
    await keys.type("T")
    await keys.press("Enter")
    await first.says("#act-shown .seen", "须由第二名操作员复核")
    await first.says("#act-shown .seen", "渝东水泥厂")
    await first.check("propose-seen-zh")
    await keys.press("Enter")
    await approved(first, "#act-shown .answer", second, "9", "渝东水泥厂")
    await second.says("#inbox-answer", "done")


async def qualified_and_suspended(there: Hall, first: Driver, second: Driver) -> None:
    """From a participant's row one goes to the acts that fit it, prefilled."""
    page = first.page
    await view(first, "participants")
    await page.fill("#participant-search", "渝东")
    await first.says("#participants", "✓ 正常")
    await page.click("#participants button[aria-label*='渝东水泥厂']")
    await page.click("#participant button:has-text('认定适当性资格')")
    await first.says("#act-title", "认定适当性资格")
    assert await field_of(first, "参与人").input_value() == "9"
    await field_of(first, "资格").select_option("suitability")
    await field_of(first, "自").fill("2026-01-05")
    await sent(first, second, "认定适当性资格")
    await view(first, "participants")
    await first.says("#participant", "适当性测试")
    await first.check("participants-zh")
    await page.click("#participant button:has-text('暂停交易资格')")
    await field_of(first, "依据").fill("渝环罚 3")
    await sent(first, second, "暂停交易资格")
    await view(first, "participants")
    await first.says("#participants", "! 暂停")
    assert there.exchange.view.participants()[0].is_suspended
    await page.fill("#participant-search", "")
    await first.says("#participants", "I001")
    await view(second, "participants")
    await second.says("#participants", "! suspended")
    await second.check("participants-en")


def field_of(driver: Driver, label: str) -> Any:
    """The control that a label of the shown form names."""
    return driver.page.locator(".act-form:visible").get_by_label(label, exact=True)


async def sent(first: Driver, second: Driver, name: str) -> None:
    """What is filled in is looked at and proposed; the second operator approves it where that is wanted."""
    await first.page.click(".act-form:visible .check")
    await first.says(".act-form .seen:not(:empty)", f"将要提出:{name}")
    await first.page.click(".act-form:visible .send")
    said = re.compile("待第二人复核|已执行")
    await first.page.locator(".act-form:visible .answer", has_text=said).wait_for()
    told = await first.page.locator(".act-form:visible .answer").text_content()
    if "待第二人复核" in told:
        await view(second, "today")
        await second.page.click("#inbox .proposal button:has-text('Approve'):enabled")
        await second.says("#inbox-answer", "done")


async def announced(there: Hall, first: Driver, second: Driver) -> None:
    """An auction is announced in steps, its notice read in words, and approved; then its window is opened from its row."""
    page = first.page
    await there.act(
        commands.OpenAccount("G001", 90, "市生态环境局", "government"),
        commands.OpenAccount("T001", 91, "市财政局", "treasury"),
        commands.AllocateUnits(5, 1, 1_000, "reserve", 2025),
    )
    await view(first, "auctions")
    await page.click("#auction-announce")
    for label, value in (("代码", "2026-01"), ("数量(吨)", "500"), ("交易日", DAY), ("品种", "CQEA-25")):
        await field_of(first, label).fill(value)
    await field_of(first, "方向").select_option("sale")
    await field_of(first, "定价方式").select_option("sealed_uniform")
    await field_of(first, "公告文号 (可空)").fill("渝环公告〔2026〕1号")
    await page.click("#auction-shown button:has-text('下一步')")
    await field_of(first, "单位账户").fill("G001")
    await field_of(first, "资金账户").fill("T001")
    await page.check("#auction-shown [value=key_emitter]")
    await first.check("auction-step-zh")
    await page.click("#auction-shown button:has-text('下一步')")
    await field_of(first, "最低出价(吨)").fill("10")
    await field_of(first, "出价单位(吨)").fill("10")
    await field_of(first, "末位同价").select_option("time")
    await field_of(first, "出价不足时").select_option("partial")
    await page.click("#auction-shown button:has-text('下一步')")
    await field_of(first, "公开底价(元) (可空)").fill("38.50")
    await page.click("#auction-shown button:has-text('下一步')")
    await page.click("#auction-shown .check")
    await first.says("#auction-shown .notice-words", "出售 CQEA-25")
    await first.says("#auction-shown .notice-words", "底价 38.50 元")
    await first.check("auction-seen-zh")
    await sent(first, second, "竞价公告")
    await first.says("#auctions", "已公告")
    await page.click("#auctions button:has-text('取消竞价')")
    await first.says("#act-title", "取消竞价")
    assert await field_of(first, "竞价编号").input_value() == "2026-01"
    await view(second, "auctions")
    await second.page.click("#auctions button:has-text('Details')")
    await second.says("#auction-shown", "No bid below 38.50 CNY")
    await second.check("auctions-en")


async def test_every_act_is_proposed_by_a_form(tmp_path: Path) -> None:
    async with hall(tmp_path) as there, browser(there.url) as open_page:
        first, second = await open_page("zh"), await open_page("en")
        await logged_in(there, first, FIRST, "ops")
        await logged_in(there, second, SECOND, "ops")
        await every_example_can_be_filled_in(first)
        await admitted(first, second)
        assert [row.name for row in there.exchange.view.participants()] == ["渝东水泥厂"]
        await qualified_and_suspended(there, first, second)
        await announced(there, first, second)
