"""What the market remembers of kill switches (紧急停止) and of the limits that members set themselves (自设限额). Data only.

`kill_switches` and `own_limits` have the rules. Only what is in force is kept: the journal has the rest.
"""

from typing import Final, final

import msgspec

from engine.core.control_acts import OwnAct

MARKET: Final = "market"
INSTRUMENT: Final = "instrument"
PARTICIPANT: Final = "participant"
ACCOUNT: Final = "account"
KINDS: Final = (MARKET, INSTRUMENT, PARTICIPANT, ACCOUNT)
OWN_KINDS: Final = (PARTICIPANT, ACCOUNT)  # what a member may stop
KILL_SWITCHES_MAX: Final = 100_000  # in force at one time
OWN_PROPOSALS_MAX: Final = 10_000  # of members, waiting for a second user


class KillSwitch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One kill switch in force. target: the number of what `kind` names, 0 for the market.

    operator: who engaged it, 0 where `key_id` did, a member's key. is_waiting: the phase lets a member cancel nothing, so
    that its open orders end with the next one that does.
    """

    number: int
    kind: str
    target: int
    operator: int
    key_id: str
    at_ns: int
    trading_day: int
    why: str
    is_waiting: bool = False

    @property
    def is_members(self) -> bool:
        """Whether a member engaged it, and so may ask for its release."""
        return self.operator == 0


class OwnLimits(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a member lets one account ask for; 0 for no limit. Values are price x tonnes, without fees.

    open_value_max_fen: of all open orders of the account together, both sides, the new one among them.
    """

    order_value_max_fen: int = 0
    order_tonnes_max: int = 0
    open_value_max_fen: int = 0

    def is_within(self, other: "OwnLimits") -> bool:
        """Whether none of these limits lets more through than the other's."""
        pairs = zip(msgspec.structs.astuple(self), msgspec.structs.astuple(other), strict=True)
        return all(before == 0 or 0 < now <= before for now, before in pairs)


NO_LIMITS: Final = OwnLimits()


class OwnProposal(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one user of a participant wants, waiting for another of its users."""

    number: int
    at_ns: int
    key_id: str
    user: str
    participant: int
    note: str
    act: OwnAct
    act_sha256: bytes


@final
class Controls:
    """Kill switches by number and by what they stop, own limits by account, proposals by number: each oldest first."""

    __slots__ = ("engaged", "kill_number", "kills", "limits", "proposals")

    def __init__(self) -> None:
        self.kills: dict[int, KillSwitch] = {}
        self.kill_number = 0
        self.engaged: dict[tuple[str, int], list[int]] = {}  # (kind, target) -> numbers of its switches
        self.limits: dict[int, OwnLimits] = {}
        self.proposals: dict[int, OwnProposal] = {}

    def keep(self, switch: KillSwitch) -> None:
        """Take in a switch, or one that has changed."""
        if switch.number not in self.kills:
            self.engaged.setdefault((switch.kind, switch.target), []).append(switch.number)
        self.kills[switch.number] = switch

    def drop(self, switch: KillSwitch) -> None:
        """Forget a released switch."""
        del self.kills[switch.number]
        numbers = self.engaged[switch.kind, switch.target]
        numbers.remove(switch.number)
        if not numbers:
            del self.engaged[switch.kind, switch.target]

    def first(self, kind: str, target: int) -> int:
        """The number of the oldest switch that stops this, 0 for none."""
        numbers = self.engaged.get((kind, target))
        return numbers[0] if numbers else 0

    def found(self, kind: str, target: int, is_members: bool) -> KillSwitch | None:
        """The switch on this that a member, or the exchange, has engaged: each has one at most."""
        for number in self.engaged.get((kind, target), []):
            if self.kills[number].is_members == is_members:
                return self.kills[number]
        return None
