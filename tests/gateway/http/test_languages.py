"""Pages speak Chinese until the reader switches, then English and nothing else; a page that is not there is a page too."""

import re

import pytest

from tests.gateway.http.conftest import Door
from tests.gateway.http.test_pages_are_clean import PAGES

ENGLISH = {"cookie": "language=en"}
BROWSER = {"accept": "text/html,application/xhtml+xml"}
CHINESE = re.compile("[\u3400-\u9fff]+")


def own_words(page: str) -> str:
    """What the page itself says: without what others named, and without what says of itself in which language it is."""
    for foreign in (
        r"<bdi>.*?</bdi>",
        r"<span lang=\"en\">.*?</span>",
        r"<(\w+)[^>]* lang=\"zh-CN\"[^>]*>.*?</\1>",
        r" data-phases=\"[^\"]*\"",
    ):
        page = re.sub(foreign, "", page, flags=re.DOTALL)
    return page


@pytest.mark.parametrize("path", PAGES)
async def test_in_english_there_is_no_chinese_word_of_ours(door: Door, path: str) -> None:
    page = (await door.client.get(path, headers=ENGLISH)).text
    assert '<html lang="en">' in page
    assert not CHINESE.findall(own_words(page))


@pytest.mark.parametrize("path", PAGES)
async def test_without_a_wish_a_page_is_chinese(door: Door, path: str) -> None:
    answer = await door.client.get(path)
    assert '<html lang="zh-CN">' in answer.text
    assert "北京时间" in answer.text
    assert "Beijing time" not in answer.text
    assert answer.headers["vary"] == "cookie"


async def test_the_switch_is_on_every_page_and_leads_back_to_it(door: Door) -> None:
    page = (await door.client.get("/notices?category=announcement")).text
    switch = re.search(r"href=\"(/language/en[^\"]*)\"", page)
    assert switch is not None
    answer = await door.client.get(switch[1])
    assert answer.status_code == 303
    assert answer.headers["location"] == "/notices?category=announcement"
    kept = answer.headers["set-cookie"].lower()
    assert kept.startswith("language=en;")
    assert "path=/;" in kept
    assert "samesite=lax" in kept


@pytest.mark.parametrize(
    "back", ["//evil.example", "/\\evil.example", "https://evil.example", "/a\nset-cookie: x", "x"]
)
async def test_the_switch_leads_to_no_other_host(door: Door, back: str) -> None:
    answer = await door.client.get("/language/en", params={"back": back})
    assert answer.status_code == 400
    assert answer.json()["error"]["name"] == "INVALID_FIELD"


async def test_a_reader_is_refused_with_a_page_and_a_program_with_json(door: Door) -> None:
    page = await door.client.get("/no-such-page", headers=BROWSER)
    assert page.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "没有这个页面" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    unknown = await door.client.get("/auctions/none", headers={**BROWSER, **ENGLISH})
    assert unknown.status_code == 404
    assert "UNKNOWN_AUCTION" in unknown.text
    for path in ("/api/v1/nothing", "/bulletins/2020-01-01.json"):
        assert (await door.client.get(path, headers=BROWSER)).json()["error"]["code"] > 0
    assert (await door.client.get("/no-such-page")).json()["error"]["name"] == "UNKNOWN_METHOD"
