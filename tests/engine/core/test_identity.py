"""Keys that end, that are used from somewhere, that have a certificate; the trust list; revoked certificates."""

import hashlib
from typing import Any

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons
from engine.core.addresses import is_network
from engine.core.identity import AUTHORITIES_MAX, NETWORKS_MAX, SERIALS_MAX
from engine.core.market import Market
from engine.view import MarketView
from tests.testkit.build import Desk, hash_of, rulebook_text

TODAY = 20260105
NAMES = ("重庆认证", "Chongqing CA", "重庆市", 20260101, 20301231, "渝〔2026〕1号")


def desk() -> Desk:
    made = Desk(rulebook_text({"CQEA": {}}))
    made.act(c.OpenAccount("A1", 1, "", "institution"))
    made.open_day(TODAY)
    return made


def trust(authority: str = "cqca", certificate: bytes = b"cq", **changed: Any) -> c.TrustAuthority:
    name_zh, name_en, province, from_day, until_day, basis = NAMES
    fields: dict[str, Any] = {"name_zh": name_zh, "name_en": name_en, "province": province, "basis": basis}
    fields |= {"from_day": from_day, "until_day": until_day, "authority": authority, "certificate": certificate}
    return c.TrustAuthority(**fields | changed)


def key(**changed: Any) -> c.RegisterKey:
    return c.RegisterKey("k", bytes(32), (1,), **changed)


def done(made: Desk, act: c.AnyAct) -> list[e.Event]:
    """What an act brings about, approved by a second operator where two are wanted."""
    said = made.act(act)
    if isinstance(said[0], e.ActProposed):
        said = made.do(c.Approve(2, said[0].proposal, said[0].act_sha256))
    return said[1:]


def why(made: Desk, act: c.AnyAct) -> str:
    before = hash_of(made.market)
    [said] = made.act(act)
    assert isinstance(said, e.ActRefused)
    after = Market.load(made.market.dump())
    assert hash_of(after) == hash_of(made.market) != before  # the entry counts, nothing else has changed
    return reasons.BY_NUMBER[said.reason].name


def sound(made: Desk) -> None:
    made.market.audit()
    assert hash_of(Market.load(made.market.dump())) == hash_of(made.market)


def test_a_key_is_registered_with_its_end_its_networks_and_its_certificate() -> None:
    made = desk()
    given: dict[str, Any] = {
        "expires_day": TODAY,
        "networks": ("203.0.113.0/24", "2001:db8::/32"),
        "certificate": b"its certificate",
    }
    [said] = done(made, key(**given))
    assert said == e.KeyRegistered("k", bytes(32), (1,), ("view", "trade"), "", *given.values())
    found = MarketView(Market.load(made.market.dump())).key("k")
    assert found is not None
    assert (found.expires_day, found.networks, found.certificate) == tuple(given.values())
    sound(made)


@pytest.mark.parametrize(
    "changed",
    [
        {"expires_day": TODAY - 1},
        {"expires_day": 20261301},
        {"expires_day": -1},
        {"networks": ("203.0.113.1/24",)},
        {"networks": ("203.0.113.0/24", "anywhere")},
        {"networks": ("203.0.113.7",)},
        {"networks": ("203.0.113.7/32",) * (NETWORKS_MAX + 1)},
        {"certificate": bytes(4_097)},
        {"key_id": "no spaces"},
    ],
)
def test_a_key_that_ended_before_or_comes_from_nowhere_is_refused(changed: dict[str, Any]) -> None:
    named: dict[str, Any] = {"key_id": "k", "public_key": bytes(32), "accounts": (1,)}
    assert why(desk(), c.RegisterKey(**named | changed)) == "ACT_INVALID"


def test_a_drop_copy_stands_alone_has_an_end_and_is_nobodys_user() -> None:
    made = desk()
    made.act(c.AdmitParticipant(1, "cement", "水泥厂"), c.AppointUser("wu", 1, "吴", "P-1", ("view",)))
    copy: dict[str, Any] = {"scopes": ("drop_copy",), "expires_day": TODAY}
    for changed in ({"expires_day": 0}, {"user": "wu"}, {"scopes": ("view", "drop_copy")}):
        assert why(made, key(**copy | changed)) == "ACT_INVALID"
    assert why(made, c.AppointUser("he", 1, "何", "P-2", ("drop_copy",))) == "ACT_INVALID"
    [said] = done(made, key(**copy))
    assert isinstance(said, e.KeyRegistered)
    assert said.scopes == ("drop_copy",)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("10.0.0.0/8", True),
        ("0.0.0.0/0", True),
        ("::1/128", True),
        ("10.0.0.1/8", False),
        ("10.0.0.0", False),
        ("2001:DB8::/32", False),
        ("010.0.0.0/8", False),
        ("", False),
        ("10.0.0.0/33", False),
    ],
)
def test_a_network_is_written_in_one_way(text: str, good: bool) -> None:
    assert is_network(text) == good


