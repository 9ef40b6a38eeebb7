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


class Driver:
    """One page of one person, and everything about it that must not be."""

    def __init__(self, page: Any, host: str) -> None:
        self.page = page
        self.faults: list[str] = []
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
            return Driver(await context.new_page(), str(urlsplit(url).hostname))

        try:
            yield open_page
        finally:
            await there.close()
