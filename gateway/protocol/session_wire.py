"""Messages of dead-man timers (失联撤单)."""

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
