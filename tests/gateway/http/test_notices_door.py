"""Notices over HTTP and on the feed: the same ids and words, in order, and harmless wherever they are shown."""

import json
from datetime import datetime, timedelta
from typing import Any

import httpx

from engine.core.commands import CancelUnits, Halt, PublishNotice, Resume
from gateway.feed import FeedSettings, PublicFeed
from tests.gateway.http.conftest import Door

HOSTILE = '=HYPERLINK("x") <script>alert(1)</script> [red]'


async def get(door: Door, path: str) -> Any:
    answer = await door.client.get(path)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()


async def say(door: Door, *wanted: PublishNotice | Halt | Resume | CancelUnits) -> None:
    for each in wanted:
        door.run.act(each)
    await door.title.wait_settled(door.run.market.seq)


def warning(title: str = "Risk warning") -> PublishNotice:
    return PublishNotice("risk_warning", f"风险提示 {title}", title, "第一行\n第二行", "line one\nline two", 0, 1)


async def test_a_notice_is_found_by_list_id_page_category_and_instrument(door: Door) -> None:
    await say(door, warning(), Halt(1), Resume(1))
    found = await get(door, "/api/v1/notices?limit=3")
    resumed, halted, warned = found["notices"]
    assert [row["category"] for row in (resumed, halted, warned)] == ["halt", "halt", "risk_warning"]
    assert (warned["title_en"], warned["instrument"], warned["document"]) == ("Risk warning", "CQEA-25", "doc-1")
    assert warned["body_zh"] == "第一行\n第二行"
    assert await get(door, f"/api/v1/notices/{warned['notice_id']}") == warned
    assert (await get(door, "/api/v1/notices?category=risk_warning"))["notices"] == [warned]
    by_instrument = (await get(door, "/api/v1/notices?instrument=CQEA-25"))["notices"]
    assert by_instrument[:3] == [resumed, halted, warned]
    page = (await door.client.get(f"/notices/{warned['notice_id']}")).text
    assert "<p><bdi>第一行</bdi></p>" in page
    assert warned["notice_id"] in (await door.client.get("/notices")).text
    in_beijing = f"{datetime.fromisoformat(warned['at']) + timedelta(hours=8):%Y-%m-%d %H:%M:%S}"
    assert in_beijing in page
    assert in_beijing in (await door.client.get("/notices")).text


async def test_every_notice_is_on_exactly_one_page(door: Door) -> None:
    await say(door, *[warning(str(number)) for number in range(7)])
    whole = (await get(door, "/api/v1/notices?limit=200"))["notices"]
    paged: list[Any] = []
    following = ""
    while following is not None:
        asked = f"&before={following}" if following else ""
        found = await get(door, f"/api/v1/notices?limit=2{asked}")
        paged += found["notices"]
        following = found["next"]
    assert paged == whole
    assert len(whole) >= 9  # the listings of two instruments are notices too


async def test_words_are_only_ever_words(door: Door) -> None:
    await say(door, warning(HOSTILE))
    (row,) = (await get(door, "/api/v1/notices?limit=1"))["notices"]
    assert row["title_en"] == HOSTILE
    for path in ("/notices", f"/notices/{row['notice_id']}"):
        page = (await door.client.get(path)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


async def test_feed_and_registry_tell_the_same_and_a_new_feed_knows_what_was_told(door: Door) -> None:
    feed = door.run.followers[2]
    assert isinstance(feed, PublicFeed)
    feed.flush(door.run.at_ns)
    await say(door, warning(), CancelUnits(2, 1, 40, "voluntary"))
    assert feed.urgent
    said = [json.loads(message) for channel, message in feed.flush(door.run.at_ns) if channel == "notices"]
    stored = (await get(door, "/api/v1/notices?limit=2"))["notices"]
    assert [event["data"] for event in said] == list(reversed(stored))
    assert [event["seq"] - event["prev"] for event in said] == [1, 1]
    assert "Jialing Cement" in said[-1]["data"]["title_zh"]

    past = list(reversed(await door.title.notices(2**62, "", "", 100)))
    again = PublicFeed(FeedSettings(), (), past)
    again.on_start(door.run.view)
    snapshot = json.loads(again.snapshot("notices"))["data"]["notices"]
    assert snapshot == (await get(door, "/api/v1/notices?limit=100"))["notices"]
    again.on_batch(door.run.batches[-1])  # a replay brings the last one again
    assert [channel for channel, _ in again.flush(door.run.at_ns) if channel == "notices"] == []


async def test_what_is_no_notice_is_refused_by_number(door: Door) -> None:
    for path, status, name in (
        ("/api/v1/notices/G-1-1", 404, "UNKNOWN_DOCUMENT"),
        ("/api/v1/notices/latest", 404, "UNKNOWN_DOCUMENT"),
        ("/notices/G-0-0", 404, "UNKNOWN_DOCUMENT"),
        ("/api/v1/notices?category=gossip", 400, "INVALID_FIELD"),
        ("/api/v1/notices?before=yesterday", 400, "INVALID_FIELD"),
        ("/api/v1/notices?limit=1000", 400, "INVALID_FIELD"),
        ("/api/v1/notices?page=2", 400, "UNKNOWN_FIELD"),
    ):
        answer: httpx.Response = await door.client.get(path)
        assert (answer.status_code, answer.json()["error"]["name"]) == (status, name), path
