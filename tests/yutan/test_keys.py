"""Key files: private to their owner, never overwritten, clearly refused."""

import stat
from pathlib import Path

import pytest

from yutan import keys


def test_a_key_file_is_readable_by_its_owner_only_and_comes_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "li.pem"
    made = keys.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert keys.public_bytes(keys.load(path)) == keys.public_bytes(made)
    assert len(keys.public_bytes(made)) == 32
    assert keys.public_bytes(keys.load_or_create(path)) == keys.public_bytes(made)


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "li.pem"
    keys.create(path)
    before = path.read_bytes()
    with pytest.raises(keys.KeyFileError, match="exists already"):
        keys.create(path)
    assert path.read_bytes() == before


def test_a_key_file_open_to_others_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "li.pem"
    keys.create(path)
    path.chmod(0o644)
    with pytest.raises(keys.KeyFileError, match="chmod 600"):
        keys.load(path)


@pytest.mark.parametrize("text", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_is_no_key_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "li.pem"
    path.write_bytes(text)
    path.chmod(0o600)
    with pytest.raises(keys.KeyFileError):
        keys.load(path)


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(keys.KeyFileError, match=r"absent\.pem"):
        keys.load(tmp_path / "absent.pem")
