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
from gateway.http.replies import JSON, AnyRequest, Refused
from gateway.http.sources import Sources, sources_of
from gateway.logins import Logins, WebSession, factors
from gateway.protocol import acts, codec
from gateway.protocol.times import time_text
from gateway.tables import workbook

COOKIE: Final = "yutan_session"
TRADE_PATH: Final = "/ws/v1/trade"
OPS_PATH: Final = "/ws/v1/ops"
_encode: Final = msgspec.json.Encoder().encode
_NO_STORE: Final = {"cache-control": "no-store"}
WORKBOOK_BYTES_MAX: Final = 2**22  # of the tables that a page wants as a workbook: more than the longest statement
_SCOPES: Final = (
    ("login", "登录", "login"), ("buy", "买入", "buying"), ("sell", "卖出", "selling"), ("transfer", "转出", "transfer"),
    ("cash_out", "出金", "cash out"),
)  # fmt: skip
Body = TypeVar("Body", bound=Struct)

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Word = Annotated[str, Meta(max_length=256)]
Door = Literal["trade", "ops"]


class _Asked(Struct, forbid_unknown_fields=True, frozen=True):
    """What a page sends."""


class LoginAsked(_Asked, frozen=True):
    """Both factors: a password, and the six digits of the authenticator."""

    door: Door
    name: Name
    password: Word
    totp: Word


class EnrolAsked(_Asked, frozen=True):
    """A login is to be made with this code."""

    door: Door
    name: Name
    code: Word
    password: Word


class ConfirmAsked(_Asked, frozen=True):
    """The authenticator was set up and shows these digits."""

    enrolment: Word
    totp: Word


class EndAsked(_Asked, frozen=True):
    """Which of one's sessions is to end; "others": all but this one."""

    session_id: Annotated[str, Meta(pattern=r"^(others|W-[0-9a-f]{16})$")]


class WorkbookAsked(_Asked, frozen=True):
    """The tables that the page shows, to be made an Excel workbook."""

    sheets: Annotated[list[workbook.Sheet], Meta(min_length=1, max_length=50)]


class Nothing(_Asked, frozen=True):
    """A request that says nothing but that it is one."""


def _logins(request: AnyRequest) -> tuple[Sources, Logins]:
    sources = sources_of(request)
    if sources.logins is None:
        raise Refused(reasons.UNKNOWN_METHOD)
    return sources, sources.logins


async def _read(request: AnyRequest, form: type[Body]) -> Body:
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


def _session(request: AnyRequest, logins: Logins) -> WebSession:
    """Whose browser it is. Raises `Refused` LOGIN_NEEDED."""
    return logins.session(request.cookies.get(COOKIE, ""))


def _address(request: AnyRequest) -> str:
    return request.client.host if request.client is not None else ""


def _told(value: Any, cookies: list[Cookie] | None = None) -> Response[bytes]:
    return Response(_encode(value), headers=_NO_STORE, media_type=JSON, status_code=200, cookies=cookies)


def _cookie(request: AnyRequest, token: str, max_age_s: int) -> Cookie:
    is_tls = request.url.scheme == "https"
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
    """Choose a password with a one-time code; answered with the secret of the second factor."""
    _, logins = _logins(request)
    asked = await _read(request, EnrolAsked)
    named, begun = await logins.enrol(asked.door, asked.name, asked.code, asked.password, _address(request))
    uri = factors.secret_uri(begun.secret, asked.name, "Yutan")
    return _told({"enrolment": named, "secret": factors.secret_text(begun.secret), "uri": uri})


@post("/enrol/confirm")
async def enrol_confirm(request: AnyRequest) -> Response[bytes]:
    """Show that the second factor works; from now on one logs in with both."""
    _, logins = _logins(request)
    asked = await _read(request, ConfirmAsked)
    made = await logins.confirm(asked.enrolment, asked.totp, _address(request))
    return _told({"door": made.door, "name": made.name})


# ---- sessions -------------------------------------------------------------------------------------------------


