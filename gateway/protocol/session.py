"""The life of a connection as one table, the login text, and the close codes.

A state and something that happens give the next state and, where the connection ends, its close code. What is not in the
table cannot happen: `step` raises, which is a fault of ours.
"""

from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

# States.
GREETED: Final = "greeted"  # hello is sent, nobody has logged in; on the public door this is where one stays
LOGGED_IN: Final = "logged_in"
ENDED: Final = "ended"

# What can happen.
LOGIN_ACCEPTED: Final = "login_accepted"
LOGIN_REFUSED: Final = "login_refused"
LOGIN_LATE: Final = "login_late"
LOGOUT: Final = "logout"
ACCESS_LOST: Final = "access_lost"
LOGIN_ENDED: Final = "login_ended"
TOO_SLOW: Final = "too_slow"
SILENT: Final = "silent"
GOING_AWAY: Final = "going_away"
REPLACED: Final = "replaced"
BINARY_FRAME: Final = "binary_frame"
BAD_FRAME: Final = "bad_frame"
NOT_UTF8: Final = "not_utf8"
TOO_LARGE: Final = "too_large"
OVER_LIMIT: Final = "over_limit"
PING_FLOOD: Final = "ping_flood"
TOO_MANY_FAULTS: Final = "too_many_faults"
PEER_LEFT: Final = "peer_left"

# Close codes, with what the peer should do about them.
NORMAL: Final = 1000
CLOSE_CODES: Final[dict[int, str]] = {
    NORMAL: "normal: after session.logout, or in answer to the client's close",
    1002: "the frame breaks RFC 6455 (fragmented, reserved bits, bad opcode, not masked): fix the client",
    1003: "a binary frame: send text",
    1007: "the frame is not UTF-8: fix the client",
    1008: "too many control frames: fix the client",
    1009: "the frame is longer than 16 KiB: send less",
    1011: "a fault on our side: reconnect",
    1012: "planned restart: reconnect after reconnect_after_ms of going_away",
    4001: "no login within the time allowed: connect again",
    4002: "the login was refused: check key, environment and host of the login text",
    4003: "access was taken away (key revoked, account restricted): talk to the exchange",
    4008: "the peer reads too slowly (its reason is SLOW_FOLLOWER): reconnect and replay from the last seq",
    4009: "another connection went on with this session",
    4010: "nothing was heard for two heartbeats: reconnect",
    4011: "the browser's session that opened this connection has ended: log in again",
    4029: "too many refused frames in a row, or too many connections: wait, and fix the client",
}

_NEVER_SENT: Final = (1004, 1005, 1006)

TRANSITIONS: Final[dict[tuple[str, str], tuple[str, int]]] = {
    (GREETED, LOGIN_ACCEPTED): (LOGGED_IN, 0),
    (GREETED, LOGIN_REFUSED): (ENDED, 4002),
    (GREETED, LOGIN_LATE): (ENDED, 4001),
    (GREETED, LOGOUT): (ENDED, NORMAL),
    (LOGGED_IN, LOGOUT): (ENDED, NORMAL),
    (LOGGED_IN, ACCESS_LOST): (ENDED, 4003),
    (LOGGED_IN, LOGIN_ENDED): (ENDED, 4011),
    (GREETED, TOO_SLOW): (ENDED, 4008),
    (LOGGED_IN, TOO_SLOW): (ENDED, 4008),
    (GREETED, SILENT): (ENDED, 4010),
    (LOGGED_IN, SILENT): (ENDED, 4010),
    (GREETED, GOING_AWAY): (ENDED, 1012),
    (LOGGED_IN, GOING_AWAY): (ENDED, 1012),
    (LOGGED_IN, REPLACED): (ENDED, 4009),
    (GREETED, BINARY_FRAME): (ENDED, 1003),
    (LOGGED_IN, BINARY_FRAME): (ENDED, 1003),
    (GREETED, BAD_FRAME): (ENDED, 1002),
    (LOGGED_IN, BAD_FRAME): (ENDED, 1002),
    (GREETED, NOT_UTF8): (ENDED, 1007),
    (LOGGED_IN, NOT_UTF8): (ENDED, 1007),
    (GREETED, TOO_LARGE): (ENDED, 1009),
    (LOGGED_IN, TOO_LARGE): (ENDED, 1009),
    (GREETED, OVER_LIMIT): (ENDED, 4029),
    (GREETED, PING_FLOOD): (ENDED, 1008),
    (LOGGED_IN, PING_FLOOD): (ENDED, 1008),
    (GREETED, TOO_MANY_FAULTS): (ENDED, 4029),
    (LOGGED_IN, TOO_MANY_FAULTS): (ENDED, 4029),
    (GREETED, PEER_LEFT): (ENDED, NORMAL),
    (LOGGED_IN, PEER_LEFT): (ENDED, NORMAL),
}


def step(state: str, happened: str) -> tuple[str, int]:
    """Next state and close code (0: stays open). Raises KeyError for what the table does not allow."""
    return TRANSITIONS[state, happened]


def is_forbidden(code: int) -> bool:
    """Whether a peer may not close with this code (RFC 6455, 7.4): it means what no frame says, or nothing at all."""
    return code < NORMAL or code in _NEVER_SENT or 1015 <= code < 3000 or code >= 5000


def login_text(env: str, host: str, connection_id: str, nonce: str, key_id: str) -> bytes:
    """What a client signs, once per connection: it fixes the market, the host it meant, this connection and its key."""
    return f"{env}|{host}|{connection_id}|{nonce}|{key_id}".encode()


def sign_login(key: Ed25519PrivateKey, text: bytes) -> str:
    """The signature as session.auth carries it: 128 lower-case hex digits."""
    return key.sign(text).hex()


def is_signed(public_key: bytes, signature: str, text: bytes) -> bool:
    """Whether `signature` (hex) is that of the key's owner over `text`."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(bytes.fromhex(signature), text)
    except (InvalidSignature, ValueError):  # ValueError: bytes that are no point or no signature
        return False
    return True
