"""An instrument's days as page and file, and the page that says how to join."""

import csv
import io
import re

import msgspec
import pytest

from gateway.http.joining import CLASSES_ZH
from tests.gateway.http.conftest import Door
from tests.gateway.http.test_languages import own_words


async def rows_of(door: Door, address: str) -> list[dict[str, str]]:
    """The file's rows by column, as a program reads them."""
    answer = await door.client.get(address)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_the_file_has_the_days_of_the_bars_and_the_page_shows_them(door: Door) -> None:
    asked = "?from=2026-11-20&to=2026-11-22"
    bars = (await door.client.get(f"/api/v1/kline{asked}&instrument=CQEA-25&interval=1d")).json()["bars"]
    assert len(bars) == 3
    rows = await rows_of(door, f"/history/CQEA-25.csv{asked}")
    told = [
        (bar["trading_day"], bar["open"], bar["high"], bar["low"], bar["close"], str(bar["volume"])) for bar in bars
    ]
    assert [(r["trading_day"], r["open"], r["high"], r["low"], r["last"], r["quantity"]) for r in rows] == told
    page = (await door.client.get(f"/history/CQEA-25{asked}")).text
    for bar in bars:
        assert f"<td>{bar['trading_day']}</td>" in page
        assert f'data-value="{bar["volume"]}"' in page


async def test_only_the_days_that_were_asked_for(door: Door) -> None:
    rows = await rows_of(door, "/history/CQEA-25.csv?from=2026-11-20&to=2026-11-20")
    assert [row["trading_day"] for row in rows] == ["2026-11-20"]
    assert await rows_of(door, "/history/CQEA-25.csv?from=2020-01-01&to=2020-12-31") == []
    assert "此期间没有成交" in (await door.client.get("/history/CQEA-25?from=2020-01-01&to=2020-12-31")).text
    assert len(await rows_of(door, "/history/CQEA-25.csv")) == 3  # a year back from the present day


@pytest.mark.parametrize(
    ("address", "status", "name"),
    [
        ("/history/NONE", 404, "UNKNOWN_INSTRUMENT"),
        ("/history/NONE.csv", 404, "UNKNOWN_INSTRUMENT"),
        ("/history/CQEA-25?from=2026-02-30", 400, "INVALID_FIELD"),
        ("/history/CQEA-25?from=2026-11-21&to=2026-11-20", 400, "INVALID_FIELD"),
        ("/history/CQEA-25?form=2026-11-21", 400, "UNKNOWN_FIELD"),
    ],
)
async def test_what_is_no_history_is_refused_by_number(door: Door, address: str, status: int, name: str) -> None:
    answer = await door.client.get(address)
    assert (answer.status_code, answer.json()["error"]["name"]) == (status, name)


async def test_how_to_join_says_what_the_rule_book_asks_of_each_class(door: Door) -> None:
    assert 'href="/join"' in (await door.client.get("/")).text
    page = (await door.client.get("/join")).text
    assert all(word in page for word in CLASSES_ZH.values())
    classes = door.run.view.rulebook().classes
    for held in classes.values():
        if held.assets_fen_min:
            assert f"不少于 {held.assets_fen_min // 100:,} 元" in page
        if not held.products:
            assert "不得参与交易" in page
    assert classes, msgspec.json.encode(classes)


async def test_from_a_bulletin_it_is_one_step_to_its_check(door: Door) -> None:
    assert 'href="/verify#2026-11-20"' in (await door.client.get("/bulletins/2026-11-20")).text
    assert 'src="/static/verify.js"' in (await door.client.get("/verify")).text


async def test_a_reader_finds_every_file_of_a_period_and_a_program_their_list(door: Door) -> None:
    listed = (await door.client.get("/data")).json()["packages"]
    answer = await door.client.get("/data", headers={"accept": "text/html"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    for row in listed:
        assert f'href="{row["package"]}"' in answer.text
    files = set(re.findall(r"href=\"(/data/[^\"]+)\"", answer.text))
    assert {"/data/2026-11/history-2026-11.csv", "/data/2026-11-20/trades-2026-11-20.csv"} <= files
    for path in files:
        assert (await door.client.get(path)).status_code == 200, path
    english = await door.client.get("/data", headers={"accept": "text/html", "cookie": "language=en"})
    assert not re.findall("[\u4e00-\u9fff]", own_words(english.text))
