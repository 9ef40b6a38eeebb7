"""The registry's balances in memory: what the last posting left in each account.

The worker loads it from the store at start and moves it with each event; the store writes each touched balance once a
transaction. Should a transaction fail, the process ends, so memory and store cannot part ways.
"""

import msgspec

from settlement.core.postings import (
    AVAILABLE,
    BANK,
    FEES,
    ISSUE,
    LOCKED,
    PREALLOCATED,
    RESERVE,
    STATE_PLACES,
    USE_RESTRICTED,
    UnitMove,
    Writes,
)
from settlement.core.serials import OffsetIssue, Serials


class InvariantBroken(Exception):
    """An event contradicts the registry in a way no rule foresees: settlement stops here, with evidence."""


class Account(msgspec.Struct, frozen=True):
    """A participant's account as the registry knows it."""

    account: int
    code: str
    owner: int
    name: str
    category: str


class Instrument(msgspec.Struct, frozen=True):
    """An instrument; lock_days is the N of T+N, 0 for none."""

    instrument: int
    code: str
    product: str
    kind: str
    vintage: int
    name_zh: str
    name_en: str
    tick_fen: int
    base_price_ticks: int
    lock_days: int


class Ledger:
    """Balances, lots under T+N lock, floors and restrictions, and the postings that move them."""

    def __init__(self) -> None:
        self.accounts: dict[int, Account] = {}
        self.instruments: dict[int, Instrument] = {}
        self.allowances: set[int] = set()  # instruments that count for retention
        self.cash: dict[int, int] = {BANK: 0, FEES: 0, RESERVE: 0}
        self.units: dict[tuple[int, int], list[int]] = {}  # (account, instrument) -> tonnes by STATE_PLACES
        self.allowance_tonnes: dict[int, int] = {}  # account -> allowances that count for retention
        self.serials = Serials()
        self.lots: dict[tuple[int, int], dict[int, int]] = {}  # (account, instrument) -> day bought -> tonnes locked
        self.successors: dict[int, int] = {}  # merged account -> the one that took it over
        self.restriction: dict[int, int] = {}  # only accounts that have one
        self.floors: dict[int, dict[int, int]] = {}  # account -> year -> tonnes
        self.floor_tonnes: dict[int, int] = {}  # account -> all years together
        self.next_unit_posting = 1
        self.next_cash_posting = 1

    def add_account(self, account: Account) -> None:
        """Know an account."""
        self.accounts[account.account] = account
        self.cash.setdefault(account.account, 0)
        self.allowance_tonnes.setdefault(account.account, 0)

    def add_instrument(self, instrument: Instrument) -> None:
        """Know an instrument."""
        self.instruments[instrument.instrument] = instrument
        if instrument.kind == "allowance":
            self.allowances.add(instrument.instrument)

    def set_floor(self, account: int, year: int, floor_tonnes: int) -> None:
        """Set the tonnes of allowances that an account must keep for a year."""
        years = self.floors.setdefault(account, {})
        years[year] = floor_tonnes
        self.floor_tonnes[account] = sum(years.values())

    def set_restriction(self, account: int, scope: int) -> None:
        """Set an account's restriction; 0 lifts it."""
        if scope:
            self.restriction[account] = scope
        else:
            self.restriction.pop(account, None)

    def move_cash(
        self, writes: Writes, seq: int, kind: str, trade: int, from_account: int, to_account: int, amount_fen: int
    ) -> None:
        """Post cash from one account to another."""
        cash = self.cash
        writes.cash_postings += (self.next_cash_posting, seq, kind, trade, from_account, to_account, amount_fen)
        self.next_cash_posting += 1
        cash[from_account] -= amount_fen
        cash[to_account] += amount_fen
        touched = writes.cash_touched
        touched.add(from_account)
        touched.add(to_account)

    def holding(self, account: int, instrument: int) -> list[int]:
        """Tonnes of one instrument in one account by STATE_PLACES, made where there was none."""
        key = (account, instrument)
        found = self.units.get(key)
        if found is None:
            found = self.units[key] = [0, 0, 0, 0, 0]
        return found

    def settle_trade(
        self,
        writes: Writes,
        seq: int,
        trade: int,
        instrument: int,
        tonnes: int,
        amount_fen: int,
        buyer: int,
        buy_fee_fen: int,
        seller: int,
        sell_fee_fen: int,
        lock_day: int,
        payee: int = 0,
        receiver: int = 0,
        use_restricted: bool = False,
    ) -> None:
        """Both legs of a judged trade and its fees, or an error before anything has moved.

        lock_day is the day number under which the bought units are locked; 0 delivers them free to be sold.
        payee and receiver: who gets the money and the units where that is not the seller and the buyer (an award).
        use_restricted: the units are only for the buyer's own surrender.
        """
        if buyer == seller:
            raise InvariantBroken(f"trade {trade}: account {buyer} on both sides")
        self.move_cash(writes, seq, "payment", trade, buyer, payee or seller, amount_fen)
        if buy_fee_fen:
            self.move_cash(writes, seq, "fee", trade, buyer, FEES, buy_fee_fen)
        if sell_fee_fen:
            self.move_cash(writes, seq, "fee", trade, seller, FEES, sell_fee_fen)

        if receiver:
            buyer = receiver
        self.holding(seller, instrument)[0] -= tonnes
        if lock_day:
            self.holding(buyer, instrument)[1] += tonnes
            lots = self.lots.setdefault((buyer, instrument), {})
            lots[lock_day] = lots.get(lock_day, 0) + tonnes
            writes.lots_touched.add((buyer, instrument, lock_day))
            to_state = LOCKED
        else:
            to_state = USE_RESTRICTED if use_restricted else AVAILABLE
            self.holding(buyer, instrument)[STATE_PLACES[to_state]] += tonnes
        if instrument in self.allowances:
            self.allowance_tonnes[seller] -= tonnes
            self.allowance_tonnes[buyer] += tonnes
        else:
            self._move_serials(writes, "trade", seller, buyer, instrument, tonnes)
        writes.unit_postings += (
            self.next_unit_posting, seq, "trade", trade, instrument, seller, AVAILABLE, buyer, to_state, tonnes,
        )  # fmt: skip
        self.next_unit_posting += 1
        writes.units_touched.add((seller, instrument))
        writes.units_touched.add((buyer, instrument))

    def void_trade(
        self,
        writes: Writes,
        seq: int,
        trade: int,
        instrument: int,
        tonnes: int,
        amount_fen: int,
        buyer: int,
        buy_refund_fen: int,
        seller: int,
        sell_refund_fen: int,
        lock_day: int,
        locked: int,
    ) -> None:
        """Counter-postings of a judged void: fees, cash and units go back. locked: so many tonnes out of the lot of `lock_day`."""
        for account, refund_fen in ((seller, sell_refund_fen), (buyer, buy_refund_fen)):
            if refund_fen:
                self.move_cash(writes, seq, "fee_return", trade, FEES, account, refund_fen)
        self.move_cash(writes, seq, "void", trade, seller, buyer, amount_fen)
        if locked:
            self._take_from_lot(writes, buyer, instrument, lock_day, locked)
        for place, state, part in ((1, LOCKED, locked), (0, AVAILABLE, tonnes - locked)):
            if part:
                self.holding(buyer, instrument)[place] -= part
                self.holding(seller, instrument)[0] += part
                writes.unit_postings += (
                    self.next_unit_posting, seq, "void", trade, instrument, buyer, state, seller, AVAILABLE, part,
                )  # fmt: skip
                self.next_unit_posting += 1
        if instrument in self.allowances:
            self.allowance_tonnes[buyer] -= tonnes
            self.allowance_tonnes[seller] += tonnes
        else:
            self._move_serials(writes, "void", buyer, seller, instrument, tonnes)
        writes.units_touched.add((buyer, instrument))
        writes.units_touched.add((seller, instrument))

    def _take_from_lot(self, writes: Writes, account: int, instrument: int, day: int, tonnes: int) -> None:
        lots = self.lots[account, instrument]
        lots[day] -= tonnes
        if lots[day] == 0:
            del lots[day]
        writes.lots_touched.add((account, instrument, day))

    def unlock(self, writes: Writes, seq: int, account: int, instrument: int, lock_day: int, tonnes: int) -> None:
        """T+N has passed for units bought on `lock_day`: locked becomes available."""
        self._take_from_lot(writes, account, instrument, lock_day, tonnes)
        holding = self.units[account, instrument]
        holding[1] -= tonnes
        holding[0] += tonnes
        writes.unit_postings += (
            self.next_unit_posting, seq, "unlock", 0, instrument, account, LOCKED, account, AVAILABLE, tonnes,
        )  # fmt: skip
        self.next_unit_posting += 1
        writes.units_touched.add((account, instrument))

    def move(self, writes: Writes, seq: int, move: UnitMove) -> None:
        """Move units between states or accounts. Preallocated units do not count for retention; all others do."""
        if move.bought_day:
            self._move_lot(writes, move)
        from_account, to_account, instrument, tonnes = move.from_account, move.to_account, move.instrument, move.tonnes
        self.holding(from_account, instrument)[STATE_PLACES[move.from_state]] -= tonnes
        self.holding(to_account, instrument)[STATE_PLACES[move.to_state]] += tonnes
        if instrument in self.allowances:
            if from_account > 0 and move.from_state != PREALLOCATED:
                self.allowance_tonnes[from_account] -= tonnes
            if to_account > 0 and move.to_state != PREALLOCATED:
                self.allowance_tonnes[to_account] += tonnes
        elif from_account != ISSUE and from_account != to_account:
            self._move_serials(writes, move.kind, from_account, to_account, instrument, tonnes)
        writes.unit_postings += (
            self.next_unit_posting, seq, move.kind, 0, instrument, from_account, move.from_state, to_account,
            move.to_state, tonnes,
        )  # fmt: skip
        self.next_unit_posting += 1
        writes.units_touched.add((from_account, instrument))
        writes.units_touched.add((to_account, instrument))

    def _move_lot(self, writes: Writes, move: UnitMove) -> None:
        """Locked units go to a successor, who has them locked too, or free where their day has come meanwhile."""
        self._take_from_lot(writes, move.from_account, move.instrument, move.bought_day, move.tonnes)
        if move.to_state == LOCKED:
            into = self.lots.setdefault((move.to_account, move.instrument), {})
            into[move.bought_day] = into.get(move.bought_day, 0) + move.tonnes
            writes.lots_touched.add((move.to_account, move.instrument, move.bought_day))

    # ---- serial numbers of offsets ------------------------------------------------------------------------

    def issue_serials(
        self,
        writes: Writes,
        seq: int,
        account: int,
        instrument: int,
        tonnes: int,
        first_serial: int = 0,
        project: tuple[str, str, str, str] = ("", "", "", ""),
        proof: str = "",
        boundary: int = 0,
    ) -> None:
        """Number what was issued: as its project did, or (first_serial 0) on from the registry's own last number.

        project: its code, type, methodology and origin.
        """
        first = first_serial or self.serials.next_unnamed.get(instrument, 1)
        number = len(self.serials.issues) + 1
        last = first + tonnes - 1
        issue = OffsetIssue(number, seq, account, instrument, *project, first, last, proof, boundary)
        self.serials.issue(issue, writes.serials_touched)
        writes.changes.append(
            ("offset_issue", (number, seq, account, instrument, *project, first, last, proof, boundary))
        )

    def _move_serials(
        self, writes: Writes, kind: str, from_account: int, to_account: int, instrument: int, tonnes: int
    ) -> None:
        """The lowest serials go; a surrender leaves those of the unit's own boundary behind."""
        barred = self._own_issues(from_account, instrument) if kind == "surrender" else frozenset()
        self.serials.move(from_account, to_account, instrument, tonnes, writes.serials_touched, barred)

    def usable_serials(self, account: int, instrument: int) -> int:
        """How many of an account's offsets it could surrender: those of projects outside its own boundary."""
        return self.serials.count(account, instrument, self._own_issues(account, instrument))

    def _own_issues(self, account: int, instrument: int) -> frozenset[int]:
        return frozenset(
            issue.issue
            for issue in self.serials.issues.values()
            if issue.boundary and issue.instrument == instrument and self._heir(issue.boundary) == account
        )

    def _heir(self, account: int) -> int:
        """The account itself, or the one that took it over in the end."""
        while account in self.successors:
            account = self.successors[account]
        return account
