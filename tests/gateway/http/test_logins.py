"""People log in: with both factors, once a code, from our own pages; a session ends when it should, and its sockets with it."""

from pathlib import Path

import pytest

from engine.core import commands, reasons
from gateway.logins import Logins, LoginSettings, factors
from gateway.protocol.login_wire import LoginCodeView
from tests.gateway.http.people import PASSWORD, Browser, Street, street
from yutan.client import Refused


async def enrolled(there: Street, name: str = "wu-1", door: str = "trade") -> Browser:
    """A browser whose person has a login."""
    async with there.house.operator(name) if door == "ops" else there.house.member(name) as client:
        code = await client.logins.new_code()
    assert (code.door, code.name) == (door, name)
    browser = there.browser()
    await browser.enrol(code)
    return browser


def held_in(folder: Path) -> list[Path]:
    return sorted(folder.glob("logins.db*"))


async def test_a_user_makes_a_login_and_trades_by_a_ticket(tmp_path: Path) -> None:
    async with street(tmp_path) as there:
        browser = await enrolled(there)
        answer = await browser.log_in("trade", "wu-1")
        assert answer.status_code == 200, answer.text
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "secure" not in cookie  # the door is plain here; behind TLS it is
        assert answer.json()["name"] == "wu-1"
        ticket = await browser.ticket()
        peer = await there.socket("trade", ticket)
        welcome = (await peer.message())["result"]
        assert (welcome["key_id"], welcome["accounts"], welcome["scopes"]) == ("wu-1", ["K001"], ["view", "trade"])
        again = await there.socket("trade", ticket)
        assert (await again.message())["error"]["name"] == "TICKET_INVALID"
        assert await again.closed() == 4002
        other_door = await there.socket("ops", await browser.ticket())
        assert (await other_door.message())["error"]["name"] == "TICKET_INVALID"


async def test_a_code_of_the_second_factor_works_once_and_a_wrong_factor_says_no_more(tmp_path: Path) -> None:
    async with street(tmp_path) as there:
        browser = await enrolled(there)
        used = browser.digits()
        assert (await browser.log_in("trade", "wu-1", totp=used)).status_code == 200
        refusals = [
            await browser.log_in("trade", "wu-1", totp=used),
            await browser.log_in("trade", "wu-1", password="not the password"),
            await browser.log_in("trade", "nobody"),
            await browser.log_in("ops", "wu-1"),
        ]
        assert {answer.status_code for answer in refusals} == {401}
        assert {answer.text for answer in refusals} == {refusals[0].text}
        assert refusals[0].json()["error"]["code"] == reasons.LOGIN_REFUSED


async def test_who_fails_too_often_waits_and_sessions_that_live_go_on(tmp_path: Path) -> None:
    async with street(tmp_path, LoginSettings(name_failures_max=3, address_failures_max=50, lock_s=600)) as there:
        browser = await enrolled(there)
        await browser.log_in("trade", "wu-1")
        there.clock.ahead_s += factors.STEP_S
        for _ in range(3):
            assert (await browser.log_in("trade", "wu-1", password="wrong")).status_code == 401
        locked = await browser.log_in("trade", "wu-1")
        assert (locked.status_code, locked.json()["error"]["name"]) == (429, "LOGIN_LOCKED")
        assert locked.headers["retry-after"]
        assert (await browser.client.get("/v1/session")).status_code == 200
        for _ in range(4):
            unknown = await browser.log_in("trade", "nobody")
        assert unknown.status_code == 429
        there.clock.ahead_s += 600
        assert (await browser.log_in("trade", "wu-1")).status_code == 200


async def test_an_address_that_tries_many_names_waits(tmp_path: Path) -> None:
    async with street(tmp_path, LoginSettings(address_failures_max=4)) as there:
        browser = there.browser()
        tried = [await browser.log_in("trade", f"name-{number}", totp="123456") for number in range(5)]
        assert [answer.status_code for answer in tried] == [401, 401, 401, 401, 429]


