"""Behind a reverse proxy each visitor has its own address, at both servers, and nobody can give itself another's."""

from pathlib import Path

import httpx
from msgspec.structs import replace

from engine.core import commands
from gateway.addresses import proxies_of
from gateway.logins import LoginSettings, factors
from tests.gateway.http.people import PASSWORD, Browser, Street, street
from tests.gateway.http.test_logins import enrolled
from tests.gateway.kit import public_of

LOCAL = proxies_of(("127.0.0.1",), "x-forwarded-for")
OFFICE, THIEF = "203.0.113.7", "198.51.100.9"


async def tried(browser: Browser, name: str, said: str) -> httpx.Response:
    """A login with a wrong password, over a proxy that passes this on."""
    body = {"door": "trade", "name": name, "password": PASSWORD + "?", "totp": "000000"}
    return await browser.client.post(
        "/v1/login", json=body, headers={"origin": browser.origin, "x-forwarded-for": said}
    )


async def signed(there: Street, said: str) -> str:
    """How the login of a key for the office's network ends that comes over a proxy which passes this on."""
    peer = await there.house.raw("trade", **{"X-Forwarded-For": said})
    answer = await peer.log_in("wu-office", there.house.settings.env)
    return str(answer["error"]["name"]) if "error" in answer else "welcome"


async def with_an_office_key(there: Street) -> None:
    key = commands.RegisterKey("wu-office", public_of("wu-office"), (4,), ("view",), "wu", networks=(f"{OFFICE}/32",))
    await there.house.act(key)


async def test_the_visitors_address_is_what_the_trusted_proxy_saw(tmp_path: Path) -> None:
    async with street(tmp_path, LoginSettings(address_failures_max=3), proxies=LOCAL) as there:
        browser = await enrolled(there)
        browser.client.headers["x-forwarded-for"] = f"{THIEF}, {OFFICE}"
        assert (await browser.log_in("trade", "wu-1")).status_code == 200
        rows = (await browser.client.get("/v1/sessions")).json()["sessions"]
        assert [row["address"] for row in rows] == [OFFICE]
        tries = [await tried(browser, f"name-{number}", f"192.0.2.{number}, {THIEF}") for number in range(4)]
        assert [answer.status_code for answer in tries] == [
            401,
            401,
            401,
            429,
        ]  # another name and another lie each time
        there.clock.ahead_s += factors.STEP_S
        assert (await browser.log_in("trade", "wu-1")).status_code == 200  # the office is not locked
        await with_an_office_key(there)
        assert await signed(there, f"{THIEF}, {OFFICE}") == "welcome"
        assert await signed(there, f"{OFFICE}, {THIEF}") == "ADDRESS_NOT_ALLOWED"


async def test_without_a_trusted_proxy_nobodys_word_counts(tmp_path: Path) -> None:
    async with street(tmp_path, LoginSettings(address_failures_max=3)) as there:
        browser = await enrolled(there)
        browser.client.headers.update({"x-forwarded-for": OFFICE, "forwarded": f"for={OFFICE}", "x-real-ip": OFFICE})
        assert (await browser.log_in("trade", "wu-1")).status_code == 200
        rows = (await browser.client.get("/v1/sessions")).json()["sessions"]
        assert [row["address"] for row in rows] == ["127.0.0.1"]
        tries = [await tried(browser, f"name-{number}", f"192.0.2.{number}") for number in range(4)]
        assert [answer.status_code for answer in tries] == [401, 401, 401, 429]
        await with_an_office_key(there)
        assert await signed(there, OFFICE) == "ADDRESS_NOT_ALLOWED"


async def test_a_cookie_is_secure_where_the_page_came_by_tls_to_the_proxy(tmp_path: Path) -> None:
    async with street(tmp_path, proxies=LOCAL) as there:
        browser = await enrolled(there)
        outside = "https://exchange.example"
        there.house.gateway.settings = replace(there.house.gateway.settings, origins=(outside,))
        browser.origin = outside
        answer = await browser.log_in("trade", "wu-1")
        assert "secure" in answer.headers["set-cookie"].lower()
