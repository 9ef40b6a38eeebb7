"""What a connection says about itself: hello, welcome, heartbeats, goodbye; and dead-man timers (失联撤单)."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from gateway.protocol.wire import Code, Params, Request


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
    """What ends the orders entered on this connection when it is gone for longer than `grace_ms`; name it to go on with it."""

    session: str
    grace_ms: int
    resumed: bool


class Welcome(Struct, gc=False):
    """Login accepted. `last_seqs`: the last number of each private stream one may follow."""

    session_id: str
    key_id: str
    accounts: list[str]
    scopes: list[str]
    language: str
    env: str
    trading_day: str
    phase: str
    last_seqs: dict[str, int]
    cancel_on_disconnect: CancelSession | None = None


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
    """Every 5 s: the last seq of each channel one follows, so that a lost tail is seen."""

    last: dict[str, int]
    phase: str


class GoingAway(Struct, gc=False):
    """The server restarts; close 1012 follows."""

    reconnect_after_ms: int
