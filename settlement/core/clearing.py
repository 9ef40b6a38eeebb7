"""One event after the other to postings: the pure heart of settlement.

`Clearing.apply` takes events in the order of the log, moves the ledger in memory and writes down in `Writes`
what the store must do. The same events on the same registry always give the same writes.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec
import orjson

from engine.core import events, phases
from engine.core.rulebook import ProductRules
from engine.core.units import BLOCK
from engine.title import BankComparison, StatementAnswer
from settlement.core import bankfile, checks, dispatches, dvp, remedies, trail
from settlement.core.awards import ENDED, AuctionRow, parties_of
from settlement.core.ledger import Account, Instrument, InvariantBroken, Ledger
from settlement.core.postings import (
    AVAILABLE,
    BANK,
    CANCELED,
    ENCUMBERED,
    FEES,
    ISSUE,
    PREALLOCATED,
    RESERVE,
    USE_RESTRICTED,
    UnitMove,
    Writes,
    surrender_account,
)

OPENING_CALL: Final = "opening_call"
CONTINUOUS: Final = "continuous"
CLOSING_CALL: Final = "closing_call"
LISTED: Final = (OPENING_CALL, CONTINUOUS, CLOSING_CALL)  # methods of listed trading (挂牌)


class Cumulative(msgspec.Struct):
    """Since the market opened, by instrument; all methods together."""

    tonnes: int = 0
    turnover_fen: int = 0
    trades: int = 0


class Period(msgspec.Struct):
    """What a statement covers: everything after the previous close. Numbers are the first that belong to it."""

    after_seq: int = 0
    unit_posting: int = 1
    cash_posting: int = 1
    trade: int = 1


class DayClose(msgspec.Struct):
    """A day has just been closed: what the documents of the day are made of."""

    seq: int
    at_ns: int
    trading_day: int
    day_number: int
    period: Period
    last_unit_posting: int
    last_cash_posting: int
    last_trade: int
    stats: tuple[events.DayStats, ...]
    composites: tuple[events.Composite, ...]
    periods: tuple[str, ...]
    previous_day: int = 0  # the day that closed before, 0 for none
    answers: dict[int, list[StatementAnswer]] = {}  # since then, by account


class Clearing:
    """The registry's state between two entries, and how each event changes it.

    lock_days tells the N of T+N of a product when an instrument is listed.
    """

    def __init__(self, ledger: Ledger, aside: dvp.SetAside) -> None:
        self.ledger = ledger
        self.aside = aside
        self.product_rules_of: Callable[[str], ProductRules] = _no_rule_book
        self.market = ""
        self.rulebook_version = 0
        self.trading_day = 0
        self.day_number = 0
        self.phase = phases.CLOSED
        self.settles_at_close = False  # the day's trades wait for its close
        self.period = Period()
        self.last_trade = 0
        self.cumulative: dict[int, Cumulative] = {}
        self.next_audit_line = 1
        self.chain = bytes(32)
        self.bulletins = 0  # how many there are, and the SHA-256 (hex) of the last
        self.bulletin_sha256 = "0" * 64
        self.publications = 0  # the same of the bulletins beside the days' first ones
        self.publication_sha256 = "0" * 64
        self.closed_day = 0  # the last one
        self.day_close: DayClose | None = None
        self.bank_comparison: BankComparison | None = None  # of the newest file
        self._new_comparisons: list[BankComparison] = []
        self.corrected: events.BulletinCorrected | None = None
        self.voided: list[remedies.VoidRow] = []  # by the present entry
        self.opened_day = False
        self.answers: dict[int, list[StatementAnswer]] = {}  # to statements, since the last close
        self.auctions: dict[int, AuctionRow] = {}  # announced, or ended on the present day
        self._seq = 0
        self._at_ns = 0
        self._phase_at_entry = self.phase
        self._acts_in_entry = 0

    @property
    def seq(self) -> int:
        """The present entry's."""
        return self._seq

    @property
    def at_ns(self) -> int:
        """The present entry's."""
        return self._at_ns

    def enter(self, seq: int, at_ns: int) -> None:
        """Begin an entry; its events follow in one or more `apply`."""
        self._seq = seq
        self._at_ns = at_ns
        self._phase_at_entry = self.phase
        self._acts_in_entry = 0
        self.day_close = None
        self.corrected = None
        self.voided = []
        self.opened_day = False

    def apply(self, entry_events: list[events.Event], writes: Writes) -> None:
        """Settle the next events of the entry, as far as they concern title. `day_close` is set where one closed the day."""
        for event in entry_events:
            if type(event) is events.Traded:  # asked first, without a look-up: nearly all are
                self._traded(event, writes)
            elif (handler := HANDLERS.get(type(event))) is not None:
                handler(self, event, writes)

    # ---- trades -----------------------------------------------------------------------------------------

    def _traded(self, event: events.Traded, writes: Writes) -> None:
        self._settle(event, self._method(event.taker_side), event.buy_order, event.sell_order, writes)

    def _block_traded(self, event: events.BlockTraded, writes: Writes) -> None:
        self._settle(event, BLOCK, event.offer, event.offer, writes)

    def _settle(
        self, e: events.Traded | events.BlockTraded, method: str, buy_order: int, sell_order: int, writes: Writes
    ) -> None:
        """Deliver against payment, or set aside with the reason; a trade has its row either way."""
        seq = self._seq
        if e.trade <= self.last_trade:
            raise InvariantBroken(f"seq {seq}: trade {e.trade} after trade {self.last_trade}")
        self.last_trade = e.trade
        lock_day = self.day_number if self.ledger.instruments[e.instrument].lock_days else 0
        refusal: checks.Refusal | None = checks.AWAITS_CYCLE
        if not self.settles_at_close:
            refusal = checks.trade_refusal(
                self.ledger, e.instrument, e.tonnes, e.amount_fen, e.buyer, e.buy_fee_fen, e.seller, e.sell_fee_fen
            )
        if refusal is None:
            self.ledger.settle_trade(
                writes, seq, e.trade, e.instrument, e.tonnes, e.amount_fen, e.buyer, e.buy_fee_fen, e.seller,
                e.sell_fee_fen, lock_day,
            )  # fmt: skip
            status, settled_seq = dvp.SETTLED, seq
        else:
            status, settled_seq = dvp.FAILED, 0
            self.aside.add(
                writes,
                dvp.Instruction(
                    0, "trade", seq, e.trade, e.seller, e.instrument, e.tonnes, e.amount_fen, 0, *refusal,
                    buyer=e.buyer, buy_fee_fen=e.buy_fee_fen, sell_fee_fen=e.sell_fee_fen, lock_day=lock_day,
                ),
            )  # fmt: skip
        writes.trades += (
            e.trade, seq, self._at_ns, self.trading_day, self.day_number, method, e.instrument,
            e.price_ticks, e.tonnes, e.amount_fen, e.buyer, buy_order, e.buy_fee_fen, e.seller, sell_order,
            e.sell_fee_fen, status, settled_seq,
        )  # fmt: skip

    # ---- auctions ------------------------------------------------------------------------------

    def _auction_announced(self, event: events.AuctionAnnounced, writes: Writes) -> None:
        t = event.terms
        row = AuctionRow(
            event.auction,
            t.code,
            t.direction,
            t.method,
            t.instrument,
            t.tonnes,
            t.unit_account,
            t.cash_account,
            self._seq,
            carried_tonnes=sum(tonnes for _, tonnes in event.carried),
        )
        if not row.is_governments:
            applicant = self.ledger.accounts[t.unit_account]
            row = msgspec.structs.replace(row, held_by=applicant.name if event.is_named else applicant.category)
        self.auctions[row.auction] = row
        writes.changes.append(("auction", msgspec.structs.astuple(row)))

    def _bid_awarded(self, event: events.BidAwarded, writes: Writes) -> None:
        """An award settles like a trade: judged again, both legs and the fee at once, or set aside whole."""
        e, p = event, parties_of(event)
        if e.trade <= self.last_trade:
            raise InvariantBroken(f"seq {self._seq}: award {e.trade} after trade {self.last_trade}")
        self.last_trade = e.trade
        is_bought = p.receiver == p.buyer and not e.use_restricted  # a buy-back's payer, the treasury, receives nothing
        lock_day = self.day_number if is_bought and self.ledger.instruments[e.instrument].lock_days else 0
        refusal = checks.trade_refusal(
            self.ledger, e.instrument, e.tonnes, e.amount_fen, p.buyer, p.buy_fee_fen, p.seller, p.sell_fee_fen
        )
        if refusal is None:
            self.ledger.settle_trade(
                writes, self._seq, e.trade, e.instrument, e.tonnes, e.amount_fen, p.buyer, p.buy_fee_fen, p.seller,
                p.sell_fee_fen, lock_day, p.payee, p.receiver, e.use_restricted,
            )  # fmt: skip
            status, settled_seq = dvp.SETTLED, self._seq
        else:
            status, settled_seq = dvp.FAILED, 0
            self.aside.add(
                writes,
                dvp.Instruction(
                    0, "trade", self._seq, e.trade, p.seller, e.instrument, e.tonnes, e.amount_fen, 0, *refusal,
                    buyer=p.buyer, buy_fee_fen=p.buy_fee_fen, sell_fee_fen=p.sell_fee_fen, lock_day=lock_day,
                    payee=p.payee, receiver=p.receiver, to_state=_free(e.use_restricted),
                ),
            )  # fmt: skip
        writes.changes.append(
            (
                "award",
                (e.trade, self._seq, self._at_ns, self.trading_day, self.day_number, e.auction, e.bid, e.instrument,
                 e.price_ticks, e.tonnes, e.amount_fen, p.buyer, p.buy_fee_fen, p.seller, p.sell_fee_fen, p.payee,
                 p.receiver, status, settled_seq),
            )
        )  # fmt: skip

    def _auction_reported(self, e: events.AuctionReported, writes: Writes) -> None:
        self._end_auction(
            writes, e.auction, status="cleared", price_ticks=e.price_ticks, sold_tonnes=e.tonnes, bid_tonnes=e.bid_tonnes,
            bidders=e.bidders, winners=e.winners, revenue_fen=e.revenue_fen, carry_tonnes=e.carry_tonnes, bids=e.bids,
            low_ticks=e.low_ticks, high_ticks=e.high_ticks, applicant_fee_fen=e.applicant_fee_fen,
        )  # fmt: skip

    def _auction_measured(self, event: events.AuctionMeasured, writes: Writes) -> None:
        figures = msgspec.structs.asdict(event)
        self._end_auction(writes, figures.pop("auction"), **figures)

    def _auction_canceled(self, e: events.AuctionCanceled, writes: Writes) -> None:
        self._end_auction(writes, e.auction, status="canceled", reason=e.reason, carry_tonnes=e.carry_tonnes)

    def _end_auction(self, writes: Writes, auction: int, **result: str | int) -> None:
        row = msgspec.structs.replace(self.auctions[auction], **result, ended_seq=self._seq, ended_day=self.trading_day)
        self.auctions[auction] = row
        writes.changes.append(("auction_ended", (*(getattr(row, name) for name in ENDED), auction)))

    def take_ended_auctions(self) -> list[AuctionRow]:
        """The auctions that ended on the day that has just closed; they are forgotten here."""
        ended = [row for row in self.auctions.values() if row.ended_seq]
        for row in ended:
            del self.auctions[row.auction]
        return ended

    def _method(self, taker_side: int) -> str:
        """A call's trades have no taker; which call it was is told by the phase in which the entry found the market."""
        if taker_side:
            return CONTINUOUS
        return CLOSING_CALL if self._phase_at_entry == phases.CLOSING_CALL else OPENING_CALL

    # ---- title ------------------------------------------------------------------------------------------

    def _market_founded(self, event: events.MarketFounded, writes: Writes) -> None:
        self.market = event.market
        self.rulebook_version = event.rulebook_version

    def _rulebook_took_effect(self, event: events.RuleBookTookEffect, writes: Writes) -> None:
        self.rulebook_version = event.version

    def _account_opened(self, event: events.AccountOpened, writes: Writes) -> None:
        self.ledger.add_account(Account(event.account, event.code, event.owner, event.name, event.category))
        writes.changes.append(
            ("account", (event.account, event.code, event.owner, event.name, event.category, 0, self._seq))
        )
        writes.cash_touched.add(event.account)

    def _instrument_listed(self, event: events.InstrumentListed, writes: Writes) -> None:
        e = event
        lock_days = self.product_rules_of(e.product).lock_days
        row = (
            e.instrument, e.code, e.product, e.kind, e.vintage, e.name_zh, e.name_en, e.tick_fen, e.base_price_ticks,
            lock_days,
        )  # fmt: skip
        self.ledger.add_instrument(Instrument(*row))
        writes.changes.append(("instrument", (*row, self._seq)))

    def _units_issued(self, event: events.UnitsIssued, writes: Writes) -> None:
        e = event
        self._move(writes, UnitMove("issue", e.instrument, ISSUE, AVAILABLE, e.account, AVAILABLE, e.tonnes))
        self._registry_act(writes, "issue", e.account, e.instrument, e.tonnes, e.kind, e.year)
        if e.instrument not in self.ledger.allowances:
            self.ledger.issue_serials(writes, self._seq, e.account, e.instrument, e.tonnes)

    def _offsets_issued(self, event: events.OffsetsIssued, writes: Writes) -> None:
        e = event
        self._move(writes, UnitMove("issue", e.instrument, ISSUE, AVAILABLE, e.account, AVAILABLE, e.tonnes))
        self._registry_act(writes, "issue", e.account, e.instrument, e.tonnes, "offset", 0)
        self.ledger.issue_serials(
            writes, self._seq, e.account, e.instrument, e.tonnes, e.first_serial,
            (e.project, e.project_type, e.methodology, e.origin), e.proof, e.boundary,
        )  # fmt: skip

    def _units_unlocked(self, event: events.UnitsUnlocked, writes: Writes) -> None:
        dvp.release_lock(self.ledger, self.aside, writes, self._seq, event.account, event.instrument, event.tonnes)

    def _units_surrendered(self, event: events.UnitsSurrendered, writes: Writes) -> None:
        e = event
        self._registry_act(
            writes, "surrender", e.account, e.instrument, e.tonnes, "final" if e.final else "partial", e.year
        )
        gone = surrender_account(e.year)
        for state, tonnes in ((USE_RESTRICTED, e.use_restricted), (AVAILABLE, e.tonnes - e.use_restricted)):
            if tonnes > 0:  # nothing moves by a confirmation of the year alone
                self._move(
                    writes, UnitMove("surrender", e.instrument, e.account, state, gone, AVAILABLE, tonnes), e.year
                )

    def _units_preallocated(self, event: events.UnitsPreallocated, writes: Writes) -> None:
        e = event
        self._move(writes, UnitMove("issue", e.instrument, ISSUE, AVAILABLE, e.account, PREALLOCATED, e.tonnes))
        self._registry_act(writes, "preallocate", e.account, e.instrument, e.tonnes, "free", e.year)

    def _allocation_trued_up(self, event: events.AllocationTruedUp, writes: Writes) -> None:
        e = event
        for kind, from_account, from_state, to_account, to_state, tonnes in (
            ("true_up", e.account, PREALLOCATED, e.account, AVAILABLE, e.released),
            ("true_up", e.account, PREALLOCATED, CANCELED, AVAILABLE, e.withdrawn),
            ("issue", ISSUE, AVAILABLE, e.account, AVAILABLE, e.issued),
        ):
            if tonnes > 0:
                self._move(writes, UnitMove(kind, e.instrument, from_account, from_state, to_account, to_state, tonnes))
        self._registry_act(writes, "true_up", e.account, e.instrument, e.released + e.issued, "free", e.year)

    def _units_canceled(self, event: events.UnitsCanceled, writes: Writes) -> None:
        e = event
        self._move(writes, UnitMove("cancel", e.instrument, e.account, AVAILABLE, CANCELED, AVAILABLE, e.tonnes))
        self._registry_act(writes, "cancel", e.account, e.instrument, e.tonnes, e.kind, 0)

    def _units_encumbered(self, event: events.UnitsEncumbered, writes: Writes) -> None:
        e = event
        free = _free(e.use_restricted)
        self._move(writes, UnitMove("encumber", e.instrument, e.account, free, e.account, ENCUMBERED, e.tonnes))
        self._registry_act(writes, "encumber", e.account, e.instrument, e.tonnes, e.kind, 0, 0, e.encumbrance)

    def _units_released(self, event: events.UnitsReleased, writes: Writes) -> None:
        e = event
        free = _free(e.use_restricted)
        self._move(writes, UnitMove("release", e.instrument, e.account, ENCUMBERED, e.account, free, e.tonnes))
        self._registry_act(writes, "release", e.account, e.instrument, e.tonnes, "", 0, 0, e.encumbrance)

    def _units_transferred(self, event: events.UnitsTransferred, writes: Writes) -> None:
        e = event
        from_state, to_state = ENCUMBERED if e.encumbrance else AVAILABLE, _free(e.use_restricted)
        self._move(writes, UnitMove("transfer", e.instrument, e.account, from_state, e.to_account, to_state, e.tonnes))
        self._registry_act(
            writes, "transfer", e.account, e.instrument, e.tonnes, e.kind, 0, e.to_account, e.encumbrance
        )

    def _holding_transferred(self, event: events.HoldingTransferred, writes: Writes) -> None:
        e = event
        tonnes = e.tonnes
        if e.bought_day:
            # of a lot whose trades are settled in part, that part goes now and the rest when its trade does
            settled = self.ledger.lots.get((e.account, e.instrument), {}).get(e.bought_day, 0)
            tonnes = min(tonnes, settled) or tonnes
        for part in (tonnes, e.tonnes - tonnes):
            if part:
                move = UnitMove(
                    "transfer", e.instrument, e.account, e.state, e.to_account, e.state, part, e.bought_day
                )  # fmt: skip
                self._move(writes, move)
        self._registry_act(
            writes, "transfer", e.account, e.instrument, e.tonnes, e.kind, 0, e.to_account, e.encumbrance
        )

    def _cash_transferred(self, event: events.CashTransferred, writes: Writes) -> None:
        e = event
        refusal = checks.succession_refusal(self.ledger, e.account, e.amount_fen)
        if refusal is None:
            self.ledger.move_cash(writes, self._seq, "transfer", 0, e.account, e.to_account, e.amount_fen)
            return
        self.aside.add(
            writes,
            dvp.Instruction(
                0, "transfer", self._seq, 0, e.account, 0, 0, e.amount_fen, 0, *refusal, to_account=e.to_account
            ),
        )

    def _reserve_moved(self, event: events.ReserveMoved, writes: Writes) -> None:
        """Money of the risk reserve; a contribution from fees whose trades are set aside waits as they do."""
        e = event
        if e.from_account == BANK:
            self.ledger.move_cash(writes, self._seq, "deposit", 0, BANK, e.to_account, e.amount_fen)
        else:
            moved = events.CashTransferred(e.from_account, e.to_account, e.amount_fen)
            self._cash_transferred(moved, writes)
        writes.changes.append(("reserve_movement", (self._seq, e.purpose, e.from_account, e.to_account, e.amount_fen)))

    def _account_merged(self, event: events.AccountMerged, writes: Writes) -> None:
        self.ledger.successors[event.account] = event.successor
        writes.changes.append(("account_merged", (event.successor, event.account)))

    def _account_split(self, event: events.AccountSplit, writes: Writes) -> None:
        for successor in event.successors:
            writes.changes.append(("account_split", (self._seq, event.account, successor)))

    def _move(self, writes: Writes, move: UnitMove, year: int = 0) -> None:
        """Move units, or set the movement aside with the reason."""
        refusal = checks.move_refusal(self.ledger, move)
        if refusal is None:
            self.ledger.move(writes, self._seq, move)
            return
        m = move
        self.aside.add(
            writes,
            dvp.Instruction(
                0, m.kind, self._seq, 0, m.from_account, m.instrument, m.tonnes, 0, year, *refusal,
                from_state=m.from_state, to_account=m.to_account, to_state=m.to_state, lock_day=m.bought_day,
            ),
        )  # fmt: skip

    def _objection_filed(self, event: events.ObjectionFiled, writes: Writes) -> None:
        e = event
        row = (e.account, e.year, e.subject, self._seq, "filed", e.filed_on, e.decide_by, 0)
        writes.changes.append(("objection", row))

    def _objection_decided(self, event: events.ObjectionDecided, writes: Writes) -> None:
        e = event
        row = (e.account, e.year, e.subject, self._seq, "decided", e.decided_on, 0, int(e.upheld))
        writes.changes.append(("objection", row))

    def _emissions_recorded(self, event: events.EmissionsRecorded, writes: Writes) -> None:
        e = event
        writes.changes.append(("emissions", (e.account, e.year, self._seq, e.tonnes, e.reported_on, e.objection_until)))

    def _registry_act(
        self,
        writes: Writes,
        act: str,
        account: int,
        instrument: int,
        tonnes: int,
        act_class: str,
        year: int,
        to_account: int = 0,
        number: int = 0,
    ) -> None:
        self._acts_in_entry += 1
        writes.changes.append(
            (
                "registry_act",
                (self._seq, self._acts_in_entry, act, account, instrument, tonnes, act_class, year, to_account, number),
            )
        )

    def _cash_deposited(self, event: events.CashDeposited, writes: Writes) -> None:
        self.ledger.move_cash(writes, self._seq, "deposit", 0, BANK, event.account, event.amount_fen)

    def _cash_withdrawn(self, event: events.CashWithdrawn, writes: Writes) -> None:
        refusal = checks.withdrawal_refusal(self.ledger, event.account, event.amount_fen)
        if refusal is None:
            self.ledger.move_cash(writes, self._seq, "withdrawal", 0, event.account, BANK, event.amount_fen)
        else:
            self.aside.add(
                writes,
                dvp.Instruction(0, "withdrawal", self._seq, 0, event.account, 0, 0, event.amount_fen, 0, *refusal),
            )

    def _restriction_changed(self, event: events.RestrictionChanged, writes: Writes) -> None:
        self.ledger.set_restriction(event.account, event.scope)
        writes.changes.append(("restriction", (event.account, self._seq, event.scope, event.basis)))
        writes.changes.append(("account_restriction", (event.scope, event.account)))

    def _retention_changed(self, event: events.RetentionChanged, writes: Writes) -> None:
        self.ledger.set_floor(event.account, event.year, event.floor_tonnes)
        writes.changes.append(("retention", (event.account, event.year, self._seq, event.floor_tonnes)))

    def _retry_ordered(self, event: events.SettlementRetryOrdered, writes: Writes) -> None:
        dvp.retry(self.ledger, self.aside, writes, self._seq, event.trade)

    # ---- the bank ---------------------------------------------------------------------------------------

    def _bank_file_imported(self, event: events.BankFileImported, writes: Writes) -> None:
        """Hold the bank's balances against the ledger as it stands here; what differs goes out once it is committed."""
        e = event
        breaks = bankfile.compare(self.ledger, e)
        comparison = BankComparison(e.trading_day, self._seq, e.sha256, breaks)
        self.bank_comparison = comparison
        self._new_comparisons.append(comparison)
        balances = [*e.balances, (FEES, e.fees_fen), (RESERVE, e.reserve_fen)]
        body = orjson.dumps({"balances": balances, "breaks": breaks})
        writes.changes.append(("bank_file", (e.trading_day, self._seq, e.sha256, e.total_fen, len(breaks), body)))

    def take_bank_comparisons(self) -> list[BankComparison]:
        """The comparisons since the last asking; they are forgotten here."""
        found = self._new_comparisons
        self._new_comparisons = []
        return found

    def _bank_compared(self, event: events.BankCompared, writes: Writes) -> None:
        writes.changes.append(("bank_superseded", (self._seq,)))
        for b in event.breaks:
            writes.changes.append(
                (
                    "bank_break",
                    (b.number, b.trading_day, b.account, b.ledger_fen, b.bank_fen, b.state, b.since_day, self._seq, 0,
                     ""),
                )
            )  # fmt: skip

    def _bank_break_resolved(self, event: events.BankBreakResolved, writes: Writes) -> None:
        e = event
        writes.changes.append(("bank_break_resolved", (e.remedy, self._seq, e.basis, e.bank_break)))

    # ---- the day ----------------------------------------------------------------------------------------

    def _day_opened(self, event: events.DayOpened, writes: Writes) -> None:
        self.trading_day = event.trading_day
        self.day_number = event.day_number
        self.settles_at_close = event.settles_at_close
        self.phase = phases.PRE_OPEN
        self.opened_day = True

    def _phase_changed(self, event: events.PhaseChanged, writes: Writes) -> None:
        self.phase = event.phase

    def _day_closed(self, event: events.DayClosed, writes: Writes) -> None:
        self.phase = phases.CLOSED
        if event.trading_day != self.trading_day:
            raise InvariantBroken(f"seq {self._seq}: closes day {event.trading_day}, open is {self.trading_day}")
        if self.settles_at_close:
            dvp.settle_cycle(self.ledger, self.aside, writes, self._seq)
        close = DayClose(
            self._seq,
            self._at_ns,
            self.trading_day,
            self.day_number,
            self.period,
            self.ledger.next_unit_posting - 1,
            self.ledger.next_cash_posting - 1,
            self.last_trade,
            event.stats,
            event.composites,
            event.periods,
            self.closed_day,
            self.answers,
        )
        writes.changes.append(
            (
                "day",
                (close.trading_day, close.day_number, close.seq, close.at_ns, close.last_unit_posting,
                 close.last_cash_posting, close.last_trade),
            )
        )  # fmt: skip
        for s in event.stats:
            total = self.cumulative.setdefault(s.instrument, Cumulative())
            total.tonnes += s.tonnes
            total.turnover_fen += s.turnover_fen
            total.trades += s.trades
            for other in s.by_method:
                total.tonnes += other.tonnes
                total.turnover_fen += other.turnover_fen
                total.trades += other.trades
            writes.changes.append(
                (
                    "day_stats",
                    (close.trading_day, s.instrument, s.previous_close_ticks, s.open_ticks, s.high_ticks, s.low_ticks,
                     s.last_ticks, s.close_ticks, s.tonnes, s.turnover_fen, s.trades, total.tonnes, total.turnover_fen,
                     total.trades),
                )
            )  # fmt: skip
        self.period = Period(close.seq, close.last_unit_posting + 1, close.last_cash_posting + 1, close.last_trade + 1)
        self.closed_day = close.trading_day
        self.answers = {}
        self.day_close = close

    def _bulletin_published(self, event: events.BulletinPublished, writes: Writes) -> None:
        for change in ("bulletin_published", "publication_published"):
            writes.changes.append((change, (self._seq, event.trading_day, event.sha256)))

    def _bulletin_corrected(self, event: events.BulletinCorrected, writes: Writes) -> None:
        self.corrected = event

    # ---- who did what -----------------------------------------------------------------------------------

    def _act_taken(self, event: events.ActTaken, writes: Writes) -> None:
        e = event
        self._audit(writes, "taken", e.proposal, e.operator, e.approver, e.reason, e.document, trail.plain_act(e.act))

    def _act_proposed(self, event: events.ActProposed, writes: Writes) -> None:
        e = event
        content = {"act": trail.plain_act(e.act), "act_sha256": e.act_sha256.hex()}
        self._audit(writes, "proposed", e.proposal, e.operator, 0, e.reason, e.document, content)

    def _act_refused(self, event: events.ActRefused, writes: Writes) -> None:
        content = {"reason": event.reason, "limit": event.limit, "actual": event.actual}
        self._audit(writes, "refused", event.proposal, event.operator, 0, dvp.reason_name(event.reason), "", content)

    def _act_rejected(self, event: events.ActRejected, writes: Writes) -> None:
        self._audit(writes, "rejected", event.proposal, event.operator, 0, event.reason, "", {})

    def _audit(
        self,
        writes: Writes,
        what: str,
        proposal: int,
        operator: int,
        approver: int,
        reason: str,
        document: str,
        content: dict[str, Any],
    ) -> None:
        row = (
            self.next_audit_line, self._seq, self._at_ns, what, proposal, operator, approver, reason, document,
            orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode(),
        )  # fmt: skip
        self.next_audit_line += 1
        self.chain = trail.chain_line(self.chain, row)
        writes.changes.append(("audit_trail", (*row, self.chain)))


