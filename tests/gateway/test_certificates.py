"""Certificates at the doors: whose count, which do not, by number; keys that end and keys that are used from somewhere."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from engine.core import commands as c
from tests.gateway.kit import SPOT, House, key_of, public_of
from tests.testkit.certificates import HOUR, Authority, der, pem, serial
from yutan.client import Refused

CODE = "91350100M000100Y43"
OTHER_CODE = "91500000MA5U0BCX42"
DAYS = {"from_day": "2020-01-01", "until_day": "2099-12-31"}


@dataclass
class Town:
    """A running exchange, two authorities on its trust list, and one that is not."""

    house: House
    chongqing: Authority
    sichuan: Authority
    elsewhere: Authority

    def issued(self, by: Authority, key_id: str, **options: Any) -> Any:
        """A certificate of a member's key."""
        return by.issue(key_of(key_id).public_key(), key_id, **options)

    async def register(self, key_id: str, certificate: Any) -> None:
        """Past the doors, as the journal may have it: what a door would not let in is judged at the login."""
        await self.house.act(c.RegisterKey(key_id, public_of(key_id), (1,), certificate=der(certificate)))


def trusted(authority: str, made: Authority, province: str = "重庆市") -> dict[str, Any]:
    names = {"name_zh": f"{province}认证", "name_en": f"CA {authority}", "province": province}
    return names | DAYS | {"authority": authority, "basis": "渝川互认〔2026〕1号", "certificate": pem(made.certificate)}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    house = await House.start(tmp_path, heartbeat_ms=100)
    made = Town(house, Authority("Chongqing CA"), Authority("Sichuan CA"), Authority("Elsewhere CA"))
    for name, authority, province in (("cqca", made.chongqing, "重庆市"), ("scca", made.sichuan, "四川省")):
        await both(house, "trust_authority", trusted(name, authority, province))
    yield made
    await house.stop()


async def both(house: House, act: str, fields: dict[str, Any]) -> None:
    """Proposed by one operator and approved by the other."""
    async with house.operator("chen") as chen, house.operator("li") as li:
        asked = await chen.act(act, fields, "test")
        if asked.status == "pending":
            await li.approve(asked.proposal_id, asked.sha256)


async def why(house: House, key_id: str) -> str:
    """The name of the reason for which a login is refused."""
    with pytest.raises(Refused) as refused:
        await house.member(key_id).open()
    return refused.value.name


# ---- certificates ---------------------------------------------------------------------------------------


async def test_certificates_of_both_provinces_open_the_door_and_revocation_closes_it_at_once(town: Town) -> None:
    certificates = {"cq-1": town.issued(town.chongqing, "cq-1"), "sc-1": town.issued(town.sichuan, "sc-1")}
    for key_id, certificate in certificates.items():
        fields = {"key_id": key_id, "public_key": public_of(key_id).hex(), "accounts": ["A001"]}
        await both(town.house, "register_key", fields | {"certificate": pem(certificate)})
    async with town.house.member("sc-1") as member:
        assert (await member.place(SPOT, "sell", 1, "41.00")).account == "A001"
        [shown] = [row for row in await member.participants.own_keys() if row.key_id == "sc-1"]
        assert shown.certificate is not None
        assert (shown.status, shown.certificate.serial) == ("good", serial(certificates["sc-1"]))
    inside = {key_id: await town.house.logged_in(key_id) for key_id in certificates}
    async with town.house.operator("chen") as chen:
        revoked = {"authority": "scca", "serials": [serial(certificates["sc-1"])], "basis": "CRL 7"}
        assert (await chen.act("revoke_certificates", revoked, "test")).status == "done"  # one person stops
        assert await inside["sc-1"].closed() == 4003
        assert [row.serial for row in await chen.participants.revoked("scca")] == revoked["serials"]
        rows = {row.key_id: row.status for row in await chen.participants.keys()}
        assert (rows["sc-1"], rows["cq-1"], rows["gone"]) == ("CERTIFICATE_REVOKED", "good", "KEY_REVOKED")
    assert await why(town.house, "sc-1") == "CERTIFICATE_REVOKED"
    await inside["cq-1"].ask("session.ping")


