"""What happens to kill switches and members' own limits. `events` has all other events."""

from engine.core.bases import Fact
from engine.core.control_acts import OwnAct


class KillSwitchEngaged(Fact, frozen=True, gc=False):
    """Nothing new is taken where this is, from now on. target: the number of what `kind` names; operator 0: key_id's member.

    is_waiting: what is open there ends with the next phase that lets members cancel.
    """

    kill_switch: int
    kind: str
    target: int
    operator: int
    key_id: str
    why: str
    is_waiting: bool


class KillSwitchReleased(Fact, frozen=True, gc=False):
    """The kill switch is no more."""

    kill_switch: int
    kind: str
    target: int


class OwnLimitsChanged(Fact, frozen=True, gc=False):
    """What the account may ask for from now on; 0: no limit of its own."""

    account: int
    order_value_max_fen: int
    order_tonnes_max: int
    open_value_max_fen: int


class OwnActProposed(Fact, frozen=True, gc=False):
    """A member's act waits for another of its users; `proposal` is the seq of the command."""

    proposal: int
    participant: int
    key_id: str
    note: str
    act: OwnAct
    act_sha256: bytes


class OwnActTaken(Fact, frozen=True, gc=False):
    """A member's act took effect; its effects follow in the same entry. approver: the second user's key, "" where one sufficed."""

    proposal: int
    key_id: str
    approver: str
    note: str
    act: OwnAct


class OwnActRefused(Fact, frozen=True, gc=False):
    """A member's act, approval or rejection was refused."""

    proposal: int
    key_id: str
    reason: int
    limit: int
    actual: int


class OwnActRejected(Fact, frozen=True, gc=False):
    """A member's proposal was turned down by the key, or has lapsed ("")."""

    proposal: int
    participant: int
    key_id: str
