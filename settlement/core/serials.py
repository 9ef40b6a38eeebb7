"""Serial numbers of offsets (序列号): which block of which issue each account holds.

The market trades reductions of one instrument as one kind. What moves title moves numbers here: the lowest first, by issue and
serial, so that the same postings always give the same blocks. A block is cut where need be; neighbours in one hand are one
block again. The numbers of what was surrendered or canceled stay with the year's surrender account or the cancellation account.
"""

from bisect import bisect_left

import msgspec


class OffsetIssue(msgspec.Struct, frozen=True, array_like=True):
    """One issue: a block of a project's serials (project "": issued without one, numbered by the registry). boundary: an account."""

    issue: int
    seq: int
    account: int
    instrument: int
    project: str
    project_type: str
    methodology: str
    origin: str
    first_serial: int
    last_serial: int
    proof: str
    boundary: int


class SerialBlock(msgspec.Struct, frozen=True, array_like=True):
    """Serials of an issue that one account holds, both ends included."""

    issue: int
    first_serial: int
    last_serial: int
    instrument: int
    account: int


class SerialsMissing(Exception):
    """An account does not have so many serials: blocks and postings have parted ways."""


class Serials:
    """All blocks in memory. `touched` gathers the (issue, first serial) of rows to write anew or to drop."""

    def __init__(self) -> None:
        self.issues: dict[int, OffsetIssue] = {}
        self.next_unnamed: dict[int, int] = {}  # instrument -> next serial of what is issued without a project
        self.blocks: dict[tuple[int, int], SerialBlock] = {}  # by (issue, first serial)
        self.held: dict[tuple[int, int], list[tuple[int, int]]] = {}  # (account, instrument) -> sorted keys of blocks

    def load_issue(self, issue: OffsetIssue) -> None:
        """Know an issue."""
        self.issues[issue.issue] = issue
        if not issue.project:
            after = issue.last_serial + 1
            self.next_unnamed[issue.instrument] = max(after, self.next_unnamed.get(issue.instrument, 1))

    def load_block(self, block: SerialBlock) -> None:
        """Know a block."""
        key = (block.issue, block.first_serial)
        self.blocks[key] = block
        held = self.held.setdefault((block.account, block.instrument), [])
        held.insert(bisect_left(held, key), key)

    def issue(self, issue: OffsetIssue, touched: set[tuple[int, int]]) -> None:
        """Give an issue's serials to its first account."""
        self.load_issue(issue)
        block = SerialBlock(issue.issue, issue.first_serial, issue.last_serial, issue.instrument, issue.account)
        self._add(block, touched)

    def move(
        self,
        from_account: int,
        to_account: int,
        instrument: int,
        tonnes: int,
        touched: set[tuple[int, int]],
        barred: frozenset[int] = frozenset(),
    ) -> None:
        """Move the lowest serials, leaving out those of issues that are `barred`. Raises `SerialsMissing`."""
        left = tonnes
        held = self.held.get((from_account, instrument), [])
        for key in [key for key in held if key[0] not in barred] if barred else list(held):
            block = self.blocks[key]
            taken = min(left, block.last_serial - block.first_serial + 1)
            self._drop(block, touched)
            last = block.first_serial + taken - 1
            if last < block.last_serial:
                self._add(msgspec.structs.replace(block, first_serial=last + 1), touched)
            self._add(msgspec.structs.replace(block, last_serial=last, account=to_account), touched)
            left -= taken
            if left == 0:
                return
        raise SerialsMissing(f"account {from_account}, instrument {instrument}: {left} of {tonnes} serials missing")

    def count(self, account: int, instrument: int, barred: frozenset[int]) -> int:
        """How many serials an account holds, those of `barred` issues left out."""
        blocks = [self.blocks[key] for key in self.held.get((account, instrument), []) if key[0] not in barred]
        return sum(block.last_serial - block.first_serial + 1 for block in blocks)

    def _drop(self, block: SerialBlock, touched: set[tuple[int, int]]) -> None:
        key = (block.issue, block.first_serial)
        held = self.held[block.account, block.instrument]
        del held[bisect_left(held, key)]
        del self.blocks[key]
        touched.add(key)

    def _add(self, block: SerialBlock, touched: set[tuple[int, int]]) -> None:
        """Take in a block, joined with its neighbours in the same hand."""
        held = self.held.get((block.account, block.instrument), [])
        place = bisect_left(held, (block.issue, block.first_serial))
        first, last = block.first_serial, block.last_serial
        for key in held[max(0, place - 1) : place + 1]:
            other = self.blocks[key]
            if other.issue == block.issue and other.last_serial + 1 == first:
                first = other.first_serial
                self._drop(other, touched)
            elif other.issue == block.issue and last + 1 == other.first_serial:
                last = other.last_serial
                self._drop(other, touched)
        whole = SerialBlock(block.issue, first, last, block.instrument, block.account)
        self.load_block(whole)
        touched.add((block.issue, first))