def test_an_authority_comes_onto_the_list_by_two_persons_goes_off_it_and_comes_back() -> None:
    made = desk()
    [proposed] = made.act(trust())
    assert isinstance(proposed, e.ActProposed)  # whatever the rule book says of two persons
    assert MarketView(made.market).authorities() == []
    [_, said] = made.do(c.Approve(2, proposed.proposal, proposed.act_sha256))
    assert isinstance(said, e.AuthorityTrusted)
    assert (said.authority, said.sha256) == ("cqca", hashlib.sha256(b"cq").hexdigest())
    [found] = MarketView(made.market).authorities()
    assert [found.is_trusted(day) for day in (20251231, 20260101, 20301231, 20310101)] == [False, True, True, False]
    assert (found.listed_on, found.removed_on) == (TODAY, 0)
    assert done(made, c.DistrustAuthority("cqca", "渝〔2026〕2号")) == [e.AuthorityDistrusted("cqca", "渝〔2026〕2号")]
    [found] = MarketView(made.market).authorities()
    assert (found.is_trusted(TODAY), found.removed_on, found.removal_basis) == (False, TODAY, "渝〔2026〕2号")
    assert why(made, c.DistrustAuthority("cqca", "again")) == "ACT_NOT_ALLOWED_NOW"
    done(made, trust(until_day=20351231))
    [found] = MarketView(made.market).authorities()
    assert (found.is_trusted(TODAY), found.until_day) == (True, 20351231)
    sound(made)


def test_an_id_and_a_certificate_belong_to_each_other() -> None:
    made = desk()
    done(made, trust())
    for same in (trust(), trust(certificate=b"other"), trust("scca")):
        assert why(made, same) == "ALREADY_EXISTS"
    done(made, trust("scca", b"sc", province="四川省"))
    assert [found.authority for found in MarketView(made.market).authorities()] == ["cqca", "scca"]


@pytest.mark.parametrize(
    "act",
    [
        trust(""),
        trust("no spaces"),
        trust(name_zh=""),
        trust(province=""),
        trust(basis=""),
        trust(certificate=b""),
        trust(certificate=bytes(4_097)),
        trust(from_day=20301231, until_day=20260101),
        trust(until_day=20261301),
        c.DistrustAuthority("cqca", ""),
        c.RevokeCertificates("cqca", ("1f",), ""),
    ],
)
def test_an_act_about_authorities_that_says_too_little_is_refused(act: c.AnyAct) -> None:
    assert why(desk(), act) == "ACT_INVALID"


def test_the_list_has_a_bound() -> None:
    made = desk()
    for number in range(AUTHORITIES_MAX):
        done(made, trust(f"ca{number}", str(number).encode()))
    assert why(made, trust("onemore", b"onemore")) == "ACT_INVALID"


def test_certificates_are_revoked_by_one_person_at_once_and_stay_so() -> None:
    made = desk()
    assert why(made, c.RevokeCertificates("cqca", ("1f",), "CRL 7")) == "UNKNOWN_AUTHORITY"
    done(made, trust())
    assert done(made, c.RevokeCertificates("cqca", ("1f", "a"), "CRL 7")) == [
        e.CertificatesRevoked("cqca", ("1f", "a"), "CRL 7")
    ]
    assert why(made, c.RevokeCertificates("cqca", ("a", "1f"), "CRL 7")) == "ALREADY_EXISTS"
    [said] = done(made, c.RevokeCertificates("cqca", ("a", "2b"), "CRL 8"))
    assert said == e.CertificatesRevoked("cqca", ("2b",), "CRL 8")  # what is new
    done(made, c.DistrustAuthority("cqca", "closed"))
    done(made, c.RevokeCertificates("cqca", ("3c",), "CRL 9"))  # also of one that is off the list
    done(made, trust())
    assert MarketView(made.market).revoked("cqca") == dict.fromkeys(("1f", "a", "2b", "3c"), TODAY)
    sound(made)


@pytest.mark.parametrize(
    "serials", [(), ("1f", "1f"), ("01",), ("1F",), ("0x1",), ("",), ("1" * 41,), ("1",) * (SERIALS_MAX + 1)]
)
def test_serials_that_are_none_are_refused(serials: tuple[str, ...]) -> None:
    made = desk()
    done(made, trust())
    assert why(made, c.RevokeCertificates("cqca", serials, "CRL 7")) == "ACT_INVALID"
