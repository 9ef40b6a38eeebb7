"""Kill switches and members' own limits: the operators' acts, and what members ask. `commands` has all others.

Whoever stops does it alone and at once; who lets go again needs a second person. Of a member's these are two of its own users
(`participants.User`), of the exchange's two operators.
"""

from engine.core.bases import Act, Command


class EngageKillSwitch(Act, frozen=True, array_like=True, gc=False, tag=330):
    """Engage a kill switch (紧急停止): no new order, block offer or bid there, and what is open ends at once. One person suffices.

    kind: market | instrument | participant | account, the last three with the one that is meant. A market or an instrument
    is halted by it too, and stays so after the release, until it is resumed.
    """

    kind: str
    account: int = 0
    instrument: int = 0
    participant: int = 0
    basis: str = ""


class ReleaseKillSwitch(Act, frozen=True, array_like=True, gc=False, tag=331):
    """Release a kill switch, also one that a member has engaged; always takes two persons."""

    kill_switch: int


ControlAct = EngageKillSwitch | ReleaseKillSwitch


# ---- members --------------------------------------------------------------------------------------------


class EngageOwn(Act, frozen=True, array_like=True, gc=False, tag=1):
    """Stop the account, or with kind `participant` all accounts of its participant."""

    kind: str
    account: int


class ReleaseOwn(Act, frozen=True, array_like=True, gc=False, tag=2):
    """Release a kill switch that the member itself has engaged; takes two of its users."""

    kill_switch: int


class SetOwnLimits(Act, frozen=True, array_like=True, gc=False, tag=3):
    """Set what the account may ask for; 0: no limit. Where any limit becomes looser it takes two users, else one key."""

    account: int
    order_value_max_fen: int
    order_tonnes_max: int
    open_value_max_fen: int


class RevokeOwn(Act, frozen=True, array_like=True, gc=False, tag=4):
    """Revoke a key of the participant's at once (吊销密钥): one's own, or with the right `limits` anybody's."""

    key_id: str


OwnAct = EngageOwn | ReleaseOwn | SetOwnLimits | RevokeOwn


class AskOwn(Command, frozen=True, array_like=True, gc=False, tag=31):
    """A member's act about itself, by the key it logged in with. The proposal's number is the seq of this command."""

    key_id: str
    note: str
    act: OwnAct


class ApproveOwn(Command, frozen=True, array_like=True, gc=False, tag=32):
    """A second user's consent, bound to the SHA-256 of the act's encoding."""

    key_id: str
    proposal: int
    act_sha256: bytes


class RejectOwn(Command, frozen=True, array_like=True, gc=False, tag=33):
    """Turn a proposal of the member's down (also its proposer's way to withdraw it)."""

    key_id: str
    proposal: int


OwnCommand = AskOwn | ApproveOwn | RejectOwn
