"""What a connection says about itself: hello, welcome, heartbeats, goodbye; and dead-man timers (失联撤单)."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.protocol.wire import (
    CHANNELS_PER_CALL_MAX,
    ChannelAccepted,
    ChannelName,
    ChannelRefused,
    Code,
    Params,
    Request,
)


class DeadManSetParams(Params, gc=False):
    """Set again within `seconds`, or all orders of the account end; 0 takes the timer away."""

    seconds: Annotated[int, Meta(ge=0, le=3_600)]
    account: Code | UnsetType = UNSET


class DeadManSet(Request, tag="deadman.set", gc=False, kw_only=True):
    """Set, or set again, the account's dead-man timer: it ends all open orders of the account unless it is set again in time."""

    params: DeadManSetParams


class DeadManView(Struct, gc=False):
    """The timer as it stands now; `fires_at` is empty where there is none."""

    account: str
    seconds: int
    fires_at: str


class SessionResumeParams(Params, gc=False):
    """`session_id` and `resume_token` as the last welcome had them; `last_seqs`: the last seq one has of each channel."""

    session_id: Code
    resume_token: Annotated[str, Meta(max_length=64)]
    last_seqs: Annotated[dict[ChannelName, int], Meta(max_length=CHANNELS_PER_CALL_MAX)] | UnsetType = UNSET


class SessionResume(Request, tag="session.resume", gc=False, kw_only=True):
    """Instead of session.auth: go on with a session whose connection was lost, and have what was missed of its channels."""

    params: SessionResumeParams


class Hello(Struct, gc=False):
    """The server speaks first: what to sign."""

    env: str
    host: str
    connection_id: str
    nonce: str
    server_time: str
    protocol_versions: list[str]
    languages: list[str]


class CancelSession(Struct, gc=False):
    """What ends the orders entered on this connection when it is gone for longer than `grace_ms`; name it to go on with it.

    `accounts`: whose orders end; absent: those of all the key's accounts.
    """

    session: str
    grace_ms: int
    resumed: bool
    accounts: list[str] | UnsetType = UNSET


class Welcome(Struct, gc=False, kw_only=True):
    """Login accepted. `last_seqs`: the last number of each private stream one may follow.

    `resume_token`: with it, once, a new connection goes on with the session within `resume_ms` of the loss of this one.
    """

    session_id: str
    key_id: str
    accounts: list[str]
    scopes: list[str]
    language: str
    env: str
    trading_day: str
    phase: str
    last_seqs: dict[str, int]
    resume_token: str
    resume_ms: int
    heartbeat_ms: int
    cancel_on_disconnect: CancelSession | None = None


class SessionResumed(Welcome, gc=False, kw_only=True):
    """The session goes on: a welcome, with a new token, and what became of the channels that were named."""

    subscribed: list[ChannelAccepted]
    refused: list[ChannelRefused]


class SessionView(Struct, gc=False):
    """One's own connection."""

    session_id: str
    door: str
    state: str
    key_id: str
    accounts: list[str]
    scopes: list[str]
    language: str
    channels: dict[str, int]
    limits: dict[str, int]


class Heartbeat(Struct, gc=False):
    """Every `heartbeat_ms` of the welcome: the last seq of each channel one follows, so that a lost tail is seen."""

    last: dict[str, int]
    phase: str


class GoingAway(Struct, gc=False):
    """The server restarts: it goes on until `deadline`, then closes with 1012; come back so long after that."""

    reconnect_after_ms: int
    deadline: str