async def test_a_session_ends_when_idle_and_at_its_absolute_end(tmp_path: Path) -> None:
    async with street(tmp_path, LoginSettings(idle_s=900, absolute_s=2_000)) as there:
        browser = await enrolled(there)
        await browser.log_in("trade", "wu-1")
        peer = await there.socket("trade", await browser.ticket())
        await peer.message()
        for _ in range(2):
            there.clock.ahead_s += 800
            assert (await browser.post("/v1/session")).status_code == 200
        there.clock.ahead_s += 500
        assert (await browser.client.get("/v1/session")).status_code == 401
        there.logins.sweep()
        assert await peer.closed() == 4011
        await browser.log_in("trade", "wu-1")
        there.clock.ahead_s += 901
        assert (await browser.post("/v1/ticket")).json()["error"]["name"] == "LOGIN_NEEDED"


async def test_sessions_are_listed_and_ended_by_their_person(tmp_path: Path) -> None:
    async with street(tmp_path) as there:
        first = await enrolled(there)
        await first.log_in("trade", "wu-1")
        there.clock.ahead_s += factors.STEP_S
        second = there.browser()
        second.secret = first.secret
        await second.log_in("trade", "wu-1")
        peer = await there.socket("trade", await second.ticket())
        await peer.message()
        rows = (await first.client.get("/v1/sessions")).json()["sessions"]
        assert [row["is_this"] for row in rows] == [True, False]
        answer = await first.post("/v1/sessions/end", session_id=rows[1]["session_id"])
        assert answer.json() == {"ended": 1}
        assert await peer.closed() == 4011
        assert (await second.client.get("/v1/session")).status_code == 401
        token = first.client.cookies["yutan_session"]
        await first.post("/v1/logout")
        first.client.cookies.set("yutan_session", token)
        assert (await first.client.get("/v1/session")).status_code == 401
        stranger = there.browser()
        stranger.client.cookies.set("yutan_session", token[:-1] + ("A" if token[-1] != "A" else "B"))
        assert (await stranger.client.get("/v1/session")).status_code == 401


async def test_a_session_survives_a_restart_and_its_token_is_not_on_disk(tmp_path: Path) -> None:
    async with street(tmp_path) as there:
        browser = await enrolled(there)
        await browser.log_in("trade", "wu-1")
        token = browser.client.cookies["yutan_session"]
    held = b"".join(path.read_bytes() for path in held_in(tmp_path))
    assert token.encode() not in held
    assert PASSWORD.encode() not in held
    assert (tmp_path / "logins.db").stat().st_mode & 0o077 == 0
    again = await Logins.open(tmp_path / "logins.db")
    assert [row.name for row in again._sessions.values()] == ["wu-1"]
    await again.close()


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", "http://127.0.0.1.evil.example", "HTTP://127.0.0.1"]
)
async def test_nothing_is_posted_from_another_origin(tmp_path: Path, origin: str) -> None:
    async with street(tmp_path) as there:
        browser = await enrolled(there)
        await browser.log_in("trade", "wu-1")
        for path in (
            "/v1/ticket",
            "/v1/logout",
            "/v1/session",
            "/v1/login",
            "/v1/enrol",
            "/v1/sessions/end",
            "/v1/workbook",
        ):
            answer = await browser.client.post(path, json={}, headers={"origin": origin} if origin else {})
            assert (answer.status_code, answer.json()["error"]["name"]) == (403, "ORIGIN_REFUSED"), path
        form = await browser.client.post("/v1/logout", data={"a": "b"}, headers={"origin": there.url})
        assert form.status_code == 400
        assert (await browser.client.get("/v1/session")).status_code == 200
        refused = await there.house.raw("trade", Origin=origin or "https://evil.example")
        assert refused.status == 403


