"""A unit's own surrender filing (清缴申报): what its two persons ask for, and the registry's decision. `commands` has the rest.

A filing's number is the seq of the command that began it. `key_id` is the key by which a request came: its user is who asks.
"""

from engine.core.bases import Act, Command


class FileSurrender(Command, frozen=True, array_like=True, gc=False, tag=60):
    """Begin a filing (发起代表): the units that the account surrenders for a year, and whether that is all of it.

    lines: (instrument, tonnes), each instrument once, allowances and offsets alike; 0 t only in a final filing.
    """

    key_id: str
    account: int
    year: int
    lines: tuple[tuple[int, int], ...]
    final: bool


class ConfirmSurrender(Command, frozen=True, array_like=True, gc=False, tag=61):
    """Confirm a filing as the unit's second person (确认代表): its units wait for the registry from now on."""

    key_id: str
    account: int
    filing: int


class WithdrawSurrender(Command, frozen=True, array_like=True, gc=False, tag=62):
    """Take a filing back before the registry has decided; its units are free again."""

    key_id: str
    account: int
    filing: int


class DecideFiling(Act, frozen=True, array_like=True, gc=False, tag=199):
    """The registry's decision on a filing that waits: confirmed, and the units are surrendered, or rejected with a reason."""

    filing: int
    confirmed: bool
    note: str


FilingCommand = FileSurrender | ConfirmSurrender | WithdrawSurrender
