"""Browsers log in here: /v1 for what their pages ask, and the pages that need a login.

A session is one HttpOnly, SameSite=Strict cookie (Secure where the page came by TLS). Everything that changes something is a POST of
JSON from one of the exchange's own origins. Websockets know nothing of the cookie: a page asks for a ticket and sends it as its
first message, `session.auth{ticket}`.
"""

import asyncio
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template
from msgspec import Meta, Struct

from engine.core import phases, reasons
from gateway.http.calendar import today_of
from gateway.http.pages import page
from gateway.http.replies import JSON, AnyRequest, Refused, address_of
from gateway.http.sources import Sources, sources_of
from gateway.logins import Logins, WebSession, factors, passkeys
from gateway.logins.desk import NewPasskey
from gateway.logins.passkeys import Assertion, Attestation, Party
from gateway.logins.second import Shown
from gateway.protocol import acts, codec
from gateway.protocol.field_words import CHOICES
from gateway.protocol.times import time_text
from gateway.tables import workbook

COOKIE: Final = "yutan_session"
TRADE_PATH: Final = "/ws/v1/trade"
OPS_PATH: Final = "/ws/v1/ops"
_encode: Final = msgspec.json.Encoder().encode
_NO_STORE: Final = {"cache-control": "no-store"}
WORKBOOK_BYTES_MAX: Final = 2**22  # of the tables that a page wants as a workbook: more than the longest statement
Body = TypeVar("Body", bound=Struct)

Name = Annotated[str, Meta(min_length=1, max_length=64)]
PasskeyName = Annotated[str, Meta(max_length=passkeys.NAME_MAX)]
Word = Annotated[str, Meta(max_length=256)]
Door = Literal["trade", "ops"]


class Asked(Struct, forbid_unknown_fields=True, frozen=True):
    """What a page sends, no more."""


class FactorShown(Asked, frozen=True):
    """The second factor: the six digits of the authenticator, or in their place what a passkey has signed."""

    totp: Word = ""
    passkey: Assertion | None = None


class LoginAsked(FactorShown, frozen=True, kw_only=True):
    """Both factors."""

    door: Door
    name: Name
    password: Word


class PasskeyAsked(Asked, frozen=True):
    """Who is going to show a passkey."""

    door: Door
    name: Name


class EnrolAsked(Asked, frozen=True):
    """A login is to be made with this code."""

    door: Door
    name: Name
    code: Word
    password: Word


class ConfirmAsked(Asked, frozen=True):
    """The authenticator was set up and shows these digits, or has made this passkey, which its person calls so."""

    enrolment: Word
    totp: Word = ""
    passkey: Attestation | None = None
    passkey_name: PasskeyName = ""


class EndAsked(Asked, frozen=True):
    """Which of one's sessions is to end; "others": all but this one."""

    session_id: Annotated[str, Meta(pattern=r"^(others|W-[0-9a-f]{16})$")]


class WorkbookAsked(Asked, frozen=True):
    """The tables that the page shows, to be made an Excel workbook."""

    sheets: Annotated[list[workbook.Sheet], Meta(min_length=1, max_length=50)]


class Nothing(Asked, frozen=True):
    """A request that says nothing but that it is one."""


def logins_of(request: AnyRequest) -> tuple[Sources, Logins]:
    """What there is, with the logins. Raises `Refused` where nobody logs in."""
    sources = sources_of(request)
    if sources.logins is None:
        raise Refused(reasons.UNKNOWN_METHOD)
    return sources, sources.logins


async def read(request: AnyRequest, form: type[Body]) -> Body:
    """The JSON that one of our own pages has posted. Raises `Refused`."""
    if request.headers.get("origin", "") not in sources_of(request).origins():
        raise Refused(reasons.ORIGIN_REFUSED)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise Refused(reasons.INVALID_FIELD, "content-type")
    try:
        return msgspec.json.decode(await request.body(), type=form)
    except msgspec.ValidationError as error:
        raise Refused(reasons.INVALID_FIELD, detail=str(error)) from error
    except msgspec.DecodeError as error:
        raise Refused(reasons.MALFORMED_JSON) from error


def session_of(request: AnyRequest, logins: Logins) -> WebSession:
    """Whose browser it is. Raises `Refused` LOGIN_NEEDED."""
    return logins.session(request.cookies.get(COOKIE, ""))


def party_of(request: AnyRequest, logins: Logins) -> Party | None:
    """As whom the page asks for passkeys; None where it cannot."""
    return passkeys.party_of(request.headers.get("origin", ""), logins.settings.passkey_domain)


