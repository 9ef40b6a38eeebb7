"""The second factors of one's own login: which there are, another passkey, another name, one less. Each needs one shown anew."""

from typing import Annotated, Any, Final

from litestar import Response, get, post
from msgspec import Meta

from gateway.http import logins as door
from gateway.http.replies import AnyRequest
from gateway.logins import Logins, passkeys
from gateway.logins.passkeys import Attestation, Passkey
from gateway.logins.second import Who
from gateway.protocol.times import time_text


class NewPasskeyAsked(door.Asked, frozen=True):
    """The passkey that was made, and what its person calls it."""

    passkey: Attestation
    passkey_name: door.PasskeyName = ""


class RenameAsked(door.FactorShown, frozen=True, kw_only=True):
    """Which passkey, what it is to be called, and a factor shown anew."""

    passkey_id: Annotated[str, Meta(pattern=r"^P-[0-9a-f]{16}$")]
    passkey_name: Annotated[str, Meta(min_length=1, max_length=passkeys.NAME_MAX)]


class RemoveAsked(door.FactorShown, frozen=True, kw_only=True):
    """Which factor is to go, and one shown anew."""

    factor: Annotated[str, Meta(pattern=r"^(totp|P-[0-9a-f]{16})$")]


def _who(request: AnyRequest, logins: Logins) -> Who:
    own = door.session_of(request, logins)
    return Who(own.door, own.name, door.visitor_of(request), own.number)


def _shown(passkey: Passkey) -> dict[str, Any]:
    return {
        "passkey_id": passkey.passkey_id,
        "name": passkey.name,
        "made_at": time_text(passkey.made_ns),
        "used_at": time_text(passkey.used_ns),
        "is_synced": passkey.is_synced,
    }


@get("/factors")
async def factors(request: AnyRequest) -> Response[bytes]:
    """The second factors of one's own login."""
    _, logins = door.logins_of(request)
    held = await logins.second.held(_who(request, logins))
    return door.told({"totp": bool(held.secret), "passkeys": [_shown(passkey) for passkey in held.passkeys]})


@post("/factors/ask")
async def ask_again(request: AnyRequest) -> Response[bytes]:
    """What a browser needs to show a passkey anew, before a change."""
    _, logins = door.logins_of(request)
    await door.read(request, door.Nothing)
    return door.told(logins.second.ask_again(_who(request, logins), door.party_needed(request, logins)))


@post("/factors/begin")
async def begin_passkey(request: AnyRequest) -> Response[bytes]:
    """Show a factor anew; answered with what a browser needs to make another passkey."""
    _, logins = door.logins_of(request)
    asked = await door.read(request, door.FactorShown)
    shown, party = door.shown_of(request, logins, asked), door.party_needed(request, logins)
    return door.told(await logins.second.begin(_who(request, logins), shown, party))


@post("/factors/add")
async def add_passkey(request: AnyRequest) -> Response[bytes]:
    """Keep the passkey that was made; from now on one can log in with it."""
    _, logins = door.logins_of(request)
    asked = await door.read(request, NewPasskeyAsked)
    party, name = door.party_needed(request, logins), door.name_of(asked.passkey_name)
    return door.told(_shown(await logins.second.add(_who(request, logins), asked.passkey, party, name)))


@post("/factors/rename")
async def rename_passkey(request: AnyRequest) -> Response[bytes]:
    """Call a passkey something else; it is the same passkey."""
    _, logins = door.logins_of(request)
    asked = await door.read(request, RenameAsked)
    shown = door.shown_of(request, logins, asked)
    name = door.name_of(asked.passkey_name)
    return door.told(_shown(await logins.second.rename(_who(request, logins), asked.passkey_id, name, shown)))


@post("/factors/remove")
async def remove_factor(request: AnyRequest) -> Response[bytes]:
    """Take a second factor away; one always stays."""
    _, logins = door.logins_of(request)
    asked = await door.read(request, RemoveAsked)
    await logins.second.remove(_who(request, logins), asked.factor, door.shown_of(request, logins, asked))
    return door.told({})


HANDLERS: Final = [factors, ask_again, begin_passkey, add_passkey, rename_passkey, remove_factor]
