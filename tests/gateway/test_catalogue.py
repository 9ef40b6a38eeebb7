"""Every refusal of the catalogue comes through a socket, whatever door says it.

Each name has one exchange that is brought to a point (`points.py`), or a provocation of its own here. tests/house/test_reasons.py
holds that none of the catalogue is missing; what no socket can say is named with its reason.
"""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from engine.clock import wall_ns
from engine.core import commands as c
from engine.core import phases
from engine.core.session_acts import EndSession
from gateway.logins import LoginSettings, factors
from tests.engine.core.test_validation_chain import ME, sale, world
from tests.gateway import kit
from tests.gateway.http.people import street
from tests.gateway.kit import House, masked, public_of
from tests.gateway.points import ENDED, REFUSED, Point, registry
from tests.gateway.provoking import Grounds, Say, heard, refused, told
from tests.gateway.test_mutual_tls import Street as TlsStreet
from tests.gateway.test_sessions import entered
from tests.gateway.test_statements import TODAY, closed_with_a_trade
from tests.testkit.build import rulebook_text
from tests.testkit.certificates import HOUR, serial

NO_SOCKET: Final = {
    "NO_DEAD_MAN": "only the gateway itself tells the engine that a timer has run out; nobody is answered",
}
Provocation = Callable[[Grounds, Path, pytest.MonkeyPatch], Awaitable[None]]
PROVOKED: dict[tuple[str, ...], Provocation] = {}


def provokes(*names: str) -> Callable[[Provocation], Provocation]:
    """Marks what makes a door say these names."""

    def mark(provocation: Provocation) -> Provocation:
        PROVOKED[names] = provocation
        return provocation

    return mark


@pytest.fixture(scope="module")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Grounds:
    return Grounds(tmp_path_factory.mktemp("grounds"))


@pytest.mark.parametrize("point", REFUSED, ids=lambda point: point.name)
async def test_a_request_is_answered_by_this_name(grounds: Grounds, point: Point) -> None:
    async with grounds.point(point.world) as house:
        await refused(house, point.name, point.ask, point.before, point.of_first)


@pytest.mark.parametrize("point", ENDED, ids=lambda point: point.name)
async def test_an_order_ends_by_this_name(grounds: Grounds, point: Point) -> None:
    async with grounds.point(point.world) as house:
        assert not isinstance(point.ask, Say)
        assert (await told(house, point.name, point.watched, point.before, point.ask, point.of_first))[
            "kind"
        ] == "update"