def party_needed(request: AnyRequest, logins: Logins) -> Party:
    """As whom the page asks for passkeys. Raises `Refused` PASSKEY_NO_DOMAIN."""
    party = party_of(request, logins)
    if party is None:
        raise Refused(reasons.PASSKEY_NO_DOMAIN)
    return party


def shown_of(request: AnyRequest, logins: Logins, asked: FactorShown) -> Shown:
    """The second factor that was sent, exactly one. Raises `Refused`."""
    if bool(asked.totp) == (asked.passkey is not None):
        raise Refused(reasons.INVALID_FIELD, "totp", "either totp or passkey")
    return Shown(asked.totp, asked.passkey, party_of(request, logins))


def name_of(asked: str) -> str:
    """What a passkey is to be called. Raises `Refused` where not all of it could be seen."""
    if not passkeys.is_good_name(asked):
        raise Refused(reasons.INVALID_FIELD, "passkey_name", "characters that cannot be seen")
    return asked


def visitor_of(request: AnyRequest) -> str:
    """The address of who asks."""
    return address_of(request, sources_of(request).settings.proxies)


def told(value: Any, cookies: list[Cookie] | None = None) -> Response[bytes]:
    """An answer that nothing on the way keeps."""
    return Response(_encode(value), headers=_NO_STORE, media_type=JSON, status_code=200, cookies=cookies)


def _cookie(request: AnyRequest, token: str, max_age_s: int) -> Cookie:
    is_tls = request.headers.get("origin", "").startswith(
        "https:"
    )  # as the browser sees it, also where a proxy ends TLS
    return Cookie(COOKIE, value=token, max_age=max_age_s, httponly=True, samesite="strict", secure=is_tls)


def _shown(logins: Logins, session: WebSession, own: WebSession) -> dict[str, Any]:
    return {
        "session_id": session.number,
        "began_at": time_text(session.began_ns),
        "seen_at": time_text(session.seen_ns),
        "ends_at": time_text(logins.ends_ns(session)),
        "address": session.address,
        "agent": session.agent,
        "is_this": session is own,
    }


def _self(logins: Logins, session: WebSession) -> dict[str, Any]:
    return {"door": session.door, "name": session.name, **_shown(logins, session, session)}


# ---- making a login -------------------------------------------------------------------------------------------


@post("/enrol")
async def enrol(request: AnyRequest) -> Response[bytes]:
    """Choose a password with a one-time code; answered with what each kind of second factor begins with."""
    _, logins = logins_of(request)
    asked = await read(request, EnrolAsked)
    named, begun = await logins.enrol(asked.door, asked.name, asked.code, asked.password, visitor_of(request))
    uri = factors.secret_uri(begun.secret, asked.name, passkeys.MARKET)
    party = party_of(request, logins)
    passkey = logins.new_passkey(named, begun, party) if party is not None else None
    return told({"enrolment": named, "secret": factors.secret_text(begun.secret), "uri": uri, "passkey": passkey})


@post("/enrol/confirm")
async def enrol_confirm(request: AnyRequest) -> Response[bytes]:
    """Show that the second factor works; from now on one logs in with both."""
    _, logins = logins_of(request)
    asked = await read(request, ConfirmAsked)
    if bool(asked.totp) == (asked.passkey is not None):
        raise Refused(reasons.INVALID_FIELD, "totp", "either totp or passkey")
    new: str | NewPasskey = asked.totp
    if asked.passkey is not None:
        new = NewPasskey(asked.passkey, name_of(asked.passkey_name), party_of(request, logins))
    made = await logins.confirm(asked.enrolment, new, visitor_of(request))
    return told({"door": made.door, "name": made.name})


# ---- sessions -------------------------------------------------------------------------------------------------


@post("/login/passkey")
async def ask_passkey(request: AnyRequest) -> Response[bytes]:
    """What a browser needs to show a passkey at a login; says nothing about whether there is one, or the name."""
    _, logins = logins_of(request)
    asked = await read(request, PasskeyAsked)
    return told(logins.ask_passkey(asked.door, asked.name, party_needed(request, logins)))


@post("/login")
async def log_in(request: AnyRequest) -> Response[bytes]:
    """Begin a session with password and second factor."""
    _, logins = logins_of(request)
    asked = await read(request, LoginAsked)
    agent = request.headers.get("user-agent", "")
    shown = shown_of(request, logins, asked)
    token, session = await logins.log_in(asked.door, asked.name, asked.password, shown, visitor_of(request), agent)
    return told(_self(logins, session), [_cookie(request, token, logins.settings.absolute_s)])


@post("/logout")
async def log_out(request: AnyRequest) -> Response[bytes]:
    """End this session and what it has opened."""
    _, logins = logins_of(request)
    await read(request, Nothing)
    await logins.end(session_of(request, logins))
    return told({}, [_cookie(request, "", 0)])


