"""Messages of kill switches (紧急停止) and of the limits that members set themselves (自设限额).

Kill switches are `X-…`. What lets go or makes a limit looser waits as a proposal `P-…` for a second user of the member.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from engine.core.units import TONNES_MAX
from gateway.protocol.wire import Code, Decimals, NoParams, Params, ProposalId, Request, Sha256, Text

KillSwitchId = Annotated[str, Meta(pattern=r"^X-[1-9][0-9]{0,17}\Z")]


# ---- members --------------------------------------------------------------------------------------------


class OfAccountParams(Params, gc=False):
    """`account` may be left out where the key has exactly one."""

    account: Code | UnsetType = UNSET


class KillSwitchEngageParams(Params, gc=False):
    """kind `account`: this account; `participant`: all accounts of its participant."""

    kind: Literal["account", "participant"] = "account"
    account: Code | UnsetType = UNSET
    note: Text = ""


class KillSwitchEngage(Request, tag="kill_switch.engage", gc=False, kw_only=True):
    """Stop oneself at once: nothing new is taken, open orders and block offers end. Cancels stay possible."""

    params: KillSwitchEngageParams | UnsetType = UNSET


class KillSwitchReleaseParams(Params, gc=False):
    """One of the member's own switches."""

    kill_switch_id: KillSwitchId
    note: Text = ""


class KillSwitchRelease(Request, tag="kill_switch.release", gc=False, kw_only=True):
    """Ask for the release of a switch of one's own: it waits for a second user."""

    params: KillSwitchReleaseParams


class KillSwitchList(Request, tag="kill_switch.list", gc=False, kw_only=True):
    """Kill switches in force that stop an account of the key: its own, the exchange's, those of instruments and the market."""

    params: OfAccountParams | UnsetType = UNSET


class LimitsGet(Request, tag="limits.get", gc=False, kw_only=True):
    """The limits that the member has set for the account, and what is open now."""

    params: OfAccountParams | UnsetType = UNSET


class LimitsSetParams(Params, gc=False):
    """A limit left out stays as it is; 0 takes it away. Tighter limits hold at once, looser ones wait for a second user."""

    order_value_max: Decimals | UnsetType = UNSET
    order_quantity_max: Annotated[int, Meta(ge=0, le=TONNES_MAX)] | UnsetType = UNSET
    open_value_max: Decimals | UnsetType = UNSET
    account: Code | UnsetType = UNSET
    note: Text = ""


class LimitsSet(Request, tag="limits.set", gc=False, kw_only=True):
    """Set limits of one's own: value and quantity of an order, value of all that is open."""

    params: LimitsSetParams


class OwnList(Request, tag="own.list", gc=False, kw_only=True):
    """What waits for a second user of the member."""

    params: OfAccountParams | UnsetType = UNSET


class OwnApproveParams(Params, gc=False):
    """`sha256`: that of the content as it was seen."""

    proposal_id: ProposalId
    sha256: Sha256


class OwnApprove(Request, tag="own.approve", gc=False, kw_only=True):
    """Approve what another user of the member has proposed."""

    params: OwnApproveParams


class OwnRejectParams(Params, gc=False):
    """One proposal of the member's."""

    proposal_id: ProposalId


class OwnReject(Request, tag="own.reject", gc=False, kw_only=True):
    """Turn a proposal of the member's down, or withdraw one's own."""

    params: OwnRejectParams


class KeyRevokeParams(Params, gc=False):
    """A key of the participant's own."""

    key_id: Code
    note: Text = ""


class KeyRevoke(Request, tag="key.revoke", gc=False, kw_only=True):
    """Revoke a key at once: its connections and browsers' sessions end. Another person's needs the right `limits`."""

    params: KeyRevokeParams


class OwnOutcome(Struct, omit_defaults=True, gc=False):
    """done: took effect; pending: a second user must approve it by `sha256`; rejected. orders: how many ended by it now."""

    status: str
    proposal_id: str
    sha256: str = ""
    kill_switch_id: str = ""
    orders: int = 0


class KillSwitchRow(Struct, gc=False):
    """A kill switch. by: `exchange`, or the member's key that engaged it.

    is_waiting: open orders end with the next phase that lets members cancel.
    """

    kill_switch_id: str
    kind: str
    target: str
    by: str
    since: str
    why: str
    is_waiting: bool


class LimitsView(Struct, gc=False):
    """Limits of an account in force, as decimal strings and tonnes, null for none; `open_value`: of what is open now."""

    account: str
    order_value_max: str | None
    order_quantity_max: int | None
    open_value_max: str | None
    open_value: str
    as_of_seq: int


class OwnProposalRow(Struct, gc=False):
    """What waits for a second user: `sha256` is to be approved, after looking at `fields`."""

    proposal_id: str
    user: str
    act: str
    fields: dict[str, Any]
    note: str
    sha256: str


class ControlNews(Struct, omit_defaults=True, gc=False):
    """What has changed for one's accounts. what: kill_switch_engaged | kill_switch_released | limits_changed | own_proposed |
    own_rejected; `kind` and `target` of a kill switch; by: as in its row."""

    what: str
    kill_switch_id: str = ""
    kind: str = ""
    target: str = ""
    by: str = ""
    why: str = ""
    account: str = ""
    proposal_id: str = ""


# ---- operators ------------------------------------------------------------------------------------------


class OpsKillSwitches(Request, tag="ops.kill_switches", gc=False, kw_only=True):
    """All kill switches in force, oldest first, those that members have engaged among them."""

    params: NoParams | UnsetType = UNSET


OfMembers = (
    KillSwitchEngage
    | KillSwitchRelease
    | KillSwitchList
    | LimitsGet
    | LimitsSet
    | KeyRevoke
    | OwnList
    | OwnApprove
    | OwnReject
)
