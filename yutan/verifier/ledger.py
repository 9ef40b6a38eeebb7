"""Double entry and delivery versus payment, added up again from the first posting.

Every balance is the sum of its postings; no participant falls below zero at any posting; each trade is delivered and paid
once, whole, with its fees, or not at all; what is locked is locked in lots of the day on which it was bought; and every row
stands at a seq and a time that the journal has.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from yutan.verifier.findings import LEDGER, Report
from yutan.verifier.journal import BUY, Journal, Order
from yutan.verifier.registry import FILE, Deal, Registry

BANK: Final = -2
FEES: Final = -3
ISSUE: Final = -1
LISTED: Final = ("opening_call", "continuous", "closing_call")
_MAY_BE_NEGATIVE: Final = (ISSUE, BANK)


class Units(NamedTuple):
    """A unit posting."""

    posting: int
    seq: int
    kind: str
    trade: int
    instrument: int
    from_account: int
    from_state: str
    to_account: int
    to_state: str
    tonnes: int


class Cash(NamedTuple):
    """A cash posting."""

    posting: int
    seq: int
    kind: str
    trade: int
    from_account: int
    to_account: int
    amount_fen: int


def check(registry: Registry, journal: Journal, report: Report) -> None:
    """All of the ledger."""
    _Ledger(registry, journal, report).check()


class _Ledger:
    def __init__(self, registry: Registry, journal: Journal, report: Report) -> None:
        self.registry, self.journal, self.report = registry, journal, report
        self.cash: dict[int, int] = defaultdict(int)
        self.units: dict[tuple[int, int, str], int] = defaultdict(int)
        self.lots: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
        self.paid: dict[int, list[tuple[str, int, int, int, int]]] = defaultdict(list)
        self.repaid: dict[int, list[tuple[str, int, int, int, int]]] = defaultdict(list)
        self.undone: dict[int, list[tuple[int, int, int, int, int]]] = defaultdict(list)
        self.delivered: dict[int, list[tuple[int, int, int, int, int]]] = defaultdict(list)
        self.sales = {auction for (auction,) in registry.query("SELECT auction FROM auctions WHERE direction = 'sale'")}

    def check(self) -> None:
        self._mark()
        self._deals()
        self._cash_postings()
        self._unit_postings()
        self._settled()
        self._balances()
        self._lockups()
        self._set_aside()
        self._days()
        self._day_stats()
        self._auctions()

    def expect(self, place: str, expected: object, found: object) -> bool:
        return self.report.expect(LEDGER, FILE, place, expected, found)

    def _mark(self) -> None:
        mark = self.registry.mark_seq
        is_within = mark <= self.journal.last_seq or not self.journal.is_whole
        self.report.require(LEDGER, FILE, "registry mark_seq", is_within, f"at most {self.journal.last_seq}", mark)
        if is_within and mark <= self.journal.last_seq:
            self.expect("registry mark_at_ns", self.journal.at_ns(mark), self.registry.mark_at_ns)
        expected = (0, 1, 1, 1)
        if self.registry.days:
            last = self.registry.days[-1]
            expected = (last.closed_seq, last.last_unit_posting + 1, last.last_cash_posting + 1, last.last_trade + 1)
        for row in self.registry.query(
            "SELECT closed_seq, period_unit_posting, period_cash_posting, period_trade FROM registry"
        ):
            self.expect("registry closed_seq and period", expected, row)

    def _seq(self, place: str, seq: int, before: int) -> int:
        """Rows follow the log: their seq never falls, and none is past the mark."""
        self.report.require(
            LEDGER, FILE, f"{place} seq", before <= seq <= self.registry.mark_seq,
            f"from {before} to {self.registry.mark_seq}", seq,
        )  # fmt: skip
        return max(seq, before)

    # ---- trades and awards against the journal ----------------------------------------------------------------

    def _deals(self) -> None:
        filled: dict[int, int] = defaultdict(int)
        last = 0
        for number, deal in sorted(self.registry.deals.items()):
            place = f"{'awards' if deal.auction else 'trades'} {number}"
            last = self._seq(place, deal.seq, last)
            if deal.seq <= self.journal.last_seq:
                self.expect(f"{place} at_ns", self.journal.at_ns(deal.seq), deal.at_ns)
            instrument = self.registry.instruments.get(deal.instrument)
            tick = instrument.tick_fen if instrument else 0
            self.expect(f"{place} amount_fen", deal.price_ticks * deal.tonnes * tick, deal.amount_fen)
            if self.journal.is_whole:
                self._as_asked(place, deal, filled)

    def _as_asked(self, place: str, deal: Deal, filled: dict[int, int]) -> None:
        """Both sides asked for what they got: account, instrument, side, a price no worse, no more than the quantity."""
        if deal.auction:
            bidder = deal.receiver if deal.auction in self.sales else deal.seller
            bid = self.journal.bids.get(deal.buy_order)
            found = (bid.account, bid.instrument) if bid else None
            self.expect(f"{place} bid {deal.buy_order}", (bidder, deal.auction), found)
        elif deal.method == "block":
            offer = self.journal.offers.get(deal.buy_order)
            side = offer.side if offer else 0
            account = deal.buyer if side == BUY else deal.seller
            agreed = Order(account, deal.instrument, side, deal.price_ticks, deal.tonnes)
            self.expect(f"{place} offer {deal.buy_order}", agreed, offer)
            self.expect(f"{place} offer on both sides", deal.buy_order, deal.sell_order)
        else:
            for side, account, order in ((1, deal.buyer, deal.buy_order), (2, deal.seller, deal.sell_order)):
                asked = self.journal.orders.get(order)
                where = f"{place} order {order}"
                if asked is None or not self.expect(
                    where, (account, deal.instrument, side), (asked.account, asked.instrument, asked.side)
                ):
                    self.report.require(LEDGER, FILE, where, asked is not None, "an order of the journal", "none")
                    continue
                filled[order] += deal.tonnes
                self._within(where, asked, deal, filled[order])

    def _within(self, where: str, asked: Order, deal: Deal, filled: int) -> None:
        price = asked.price_ticks
        is_fair = deal.price_ticks <= price if asked.side == BUY else deal.price_ticks >= price
        self.report.require(LEDGER, FILE, f"{where} price", is_fair, f"no worse than {price}", deal.price_ticks)
        self.report.require(
            LEDGER, FILE, f"{where} quantity", filled <= asked.tonnes, f"at most {asked.tonnes} t", filled
        )

    # ---- postings ----------------------------------------------------------------------------------------------

    def _cash_postings(self) -> None:
        seq = 0
        rows = self.registry.rows("SELECT {} FROM cash_postings ORDER BY posting", Cash)
        for number, row in enumerate(map(Cash._make, rows), 1):
            place = f"cash_postings {row.posting}"
            self.expect(f"{place} number", number, row.posting)
            seq = self._seq(place, row.seq, seq)
            self.report.require(LEDGER, FILE, place, row.amount_fen > 0, "a positive amount", row.amount_fen)
            self.cash[row.from_account] -= row.amount_fen
            self.cash[row.to_account] += row.amount_fen
            left = self.cash[row.from_account]
            is_right = left >= 0 or row.from_account in _MAY_BE_NEGATIVE
            self.report.require(
                LEDGER, FILE, f"{place} of account {row.from_account}", is_right, "at least 0 fen left", left
            )
            if row.trade and row.kind in ("void", "fee_return"):
                self.repaid[row.trade].append((row.kind, row.from_account, row.to_account, row.amount_fen, row.seq))
            elif row.trade:
                self.paid[row.trade].append((row.kind, row.from_account, row.to_account, row.amount_fen, row.seq))
            elif row.kind in ("deposit", "withdrawal"):
                bank = row.from_account if row.kind == "deposit" else row.to_account
                self.expect(f"{place} {row.kind}", BANK, bank)

    def _unit_postings(self) -> None:
        seq = 0
        rows = self.registry.rows("SELECT {} FROM unit_postings ORDER BY posting", Units)
        for number, row in enumerate(map(Units._make, rows), 1):
            place = f"unit_postings {row.posting}"
            self.expect(f"{place} number", number, row.posting)
            seq = self._seq(place, row.seq, seq)
            self.report.require(LEDGER, FILE, place, row.tonnes > 0, "a positive quantity", row.tonnes)
            source = (row.from_account, row.instrument, row.from_state)
            self.units[source] -= row.tonnes
            self.units[row.to_account, row.instrument, row.to_state] += row.tonnes
            is_right = self.units[source] >= 0 or row.from_account == ISSUE
            self.report.require(LEDGER, FILE, f"{place} of {source}", is_right, "at least 0 t left", self.units[source])
            if row.kind == "void":
                self.undone[row.trade].append((row.from_account, row.to_account, row.instrument, row.seq, row.tonnes))
            elif row.trade:
                self.delivered[row.trade].append(
                    (row.from_account, row.to_account, row.instrument, row.tonnes, row.seq)
                )
            self._lot(place, row)

    def _lot(self, place: str, row: Units) -> None:
        """Locked units come in with a trade, and leave oldest first: to be free, or to a successor with their day."""
        if row.kind == "void" and row.from_state == "locked":
            deal = self.registry.deals.get(row.trade)
            lots, day = self.lots[row.from_account, row.instrument], deal.day_number if deal else 0
            lots[day] = lots.get(day, 0) - row.tonnes
            self.report.require(
                LEDGER, FILE, f"{place} lot of day {day}", lots[day] >= 0, "at least 0 t left", lots[day]
            )
        elif row.to_state == "locked" and row.trade:
            deal = self.registry.deals.get(row.trade)
            day = deal.day_number if deal else 0
            lots = self.lots[row.to_account, row.instrument]
            lots[day] = lots.get(day, 0) + row.tonnes
        elif row.from_state == "locked":
            lots, left = self.lots[row.from_account, row.instrument], row.tonnes
            into = self.lots[row.to_account, row.instrument]
            for day in sorted(lots):
                taken = min(left, lots[day])
                left -= taken
                lots[day] -= taken
                if row.to_state == "locked" and taken:
                    into[day] = into.get(day, 0) + taken
                elif taken:
                    instrument = self.registry.instruments.get(row.instrument)
                    due = day + (instrument.lock_days if instrument else 0)
                    today = self._day_number(row.seq)
                    self.report.require(LEDGER, FILE, f"{place} freed", due <= today, f"not before day {due}", today)
            self.expect(f"{place} locked units that were not there", 0, left)

    def _day_number(self, seq: int) -> int:
        return 1 + sum(1 for day in self.registry.days if day.closed_seq < seq)

    def _settled(self) -> None:
        """Each trade and award moved once, whole, at its `settled_seq`, or not at all."""
        for number, deal in sorted(self.registry.deals.items()):
            place = f"{'awards' if deal.auction else 'trades'} {number}"
            delivered, paid = self.delivered.pop(number, []), self.paid.pop(number, [])
            self._undone(place, deal)
            is_known = deal.status in ("settled", "failed")
            self.report.require(LEDGER, FILE, f"{place} status", is_known, "settled or failed", deal.status)
            if deal.status == "failed":
                self.expect(f"{place} set aside, so nothing moved", ([], []), (delivered, paid))
                continue
            seq = deal.settled_seq
            self.report.require(LEDGER, FILE, f"{place} settled_seq", seq >= deal.seq, f"at least {deal.seq}", seq)
            self.expect(
                f"{place} delivery", [(deal.seller, deal.receiver, deal.instrument, deal.tonnes, seq)], delivered
            )
            expected = [("payment", deal.buyer, deal.payee, deal.amount_fen, seq)]
            fees = ((deal.buyer, deal.buy_fee_fen), (deal.seller, deal.sell_fee_fen))
            expected += [("fee", account, FEES, fee, seq) for account, fee in fees if fee]
            self.expect(f"{place} payment and fees", expected, paid)
        self.expect(
            "voids of no trade",
            [],
            sorted({*self.undone, *self.repaid, *self.registry.voids.keys() - self.registry.deals})[:10],
        )
        self.expect("deliveries of no trade", [], sorted(self.delivered)[:10])
        self.expect("payments of no trade", [], sorted(self.paid)[:10])

    def _undone(self, place: str, deal: Deal) -> None:
        """A void gives all back, once: units, cash, and of each fee all or nothing; of a trade that waited nothing."""
        void = self.registry.voids.get(deal.number)
        units, cash = self.undone.pop(deal.number, []), self.repaid.pop(deal.number, [])
        expected_units: list[object] = []
        expected_cash: list[object] = []
        if void is not None:
            self.expect(f"{place} voided, was settled", int(deal.status == "settled"), void.was_settled)
            self.report.require(
                LEDGER,
                FILE,
                f"{place} void seq",
                deal.seq < void.seq <= self.registry.mark_seq,
                f"after {deal.seq}",
                void.seq,
            )
            if void.seq <= self.journal.last_seq:
                self.expect(f"{place} void at_ns", self.journal.at_ns(void.seq), void.at_ns)
            refunds = (("seller", deal.seller, deal.sell_fee_fen, void.sell_refund_fen),
                       ("buyer", deal.buyer, deal.buy_fee_fen, void.buy_refund_fen))  # fmt: skip
            for side, _, fee, refund in refunds:
                self.report.require(
                    LEDGER, FILE, f"{place} refund of the {side}", refund in (0, fee), f"{fee} fen or none", refund
                )
            if deal.status == "settled" and void.done_seq:
                expected_units = [(deal.buyer, deal.seller, deal.instrument, void.done_seq)]
                expected_cash = [("fee_return", FEES, account, refund, void.done_seq)
                                 for _, account, _, refund in refunds if refund]  # fmt: skip
                expected_cash.append(("void", deal.seller, deal.buyer, deal.amount_fen, void.done_seq))
        self.expect(f"{place} units back", expected_units, sorted({row[:4] for row in units}))
        self.expect(f"{place} tonnes back", deal.tonnes if expected_units else 0, sum(row[4] for row in units))
        self.expect(f"{place} cash back", expected_cash, cash)

    # ---- what is kept beside the postings ------------------------------------------------------------------------

    def _balances(self) -> None:
        for account, fen in self.registry.query("SELECT account, amount_fen FROM cash_balances ORDER BY account"):
            self.expect(f"cash_balances account {account}", self.cash.pop(account, 0), fen)
        self.expect("cash postings of accounts without a balance", {}, _left(self.cash.items()))
        states = [name for name, key in self.registry.columns("unit_balances") if not key]
        listed = ", ".join(states)
        for account, instrument, *held in self.registry.query(
            f"SELECT account, instrument, {listed} FROM unit_balances ORDER BY account, instrument"
        ):
            summed = [self.units.pop((account, instrument, state), 0) for state in states]
            self.expect(f"unit_balances account {account}, instrument {instrument} ({listed})", summed, held)
        self.expect("unit postings of accounts without a balance", {}, _left(self.units.items()))
        for account in self.registry.accounts:
            rows = self.registry.query("SELECT count(*) FROM cash_balances WHERE account = ?", account)
            self.expect(f"cash_balances rows of account {account}", (1,), next(rows))

    def _lockups(self) -> None:
        rows = self.registry.query("SELECT account, instrument, day_number, tonnes FROM lockups")
        found = {(account, instrument, day): tonnes for account, instrument, day, tonnes in rows}
        summed = {(*key, day): tonnes for key, lots in self.lots.items() for day, tonnes in lots.items() if tonnes}
        for key in sorted(found.keys() | summed.keys()):
            self.expect(f"lockups (account, instrument, day) {key}", summed.get(key, 0), found.get(key, 0))

    def _set_aside(self) -> None:
        """A failed trade waits among the instructions; one that settled late was carried out there."""
        open_trades: set[int] = set()
        for number, seq, trade, tonnes, amount_fen, done_seq in self.registry.query(
            "SELECT instruction, seq, trade, tonnes, amount_fen, done_seq FROM set_aside WHERE kind = 'trade'"
        ):
            deal = self.registry.deals.get(trade)
            void = self.registry.voids.get(trade)
            ended = void.seq if deal and deal.status == "failed" and void else deal.settled_seq if deal else 0
            told = (deal.seq, deal.tonnes, deal.amount_fen, ended) if deal else None
            self.expect(f"set_aside {number}, trade {trade}", told, (seq, tonnes, amount_fen, done_seq))
            if not done_seq:
                open_trades.add(trade)
        failed = {
            number for number, deal in self.registry.deals.items() if deal.status == "failed"
        } - self.registry.voids.keys()
        self.expect("set_aside trades that wait", sorted(failed), sorted(open_trades))

    def _days(self) -> None:
        for place, day in enumerate(self.registry.days, 1):
            where = f"days {day.trading_day}"
            self.expect(f"{where} day_number", place, day.day_number)
            if day.closed_seq <= self.journal.last_seq:
                self.expect(f"{where} closed_at_ns", self.journal.at_ns(day.closed_seq), day.closed_at_ns)
            for table, key, last in (
                ("unit_postings", "posting", day.last_unit_posting),
                ("cash_postings", "posting", day.last_cash_posting),
            ):
                (found,) = next(
                    self.registry.query(f"SELECT coalesce(max({key}), 0) FROM {table} WHERE seq <= ?", day.closed_seq)
                )
                self.expect(f"{where} last of {table}", found, last)
            for deal in self.registry.deals_of(day):
                if not deal.auction:  # an auction may end between two days; its awards bear the day before
                    told = (deal.trading_day, deal.day_number)
                    self.expect(f"day of trade {deal.number}", (day.trading_day, day.day_number), told)
        self._deals_after_the_last_day()

    def _deals_after_the_last_day(self) -> None:
        days = self.registry.days
        last_seq, last_number = (days[-1].closed_seq, days[-1].day_number) if days else (0, 0)
        for number, deal in self.registry.deals.items():
            if deal.seq > last_seq and not deal.auction:
                self.expect(f"day of trade {number}", last_number + 1, deal.day_number)

    def _day_stats(self) -> None:
        """A day's figures are those of its listed trades; the cumulative ones of all its trades and those before."""
        total: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
        for day in self.registry.days:
            listed: dict[int, list[Deal]] = defaultdict(list)
            for deal in self.registry.deals_of(day):
                if deal.auction:
                    continue
                if deal.method in LISTED:
                    listed[deal.instrument].append(deal)
                for place, figure in enumerate((deal.tonnes, deal.amount_fen, 1)):
                    total[deal.instrument][place] += figure
            for instrument, *figures in self.registry.query(
                "SELECT instrument, open_ticks, high_ticks, low_ticks, tonnes, turnover_fen, trades, "
                "cumulative_tonnes, cumulative_turnover_fen, cumulative_trades FROM day_stats WHERE trading_day = ?",
                day.trading_day,
            ):
                expected = [*_figures(listed.pop(instrument, [])), *total[instrument]]
                self.expect(f"day_stats {day.trading_day}, instrument {instrument}", expected, figures)
            self.expect(f"day_stats {day.trading_day}, instruments without figures", [], sorted(listed))

    def _auctions(self) -> None:
        """What awards come to is what is told of each auction; who applied for one pays its fee as seller or as buyer."""
        summed: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
        for deal in self.registry.deals.values():
            if deal.auction:
                summed[deal.auction][0] += deal.tonnes
                summed[deal.auction][1] += deal.amount_fen
                summed[deal.auction][2] += deal.sell_fee_fen if deal.auction in self.sales else deal.buy_fee_fen
        for auction, *told in self.registry.query(
            "SELECT auction, sold_tonnes, revenue_fen, applicant_fee_fen FROM auctions"
        ):
            self.expect(f"auctions {auction}, sold, revenue, applicant's fees", summed.pop(auction, [0, 0, 0]), told)
        self.expect("awards of no auction", [], sorted(summed))


def _figures(deals: list[Deal]) -> list[int]:
    """Open, high, low, tonnes, turnover, trades of a day's listed trades, in the order of their numbers."""
    if not deals:
        return [0] * 6
    prices = [deal.price_ticks for deal in deals]
    sums = [sum(deal.tonnes for deal in deals), sum(deal.amount_fen for deal in deals), len(deals)]
    return [prices[0], max(prices), min(prices), *sums]


def _left(sums: Iterable[tuple[object, int]]) -> dict[object, int]:
    return {key: value for key, value in sums if value}