@get("/session", sync_to_thread=False)
def session_now(request: AnyRequest) -> Response[bytes]:
    """Who is logged in, and until when."""
    _, logins = logins_of(request)
    return told(_self(logins, session_of(request, logins)))


@post("/session")
async def session_seen(request: AnyRequest) -> Response[bytes]:
    """The person is there: the idle time begins anew."""
    _, logins = logins_of(request)
    await read(request, Nothing)
    session = session_of(request, logins)
    await logins.touch(session)
    return told(_self(logins, session))


@get("/sessions", sync_to_thread=False)
def sessions(request: AnyRequest) -> Response[bytes]:
    """One's own sessions, oldest first."""
    _, logins = logins_of(request)
    own = session_of(request, logins)
    mine = logins.sessions_of(own.door, own.name)
    return told({"sessions": [_shown(logins, session, own) for session in mine]})


@post("/sessions/end")
async def end_sessions(request: AnyRequest) -> Response[bytes]:
    """End one of one's own sessions, or all others."""
    _, logins = logins_of(request)
    asked = await read(request, EndAsked)
    own = session_of(request, logins)
    mine = logins.sessions_of(own.door, own.name)
    named = [found for found in mine if asked.session_id in (found.number, "others")]
    ended = [found for found in named if asked.session_id != "others" or found is not own]
    if asked.session_id != "others" and not ended:
        raise Refused(reasons.UNKNOWN_DOCUMENT, "session_id")
    for session in ended:
        await logins.end(session)
    return told({"ended": len(ended)})


@post("/ticket")
async def ticket(request: AnyRequest) -> Response[bytes]:
    """A word that opens one websocket within 30 seconds."""
    _, logins = logins_of(request)
    await read(request, Nothing)
    session = session_of(request, logins)
    return told({"ticket": logins.new_ticket(session), "seconds": logins.settings.ticket_s})


@post("/workbook", request_max_body_size=WORKBOOK_BYTES_MAX)
async def workbook_made(request: AnyRequest) -> Response[bytes]:
    """What the page shows, as an Excel workbook: the page has the words, the registry made the figures, this is the form."""
    _, logins = logins_of(request)
    session_of(request, logins)
    asked = await read(request, WorkbookAsked)
    try:
        made = await asyncio.to_thread(workbook.workbook_bytes, asked.sheets)
    except ValueError as error:
        raise Refused(reasons.INVALID_FIELD, "sheets", detail=str(error)) from error
    return Response(made, headers=_NO_STORE, media_type=workbook.MEDIA_TYPE, status_code=200)


# ---- pages ----------------------------------------------------------------------------------------------------


@get("/login", sync_to_thread=False)
def login_page(request: AnyRequest) -> Template:
    """Where one logs in, and makes a login with a code."""
    sources, _ = logins_of(request)
    return _private(page(request, sources, "login.html", password_min=factors.PASSWORD_MIN))


def _desk_page(request: AnyRequest, door: Door, name: str, **values: Any) -> Template | Redirect:
    """A page for who is logged in at this door; others are sent to log in."""
    sources, logins = logins_of(request)
    try:
        found = session_of(request, logins)
    except codec.Refused:
        found = None
    if found is None or found.door != door:
        return Redirect("/login", status_code=303, headers=_NO_STORE)
    return _private(page(request, sources, name, **values))


@get("/member", sync_to_thread=False)
def member_page(request: AnyRequest) -> Template | Redirect:
    """The member's terminal: orders, fills, holdings, statements, the compliance year, one's own brakes."""
    return _desk_page(request, "trade", "member.html")


@get("/operator", sync_to_thread=False)
def operator_page(request: AnyRequest) -> Template | Redirect:
    """The operators' console: the day, approvals, settlement, matters, health."""
    names = dict(zip(phases.NAMES[1:], phases.NAMES_ZH[1:], strict=True))
    year = (sources_of(request).view.day().trading_day or today_of(sources_of(request))) // 10_000 - 1
    return _desk_page(
        request,
        "ops",
        "operator.html",
        phase_names=names,
        year=year,
        scopes=CHOICES["scope"],
        act_names=sorted(acts.ACTS),
    )


def _private(shown: Template) -> Template:
    shown.headers["cache-control"] = "no-store"
    return shown


HANDLERS: Final = [
    enrol, enrol_confirm, ask_passkey, log_in, log_out, session_now, session_seen, sessions, end_sessions, ticket, workbook_made,
]  # fmt: skip
PAGES: Final = [login_page, member_page, operator_page]
