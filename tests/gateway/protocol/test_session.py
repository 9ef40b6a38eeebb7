"""The session table: every state has an answer to what can happen to it; the login text is what is signed."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.protocol import frames, session

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
TEXT = session.login_text("local", "127.0.0.1:9101", "C-1", "n-1", "m1")


def test_an_ended_connection_stays_ended() -> None:
    assert not [pair for pair in session.TRANSITIONS if pair[0] == session.ENDED]


def test_every_end_has_a_close_code_that_is_explained() -> None:
    codes = {code for state, code in session.TRANSITIONS.values() if state == session.ENDED}
    assert codes <= session.CLOSE_CODES.keys()
    assert 0 not in codes


def test_one_logs_in_once() -> None:
    assert session.step(session.GREETED, session.LOGIN_ACCEPTED) == (session.LOGGED_IN, 0)
    assert (session.LOGGED_IN, session.LOGIN_ACCEPTED) not in session.TRANSITIONS


def test_the_worked_example_of_the_documents_is_the_login_of_this_code() -> None:
    assert TEXT == b"local|127.0.0.1:9101|C-1|n-1|m1"
    signature = session.sign_login(KEY, TEXT)
    assert PUBLIC.hex() == "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
    assert signature == (
        "a1fd05b810bf80d65deb857bbcec23630df5ba9326062eea31fb75fd8760d39e"
        "f01a1bbd896a218f91cce903b85e2d66d5ecb6194e07e9bf586ac3e7fcb8630c"
    )
    assert session.is_signed(PUBLIC, signature, TEXT)


def test_any_other_text_key_or_signature_is_refused() -> None:
    signature = session.sign_login(KEY, TEXT)
    for other in ("", "zz", signature[:-2], signature + "00", "00" * 64, signature[:64] + "00" * 32):
        assert not session.is_signed(PUBLIC, other, TEXT)
    assert not session.is_signed(PUBLIC, signature, TEXT.replace(b"n-1", b"n-2"))
    assert not session.is_signed(bytes(32), signature, TEXT)
    assert not session.is_signed(PUBLIC[:31], signature, TEXT)


def test_frames_have_the_three_header_forms_of_rfc_6455() -> None:
    assert frames.text_frame(b"") == b"\x81\x00"
    assert frames.text_frame(b"x" * 125)[:2] == b"\x81\x7d"
    assert frames.text_frame(b"x" * 126)[:4] == b"\x81\x7e\x00\x7e"
    assert frames.text_frame(b"x" * 4096)[:4] == b"\x81\x7e\x10\x00"
    assert frames.text_frame(b"x" * 65_535)[:4] == b"\x81\x7e\xff\xff"
    assert frames.text_frame(b"x" * 65_536)[:10] == b"\x81\x7f" + (65_536).to_bytes(8, "big")
    assert frames.close_frame(4008, "slow") == b"\x88\x06\x0f\xa8slow"
