"""A real Chromium before a real exchange: what it loads, what its policy forbids, and what axe finds, is collected for each page."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
SHOTS: Final = os.environ.get("BROWSER_SHOTS", "")  # a folder for screenshots to look at
DEADLINE_MS: Final = 60_000
_LISTEN: Final = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.violations.push(event.violatedDirective + " " + event.blockedURI));
"""


def chromium() -> str:
    """Where Chromium is. Without one the test is skipped, and fails where CI_BROWSER says that there must be one."""
    found = next((path for name in NAMES if (path := shutil.which(name))), "")
    if not found and os.environ.get("CI_BROWSER") == "required":
        pytest.fail("no Chromium on this machine")
    if not found:
        pytest.skip("no Chromium on this machine: pages are not driven")
    return found


# What Tab comes by, in its order: noted as it happens, with what of the element cannot be seen or heard of.
_NOTE: Final = """() => {
  const all = "a[href], button, input, select, textarea, summary, [tabindex]";
  const isOfGroup = (one) => one.type !== "radio" || one.checked
    || ![...document.getElementsByName(one.name)].some((other) => other.checked);
  const reachable = () => [...document.querySelectorAll(all)].filter((one) =>
    one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true }) && isOfGroup(one));
  const nameOf = (one) => [one.ariaLabel, one.getAttribute("aria-labelledby") && "named", one.textContent, one.title, one.alt,
    ...[...(one.labels ?? [])].map((label) => label.textContent), one.querySelector?.("img")?.alt].some((text) => text?.trim());
  const walk = { seen: [], faults: [], ended: false, before: reachable(), reachable };
  document.activeElement.blur();
  document.addEventListener("focusin", ({ target }) => {
    if (target === walk.seen[0]) walk.ended = true;
    if (walk.ended) return;
    walk.seen.push(target);
    const style = getComputedStyle(target);
    const isSeen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    if (!isSeen) walk.faults.push(`no focus to be seen: ${target.outerHTML.slice(0, 120)}`);
    if (!nameOf(target)) walk.faults.push(`no name: ${target.outerHTML.slice(0, 120)}`);
    if (target.tabIndex > 0) walk.faults.push(`out of order: ${target.outerHTML.slice(0, 120)}`);
  });
  window.walk = walk;
  return walk.before.length;
}"""
_MISSED: Final = """() => {
  const there = new Set(walk.reachable());
  const first = walk.seen.findIndex((one) => one.matches(".skip")); // it goes round from wherever the focus was
  const seen = [...walk.seen.slice(first), ...walk.seen.slice(0, first)];
  const missed = walk.before.filter((one) => there.has(one) && !seen.includes(one));
  const placed = seen.filter((one, at) => at && one.isConnected && seen[at - 1].isConnected
    && !(seen[at - 1].compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING));
  return [...walk.faults, ...missed.map((one) => `never reached: ${one.outerHTML.slice(0, 120)}`),
    ...placed.map((one) => `before what stands before it: ${one.outerHTML.slice(0, 120)}`)];
}"""
TABS_AT_ONCE: Final = 25


class Driver:
    """One page of one person, and everything about it that must not be. home: the address that it was opened for."""

    def __init__(self, page: Any, home: str) -> None:
        self.page = page
        self.home = home
        self.faults: list[str] = []
        host = str(urlsplit(home).hostname)
        page.set_default_timeout(DEADLINE_MS)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", lambda request: self._on_request(request, host))

    def _on_request(self, request: Any, host: str) -> None:
        if urlsplit(request.url).hostname != host and not request.url.startswith("data:"):
            self.faults.append(f"other host: {request.url}")

    async def check(self, name: str) -> None:
        """Nothing serious by axe, no breach of the policy, no error in a script; a screenshot where they are wanted."""
        from axe_playwright_python.async_playwright import Axe

        if SHOTS:
            await self.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)
        found = await Axe().run(self.page)
        serious = [
            f"{row['id']}: {[node['html'] for node in row['nodes']][:3]}"
            for row in found.response["violations"]
            if row["impact"] in ("serious", "critical")
        ]
        assert serious == [], name
        assert await self.page.evaluate("window.violations") == [], name
        wide = "document.scrollingElement.scrollWidth - window.innerWidth"
        assert await self.page.evaluate(wide) <= 0, f"{name} is wider than its window"
        assert self.faults == [], name

    async def walked(self, name: str) -> None:
        """By Tab alone each thing that can be used is reached once, in the order of the page, seen and named; none holds the focus.

        The first is the link that skips to the content.
        """
        page = self.page
        things = await page.evaluate(_NOTE)
        for _ in range(2 * things // TABS_AT_ONCE + 4):
            for _ in range(TABS_AT_ONCE):
                await page.keyboard.press("Tab")
            if await page.evaluate("walk.ended"):
                break
        else:
            held = await page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
            raise AssertionError(f"{name}: Tab never comes round, the focus is at {held}")
        missed = await page.evaluate(_MISSED)
        assert not missed, f"{name}: {missed}"
        await page.focus(".skip")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.closest('main, footer') !== null"), name

    async def says(self, selector: str, text: str) -> None:
        """Wait until the element says it."""
        wanted = "([selector, text]) => (document.querySelector(selector)?.textContent ?? '').includes(text)"
        try:
            await self.page.wait_for_function(wanted, arg=[selector, text])
        except Exception as error:  # a waiting that ends in vain says what there was instead
            said = await self.page.evaluate("selector => document.querySelector(selector)?.textContent", selector)
            raise AssertionError(f"{selector} never said {text!r} but {said!r}; faults: {self.faults}") from error

    async def live(self) -> None:
        """Wait until the page says that what it shows is live."""
        await self.page.wait_for_selector("#link[data-state=live]")


@asynccontextmanager
async def browser(url: str) -> AsyncIterator[Any]:
    """`open(language)`: a fresh browser profile with one page."""
    path = chromium()
    from playwright.async_api import async_playwright

    async with async_playwright() as driver:
        there = await driver.chromium.launch(executable_path=path, args=["--no-sandbox"])

        async def open_page(language: str = "zh", width: int = 1280) -> Driver:
            context = await there.new_context(viewport={"width": width, "height": 900})
            await context.add_init_script(_LISTEN)
            await context.add_cookies([{"name": "language", "value": language, "url": url}])
            return Driver(await context.new_page(), url)

        try:
            yield open_page
        finally:
            await there.close()
