"""What browsers ask at /v1 in the OpenAPI document: logins, second factors, sessions. The answers' types stand here, once."""

from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from gateway.http import factors, logins
from gateway.http.replies import JSON
from gateway.tables import workbook

Schema = dict[str, Any]
PREFIX: Final = "login."
SCHEMES: Final = {"session": {"type": "apiKey", "in": "cookie", "name": logins.COOKIE}}
_REF: Final = "#/components/schemas/" + PREFIX + "{name}"
_CHALLENGE: Final = "n2Vt0gYkQXmVY3C0mS1l9wAAAZ2X3c4AqL1oB8c5fJ4m0VQXb9w2uH7yK6sT3eR8pN1dZ5gM0jA"
_CREDENTIAL: Final = "KmwFeoPwGDb8m_HZxEwrR-nCNNMeKVuYLpVd37aqRx4"
_ASSERTION: Final = {
    "id": _CREDENTIAL,
    "rawId": _CREDENTIAL,
    "type": "public-key",
    "response": {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA", "userHandle": "AA"},
}
_ATTESTATION: Final = {
    "id": _CREDENTIAL,
    "rawId": _CREDENTIAL,
    "type": "public-key",
    "response": {"clientDataJSON": "e30", "attestationObject": "AA"},
}


class _Told(Struct, forbid_unknown_fields=True):
    """What is answered, no more and no less."""


class Done(_Told):
    """It was done."""


class Begun(_Told):
    """What each kind of second factor begins with. passkey: PublicKeyCredentialCreationOptionsJSON; null: none at this address."""

    enrolment: str
    secret: str
    uri: str
    passkey: dict[str, Any] | None


class Made(_Told):
    """Whose login it is."""

    door: logins.Door
    name: str


class RequestOptions(_Told):
    """PublicKeyCredentialRequestOptionsJSON: what a browser needs to let a passkey sign."""

    rpId: str
    challenge: str
    userVerification: str


class CreationOptions(Struct):
    """PublicKeyCredentialCreationOptionsJSON: what a browser needs to make a passkey."""

    rp: dict[str, str]
    user: dict[str, str]
    challenge: str


class Session(_Told):
    """A session of one's own."""

    session_id: str
    began_at: str
    seen_at: str
    ends_at: str
    address: str
    agent: str
    is_this: bool


class Self(Session):
    """The session that asks, and whose it is."""

    door: logins.Door
    name: str


class Sessions(_Told):
    """One's own sessions."""

    sessions: list[Session]


class Ended(_Told):
    """How many sessions were ended."""

    ended: int


class Ticket(_Told):
    """Opens one websocket within so many seconds."""

    ticket: str
    seconds: int


class PasskeyRow(_Told):
    """A passkey as it is listed."""

    passkey_id: str
    name: str
    made_at: str
    used_at: str
    is_synced: bool


class Factors(_Told):
    """The second factors of a login."""

    totp: bool
    passkeys: list[PasskeyRow]


class Asking(NamedTuple):
    """One request: who answers it, what it is sent, what it says, and an example of it."""

    path: str
    handler: Any
    form: type[Struct] | None  # None: a GET
    answer: Any  # bytes: a workbook
    example: Schema
    needs_session: bool = True


_WHO: Final = {"door": "trade", "name": "wu-1"}
_PASSWORD: Final = "correct horse battery staple"
ASKINGS: Final = (
    Asking(
        "/v1/enrol", logins.enrol, logins.EnrolAsked, Begun,
        _WHO | {"code": "ABCDE-FGHJK-LMNPQ-RSTUV", "password": _PASSWORD}, False,
    ),
    Asking(
        "/v1/enrol/confirm", logins.enrol_confirm, logins.ConfirmAsked, Made,
        {"enrolment": "nVh3mA0kq1Xb", "passkey": _ATTESTATION, "passkey_name": "蓝色安全密钥"}, False,
    ),
    Asking("/v1/login/passkey", logins.ask_passkey, logins.PasskeyAsked, RequestOptions, _WHO, False),
    Asking(
        "/v1/login", logins.log_in, logins.LoginAsked, Self, _WHO | {"password": _PASSWORD, "passkey": _ASSERTION}, False
    ),
    Asking("/v1/logout", logins.log_out, logins.Nothing, Done, {}),
    Asking("/v1/session", logins.session_now, None, Self, {}),
    Asking("/v1/session", logins.session_seen, logins.Nothing, Self, {}),
    Asking("/v1/sessions", logins.sessions, None, Sessions, {}),
    Asking("/v1/sessions/end", logins.end_sessions, logins.EndAsked, Ended, {"session_id": "others"}),
    Asking("/v1/ticket", logins.ticket, logins.Nothing, Ticket, {}),
    Asking(
        "/v1/workbook", logins.workbook_made, logins.WorkbookAsked, bytes,
        {"sheets": [{"name": "成交 trades", "rows": [[{"bold": "品种 instrument"}, "CQEA-25"], ["金额 amount", "400.00", 10, None]]}]},
    ),
    Asking("/v1/factors", factors.factors, None, Factors, {}),
    Asking("/v1/factors/ask", factors.ask_again, logins.Nothing, RequestOptions, {}),
    Asking("/v1/factors/begin", factors.begin_passkey, logins.FactorShown, CreationOptions, {"totp": "287082"}),
    Asking(
        "/v1/factors/add", factors.add_passkey, factors.NewPasskeyAsked, PasskeyRow,
        {"passkey": _ATTESTATION, "passkey_name": "办公室电脑"},
    ),
    Asking(
        "/v1/factors/rename", factors.rename_passkey, factors.RenameAsked, PasskeyRow,
        {"passkey_id": "P-0123456789abcdef", "passkey_name": "蓝色安全密钥", "totp": "287082"},
    ),
    Asking(
        "/v1/factors/remove", factors.remove_factor, factors.RemoveAsked, Done,
        {"factor": "P-0123456789abcdef", "passkey": _ASSERTION},
    ),
)  # fmt: skip


def answer_of(method: str, path: str) -> Any:
    """The type of what a request is answered with."""
    return next(found.answer for found in ASKINGS if (found.path, found.form is None) == (path, method == "GET"))


def document(refusal: Schema) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """(paths, components); `refusal` is the schema of an answer that refuses."""
    types = [*(found.form for found in ASKINGS if found.form is not None), *(found.answer for found in ASKINGS)]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    schema_of = dict(zip(types, schemas, strict=True))
    paths: dict[str, Schema] = {}
    for found in ASKINGS:
        method = "get" if found.form is None else "post"
        paths.setdefault(found.path, {})[method] = _operation(found, schema_of, refusal)
    return paths, {PREFIX + name: schema for name, schema in components.items()}


def _operation(found: Asking, schema_of: dict[Any, Schema], refusal: Schema) -> Schema:
    words = (found.handler.fn.__doc__ or "").strip().splitlines()[0]
    answer: Schema = {JSON: {"schema": schema_of[found.answer]}}
    if found.answer is bytes:
        answer = {workbook.MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}
    told: Schema = {
        "operationId": found.handler.fn.__name__,
        "summary": words,
        "security": [{"session": []}] if found.needs_session else [],
        "responses": {
            "200": {"description": words, "content": answer},
            **{
                status: {"description": "Refused: see `error.code`.", "content": {JSON: {"schema": refusal}}}
                for status in ("400", "401", "403", "404", "413", "429", "500", "501", "503")
            },
        },
    }
    if found.form is not None:
        origin = {"name": "origin", "in": "header", "required": True, "schema": {"type": "string"}}
        told["parameters"] = [
            origin | {"description": "One of the exchange's own origins; browsers send it themselves."}
        ]
        body = {"schema": schema_of[found.form], "example": found.example}
        told["requestBody"] = {"required": True, "content": {JSON: body}}
    return told