@post("/login")
async def log_in(request: AnyRequest) -> Response[bytes]:
    """Begin a session with password and second factor."""
    _, logins = _logins(request)
    asked = await _read(request, LoginAsked)
    agent = request.headers.get("user-agent", "")
    token, session = await logins.log_in(asked.door, asked.name, asked.password, asked.totp, _address(request), agent)
    return _told(_self(logins, session), [_cookie(request, token, logins.settings.absolute_s)])


@post("/logout")
async def log_out(request: AnyRequest) -> Response[bytes]:
    """End this session and what it has opened."""
    _, logins = _logins(request)
    await _read(request, Nothing)
    await logins.end(_session(request, logins))
    return _told({}, [_cookie(request, "", 0)])


@get("/session", sync_to_thread=False)
def session_now(request: AnyRequest) -> Response[bytes]:
    """Who is logged in, and until when."""
    _, logins = _logins(request)
    return _told(_self(logins, _session(request, logins)))


@post("/session")
async def session_seen(request: AnyRequest) -> Response[bytes]:
    """The person is there: the idle time begins anew."""
    _, logins = _logins(request)
    await _read(request, Nothing)
    session = _session(request, logins)
    await logins.touch(session)
    return _told(_self(logins, session))


@get("/sessions", sync_to_thread=False)
def sessions(request: AnyRequest) -> Response[bytes]:
    """One's own sessions, oldest first."""
    _, logins = _logins(request)
    own = _session(request, logins)
    mine = logins.sessions_of(own.door, own.name)
    return _told({"sessions": [_shown(logins, session, own) for session in mine]})


@post("/sessions/end")
async def end_sessions(request: AnyRequest) -> Response[bytes]:
    """End one of one's own sessions, or all others."""
    _, logins = _logins(request)
    asked = await _read(request, EndAsked)
    own = _session(request, logins)
    mine = logins.sessions_of(own.door, own.name)
    named = [found for found in mine if asked.session_id in (found.number, "others")]
    ended = [found for found in named if asked.session_id != "others" or found is not own]
    if asked.session_id != "others" and not ended:
        raise Refused(reasons.UNKNOWN_DOCUMENT, "session_id")
    for session in ended:
        await logins.end(session)
    return _told({"ended": len(ended)})


@post("/ticket")
async def ticket(request: AnyRequest) -> Response[bytes]:
    """A word that opens one websocket within 30 seconds."""
    _, logins = _logins(request)
    await _read(request, Nothing)
    session = _session(request, logins)
    return _told({"ticket": logins.new_ticket(session), "seconds": logins.settings.ticket_s})


@post("/workbook", request_max_body_size=WORKBOOK_BYTES_MAX)
async def workbook_made(request: AnyRequest) -> Response[bytes]:
    """What the page shows, as an Excel workbook: the page has the words, the registry made the figures, this is the form."""
    _, logins = _logins(request)
    _session(request, logins)
    asked = await _read(request, WorkbookAsked)
    try:
        made = await asyncio.to_thread(workbook.workbook_bytes, asked.sheets)
    except ValueError as error:
        raise Refused(reasons.INVALID_FIELD, "sheets", detail=str(error)) from error
    return Response(made, headers=_NO_STORE, media_type=workbook.MEDIA_TYPE, status_code=200)


# ---- pages ----------------------------------------------------------------------------------------------------


@get("/login", sync_to_thread=False)
def login_page(request: AnyRequest) -> Template:
    """Where one logs in, and makes a login with a code."""
    sources, _ = _logins(request)
    return _private(page(request, sources, "login.html", password_min=factors.PASSWORD_MIN))


def _desk_page(request: AnyRequest, door: Door, name: str, **values: Any) -> Template | Redirect:
    """A page for who is logged in at this door; others are sent to log in."""
    sources, logins = _logins(request)
    try:
        found = _session(request, logins)
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
        request, "ops", "operator.html", phase_names=names, year=year, scopes=_SCOPES, act_names=sorted(acts.ACTS)
    )


def _private(shown: Template) -> Template:
    shown.headers["cache-control"] = "no-store"
    return shown


HANDLERS: Final = [
    enrol, enrol_confirm, log_in, log_out, session_now, session_seen, sessions, end_sessions, ticket, workbook_made,
]  # fmt: skip
PAGES: Final = [login_page, member_page, operator_page]