async def test_who_is_taken_off_the_trust_list_takes_its_members_along(town: Town) -> None:
    await town.register("sc-1", town.issued(town.sichuan, "sc-1"))
    inside, other = await town.house.logged_in("sc-1"), await town.house.logged_in("a001")
    await both(town.house, "distrust_authority", {"authority": "scca", "basis": "渝川互认〔2026〕9号"})
    assert await inside.closed() == 4003
    assert await why(town.house, "sc-1") == "CERTIFICATE_UNTRUSTED"
    await other.ask("session.ping")
    async with town.house.operator("chen") as chen:
        rows = await chen.participants.trust_list()
        assert [(row.authority, row.is_listed, row.is_trusted) for row in rows] == [
            ("cqca", True, True),
            ("scca", False, False),
        ]
    await both(town.house, "trust_authority", trusted("scca", town.sichuan, "四川省"))
    async with town.house.member("sc-1") as member:
        await member.ping()


async def test_each_certificate_that_does_not_count_is_refused_by_its_own_number(town: Town) -> None:
    house = town.house
    long_ago = {"begins": timedelta(days=-9), "ends": -HOUR}
    cases = {
        "unlisted": (town.issued(town.elsewhere, "unlisted"), "CERTIFICATE_UNTRUSTED"),
        "late": (town.issued(town.chongqing, "late", **long_ago), "CERTIFICATE_EXPIRED"),
        "early": (town.issued(town.chongqing, "early", begins=HOUR, ends=2 * HOUR), "CERTIFICATE_EXPIRED"),
        "stolen": (town.issued(town.chongqing, "a001"), "CERTIFICATE_DIFFERS"),
        "server": (
            town.issued(town.chongqing, "server", purpose=ExtendedKeyUsageOID.SERVER_AUTH),
            "CERTIFICATE_INVALID",
        ),
        "curve": (town.chongqing.issue(town.elsewhere.key.public_key()), "CERTIFICATE_INVALID"),
        "issuer": (town.chongqing.certificate, "CERTIFICATE_INVALID"),
    }
    async with house.operator("chen") as chen:
        for key_id, (certificate, reason) in cases.items():
            fields = {"key_id": key_id, "public_key": public_of(key_id).hex(), "accounts": ["A001"]}
            with pytest.raises(Refused, match=reason):  # not even proposed
                await chen.act("register_key", fields | {"certificate": pem(certificate)}, "test")
            await town.register(key_id, certificate)
            assert await why(house, key_id) == reason
        fields = {"key_id": "none", "public_key": public_of("none").hex(), "accounts": ["A001"]}
        with pytest.raises(Refused, match="CERTIFICATE_INVALID"):
            await chen.act("register_key", fields | {"certificate": "no certificate"}, "test")
    await house.act(c.RegisterKey("bytes", public_of("bytes"), (1,), certificate=b"no certificate"))
    assert await why(house, "bytes") == "CERTIFICATE_INVALID"


async def test_only_an_authority_comes_onto_the_list(town: Town) -> None:
    late = Authority("Late CA", begins=timedelta(days=-9), ends=-HOUR)
    async with town.house.operator("chen") as chen:
        for name, made, reason in (("late", late.certificate, "CERTIFICATE_EXPIRED"),
                                   ("client", town.issued(town.chongqing, "a001"), "CERTIFICATE_INVALID")):  # fmt: skip
            with pytest.raises(Refused, match=reason):
                await chen.act("trust_authority", trusted(name, town.chongqing) | {"certificate": pem(made)}, "test")
        with pytest.raises(Refused, match="UNKNOWN_AUTHORITY"):
            await chen.participants.revoked("nobody")