def _free(use_restricted: bool) -> str:
    """The state from which units are encumbered, and in which they are once released."""
    return USE_RESTRICTED if use_restricted else AVAILABLE


def _no_rule_book(product: str) -> ProductRules:
    raise InvariantBroken(f"product {product} listed before the rule book is known")


# The events that concern title. A call's uncross is not among them: its trades name themselves by having no taker.
HANDLERS: Final[dict[type[events.Event], Callable[[Clearing, Any, Writes], None]]] = {
    events.MarketFounded: Clearing._market_founded,
    events.RuleBookTookEffect: Clearing._rulebook_took_effect,
    events.AccountOpened: Clearing._account_opened,
    events.InstrumentListed: Clearing._instrument_listed,
    events.UnitsIssued: Clearing._units_issued,
    events.OffsetsIssued: Clearing._offsets_issued,
    events.UnitsUnlocked: Clearing._units_unlocked,
    events.UnitsSurrendered: Clearing._units_surrendered,
    events.UnitsPreallocated: Clearing._units_preallocated,
    events.AllocationTruedUp: Clearing._allocation_trued_up,
    events.UnitsCanceled: Clearing._units_canceled,
    events.UnitsEncumbered: Clearing._units_encumbered,
    events.UnitsReleased: Clearing._units_released,
    events.UnitsTransferred: Clearing._units_transferred,
    events.HoldingTransferred: Clearing._holding_transferred,
    events.CashTransferred: Clearing._cash_transferred,
    events.AccountMerged: Clearing._account_merged,
    events.AccountSplit: Clearing._account_split,
    events.ReserveMoved: Clearing._reserve_moved,
    events.ObjectionFiled: Clearing._objection_filed,
    events.ObjectionDecided: Clearing._objection_decided,
    events.EmissionsRecorded: Clearing._emissions_recorded,
    events.CashDeposited: Clearing._cash_deposited,
    events.CashWithdrawn: Clearing._cash_withdrawn,
    events.RestrictionChanged: Clearing._restriction_changed,
    events.RetentionChanged: Clearing._retention_changed,
    events.SettlementRetryOrdered: Clearing._retry_ordered,
    events.Traded: Clearing._traded,
    events.BlockTraded: Clearing._block_traded,
    events.AuctionAnnounced: Clearing._auction_announced,
    events.BidAwarded: Clearing._bid_awarded,
    events.AuctionReported: Clearing._auction_reported,
    events.AuctionMeasured: Clearing._auction_measured,
    events.AuctionCanceled: Clearing._auction_canceled,
    events.BankFileImported: Clearing._bank_file_imported,
    events.BankCompared: Clearing._bank_compared,
    events.BankBreakResolved: Clearing._bank_break_resolved,
    **remedies.HANDLERS,
    events.DayOpened: Clearing._day_opened,
    events.PhaseChanged: Clearing._phase_changed,
    events.DayClosed: Clearing._day_closed,
    events.BulletinPublished: Clearing._bulletin_published,
    events.BulletinCorrected: Clearing._bulletin_corrected,
    events.ReportPublished: dispatches.report_published,
    events.DispatchRecorded: dispatches.dispatch_recorded,
    events.ActTaken: Clearing._act_taken,
    events.ActProposed: Clearing._act_proposed,
    events.ActRefused: Clearing._act_refused,
    events.ActRejected: Clearing._act_rejected,
}
