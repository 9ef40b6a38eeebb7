"""The pages: they ask no other host, run no inline script or style, and say what the market is."""

import html
import re

from tests.gateway.http.conftest import Door

PAGES = (
    "/",
    "/bulletins",
    "/bulletins/2026-11-20",
    "/reference",
    "/auctions",
    "/key-units",
    "/calendar",
    "/rules",
    "/fees",
    "/login",
    "/history/CQEA-25",
    "/join",
    "/verify",
)


async def test_pages_have_no_inline_script_or_style_and_name_no_other_host(door: Door) -> None:
    for path in PAGES:
        answer = await door.client.get(path)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        text = answer.text
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=\"/static/)", text), path
        for source in re.findall(r"(?:src|href)=\"([^\"]+)\"", text):
            assert source.startswith(("/", "#")), source


async def test_everything_that_a_page_loads_is_there(door: Door) -> None:
    seen: set[str] = set()
    for path in PAGES:
        seen |= set(re.findall(r"(?:src|href)=\"(/[^\"]*)\"", (await door.client.get(path)).text))
    for script in [path for path in seen if path.endswith(".js")]:
        text = (await door.client.get(script)).text
        seen |= {f"/static/{name}" for name in re.findall(r"from \"\./([a-z]+\.js)\"", text)}
    for path in seen:
        answer = await door.client.get(html.unescape(path), follow_redirects=True)
        assert answer.status_code == 200, path


async def test_the_market_page_says_where_to_follow_and_may_go_nowhere_else(door: Door) -> None:
    answer = await door.client.get("/", headers={"host": "exchange.example:9100"})
    assert 'data-market-url="ws://exchange.example:9101/ws/v1/market"' in answer.text
    assert "connect-src 'self' ws://exchange.example:9101;" in answer.headers["content-security-policy"]
    assert 'data-code="CQEA-25"' in answer.text
    assert "连续交易" in answer.text


async def test_a_host_header_cannot_bring_anything_into_the_page(door: Door) -> None:
    for host in ("evil.example;script-src *", '"><script>alert(1)</script>', "a b"):
        answer = await door.client.get("/", headers={"host": host})
        policy = answer.headers["content-security-policy"]
        assert "script-src *" not in policy
        assert policy.startswith("default-src 'none';")
        assert "alert" not in answer.text
        assert "evil.example;" not in answer.text


async def test_the_bulletin_page_shows_what_was_hashed(door: Door) -> None:
    archive = (await door.client.get("/bulletins")).text
    (row,) = (await door.client.get("/api/v1/bulletins")).json()["bulletins"]
    assert row["sha256"] in archive
    assert "2026-11-21" not in archive
    page = (await door.client.get("/bulletins/2026-11-20")).text
    document = (await door.client.get(row["json"])).json()
    assert row["sha256"] in page
    for found in document["instruments"]:
        assert found["code"] in page
        assert found["close"] in page


async def test_the_reference_shows_every_method_channel_refusal_and_close_code(door: Door) -> None:
    text = (await door.client.get("/reference")).text
    document = (await door.client.get("/asyncapi.json")).json()
    assert document["asyncapi"] == "3.0.0"
    methods = {name.partition(".")[2] for name, found in document["operations"].items() if found["action"] == "receive"}
    assert len(methods) > 40
    for name in methods:
        assert f"<code>{name}</code>" in text
    for refusal in document["x-refusals"]:
        assert f'id="refusal-{refusal["code"]}"' in text
    for code in document["x-close-codes"]:
        assert f'<th scope="row">{code}</th>' in text
    for channel in ("book.{instrument} update", "exec.{account} snapshot", "$session going_away"):
        assert f"<code>{channel}</code>" in text
