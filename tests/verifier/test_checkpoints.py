"""Signed checkpoints: what each names, whose key signs, and what only a checkpoint can show - that an end was cut off."""

import shutil
import subprocess
from pathlib import Path

import msgspec
import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from engine.recovery import RecoveryError
from tests.verifier import market
from tests.yutan.kit import answer
from yutan import folder, keys
from yutan.checkpoints import Checkpoints, Signed
from yutan.compose import Exchange
from yutan.verifier.folder import verify


def key_of(data: Path) -> str:
    return keys.public_bytes(keys.load(folder.exchange_key(data))).hex()


def newest(data: Path) -> Signed:
    found = Checkpoints(data)
    signed = found.read(found.newest_number())
    assert signed is not None
    return signed


def test_there_is_one_at_each_close_and_one_at_the_end(made: Path) -> None:
    found = [Checkpoints(made).read(number) for number in (1, 2, 4)]
    assert Checkpoints(made).newest_number() == 4
    first, second, last = (each.checkpoint for each in found if each is not None)
    assert first.bulletin is not None
    assert second.bulletin is not None
    assert (first.bulletin.number, second.bulletin.number, last.bulletin) == (1, 2, second.bulletin)
    assert first.journal.seq < second.journal.seq < last.journal.seq == verify(made).seq
    assert {first.public_key, second.next_public_key, last.next_public_key} == {key_of(made)}
    stores = orjson.loads((made / "checkpoints" / "000004.stores.json").read_bytes())["stores"]
    assert list(stores) == ["history.db", "registry.db", "tape.db"]


async def test_an_exchange_goes_on_with_the_chain_where_it_ended(data: Path) -> None:
    before = newest(data)
    exchange = await Exchange.start(data, market.ANY_PORTS)
    await exchange.close()
    after = newest(data)
    assert after.checkpoint.number == before.checkpoint.number + 1
    assert after.checkpoint.previous_sha256 == before.sha256
    assert verify(data, key_of(data)).report.findings == []


def test_another_key_is_not_trusted(data: Path) -> None:
    findings = verify(data, "00" * 32).report.findings
    assert ("checkpoints/000001.json", "public_key") in {(finding.file, finding.place) for finding in findings}


def test_a_whole_folder_of_yesterday_is_told_by_a_checkpoint_kept_elsewhere(data: Path, tmp_path: Path) -> None:
    kept = Path(shutil.copytree(data / "checkpoints", tmp_path / "kept"))
    for path in data.joinpath("checkpoints").glob("000004.*"):
        path.unlink()
    head = Checkpoints(data).read(3)
    assert head is not None
    Checkpoints(data).note_newest(head)
    found = verify(data, key_of(data), kept / "000004.json").report.findings
    assert [(finding.kind, finding.place) for finding in found] == [("checkpoints", "checkpoint 4 of the folder")]
    assert verify(data, key_of(data), kept / "000003.json").report.findings == []


async def test_a_rolled_back_journal_does_not_start(data: Path) -> None:
    """Journal, snapshots and all stores of an earlier moment: only the checkpoint knows better (INV-22)."""
    signed = newest(data)
    for path in data.joinpath("journal").iterdir():
        path.unlink()
    for name in ("registry.db", "history.db", "tape.db"):
        data.joinpath(name).unlink()
    other = data.parent / "other"
    await market.make(other)
    for path in other.joinpath("journal").glob("*.segment"):
        shutil.copy(path, data / "journal" / path.name)
    with pytest.raises(RecoveryError, match=f"checkpoint {signed.checkpoint.number} names"):
        await Exchange.start(data, market.ANY_PORTS)


async def test_a_lost_registry_is_made_anew_under_the_same_checkpoints(data: Path) -> None:
    for name in ("registry.db", "history.db", "tape.db"):
        data.joinpath(name).unlink()
    exchange = await Exchange.start(data, market.ANY_PORTS)
    await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
    await exchange.close()
    found = verify(data, key_of(data)).report
    assert found.findings == []
    assert any(note.startswith("history.db: made anew") for note in found.notes)


async def test_a_changed_key_is_announced_by_the_old_one(data: Path) -> None:
    old = key_of(data)
    told = answer("rotate-key", str(data))
    assert (told["old_key"], told["new_key"]) == (old, key_of(data))
    assert told["old_key"] != told["new_key"]
    exchange = await Exchange.start(data, market.ANY_PORTS)
    await exchange.close()
    assert newest(data).checkpoint.public_key == told["new_key"]
    assert verify(data, old).report.findings == []
    folder.exchange_key(data).unlink()
    keys.create(folder.exchange_key(data))
    assert {finding.file for finding in verify(data, old).report.findings} == {"exchange-key.pem"}
    with pytest.raises(keys.KeyFileError, match="names another key"):
        await Exchange.start(data, market.ANY_PORTS)


def test_the_public_proves_a_bulletin_from_published_files_alone(made: Path, tmp_path: Path) -> None:
    public = tmp_path / "public"
    public.mkdir()
    for name in ("20260105.json", "20260105.sig"):
        shutil.copy(made / "bulletins" / name, public / name)
    bulletin, key = public / "20260105.json", key_of(made)
    proven = answer("verify", "--bulletin", str(bulletin), "--key", key)
    assert proven["findings"] == []
    (tmp_path / "key.txt").write_text(key + "\n")
    assert answer("verify", "--bulletin", str(bulletin), "--key", str(tmp_path / "key.txt"))["findings"] == []
    assert answer("verify", "--bulletin", str(bulletin), code=65)["error"]["message"].startswith(
        "a bulletin is verified"
    )
    bulletin.with_suffix(".sig").unlink()
    alone = answer("verify", "--bulletin", str(bulletin), "--key", key, code=84)
    assert [finding["place"] for finding in alone["findings"]] == ["proof"]


def test_checkpoints_prove_a_bulletin_without_its_signature(made: Path, tmp_path: Path) -> None:
    public = tmp_path / "public"
    public.mkdir()
    for path in (*made.joinpath("bulletins").glob("*.json"), *made.joinpath("checkpoints").glob("00000[23].*")):
        if not path.name.endswith(".stores.json"):
            place = public / "checkpoints" if path.parent.name == "checkpoints" else public
            place.mkdir(exist_ok=True)
            shutil.copy(path, place / path.name)
    # No checkpoint here names the first bulletin; the second, which one names, leads back to it.
    proven = answer("verify", "--bulletin", str(public / "20260105.json"), "--key", key_of(made))
    assert proven["findings"] == []
    assert proven["notes"]
    content = (public / "20260105.json").read_bytes()
    (public / "20260105.json").write_bytes(content.replace(b'"trades":', b'"trades":1', 1))
    changed = answer("verify", "--bulletin", str(public / "20260105.json"), "--key", key_of(made), code=84)
    assert "proof" in {finding["place"] for finding in changed["findings"]}


def test_openssl_confirms_a_checkpoint(made: Path, tmp_path: Path) -> None:
    """docs/verification.md shows this command: the formats need no program of ours."""
    signed = newest(made)
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signed.checkpoint.public_key))
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    (tmp_path / "key.pem").write_bytes(public.public_bytes(serialization.Encoding.PEM, form))
    name = f"{signed.checkpoint.number:06d}"
    words = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", str(tmp_path / "key.pem"), "-rawin"]
    words += ["-in", str(made / "checkpoints" / f"{name}.json"), "-sigfile", str(made / "checkpoints" / f"{name}.sig")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert msgspec.json.decode(signed.body)["format"] == "yutan-checkpoint-1"
