"""The trust list and members' keys as operators type them, against a real exchange in another process."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.testkit.certificates import Authority, der, key_pem, pem, serial
from tests.yutan.kit import answer, serving
from tests.yutan.test_cli import Desk
from yutan import keys, revocations
from yutan.folder import Running

WHY = ("--reason", "finding 7")
DAYS = ("--from", "20200101", "--until", "20991231")


def speak_tls(data: Path) -> None:
    """The exchange has a certificate of its own, and asks members for theirs."""
    own, key = Authority("exchange"), ec.generate_private_key(ec.SECP256R1())
    (data / "server.crt").write_text(pem(own.issue_server(key.public_key())))
    (data / "server.key").write_bytes(key_pem(key))
    said = 'tls_certificate = "server.crt"\ntls_key = "server.key"\nclient_certificates = "ask"\n'
    (data / "yutan.toml").write_text(said)


def told(running: Running, path: str) -> Any:
    """What the exchange tells everyone."""
    with urllib.request.urlopen(f"{running.http_url}{path}", context=running.tls()) as reply:
        return json.load(reply)


def test_an_authority_is_listed_its_certificate_opens_the_door_and_its_revocation_list_closes_it(
    tmp_path: Path,
) -> None:
    sichuan = Authority("Sichuan CA")
    root, certificate, crl = tmp_path / "scca.pem", tmp_path / "cement.crt", tmp_path / "scca.crl"
    root.write_text(pem(sichuan.certificate))
    answer("init", str(tmp_path / "data"), "--rulebook", "chongqing")
    desk = Desk(tmp_path / "data")
    speak_tls(desk.data)
    file = desk.data / "keys" / "cement.pem"
    issued = sichuan.issue(keys.create(file).public_key(), "cement")
    certificate.write_text(pem(issued))
    with serving(desk.data) as running:
        desk.operator("open-account", "I01", "水泥厂", "--category", "institution", "--owner", "1")
        register = ("register-key", "cement", "--public-key", str(file), "--account", "I01")
        register += ("--certificate", str(certificate), "--expires", "20991231", "--allow", "127.0.0.0/8")
        assert desk.operator(*register, code=10)["error"]["name"] == "CERTIFICATE_UNTRUSTED"
        names = ("--name-zh", "四川认证", "--name-en", "Sichuan CA")
        rests = ("--province", "四川省", "--basis", "渝川〔2026〕1号")
        desk.both("trust", "add", "scca", str(root), *names, *rests, *DAYS)
        desk.both(*register)
        assert desk.member("cement", "key", "list", code=10)["error"]["name"] == "CERTIFICATE_REQUIRED"
        file.with_suffix(".crt").write_text(pem(issued))
        [row] = desk.member("cement", "key", "list")
        assert (row["status"], row["expires_day"], row["networks"]) == ("good", "2099-12-31", ["127.0.0.0/8"])
        assert row["certificate"]["serial"] == serial(issued)
        assert running.http_url.startswith("https://")
        [listed] = told(running, "/api/v1/trust-list")["authorities"]
        assert (listed["authority"], listed["is_trusted"], listed["revoked"]) == ("scca", True, 0)
        assert listed["certificate"] == pem(sichuan.certificate)
        crl.write_bytes(Authority("Sichuan CA").revocation_list(issued))
        assert (
            "not signed by this authority"
            in desk.operator("trust", "revoke", "scca", "--crl", str(crl), *WHY, code=65)["error"]["message"]
        )
        crl.write_bytes(sichuan.revocation_list(issued))
        assert desk.operator("trust", "revoke", "scca", "--crl", str(crl), *WHY)["status"] == "done"
        assert desk.operator("trust", "revoke", "scca", "--crl", str(crl), *WHY)["revoked"] == 0
        assert desk.member("cement", "key", "list", code=10)["error"]["name"] == "CERTIFICATE_REVOKED"
        assert [row["serial"] for row in desk.operator("trust", "revoked", "scca")] == [serial(issued)]
        [row] = told(running, "/api/v1/trust-list/scca/revoked")["revoked"]
        assert row["serial"] == serial(issued)
        desk.both("trust", "remove", "scca", "--basis", "渝川〔2026〕2号", *WHY)
        [row] = desk.operator("trust", "list")
        assert (row["is_listed"], row["removal_basis"], row["revoked"]) == (False, "渝川〔2026〕2号", 1)
        [row] = desk.operator("keys")
        assert (row["key_id"], row["status"]) == ("cement", "CERTIFICATE_UNTRUSTED")
    assert "all invariants kept" in answer("verify", str(desk.data))["registry"]


def test_a_revocation_list_is_read_only_from_its_authority_and_in_its_time(tmp_path: Path) -> None:
    made, other = Authority("Chongqing CA"), Authority("Chongqing CA")
    revoked = [made.issue(made.key.public_key()) for _ in range(3)]
    file = tmp_path / "cq.crl"
    file.write_bytes(made.revocation_list(*revoked))
    found = revocations.read(file, pem(made.certificate))
    assert sorted(found.serials) == sorted(serial(each) for each in revoked)
    assert found.name.startswith("CRL 20")
    with pytest.raises(revocations.RevocationListError, match="not signed"):
        revocations.read(file, pem(other.certificate))
    with pytest.raises(revocations.RevocationListError, match="out of date"):
        revocations.read(file, pem(made.certificate), made.certificate.not_valid_after_utc)
    with pytest.raises(revocations.RevocationListError, match="No such file"):
        revocations.read(tmp_path / "none", pem(made.certificate))
    file.write_bytes(der(made.certificate))
    with pytest.raises(revocations.RevocationListError, match="not a certificate revocation list"):
        revocations.read(file, pem(made.certificate))