@provokes("MALFORMED_JSON", "INVALID_FIELD")
async def frames_that_are_no_requests(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    async with grounds.point(world) as house:
        peer = await house.raw("market")
        peer.send("{")
        assert (await heard(peer, "MALFORMED_JSON"))["id"] is None
        peer.send('{"id":1,"method":"time.get","jsonrpc":"1.0"}')
        assert (await heard(peer, "INVALID_FIELD"))["id"] == 1


@provokes("NOT_AUTHENTICATED", "RESUME_EXPIRED", "TICKET_INVALID", "BAD_SIGNATURE", "NONCE_USED", "KEY_REVOKED")
async def doors_without_a_login(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    async with grounds.point(world) as house:
        await house.do(c.RegisterKey("gone", public_of("gone"), (ME,)), c.RevokeKey("gone"))
        for name, method, params in (
            ("NOT_AUTHENTICATED", "account.cash", {}),
            ("RESUME_EXPIRED", "session.resume", {"session_id": "C-1", "resume_token": ""}),
            ("TICKET_INVALID", "session.auth", {"ticket": "x"}),
            ("BAD_SIGNATURE", "session.auth", {"key_id": "k1", "signature": ""}),
            ("NONCE_USED", "session.auth", {"key_id": "k1", "signature": "", "nonce": "another"}),
        ):
            peer = await house.raw()
            assert (await peer.ask(method, params))["error"]["name"] == name
        peer = await house.raw()
        assert (await peer.log_in("gone", house.settings.env))["error"]["name"] == "KEY_REVOKED"


@provokes("SESSION_LIMIT", "RATE_LIMITED", "OVERLOADED")
async def more_than_there_is_room_for(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    async with grounds.point(world, connections_per_key_max=1, requests_in_flight_max=0) as house:
        peer, again = await house.logged_in("k1"), await house.raw()
        assert (await again.log_in("k1", house.settings.env))["error"]["name"] == "SESSION_LIMIT"
        assert (await peer.ask("order.cancel_all"))["error"]["name"] == "RATE_LIMITED"
        house.gateway.is_refusing_orders = True
        assert (await peer.ask("order.place", kit.order()))["error"]["name"] == "OVERLOADED"


@provokes("UNKNOWN_SESSION", "SESSION_LOST")
async def a_session_that_is_over(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    async with grounds.point(world) as house:
        follower = await house.logged_in("k1")
        await follower.ask("subscribe", {"channels": ["exec.ME"]})
        peer, said = await entered(house, "k1", grace_ms=1_000)
        number = int(said["result"]["cancel_on_disconnect"]["session"][2:])
        assert "result" in await peer.ask("order.place", kit.order(price="45.00", client_order_id="once"))
        await house.do(EndSession(number, True))  # as another gateway of the same market would
        assert (await heard(follower, "SESSION_LOST"))["data"]["client_order_id"] == "once"
        assert (await peer.ask("order.place", kit.order(price="45.00")))["error"]["name"] == "UNKNOWN_SESSION"


@provokes("SEQ_TOO_OLD")
async def an_event_that_no_ring_holds(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    async with grounds.point(world) as house:
        peer = await house.raw("market")
        await house.do(c.ChangePhase(phases.BREAK), c.ChangePhase(phases.CONTINUOUS))
        house.gateway.feed._channels["phase"][0]._ring.clear()  # as time does
        said = await peer.ask("channel.replay", {"channel": "phase", "from_seq": 1})
        assert said["error"]["name"] == "SEQ_TOO_OLD", said


@provokes("PROPOSAL_EXPIRED")
async def an_approval_after_its_time(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    ahead = 0
    patch.setattr(kit, "wall_ns", lambda: wall_ns() + ahead)
    async with grounds.point(registry) as house:
        first, second = await house.logged_in("chen", "ops"), await house.logged_in("li", "ops")
        asked = {"act": "withdraw_cash", "fields": {"account": "KEY", "amount": "1.00"}, "reason": "r", "document": "d"}
        proposed = (await first.ask("ops.act", asked))["result"]
        ahead = 48 * 3_600 * 10**9
        said = await second.ask("ops.approve", {name: proposed[name] for name in ("proposal_id", "sha256")})
        assert said["error"]["name"] == "PROPOSAL_EXPIRED"


@provokes("UNKNOWN_TRADE", "TRADE_VOID", "STATEMENT_ANSWERED", "STATEMENT_FINAL", "TRADE_DISPUTED")
async def a_trade_that_is_contested(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    house = await House.start(folder)
    trade = await closed_with_a_trade(house)
    a, b, c1 = [await house.logged_in(key) for key in ("a001", "b001", "c001")]
    chen, li = await house.logged_in("chen", "ops"), await house.logged_in("li", "ops")

    async def act(name: str, **fields: Any) -> dict[str, Any]:
        asked = {"act": name, "fields": fields, "reason": "checked", "document": "复2026-1"}
        return await chen.ask("ops.act", asked)

    await a.ask("statement.confirm", {"trading_day": TODAY})
    answered = await a.ask("statement.object", {"trading_day": TODAY, "words": "after all"})
    assert answered["error"]["name"] == "STATEMENT_ANSWERED"
    assert "result" in await b.ask("statement.object", {"trading_day": TODAY, "words": "no", "trade_id": trade})
    await house.act(c.OpenDay(kit.DAY + 3))
    await house.settlement.wait_settled(house.sequencer.view.day().seq)
    [held] = (await chen.ask("ops.encumbrances"))["result"]
    released = await act("release_units", encumbrance_id=held["encumbrance_id"], tonnes=1)
    assert released["error"]["name"] == "TRADE_DISPUTED"
    late = await c1.ask("statement.confirm", {"trading_day": TODAY})
    assert late["error"]["name"] == "STATEMENT_FINAL"
    for name, fields in (
        ("decide_statement_objection", {"objection_id": "S-1", "upheld": True, "answer": "so", "voids": True}),
        ("void_trade", {"trade_id": trade, "basis": "S-1"}),
    ):
        proposed = (await act(name, **fields))["result"]
        assert "result" in await li.ask("ops.approve", {key: proposed[key] for key in ("proposal_id", "sha256")})
    assert (await act("void_trade", trade_id="T-9", basis="S-1"))["error"]["name"] == "UNKNOWN_TRADE"
    assert (await act("void_trade", trade_id=trade, basis="S-1"))["error"]["name"] == "TRADE_VOID"
    await house.stop()


@provokes("VOID_TOO_LATE")
async def a_void_after_the_next_opening(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    house = await House.start(folder)
    trade = await closed_with_a_trade(house)
    await house.act(c.OpenDay(kit.DAY + 3))
    await house.settlement.wait_settled(house.sequencer.view.day().seq)
    chen = await house.logged_in("chen", "ops")
    asked = {"act": "void_trade", "fields": {"trade_id": trade, "basis": "x"}, "reason": "r", "document": "d"}
    assert (await chen.ask("ops.act", asked))["error"]["name"] == "VOID_TOO_LATE"
    await house.stop()


@provokes("AWAITS_CYCLE")
async def a_trade_before_the_days_settlement(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    house = await House.start(folder, rules=rulebook_text(kit.PRODUCTS, cycle="end_of_day"))
    async with house.member("a001") as a, house.member("b001") as b:
        await a.place(kit.SPOT, "sell", 10, "40.00")
        await b.place(kit.SPOT, "buy", 10, "40.00")
    await house.settlement.wait_settled(house.sequencer.view.day().seq)
    said = await (await house.logged_in("a001")).ask("trade.get", {"trade_id": "T-1"})
    assert said["result"]["reason"]["name"] == "AWAITS_CYCLE"
    await house.stop()


@provokes("AUCTION_NOT_HELD")
async def an_auction_whose_day_has_passed(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    async with grounds.point(world) as house:
        await house.do(sale()[0], c.CloseDay())
        said = await (await house.raw("market")).ask("auction.list")
        assert said["result"]["auctions"][0]["reason"] == "AUCTION_NOT_HELD", said


@provokes("ENGINE_RECOVERING")
async def an_exchange_that_is_not_founded(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    async def nothing(house: House, text: str) -> None: ...

    patch.setattr(House, "_found", nothing)
    house = await House.start(folder)
    said = await (await house.raw("market")).ask("instrument.list")
    assert said["error"]["name"] == "ENGINE_RECOVERING"
    await house.stop()


@provokes("INTERNAL")
async def a_store_that_fails(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    async with grounds.point(world) as house:
        await house.settlement.close()  # while the gateway still asks it
        said = await (await house.logged_in("k1")).ask("account.cash")
        assert said["error"]["name"] == "INTERNAL"
        assert said["error"]["data"]["ref"].startswith("E-")


@provokes("SLOW_FOLLOWER")
async def a_follower_that_does_not_read(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    async with grounds.point(world, outbox_messages_max=5) as house:
        peer = await house.raw("market")
        peer.send_bytes(masked(b'{"id":1,"method":"time.get"}') * 20)  # in one read, so that the answers gather
        assert await peer.closed() == 4008
        assert peer.close_reason == "SLOW_FOLLOWER"


@provokes("OUTCOME_UNKNOWN")
async def an_engine_that_does_not_answer(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    house = await House.start(folder, env="sandbox")  # where it is said on request
    peer = await house.raw("market")
    peer.send({"id": 1, "method": "time.get", "sim": {"reject": "OUTCOME_UNKNOWN"}})
    assert (await peer.reply(1))["error"]["name"] == "OUTCOME_UNKNOWN"
    await house.stop()


@provokes("KEY_EXPIRED", "ADDRESS_NOT_ALLOWED", "CERTIFICATE_INVALID")
async def keys_that_do_not_count_here_and_now(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    async with grounds.point(world) as house:
        chen = await house.logged_in("chen", "ops")
        for key_id, more, name in (
            ("brief", {"expires_day": "2026-01-05"}, "KEY_EXPIRED"),
            ("there", {"networks": ["10.0.0.0/8"]}, "ADDRESS_NOT_ALLOWED"),
        ):
            fields = {"key_id": key_id, "public_key": public_of(key_id).hex(), "accounts": ["ME"]} | more
            assert "result" in await chen.ask("ops.act", {"act": "register_key", "fields": fields, "reason": "r"})
            assert (await (await house.raw()).log_in(key_id, house.settings.env))["error"]["name"] == name
        await house.do(c.RegisterKey("bytes", public_of("bytes"), (ME,), certificate=b"no certificate"))
        said = await (await house.raw()).log_in("bytes", house.settings.env)
        assert said["error"]["name"] == "CERTIFICATE_INVALID"


CERTIFICATES = ("REQUIRED", "DIFFERS", "EXPIRED", "REVOKED", "UNTRUSTED")


@provokes(*(f"CERTIFICATE_{word}" for word in CERTIFICATES))
async def certificates_that_do_not_count(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    there = TlsStreet(folder)
    await there.open()
    late = there.issue(there.chongqing, "late", begins=-2 * HOUR, ends=-HOUR)
    mine, again = there.issue(there.chongqing, "m1"), there.issue(there.chongqing, "m1")
    strange = there.issue(there.elsewhere, "m2")
    for key_id, certificate in (("late", late), ("m1", mine), ("m2", strange)):
        await there.register(key_id, certificate)
    said = [await there.why("m1"), await there.why("m1", again), await there.why("late", late)]
    await there.house.act(c.RevokeCertificates("cqca", (serial(mine),), "CRL 7"))
    said += [await there.why("m1", mine), await there.why("m2")]
    assert said == [f"CERTIFICATE_{word}" for word in CERTIFICATES]
    await there.house.stop()


@provokes("PAST_DAY")
async def a_day_that_is_past(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    async with grounds.point(world, env="replay") as house:
        said = await (await house.raw()).log_in("k1", house.settings.env)
        assert said["error"]["name"] == "PAST_DAY"


@provokes("LOGIN_REFUSED", "LOGIN_LOCKED", "LOGIN_NEEDED", "PASSWORD_WEAK", "ORIGIN_REFUSED", "FRAME_TOO_LARGE")
async def people_at_the_browser_door(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    settings = LoginSettings(name_failures_max=2, address_failures_max=50, lock_s=600)
    async with street(folder, settings) as there:
        async with there.house.member("wu-1") as client:
            code = await client.logins.new_code()
        browser, stranger = there.browser(), there.browser(origin="https://evil.example")

        async def said(answer: httpx.Response) -> str:
            return str(answer.json()["error"]["name"])

        enrol = {"door": code.door, "name": code.name, "code": code.code, "password": "short"}
        assert await said(await browser.post("/v1/enrol", **enrol)) == "PASSWORD_WEAK"
        assert await said(await browser.post("/v1/ticket")) == "LOGIN_NEEDED"
        assert await said(await stranger.post("/v1/ticket")) == "ORIGIN_REFUSED"
        assert await said(await browser.post("/v1/enrol", **(enrol | {"code": "x" * 20_000}))) == "FRAME_TOO_LARGE"
        names = [await said(await browser.log_in("trade", "wu-1", totp="000000")) for _ in range(3)]
        assert names == ["LOGIN_REFUSED", "LOGIN_REFUSED", "LOGIN_LOCKED"]


@provokes("LAST_FACTOR", "PASSKEY_LIMIT", "PASSKEY_NO_DOMAIN")
async def people_with_passkeys(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    async with street(folder, LoginSettings(passkeys_max=0)) as there:
        async with there.house.member("wu-1") as client:
            code = await client.logins.new_code()
        named, unnamed = there.browser(there.named), there.browser()
        await named.enrol(code)
        answers = [await named.log_in("trade", "wu-1")]
        unnamed.client.cookies = named.client.cookies
        for browser, path, asked in (
            (named, "remove", {"factor": "totp"}),
            (named, "begin", {}),
            (unnamed, "begin", {}),
        ):
            there.clock.ahead_s += factors.STEP_S
            answers.append(await browser.post(f"/v1/factors/{path}", totp=named.digits(), **asked))
        said = [str(answer.json()["error"]["name"]) for answer in answers[1:]]
        assert said == ["LAST_FACTOR", "PASSKEY_LIMIT", "PASSKEY_NO_DOMAIN"]


@provokes("FORM_NOT_INSTALLED")
async def a_form_without_its_library(grounds: Grounds, folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setitem(sys.modules, "pyarrow", None)
    async with street(folder) as there:
        answer = await there.browser().client.get("/api/v1/key-units.parquet")
        assert answer.status_code == 501
        assert answer.json()["error"]["name"] == "FORM_NOT_INSTALLED"


@pytest.mark.parametrize("names", PROVOKED, ids="+".join)
async def test_a_provocation_is_answered_by_its_names(
    grounds: Grounds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    await PROVOKED[names](grounds, tmp_path, monkeypatch)
