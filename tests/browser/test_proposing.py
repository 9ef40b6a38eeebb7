"""Operators propose by forms in a real Chromium: every worked example of an act can be filled in, and two of them do their work."""

import json
from pathlib import Path

import msgspec

from engine.core import rulebook
from gateway import act_forms
from gateway.protocol import acts
from tests.browser.driving import Driver, browser
from tests.browser.test_console import FIRST, SECOND, approved, hall, view
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


async def test_every_act_is_proposed_by_a_form(tmp_path: Path) -> None:
    async with hall(tmp_path) as there, browser(there.url) as open_page:
        first, second = await open_page("zh"), await open_page("en")
        await logged_in(there, first, FIRST, "ops")
        await logged_in(there, second, SECOND, "ops")
        await every_example_can_be_filled_in(first)
        await admitted(first, second)
        assert [row.name for row in there.exchange.view.participants()] == ["渝东水泥厂"]
