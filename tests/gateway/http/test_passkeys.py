"""A passkey in place of the six digits: made with the login or later, shown at each login, and refused whatever is wrong with it."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from engine.core import commands
from gateway.logins import Logins, LoginSettings, factors
from gateway.logins.store import LoginsBroken
from gateway.protocol.login_wire import LoginCodeView
from tests.gateway.http.authenticator import PRESENT, Algorithm, Authenticator
from tests.gateway.http.people import PASSWORD, Browser, Street, street
from tests.gateway.kit import public_of

MANY = LoginSettings(name_failures_max=100, address_failures_max=100)


async def code_of(there: Street, name: str = "wu-1") -> LoginCodeView:
    async with there.house.member(name) as client:
        return await client.logins.new_code()


def at_a_domain(there: Street) -> Browser:
    """A browser that came by a name: an address has no passkeys."""
    return there.browser(there.named)


async def begun(browser: Browser, code: LoginCodeView) -> dict[str, Any]:
    asked = {"door": code.door, "name": code.name, "code": code.code, "password": PASSWORD}
    answer = await browser.post("/v1/enrol", **asked)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def enrolled(there: Street, algorithm: Algorithm = "ES256") -> tuple[Browser, Authenticator]:
    """A browser whose person has a login with a passkey and no digits."""
    browser = at_a_domain(there)
    device = Authenticator(browser.origin, algorithm)
    options = await begun(browser, await code_of(there))
    made = await browser.post(
        "/v1/enrol/confirm",
        enrolment=options["enrolment"],
        passkey=device.create(options["passkey"]),
        passkey_name="钥匙 1",
    )
    assert made.status_code == 200, made.text
    return browser, device


async def asked(browser: Browser, name: str = "wu-1", door: str = "trade") -> dict[str, Any]:
    answer = await browser.post("/v1/login/passkey", door=door, name=name)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def tried(browser: Browser, passkey: dict[str, Any], name: str = "wu-1", password: str = PASSWORD) -> int:
    """The status of a login with this answer; every refusal says the same."""
    answer = await browser.post("/v1/login", door="trade", name=name, password=password, passkey=passkey)
    if answer.status_code != 200:
        assert answer.json()["error"]["name"] == "LOGIN_REFUSED"
        assert answer.json()["error"]["data"].keys() == {"retry", "rule"}
    return answer.status_code


@pytest.mark.parametrize("algorithm", ["ES256", "Ed25519", "RS256"])
async def test_one_logs_in_with_password_and_passkey(tmp_path: Path, algorithm: Algorithm) -> None:
    async with street(tmp_path, MANY) as there:
        browser, device = await enrolled(there, algorithm)
        assert await tried(browser, device.get(await asked(browser)), password="not the password") == 401
        assert await tried(browser, device.get(await asked(browser))) == 200
        assert (await browser.client.get("/v1/session")).json()["name"] == "wu-1"
        held = (await browser.client.get("/v1/factors")).json()
        assert (held["totp"], [row["name"] for row in held["passkeys"]]) == (False, ["钥匙 1"])
        nobody_has_digits = await browser.log_in("trade", "wu-1", totp=factors.totp(b"", there.clock.step()))
        assert nobody_has_digits.status_code == 401


def _other_origin(device: Authenticator) -> None:
    device.origin = "https://yutan.example"


def _other_domain(device: Authenticator) -> None:
    device.domain = "yutan.example"


def _framed(device: Authenticator) -> None:
    device.cross_origin = True


def _nobody_there(device: Authenticator) -> None:
    device.flags &= ~PRESENT


def _count_back(device: Authenticator) -> None:
    device.sign_count -= 2


def _count_still(device: Authenticator) -> None:
    device.counts = False


def _unknown(device: Authenticator) -> None:
    device.credential_id = bytes(32)


def _somebody_else(device: Authenticator) -> None:
    device.user_id = bytes(32)


def _other_key(device: Authenticator) -> None:
    device._key = Authenticator("")._key


WRONGS: list[Callable[[Authenticator], None]] = [
    _other_origin, _other_domain, _framed, _nobody_there, _count_back, _count_still, _unknown, _somebody_else, _other_key,
]  # fmt: skip


async def test_whatever_is_wrong_with_a_passkey_is_refused_in_the_same_words(tmp_path: Path) -> None:
    async with street(tmp_path, MANY) as there:
        browser, device = await enrolled(there)
        for _ in range(3):
            assert await tried(browser, device.get(await asked(browser))) == 200
        state = dict(vars(device))
        for wrong in WRONGS:
            wrong(device)
            with capture_logs() as logged:
                assert await tried(browser, device.get(await asked(browser))) == 401, wrong.__name__
            (why,) = [line["why"] for line in logged if line["event"] == "passkey refused"]
            assert why.startswith("cloned") == (wrong in (_count_back, _count_still)), wrong.__name__
            vars(device).update(state)
        broken = device.get(await asked(browser))
        for name in broken["response"]:
            for value in ("", "AA", "e30", "gICAgICA"):
                bad = broken | {"response": broken["response"] | {name: value}}
                is_good = name == "userHandle" and value == ""
                assert is_good or await tried(browser, bad) == 401, (name, value)
        assert await tried(browser, device.get(await asked(browser))) == 200


async def test_a_challenge_is_of_one_attempt_and_good_once_and_for_a_while(tmp_path: Path) -> None:
    async with street(tmp_path, MANY) as there:
        browser, device = await enrolled(there)
        shown = device.get(await asked(browser))
        assert await tried(browser, shown) == 200
        assert await tried(browser, shown) == 401  # replayed
        other_name = device.get(await asked(browser, name="li-1"))
        assert await tried(browser, other_name) == 401
        own = device.get({"rpId": "localhost", "challenge": "AAAA"})
        assert await tried(browser, own) == 401
        wrong_password = device.get(await asked(browser))
        assert await tried(browser, wrong_password, password="wrong") == 401
        assert await tried(browser, wrong_password) == 401  # used up by the attempt that failed
        late = device.get(await asked(browser))
        there.clock.ahead_s += 301
        assert await tried(browser, late) == 401
        assert await tried(browser, device.get(await asked(browser))) == 200


async def test_nothing_tells_which_names_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    is_password = factors.is_password

    def noted(password: str, stored: str) -> bool:
        compared.append(stored)
        return is_password(password, stored)

    monkeypatch.setattr(factors, "is_password", noted)
    async with street(tmp_path, LoginSettings(name_failures_max=3, address_failures_max=50)) as there:
        browser, device = await enrolled(there)
        known, unknown = await asked(browser), await asked(browser, name="nobody")
        assert known.keys() == unknown.keys()
        assert len(known["challenge"]) == len(unknown["challenge"])
        assert {key: value for key, value in known.items() if key != "challenge"} == {
            key: value for key, value in unknown.items() if key != "challenge"
        }
        for name in ("wu-1", "nobody"):
            for _ in range(3):
                device.sign_count = 0
                device.credential_id = bytes(32)
                assert await tried(browser, device.get(await asked(browser, name=name)), name=name) == 401
            answer = await browser.post(
                "/v1/login", door="trade", name=name, password=PASSWORD, passkey=device.get(await asked(browser, name))
            )
            assert (answer.status_code, answer.json()["error"]["name"]) == (429, "LOGIN_LOCKED")
    assert len(compared) == 6  # a name that does not exist costs a comparison each time too
    assert len({stored.rsplit("$", 2)[0] for stored in compared}) == 1  # as dear a one


async def test_passkeys_are_added_listed_and_removed_and_a_factor_always_stays(tmp_path: Path) -> None:
    async with street(tmp_path, MANY) as there:
        browser = at_a_domain(there)
        await browser.enrol(await code_of(there))
        assert (await browser.log_in("trade", "wu-1")).status_code == 200
        there.clock.ahead_s += factors.STEP_S

        async def change(path: str, **body: Any) -> Any:
            answer = (await browser.post(f"/v1/factors/{path}", **body)).json()
            return answer["error"]["name"] if "error" in answer else answer

        assert await change("begin", totp="000000") == "LOGIN_REFUSED"
        assert await change("remove", factor="totp", totp=browser.digits()) == "LAST_FACTOR"
        used = browser.digits()
        options = await change("begin", totp=used)
        assert await change("begin", totp=used) == "LOGIN_REFUSED"  # not fresh
        device = Authenticator(browser.origin)
        made = await change("add", passkey=device.create(options), passkey_name="蓝色 key")
        assert made["name"] == "蓝色 key"
        assert await change("add", passkey=device.create(options)) == "LOGIN_REFUSED"  # the challenge was used
        again = await change("begin", passkey=device.get(await change("ask")))
        assert [row["id"] for row in again["excludeCredentials"]] == [
            device.create(options | {"excludeCredentials": []})["id"]
        ]
        at_login = device.get(await asked(browser))
        assert await change("begin", passkey=at_login) == "LOGIN_REFUSED"  # signed for something else
        assert await change("remove", factor="totp", passkey=device.get(await change("ask"))) == {}
        held = (await browser.client.get("/v1/factors")).json()
        assert (held["totp"], [row["passkey_id"] for row in held["passkeys"]]) == (False, [made["passkey_id"]])
        shown = device.get(await change("ask"))
        assert await change("remove", factor=made["passkey_id"], passkey=shown) == "LAST_FACTOR"
        second = Authenticator(browser.origin, "Ed25519")
        options = await change("begin", passkey=device.get(await change("ask")))
        await change("add", passkey=second.create(options), passkey_name="Ed")
        shown = second.get(await change("ask"))
        assert await change("remove", factor=made["passkey_id"], passkey=shown) == {}
        shown = second.get(await change("ask"))
        assert await change("remove", factor=made["passkey_id"], passkey=shown) == "UNKNOWN_DOCUMENT"
        assert await tried(browser, device.get(await asked(browser))) == 401  # removed
        assert await tried(browser, second.get(await asked(browser))) == 200


async def test_a_passkey_is_renamed_by_its_person_with_a_factor_shown_anew(tmp_path: Path) -> None:
    async with street(tmp_path, MANY) as there:
        await there.house.act(commands.RegisterKey("li-1", public_of("li-1"), (4,), ("view", "trade"), "wu"))
        browser, device = await enrolled(there)
        other = at_a_domain(there)
        theirs = Authenticator(other.origin)
        options = await begun(other, await code_of(there, "li-1"))
        await other.post("/v1/enrol/confirm", enrolment=options["enrolment"], passkey=theirs.create(options["passkey"]))
        assert await tried(browser, device.get(await asked(browser))) == 200
        assert await tried(other, theirs.get(await asked(other, "li-1")), "li-1") == 200
        (own,), (foreign,) = [
            (await one.client.get("/v1/factors")).json()["passkeys"] for one in (browser, other)
        ]  # the other's has no name: one may begin without

        async def rename(passkey_id: str, name: Any, **shown: Any) -> Any:
            if not shown:
                shown = {"passkey": device.get((await browser.post("/v1/factors/ask")).json())}
            answer = await browser.post("/v1/factors/rename", passkey_id=passkey_id, passkey_name=name, **shown)
            return answer.json()["error"]["name"] if answer.status_code != 200 else answer.json()["name"]

        for name in ("", " ", "\u3000\n", "x" * 41, "two\nlines", "end\n", "\u202efdp", "a\u200bb", "\x7f", 7, None):
            assert await rename(own["passkey_id"], name) == "INVALID_FIELD", repr(name)
        for unknown in (foreign["passkey_id"], "P-0123456789abcdef"):
            assert await rename(unknown, "mine") == "UNKNOWN_DOCUMENT"
        assert await rename("totp", "mine") == "INVALID_FIELD"
        assert await rename(own["passkey_id"], "mine", totp="123456") == "LOGIN_REFUSED"
        assert await rename(own["passkey_id"], "mine", passkey=device.get(await asked(browser))) == "LOGIN_REFUSED"
        address = other.origin.replace("localhost", "example.com")
        away = await browser.client.post("/v1/factors/rename", json={}, headers={"origin": address})
        assert away.json()["error"]["name"] == "ORIGIN_REFUSED"
        listed = (await browser.client.get("/v1/factors")).json()["passkeys"]
        assert [row["name"] for row in listed] == ["钥匙 1"]  # nothing of it had an effect

        shown = device.get((await browser.post("/v1/factors/ask")).json())
        with capture_logs() as logged:
            assert await rename(own["passkey_id"], "备用 " + "x" * 37, passkey=shown) == "备用 " + "x" * 37
        (line,) = [line for line in logged if line["event"] == "passkey renamed"]
        assert (line["name"], line["passkey"], line["address"]) == ("wu-1", own["passkey_id"], "127.0.0.1")
        assert await rename(own["passkey_id"], "again", passkey=shown) == "LOGIN_REFUSED"  # shown before
        (now,) = (await browser.client.get("/v1/factors")).json()["passkeys"]
        assert now == own | {"name": "备用 " + "x" * 37, "used_at": now["used_at"]}
        assert (await other.client.get("/v1/factors")).json()["passkeys"] == [foreign]
        assert await tried(browser, device.get(await asked(browser))) == 200  # it opens as before


async def test_a_new_passkey_has_no_name_that_hides_something(tmp_path: Path) -> None:
    async with street(tmp_path, MANY) as there:
        browser = at_a_domain(there)
        options = await begun(browser, await code_of(there))
        made = Authenticator(browser.origin).create(options["passkey"])
        enrolment = options["enrolment"]
        answer = await browser.post("/v1/enrol/confirm", enrolment=enrolment, passkey=made, passkey_name="\u202efdp")
        assert answer.json()["error"]["name"] == "INVALID_FIELD"


async def test_a_login_has_only_so_many_passkeys(tmp_path: Path) -> None:
    async with street(tmp_path, LoginSettings(passkeys_max=2)) as there:
        browser, device = await enrolled(there)
        await tried(browser, device.get(await asked(browser)))

        async def begin() -> Any:
            options = (await browser.post("/v1/factors/ask")).json()
            return (await browser.post("/v1/factors/begin", passkey=device.get(options))).json()

        added = await browser.post("/v1/factors/add", passkey=Authenticator(browser.origin).create(await begin()))
        assert added.status_code == 200, added.text
        assert (await begin())["error"]["name"] == "PASSKEY_LIMIT"


async def test_what_was_stored_survives_a_restart_and_counts_on(tmp_path: Path) -> None:
    async with street(tmp_path, MANY) as there:
        browser, device = await enrolled(there)
        assert await tried(browser, device.get(await asked(browser))) == 200
    again = await Logins.open(tmp_path / "logins.db")
    login = await again._store.login("trade", "wu-1")
    await again.close()
    assert login is not None
    assert (login.secret, [passkey.sign_count for passkey in login.passkeys]) == (b"", [1])


async def test_a_new_code_replaces_the_passkeys_too(tmp_path: Path) -> None:
    async with street(tmp_path, MANY) as there:
        browser, device = await enrolled(there)
        await browser.enrol(await code_of(there))
        assert await tried(browser, device.get(await asked(browser))) == 401
        assert (await browser.log_in("trade", "wu-1")).status_code == 200


async def test_at_an_address_there_are_digits_alone_and_the_refusal_says_why(tmp_path: Path) -> None:
    async with street(tmp_path, MANY) as there:
        browser = there.browser()
        assert (await begun(browser, await code_of(there)))["passkey"] is None
        answer = await browser.post("/v1/login/passkey", door="trade", name="wu-1")
        assert answer.json()["error"]["name"] == "PASSKEY_NO_DOMAIN"


async def test_a_request_shows_exactly_one_second_factor(tmp_path: Path) -> None:
    async with street(tmp_path, MANY) as there:
        browser, device = await enrolled(there)
        for more in ({}, {"totp": "123456", "passkey": device.get(await asked(browser))}):
            answer = await browser.post("/v1/login", door="trade", name="wu-1", password=PASSWORD, **more)
            assert answer.json()["error"]["name"] == "INVALID_FIELD"


async def test_logins_of_the_version_before_are_taken_over_and_of_a_later_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "logins.db"
    async with street(tmp_path, MANY) as there:
        browser = there.browser()
        await browser.enrol(await code_of(there))
    with sqlite3.connect(path) as db:
        db.executescript(
            "CREATE TABLE plain AS SELECT door, name, password, secret, step, made_ns FROM login; DROP TABLE login;"
            "CREATE TABLE login (door TEXT NOT NULL CHECK (door IN ('trade', 'ops')), name TEXT NOT NULL,"
            " password TEXT NOT NULL, secret BLOB NOT NULL, step INTEGER NOT NULL CHECK (step >= 0),"
            " made_ns INTEGER NOT NULL, PRIMARY KEY (door, name)) STRICT, WITHOUT ROWID;"
            "INSERT INTO login SELECT * FROM plain; DROP TABLE plain; PRAGMA user_version = 1;"
        )
    again = await Logins.open(path)
    login = await again._store.login("trade", "wu-1")
    assert login is not None
    assert (login.secret, login.passkeys) == (browser.secret, ())
    with pytest.raises(sqlite3.IntegrityError):  # whatever asks: a login keeps a second factor
        await again._store.change_factors(login._replace(secret=b""))
    await again.close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 3")
    with pytest.raises(LoginsBroken):
        await Logins.open(path)
