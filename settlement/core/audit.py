"""All invariants of the registry, the slow way: from the postings alone, with nothing remembered (INV-1, 2, 3, 5, 7, 21).

Rows come in their own order, table by table; `Auditor` keeps running sums and notes each contradiction as a sentence.
It shares no code with settling beyond the row types, so that the two can disagree.
"""

import hashlib
from collections import defaultdict
from typing import Final

import msgspec
import orjson

from engine.core import units
from settlement.core import awards
from settlement.core.awards import AwardRow
from settlement.core.bulletin import TradeRow
from settlement.core.remedies import VoidRow
from settlement.core.statement import CashPosting, UnitPosting

FINDINGS_MAX: Final = 100
STATES: Final = ("available", "locked", "encumbered", "preallocated", "use_restricted")


class _Deal(msgspec.Struct, frozen=True):
    """A trade or an award: who must have paid whom, and who delivered to whom."""

    day_number: int
    instrument: int
    tonnes: int
    amount_fen: int
    buyer: int
    buy_fee_fen: int
    seller: int
    sell_fee_fen: int
    payee: int
    receiver: int
    status: str
    settled_seq: int


class Auditor:
    """One audit. Feed it every row, then ask for `findings`; an empty list is a registry in order."""

    def __init__(self) -> None:
        self.findings: list[str] = []
        self.checked: dict[str, int] = defaultdict(int)
        self._instruments: dict[int, tuple[str, str, int]] = {}  # code, kind, lock_days
        self._day_closes: list[int] = []
        self._merged: set[int] = set()
        self._splits: set[tuple[int, int, int]] = set()  # seq, account, successor
        self._scopes: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._floors: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        self._trades: dict[int, _Deal] = {}
        self._revenue: dict[int, list[int]] = defaultdict(
            lambda: [0, 0, 0]
        )  # of auctions: revenue, buyers' fees, sellers'
        self._paid: dict[int, list[CashPosting]] = defaultdict(list)
        self._delivered: dict[int, int] = defaultdict(int)
        self._voids: dict[int, tuple[VoidRow, int]] = {}  # with the seq of the counter-postings
        self._repaid: dict[int, list[CashPosting]] = defaultdict(list)
        self._undone: dict[int, list[UnitPosting]] = defaultdict(list)
        self._cash: dict[int, int] = defaultdict(int)
        self._units: dict[tuple[int, int, str], int] = defaultdict(int)
        self._allowances: dict[int, int] = defaultdict(int)
        self._lots: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
        self._last_cash = self._last_unit = self._last_trade = self._last_award = self._last_line = 0
        self._chain = bytes(32)
        self._bulletin_sha256 = "0" * 64
        self._bulletin_number = 0
        self._publication: tuple[int, str] = (0, "0" * 64)  # number and SHA-256 of the last
        self._newest: dict[str, tuple[int, str]] = {}  # period -> version and SHA-256
        self._closing: dict[str, tuple[object, object]] = {}

    def _check(self, invariant: str, is_kept: bool, sentence: str) -> None:
        self.checked[invariant] += 1
        if not is_kept and len(self.findings) < FINDINGS_MAX:
            self.findings.append(f"{invariant}: {sentence}")

    # ---- what rows are judged by: first ------------------------------------------------------------------

    def instrument(self, number: int, code: str, kind: str, lock_days: int) -> None:
        """An instrument."""
        self._instruments[number] = (code, kind, lock_days)

    def day(self, closed_seq: int) -> None:
        """A closed day, in order."""
        self._day_closes.append(closed_seq)

    def restriction(self, account: int, seq: int, scope: int) -> None:
        """A restriction imposed or lifted, in the order of seq."""
        self._scopes[account].append((seq, scope))

    def merged(self, account: int) -> None:
        """An account that was merged into another: what it traded before may settle afterwards."""
        self._merged.add(account)

    def split(self, seq: int, account: int, successor: int) -> None:
        """A part of an account that went to a successor."""
        self._splits.add((seq, account, successor))

    def floor(self, account: int, year: int, seq: int, floor_tonnes: int) -> None:
        """A retention floor set, in the order of seq."""
        self._floors[account].append((seq, year, floor_tonnes))

    def _day_number(self, seq: int) -> int:
        return 1 + sum(1 for closed in self._day_closes if closed < seq)

    def _floor_at(self, account: int, seq: int) -> int:
        years = {year: tonnes for at, year, tonnes in self._floors.get(account, []) if at <= seq}
        return sum(years.values())

    def _scope_at(self, account: int, seq: int) -> int:
        scope = 0
        if account in self._merged:
            return scope
        for at, imposed in self._scopes.get(account, []):
            if at <= seq:
                scope = imposed
        return scope

    # ---- trades and postings ----------------------------------------------------------------------------

    def trade(self, row: TradeRow) -> None:
        """A trade, in order."""
        self._check("INV-5", row.trade > self._last_trade, f"trade {row.trade} after {self._last_trade}")
        self._last_trade = row.trade
        self._trades[row.trade] = _Deal(
            row.day_number, row.instrument, row.tonnes, row.amount_fen, row.buyer, row.buy_fee_fen, row.seller,
            row.sell_fee_fen, row.seller, row.buyer, row.status, row.settled_seq,
        )  # fmt: skip

    def award(self, row: AwardRow) -> None:
        """An award of an auction, in order; its number is of the trades' sequence."""
        is_new = row.trade > self._last_award and row.trade not in self._trades
        self._check("INV-5", is_new, f"award {row.trade} after {self._last_award}, or a trade too")
        self._last_award = row.trade
        self._revenue[row.auction][0] += row.amount_fen
        self._revenue[row.auction][1] += row.buy_fee_fen
        self._revenue[row.auction][2] += row.sell_fee_fen
        self._trades[row.trade] = _Deal(
            row.day_number, row.instrument, row.tonnes, row.amount_fen, row.buyer, row.buy_fee_fen, row.seller,
            row.sell_fee_fen, row.payee, row.receiver, row.status, row.settled_seq,
        )  # fmt: skip

    def void(self, row: VoidRow, done_seq: int) -> None:
        """A voided trade, after all trades; done_seq: when its counter-postings were made, 0 while they are set aside."""
        trade = self._trades.get(row.trade)
        is_told = trade is not None and (trade.status == "settled") == bool(row.was_settled)
        self._check(
            "INV-5", is_told, f"void of trade {row.trade}: there is no such trade, or it was not {row.was_settled=}"
        )
        if trade is not None:
            fits = row.buy_refund_fen in (0, trade.buy_fee_fen) and row.sell_refund_fen in (0, trade.sell_fee_fen)
            self._check(
                "INV-5", fits, f"void of trade {row.trade}: refunds {row.buy_refund_fen}, {row.sell_refund_fen} fen"
            )
            self._voids[row.trade] = (row, done_seq)

    def _judge_void(self, number: int, trade: _Deal) -> None:
        """Both legs and the refunds went back whole, at one seq, or nothing did."""
        void, done_seq = self._voids.get(number, (None, 0))
        legs, paid = self._undone.pop(number, []), self._repaid.pop(number, [])
        units_back: list[tuple[int, int, int]] = []
        cash_back: list[tuple[str, int, int, int, int]] = []
        if void is not None and void.was_settled and done_seq:
            units_back = [(trade.buyer, trade.seller, done_seq)]
            refunds = ((trade.seller, void.sell_refund_fen), (trade.buyer, void.buy_refund_fen))
            cash_back = [("fee_return", -3, account, fen, done_seq) for account, fen in refunds if fen]
            cash_back.append(("void", trade.seller, trade.buyer, trade.amount_fen, done_seq))
        found = sorted({(row.from_account, row.to_account, row.seq) for row in legs})
        tonnes = sum(row.tonnes for row in legs if row.instrument == trade.instrument)
        is_whole = found == units_back and tonnes == (trade.tonnes if units_back else 0)
        self._check("INV-5", is_whole, f"void of trade {number}: {tonnes} t back by {found}, should be {units_back}")
        told = [(p.kind, p.from_account, p.to_account, p.amount_fen, p.seq) for p in paid]
        self._check("INV-5", told == cash_back, f"void of trade {number}: paid back {told}, should be {cash_back}")

    def auction(self, auction: int, direction: str, revenue_fen: int, applicant_fee_fen: int) -> None:
        """An auction's published revenue and the fees of who applied for it, the government none, after all awards."""
        summed, buy_fees, sell_fees = self._revenue.pop(auction, [0, 0, 0])
        fees = sell_fees if direction == awards.SALE else buy_fees
        self._check("INV-5", summed == revenue_fen, f"auction {auction}: {revenue_fen} fen told, awards {summed} fen")
        is_so = fees == applicant_fee_fen
        self._check(
            "INV-5", is_so, f"auction {auction}: applicant's fees {applicant_fee_fen} fen told, awards {fees} fen"
        )

    def cash_posting(self, row: CashPosting) -> None:
        """A cash posting, in order."""
        self._check("INV-2", row.posting == self._last_cash + 1, f"cash posting {row.posting} after {self._last_cash}")
        self._last_cash = row.posting
        self._cash[row.from_account] -= row.amount_fen
        self._cash[row.to_account] += row.amount_fen
        if row.trade:
            of_void = row.kind in ("void", "fee_return")
            (self._repaid if of_void else self._paid)[row.trade].append(row)

    def unit_posting(self, row: UnitPosting) -> None:
        """A unit posting, in order; all trades must have come before."""
        self._check("INV-1", row.posting == self._last_unit + 1, f"unit posting {row.posting} after {self._last_unit}")
        self._last_unit = row.posting
        self._units[row.from_account, row.instrument, row.from_state] -= row.tonnes
        self._units[row.to_account, row.instrument, row.to_state] += row.tonnes
        where = f"unit posting {row.posting}, account {row.from_account}"
        if row.from_account > 0:
            left = self._units[row.from_account, row.instrument, row.from_state]
            self._check("INV-3", left >= 0, f"{where}: {row.from_state} {left} t")
        is_allowance = self._instruments.get(row.instrument, ("", "", 0))[1] == "allowance"
        if is_allowance and row.from_state != "preallocated":
            self._allowances[row.from_account] -= row.tonnes
        if is_allowance and row.to_state != "preallocated":
            self._allowances[row.to_account] += row.tonnes
        if row.from_state == "use_restricted":
            is_kept = row.kind in ("surrender", "encumber") or row.to_state == "use_restricted"
            self._check("INV-7", is_kept, f"{where}: use-restricted units leave by {row.kind}")
        if row.kind == "trade":
            self._judge_delivery(row)
        elif row.kind == "void":
            self._undone[row.trade].append(row)
            if row.from_state == "locked":
                self._leave_lot(row)
        elif row.kind == "unlock":
            self._judge_unlock(row)
        elif row.kind == "transfer" and row.from_state == "locked":
            self._judge_locked_transfer(row)
        elif row.kind in ("transfer", "cancel") and is_allowance:
            floor, kept = self._floor_at(row.from_account, row.seq), self._allowances[row.from_account]
            self._check("INV-7", kept >= floor or floor == 0, f"{where}: {kept} t left, floor {floor} t")

    def _judge_locked_transfer(self, row: UnitPosting) -> None:
        """Only mergers and splits move locked units. Lots go oldest first, and stay of the day on which they were bought."""
        where = f"unit posting {row.posting}, account {row.from_account}"
        is_split = any(
            at <= row.seq and (account, successor) == (row.from_account, row.to_account)
            for at, account, successor in self._splits
        )
        self._check(
            "INV-7", is_split or row.from_account in self._merged, f"{where}: locked, but neither merged nor split"
        )
        lots, into = self._lots[row.from_account, row.instrument], self._lots[row.to_account, row.instrument]
        left = row.tonnes
        for bought in sorted(lots):
            taken = min(left, lots[bought])
            left -= taken
            lots[bought] -= taken
            if row.to_state == "locked" and taken:
                into[bought] = into.get(bought, 0) + taken
            elif taken:
                is_due = bought + self._instruments[row.instrument][2] <= self._day_number(row.seq)
                self._check("INV-7", is_due, f"{where}: of day {bought}, freed too early")
        self._check("INV-7", left == 0, f"{where}: {left} t more than were locked")

    def _leave_lot(self, row: UnitPosting) -> None:
        """Units of a voided trade leave the lot of the trade's own day."""
        trade = self._trades.get(row.trade)
        lots, day = self._lots[row.from_account, row.instrument], trade.day_number if trade else 0
        lots[day] = lots.get(day, 0) - row.tonnes
        self._check("INV-7", lots[day] >= 0, f"unit posting {row.posting}: {lots[day]} t left of day {day}")

    def _judge_delivery(self, row: UnitPosting) -> None:
        self._delivered[row.trade] += 1
        trade = self._trades.get(row.trade)
        self._check("INV-5", trade is not None, f"unit posting {row.posting}: there is no trade {row.trade}")
        if trade is None:
            return
        told = (trade.seller, trade.receiver, trade.instrument, trade.tonnes, trade.settled_seq)
        moved = (row.from_account, row.to_account, row.instrument, row.tonnes, row.seq)
        self._check("INV-5", told == moved, f"trade {row.trade}: {told} but delivered {moved}")
        if row.to_state == "locked":
            lots = self._lots[row.to_account, row.instrument]
            lots[trade.day_number] = lots.get(trade.day_number, 0) + row.tonnes
        elif row.to_state == "use_restricted":
            is_sale = trade.payee != trade.seller and trade.receiver == trade.buyer
            self._check("INV-7", is_sale, f"trade {row.trade}: use-restricted, but no sale of the government")
        elif (lock_days := self._instruments[row.instrument][2]) > 0 and trade.receiver == trade.buyer:
            day = self._day_number(row.seq)
            self._check("INV-7", trade.day_number + lock_days <= day, f"trade {row.trade}: delivered free on day {day}")
        self._judge_seller(row)

    def _judge_seller(self, row: UnitPosting) -> None:
        scope = self._scope_at(row.from_account, row.seq)
        self._check(
            "INV-7", not scope & units.RESTRICT_SELL, f"trade {row.trade}: seller {row.from_account} restricted"
        )
        scope = self._scope_at(row.to_account, row.seq)
        self._check("INV-7", not scope & units.RESTRICT_BUY, f"trade {row.trade}: buyer {row.to_account} restricted")
        if self._instruments[row.instrument][1] == "allowance":
            floor, left = self._floor_at(row.from_account, row.seq), self._allowances[row.from_account]
            self._check("INV-7", left >= floor or floor == 0, f"trade {row.trade}: {left} t left, floor {floor} t")

    def _judge_unlock(self, row: UnitPosting) -> None:
        """Units may leave the lock of the oldest day only, and only when that day is N days past."""
        lots = self._lots[row.from_account, row.instrument]
        lock_days = self._instruments[row.instrument][2]
        day = self._day_number(row.seq)
        left = row.tonnes
        for bought in sorted(lots):
            if left == 0:
                break
            taken = min(left, lots[bought])
            left -= taken
            lots[bought] -= taken
            self._check(
                "INV-7", bought + lock_days <= day, f"unit posting {row.posting}: of day {bought}, freed on {day}"
            )
        self._check("INV-7", left == 0, f"unit posting {row.posting}: {left} t more than were locked")

    def serials(self, instrument: int, issued: int, in_blocks: int) -> None:
        """Serials of an issue and those of its blocks, after all blocks: none lost, none twice."""
        self._check(
            "INV-1", issued == in_blocks, f"instrument {instrument}: {issued} serials issued, {in_blocks} in blocks"
        )

    def serial_overlap(self, issue: int, first_serial: int) -> None:
        """A serial that stands in two blocks, or in two issues of one project."""
        self._check("INV-1", False, f"issue {issue}: serial {first_serial} twice")

    def serial_holding(self, account: int, instrument: int, tonnes: int, in_blocks: int) -> None:
        """An account's units of an offset and its serials."""
        where = f"account {account}, instrument {instrument}"
        self._check("INV-1", tonnes == in_blocks, f"{where}: {tonnes} t, {in_blocks} serials")

    # ---- balances against postings -----------------------------------------------------------------------

    def cash_balance(self, account: int, amount_fen: int) -> None:
        """A maintained cash balance, after all postings."""
        summed = self._cash.pop(account, 0)
        self._check(
            "INV-2", summed == amount_fen, f"account {account}: balance {amount_fen} fen, postings {summed} fen"
        )
        self._check("INV-3", amount_fen >= 0 or account == -2, f"account {account}: {amount_fen} fen")

    def unit_balance(self, account: int, instrument: int, *tonnes: int) -> None:
        """A maintained unit balance by STATES, after all postings."""
        summed = tuple(self._units.pop((account, instrument, state), 0) for state in STATES)
        where = f"account {account}, instrument {instrument}"
        self._check("INV-1", summed == tonnes, f"{where}: balance {tonnes} t, postings {summed} t")
        is_owned = (tonnes[0] >= 0 or account == -1) and min(tonnes[1:]) >= 0
        self._check("INV-3", is_owned, f"{where}: {tonnes} t")

    def lockup(self, account: int, instrument: int, day_number: int, tonnes: int) -> None:
        """A lot under T+N lock, after all postings."""
        lots = self._lots[account, instrument]
        summed = lots.pop(day_number, 0)
        where = f"account {account}, instrument {instrument}, day {day_number}"
        self._check("INV-7", summed == tonnes, f"{where}: lot of {tonnes} t, postings {summed} t")

    # ---- who did what, and what was published -------------------------------------------------------------

    def audit_line(self, row: tuple[int | str, ...], operator: int, approver: int, chain: bytes) -> None:
        """A line of the audit trail without its chain, in order."""
        self._check("INV-21", row[0] == self._last_line + 1, f"audit trail line {row[0]} after {self._last_line}")
        self._last_line += 1
        self._chain = hashlib.sha256(self._chain + orjson.dumps(row)).digest()
        self._check("INV-21", self._chain == chain, f"audit trail line {row[0]}: the chain is broken")
        self._check(
            "INV-21", approver == 0 or approver != operator, f"audit trail line {row[0]}: approved by its proposer"
        )

    def bulletin(self, trading_day: int, number: int, sha256: str, body: bytes) -> None:
        """A bulletin, in the order of numbers."""
        content = orjson.loads(body)
        self._check(
            "bulletins", number == self._bulletin_number + 1, f"bulletin {number} after {self._bulletin_number}"
        )
        self._check("bulletins", hashlib.sha256(body).hexdigest() == sha256, f"bulletin {trading_day}: not its SHA-256")
        previous = content["previous_sha256"] == self._bulletin_sha256
        self._check("bulletins", previous, f"bulletin {trading_day}: names another predecessor")
        self._bulletin_number, self._bulletin_sha256 = number, sha256
        self._newest[content["trading_day"]] = (1, sha256)

    def publication(self, number: int, period: str, version: int, sha256: str, supersedes: str, body: bytes) -> None:
        """A week's, month's or year's bulletin or a later version, in the order of numbers, after all bulletins."""
        content = orjson.loads(body)
        where = f"publication {number} of {period}"
        last, last_sha256 = self._publication
        self._check("bulletins", number == last + 1, f"{where}: after number {last}")
        self._check("bulletins", hashlib.sha256(body).hexdigest() == sha256, f"{where}: not its SHA-256")
        is_linked = content["previous_sha256"] == last_sha256
        self._check("bulletins", is_linked, f"{where}: names another predecessor")
        before = self._newest.get(period, (0, ""))
        told = ((content["correction"] or {}).get("supersedes", ""), content["version"], content["period"])
        self._check(
            "bulletins", (version - 1, supersedes) == before, f"{where}: supersedes what is not the version before"
        )
        self._check("bulletins", told == (supersedes, version, period), f"{where}: says {told} of itself")
        self._publication, self._newest[period] = (number, sha256), (version, sha256)

    def statement(self, account: int, trading_day: int, sha256: str, body: bytes) -> None:
        """A statement, by account and day: each begins where the one before ended."""
        content = orjson.loads(body)
        where = f"statement {account} of {trading_day}"
        self._check("statements", hashlib.sha256(body).hexdigest() == sha256, f"{where}: not its SHA-256")
        opening = (content["cash"]["opening"], _units_of(content, "opening"))
        before = self._closing.get(str(account), ("0.00", {}))
        self._check("statements", opening == before, f"{where}: opens with {opening}, the last closed with {before}")
        self._closing[str(account)] = (content["cash"]["closing"], _units_of(content, "closing"))

    def finish(self) -> list[str]:
        """What can only be judged at the end; returns all findings."""
        for account, fen in sorted(self._cash.items()):
            self._check("INV-2", fen == 0, f"account {account}: postings of {fen} fen, but no balance")
        for key, tonnes in sorted(self._units.items()):
            self._check("INV-1", tonnes == 0, f"{key}: postings of {tonnes} t, but no balance")
        for lots_key, lots in sorted(self._lots.items()):
            self._check("INV-7", not any(lots.values()), f"{lots_key}: locked {lots}, but no lot")
        for number, trade in self._trades.items():
            self._judge_void(number, trade)
            legs, paid = self._delivered.pop(number, 0), self._paid.pop(number, [])
            if trade.status == "failed":
                self._check("INV-5", legs == 0 and not paid, f"trade {number}: set aside, but something moved")
                continue
            self._check("INV-5", legs == 1, f"trade {number}: {legs} deliveries")
            expected = [("payment", trade.buyer, trade.payee, trade.amount_fen, trade.settled_seq)]
            if trade.buy_fee_fen:
                expected.append(("fee", trade.buyer, -3, trade.buy_fee_fen, trade.settled_seq))
            if trade.sell_fee_fen:
                expected.append(("fee", trade.seller, -3, trade.sell_fee_fen, trade.settled_seq))
            found = [(p.kind, p.from_account, p.to_account, p.amount_fen, p.seq) for p in paid]
            self._check("INV-5", found == expected, f"trade {number}: paid {found}, should be {expected}")
        self._check("INV-5", not self._revenue, f"awards of no auction: {sorted(self._revenue)}")
        strange = sorted({*self._paid, *self._repaid, *self._undone})
        self._check("INV-5", not strange, f"payments without a trade: {strange[:5]}")
        return self.findings


def _units_of(content: dict[str, list[dict[str, object]]], name: str) -> dict[str, object]:
    found = {str(row["instrument"]): row[name] for row in content["units"]}
    return {code: held for code, held in found.items() if isinstance(held, dict) and any(held.values())}
