"""The two factors of a login, and the one-time code by which it is made. Pure, but for the randomness of what is new.

Password: Argon2id (RFC 9106) in its encoded form. Second factor: TOTP (RFC 6238, SHA-1, six digits, 30 seconds), which every
authenticator application knows. A login code is 100 random bits in letters that are hard to confuse.
"""

import base64
import hashlib
import hmac
import secrets
from typing import Final
from urllib.parse import quote

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

PASSWORD_MIN: Final = 12  # characters
PASSWORD_MAX: Final = 128
STEP_S: Final = 30
_STEPS_EITHER_WAY: Final = 1  # for a telephone whose clock is off
_DIGITS: Final = 6
_SECRET_BYTES: Final = 20
_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32
_MEMORY_KIB: Final = 19_456
_PASSES: Final = 2
_CODE_CHARACTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # 32 of them: five bits each
_CODE_LENGTH: Final = 20


def hash_password(password: str) -> str:
    """The password as it is stored. Takes tens of milliseconds of a core: not for the event loop's thread."""
    salt = secrets.token_bytes(_SALT_BYTES)
    kdf = Argon2id(salt=salt, length=_HASH_BYTES, iterations=_PASSES, lanes=1, memory_cost=_MEMORY_KIB)
    return kdf.derive_phc_encoded(password.encode())


def is_password(password: str, stored: str) -> bool:
    """Whether this is the password of which `stored` was made. As slow as `hash_password`."""
    try:
        Argon2id.verify_phc_encoded(password.encode(), stored)
    except InvalidKey:
        return False
    return True


def is_good_password(password: str, name: str) -> bool:
    """Whether it may be chosen: long enough, no single character again and again, and not made of the name."""
    is_long = PASSWORD_MIN <= len(password) <= PASSWORD_MAX
    return is_long and len(set(password)) >= 5 and name.lower() not in password.lower()


def new_secret() -> bytes:
    """A secret for the second factor."""
    return secrets.token_bytes(_SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """The secret as it is typed into an authenticator."""
    return base64.b32encode(secret).decode()


def secret_uri(secret: bytes, name: str, market: str) -> str:
    """The secret as a link that a telephone opens in its authenticator."""
    label = quote(f"{market}:{name}")
    return f"otpauth://totp/{label}?secret={secret_text(secret)}&issuer={quote(market)}"


def totp(secret: bytes, step: int) -> str:
    """The six digits of one step of 30 seconds."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    place = mac[-1] & 15
    number = int.from_bytes(mac[place : place + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}d}"


def totp_step(secret: bytes, code: str, now_s: int) -> int:
    """The step near now whose digits these are; 0 for none."""
    present = now_s // STEP_S
    for step in range(present - _STEPS_EITHER_WAY, present + _STEPS_EITHER_WAY + 1):
        if hmac.compare_digest(totp(secret, step).encode(), code.encode()):
            return step
    return 0


def new_code() -> str:
    """A fresh login code in groups of five."""
    letters = "".join(secrets.choice(_CODE_CHARACTERS) for _ in range(_CODE_LENGTH))
    return "-".join(letters[place : place + 5] for place in range(0, _CODE_LENGTH, 5))


def fingerprint(name: str, code: str) -> bytes:
    """What is kept of a login code. Registered as the public half of a key it makes one by which nobody can sign."""
    letters = code.upper().replace("-", "").replace(" ", "")
    return hashlib.sha256(f"yutan login code|{name}|{letters}".encode()).digest()