async def test_a_certificate_names_the_participant_by_its_credit_code(town: Town) -> None:
    await town.house.act(c.AdmitParticipant(1, CODE, "水泥厂"))
    async with town.house.operator("chen") as chen:
        fields = {"key_id": "cement", "public_key": public_of("cement").hex(), "accounts": ["A001"]}
        for code in ("", OTHER_CODE):
            certificate = town.issued(town.sichuan, "cement", code=code)
            with pytest.raises(Refused, match="CERTIFICATE_DIFFERS"):
                await chen.act("register_key", fields | {"certificate": pem(certificate)}, "test")
        certificate = town.issued(town.sichuan, "cement", code=f"NTRCN-{CODE}")
        assert (await chen.act("register_key", fields | {"certificate": pem(certificate)}, "test")).status == "done"
    async with town.house.member("cement") as member:
        await member.ping()


async def test_a_connection_ends_with_its_certificate(town: Town) -> None:
    await town.register("short", town.issued(town.chongqing, "short"))
    inside, other = await town.house.logged_in("short"), await town.house.logged_in("a001")
    clock = town.house.gateway.access.now_ns
    town.house.gateway.access.now_ns = lambda: clock() + 2 * 3_600 * 1_000_000_000
    assert await inside.closed() == 4003  # with the next heartbeat
    assert await why(town.house, "short") == "CERTIFICATE_EXPIRED"
    await other.ask("session.ping")


# ---- the end of a key, and where it is used -------------------------------------------------------------


async def test_a_key_opens_nothing_after_its_last_day(tmp_path: Path) -> None:
    house = await House.start(tmp_path, heartbeat_ms=100)
    now_ns = house.gateway.access.now_ns()
    house.gateway.access.now_ns = lambda: now_ns  # no midnight in between
    today = house.gateway.access.today()
    async with house.operator("chen") as chen:
        fields = {"key_id": "brief", "public_key": public_of("brief").hex(), "accounts": ["A001"]}
        text = f"{today // 10_000}-{today // 100 % 100:02}-{today % 100:02}"
        await chen.act("register_key", fields | {"expires_day": text}, "test")
        with pytest.raises(Refused, match="ACT_INVALID"):
            await chen.act("register_key", fields | {"key_id": "over", "expires_day": "2020-01-01"}, "test")
        inside = await house.logged_in("brief")
        [row] = [row for row in await chen.participants.keys() if row.key_id == "brief"]
        assert (row.status, row.expires_day) == ("good", text)
        house.gateway.access.now_ns = lambda: now_ns + 86_400 * 1_000_000_000
        assert await inside.closed() == 4003
        assert await why(house, "brief") == "KEY_EXPIRED"
        [row] = [row for row in await chen.participants.keys() if row.key_id == "brief"]
        assert row.status == "KEY_EXPIRED"
    await house.stop()


async def test_a_key_ends_when_a_trading_day_after_its_last_opens(house: House) -> None:
    later = 20991231
    await house.act(c.RegisterKey("brief", public_of("brief"), (1,), expires_day=later))
    inside, other = await house.logged_in("brief"), await house.logged_in("a001")
    await house.act(c.CloseDay(), c.OpenDay(later))
    await inside.ask("session.ping")
    await house.act(c.CloseDay(), c.OpenDay(later + 8870))  # 2100-01-01
    assert await inside.closed() == 4003
    assert await why(house, "brief") == "KEY_EXPIRED"
    await other.ask("session.ping")


async def test_a_key_is_used_from_where_it_may_be(house: House) -> None:
    async with house.operator("chen") as chen:
        for key_id, networks in (("here", ["10.0.0.0/8", "127.0.0.1"]), ("there", ["10.0.0.0/8", "2001:db8::/32"])):
            fields = {"key_id": key_id, "public_key": public_of(key_id).hex(), "accounts": ["A001"]}
            await chen.act("register_key", fields | {"networks": networks}, "test")
        with pytest.raises(Refused, match="INVALID_FIELD"):
            await chen.act("register_key", fields | {"key_id": "wrong", "networks": ["10.0.0.1/8"]}, "test")
        rows = {row.key_id: row.networks for row in await chen.participants.keys()}
        assert (rows["here"], rows["a001"]) == (["10.0.0.0/8", "127.0.0.1/32"], [])
    async with house.member("here") as member:
        await member.ping()
    assert await why(house, "there") == "ADDRESS_NOT_ALLOWED"