async def test_a_code_is_good_once_and_for_its_own_name_and_time(tmp_path: Path) -> None:
    async with street(tmp_path, LoginSettings(code_s=100, name_failures_max=50, address_failures_max=50)) as there:
        browser = there.browser()

        async def begin(code: str, name: str = "wu-1", password: str = PASSWORD) -> str:
            asked = {"door": "trade", "name": name, "code": code, "password": password}
            answer = (await browser.post("/v1/enrol", **asked)).json()
            return str(answer["error"]["name"] if "error" in answer else "begun")

        async with there.house.member("wu-1") as wu, there.house.member("a001") as program:
            with pytest.raises(Refused, match="NOT_PERMITTED"):  # a program's key is nobody's login
                await program.logins.new_code()
            first, code = await wu.logins.new_code(), await wu.logins.new_code()
        assert await begin(first.code) == "LOGIN_REFUSED"  # the later one replaced it
        assert await begin(code.code, name="a001") == "LOGIN_REFUSED"
        assert await begin(code.code, password="short") == "PASSWORD_WEAK"
        assert await begin(code.code, password="wu-1 wu-1 wu-1 wu-1") == "PASSWORD_WEAK"
        assert await begin(code.code.lower().replace("-", "")) == "begun"
        await browser.enrol(code)
        assert await begin(code.code) == "LOGIN_REFUSED"
        async with there.house.member("wu-1") as wu:
            late = await wu.logins.new_code()
        there.clock.ahead_s += 101
        assert await begin(late.code) == "LOGIN_REFUSED"


async def test_a_login_made_by_operators_opens_once_and_nobody_signs_with_it(tmp_path: Path) -> None:
    async with street(tmp_path) as there:
        code = factors.new_code()
        browser = there.browser()
        given = LoginCodeView("trade", "wu-web", code, "")
        asked = {"door": "trade", "name": "wu-web", "code": code, "password": PASSWORD}
        assert (await browser.post("/v1/enrol", **asked)).status_code == 401  # not registered yet
        mark = factors.fingerprint("wu-web", code)
        await there.house.act(commands.RegisterKey("wu-web", mark, (4,), ("view",), "wu"))
        await browser.enrol(given)
        assert (await browser.log_in("trade", "wu-web")).status_code == 200
        assert (await browser.post("/v1/enrol", **asked)).status_code == 401
        with pytest.raises(Refused, match="BAD_SIGNATURE"):
            await there.house.member("wu-web").open()


async def test_a_login_ends_with_the_last_day_of_its_key(tmp_path: Path) -> None:
    async with street(tmp_path) as there:
        access = there.house.gateway.access
        now_ns, day = access.now_ns(), access.today()
        access.now_ns = lambda: now_ns  # no midnight in between
        code = factors.new_code()
        mark = factors.fingerprint("wu-web", code)
        await there.house.act(commands.RegisterKey("wu-web", mark, (4,), ("view",), "wu", expires_day=day))
        browser = there.browser()
        await browser.enrol(LoginCodeView("trade", "wu-web", code, ""))
        assert (await browser.log_in("trade", "wu-web")).status_code == 200
        peer = await there.socket("trade", await browser.ticket())
        assert (await peer.message())["result"]["accounts"] == ["K001"]
        access.now_ns = lambda: now_ns + 86_400 * 1_000_000_000
        assert await peer.closed() in (4003, 4011)  # with the next heartbeat, by its key or by its session
        assert (await browser.client.get("/v1/session")).status_code == 401
        assert (await browser.log_in("trade", "wu-web")).status_code == 401


async def test_a_login_ends_with_its_key(tmp_path: Path) -> None:
    async with street(tmp_path) as there:
        browser = await enrolled(there)
        await browser.log_in("trade", "wu-1")
        peer = await there.socket("trade", await browser.ticket())
        await peer.message()
        await there.house.act(commands.RemoveUser("wu", "left"))
        assert await peer.closed() == 4003
        assert (await browser.client.get("/v1/session")).status_code == 401
        assert (await browser.log_in("trade", "wu-1")).status_code == 401


async def test_a_stolen_browser_cannot_make_a_login_of_its_own(tmp_path: Path) -> None:
    async with street(tmp_path) as there:
        browser = await enrolled(there, "chen", "ops")
        assert (await browser.log_in("ops", "chen")).status_code == 200
        peer = await there.socket("ops", await browser.ticket())
        assert (await peer.message())["result"]["key_id"] == "chen"
        peer.send({"id": 2, "method": "login.code"})
        assert (await peer.message())["error"]["name"] == "NOT_PERMITTED"
