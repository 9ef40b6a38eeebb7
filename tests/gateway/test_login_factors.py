"""The factors of a login against the published test vectors, and what a password must be."""

import pytest

from gateway.logins import factors
from gateway.logins.lockout import Lockout

SECRET = b"12345678901234567890"  # RFC 6238, appendix B


@pytest.mark.parametrize(
    ("at_s", "digits"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_the_digits_are_those_of_rfc_6238(at_s: int, digits: str) -> None:
    assert factors.totp(SECRET, at_s // 30) == digits
    assert factors.totp_step(SECRET, digits, at_s) == at_s // 30
    assert factors.totp_step(SECRET, digits, at_s + 30) == at_s // 30
    assert factors.totp_step(SECRET, digits, at_s + 90) == 0


@pytest.mark.parametrize("typed", ["", "12345", "１２３４５６", "abcdef", "28708 ", "0" * 256])
def test_what_are_no_digits_open_nothing(typed: str) -> None:
    assert factors.totp_step(SECRET, typed, 59) == 0


def test_a_password_is_kept_as_argon2id_and_known_again() -> None:
    stored = factors.hash_password("渝碳 password")
    assert stored.startswith("$argon2id$v=19$")
    assert stored != factors.hash_password("渝碳 password")
    assert factors.is_password("渝碳 password", stored)
    assert not factors.is_password("渝碳 passwore", stored)


@pytest.mark.parametrize(
    ("password", "is_good"),
    [
        ("correct horse battery", True),
        ("short", False),
        ("aaaaaaaaaaaaaaaa", False),
        ("my name is Wu-1 indeed", False),
        ("x" * 20 + "abcdefg" * 20, False),
    ],
)
def test_what_may_be_chosen(password: str, is_good: bool) -> None:
    assert factors.is_good_password(password, "wu-1") == is_good


def test_a_code_is_read_however_it_is_typed() -> None:
    code = factors.new_code()
    assert len(code.replace("-", "")) == 20
    typed = code.lower().replace("-", " ")
    assert factors.fingerprint("wu", typed) == factors.fingerprint("wu", code)
    assert factors.fingerprint("xu", code) != factors.fingerprint("wu", code)


def test_the_lockout_is_bounded_and_forgets_the_oldest() -> None:
    lockout = Lockout(failures_max=2, lock_s=10, entries_max=2)
    for name in ("a", "b", "a", "b"):
        lockout.fail(name, 0)
    assert lockout.left_ns("a", 0) == lockout.left_ns("b", 0) == 10_000_000_000
    lockout.fail("c", 1)
    assert lockout.left_ns("a", 0) == 0
    assert lockout.left_ns("b", 4_000_000_000) == 6_000_000_000
    lockout.forgive("b")
    assert lockout.left_ns("b", 0) == 0
