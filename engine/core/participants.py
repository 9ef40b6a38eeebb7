"""What the market remembers of participants (交易参与人), their users and the banned. Data only; the rules are elsewhere:
`standing` says who may trade what, `membership` takes the acts.
"""

from typing import Final, final

import msgspec

# Why an account may not trade as it likes; 0: nothing to ask, which is all that an order of most accounts meets.
BAR_SUSPENDED: Final = 1
BAR_UNQUALIFIED: Final = (
    2  # a qualification that its class needs is missing, not yet or no longer in force, or too small
)
BAR_BY_CLASS: Final = 4  # its class has rules by product, side or method
BAR_LEAVING: Final = 8  # it leaves for another market: it sells and does not buy
BAR_LEFT: Final = 16  # the day until which it might sell has passed
BAR_CLOSED: Final = 32
BAR_KILLED: Final = 64  # a kill switch stops it or its participant
BAR_UNFINISHED: Final = 256  # something of it was not settled when the day was reconciled
BAR_OWN_LIMITS: Final = 128  # its member has set limits of its own for it

CREDIT_CODE_LENGTH: Final = 18
_CREDIT_CODE_LETTERS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100: none that is mistaken for a digit


def is_credit_code(text: str) -> bool:
    """Whether a text is a unified social credit code (统一社会信用代码): 18 characters, the last a check of the others (GB 32100)."""
    if len(text) != CREDIT_CODE_LENGTH or any(letter not in _CREDIT_CODE_LETTERS for letter in text):
        return False
    total, weight = 0, 1
    for letter in text[:-1]:
        total += _CREDIT_CODE_LETTERS.index(letter) * weight
        weight = weight * 3 % 31
    return _CREDIT_CODE_LETTERS[-total % 31] == text[-1]


class Qualification(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A qualification on record: from a day to a day (0: no end), both included; assets_fen where it is a statement of them."""

    kind: str
    from_day: int
    until_day: int
    assets_fen: int


class User(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A person who acts for a participant, or did."""

    user: str
    participant: int
    name: str
    identity: str
    rights: tuple[str, ...]
    is_removed: bool = False


class Ban(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An identity that may not take part."""

    identity: str
    name: str
    basis: str


class Association(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """That one participant controls another by a share of more than half, from a day to a day (0: no end), both included."""

    number: int
    controller: int
    controlled: int
    share_bp: int
    from_day: int
    until_day: int
    basis: str

    def is_in_force(self, trading_day: int) -> bool:
        """Whether it counts on this day."""
        return self.from_day <= trading_day and (self.until_day == 0 or trading_day <= self.until_day)


@final
class Participant:
    """One participant. number: the `owner` of its accounts."""

    __slots__ = ("home", "identity", "is_suspended", "name", "number", "qualifications")

    def __init__(self, number: int, identity: str, name: str, home: str) -> None:
        self.number = number
        self.identity = identity
        self.name = name
        self.home = home
        self.is_suspended = False
        self.qualifications: dict[str, Qualification] = {}  # by kind


@final
class Participants:
    """All participants, users, bans and associations. groups: who counts as one with whom on the present trading day."""

    __slots__ = ("associations", "banned", "by_identity", "by_number", "groups", "users")

    def __init__(self) -> None:
        self.by_number: dict[int, Participant] = {}
        self.by_identity: dict[str, Participant] = {}
        self.users: dict[str, User] = {}  # removed ones among them: an id is given once
        self.banned: dict[str, Ban] = {}
        self.associations: dict[int, Association] = {}  # by number, oldest first, ended ones among them
        self.groups: dict[int, tuple[int, ...]] = {}  # participant -> its group, the lowest number first; none: alone

    def regroup(self, trading_day: int) -> None:
        """Work out the groups of this day: whoever is linked by any chain of associations is of one group."""
        groups: dict[int, tuple[int, ...]] = {}
        for found in self.associations.values():
            if found.is_in_force(trading_day):
                one = groups.get(found.controller, (found.controller,))
                other = groups.get(found.controlled, (found.controlled,))
                if one != other:
                    both = tuple(sorted(one + other))
                    for number in both:
                        groups[number] = both
        self.groups = groups

    def record(self, participant: Participant) -> None:
        """Take in a participant, under its identity."""
        self.by_number[participant.number] = participant
        self.by_identity[participant.identity] = participant

    def is_suspended(self, number: int) -> bool:
        """Whether this participant is suspended; one that was never admitted is not."""
        found = self.by_number.get(number)
        return found is not None and found.is_suspended

    def users_of(self, number: int) -> list[User]:
        """A participant's users who are not removed, in the order of their appointment."""
        return [user for user in self.users.values() if user.participant == number and not user.is_removed]
