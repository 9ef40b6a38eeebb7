"""A slow, obviously right market: lists and loops, written from the rules, to check the fast one against.

It shares only words with `engine.core` (commands, events, reasons, rule book, phases, units). Nothing is kept that can be
worked out: what an account holds is added up from its open orders each time, the best maker is found by looking at
every order, the call auction tries every price, the day's figures are read off the list of its trades.
"""

from datetime import datetime, timedelta
from fractions import Fraction
from hashlib import sha256
from operator import mul

import msgspec

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons, rulebook, units
from engine.core.units import BUY, SELL
from tests.testkit.slow_auctions import AuctionAct, SlowAuctions
from tests.testkit.slow_parts import (
    HOUR_NS,
    PROPOSALS_MAX,
    Account,
    Instrument,
    Order,
    Proposal,
    Why,
    half_up,
    is_code,
    is_same_product,
)
from tests.testkit.slow_supervision import Measure


class SlowMarket(SlowAuctions):
    """The same contract as `engine.core.market.Market.apply`. Acts, the day and call auctions are here."""

    def apply(self, entry: c.Entry) -> list[e.Event]:
        self.out = []
        self.seq = entry.seq
        self.at_ns = entry.at_ns
        command = entry.command
        match command:
            case c.Found():
                self.found(command)
            case c.PlaceOrder():
                self.place(command)
            case c.CancelOrder():
                self.cancel(command)
            case c.ReplaceOrder():
                self.replace(command)
            case c.CancelAll():
                self.cancel_all(command)
            case c.FileHolderReport():
                self.report_holding(command)
            case c.PlaceBid():
                self.bid(command)
            case c.WithdrawBid():
                self.withdraw(command)
            case c.Propose():
                self.propose(command)
            case c.Approve():
                self.approve(command)
            case c.Reject():
                self.reject(command)
        return self.out

    def found(self, command: c.Found) -> None:
        self.rules = rulebook.parse(command.rulebook)
        self.out.append(e.MarketFounded(self.rules.market, self.rules.version))
        for person, name, key in command.operators:
            self.operators += 1
            self.out.append(e.OperatorRegistered(self.operators, person, name, key))

    # ---- acts -------------------------------------------------------------------------------------------

    def propose(self, command: c.Propose) -> None:
        name = type(command.act).__name__
        is_system = command.operator == 0 and name in ("OpenDay", "ChangePhase", "CloseDay", "Halt", "Restrict")
        if not is_system and not 1 <= command.operator <= self.operators:
            self.out.append(e.ActRefused(self.seq, command.operator, reasons.UNKNOWN_OPERATOR, 0, 0))
            return
        why = self.why_not_act(command.act)
        if why is None and max(len(command.reason), len(command.document)) > 200:
            why = reasons.ACT_INVALID, 200, 0
        if why:
            self.out.append(e.ActRefused(self.seq, command.operator, *why))
            return
        said = (command.reason, command.document, command.act)
        always_two = ("AdoptRuleBook", "SetAllocationPlan", "ImportAllocations", "VoidTrade")
        if (name in self.rules.two_person_acts or name in always_two) and not is_system:
            waiting = len(self.proposals)
            if waiting >= PROPOSALS_MAX:
                full = reasons.TOO_MANY_PROPOSALS
                self.out.append(e.ActRefused(self.seq, command.operator, full, PROPOSALS_MAX, waiting))
                return
            digest = sha256(msgspec.msgpack.encode(command.act)).digest()
            self.proposals[self.seq] = Proposal(self.at_ns, command, digest)
            self.out.append(e.ActProposed(self.seq, command.operator, *said, digest))
            return
        self.out.append(e.ActTaken(self.seq, command.operator, 0, *said))
        self.take(command.act)

    def approve(self, command: c.Approve) -> None:
        proposal = self.proposals.get(command.proposal)
        why = self.why_not_approve(command, proposal)
        if why:
            self.out.append(e.ActRefused(command.proposal, command.operator, *why))
            if why[0] == reasons.PROPOSAL_EXPIRED:
                del self.proposals[command.proposal]
                self.out.append(e.ActRejected(command.proposal, 0, "expired"))
            return
        assert proposal is not None
        del self.proposals[command.proposal]
        first = proposal.command
        said = (first.reason, first.document, first.act)
        self.out.append(e.ActTaken(command.proposal, first.operator, command.operator, *said))
        self.take(first.act)

    def why_not_approve(self, command: c.Approve, proposal: Proposal | None) -> Why | None:
        if proposal is None:
            return reasons.UNKNOWN_PROPOSAL, 0, 0
        if not 1 <= command.operator <= self.operators:
            return reasons.UNKNOWN_OPERATOR, 0, 0
        if command.operator == proposal.command.operator:
            return reasons.SELF_APPROVAL, 0, 0
        if command.act_sha256 != proposal.digest:
            return reasons.CONTENT_CHANGED, 0, 0
        if self.has_lapsed(proposal):
            return reasons.PROPOSAL_EXPIRED, self.rules.proposal_hours_max, 0
        return self.why_not_act(proposal.command.act)

    def has_lapsed(self, proposal: Proposal) -> bool:
        return self.at_ns >= proposal.at_ns + self.rules.proposal_hours_max * HOUR_NS

    def reject(self, command: c.Reject) -> None:
        if command.proposal not in self.proposals:
            self.out.append(e.ActRefused(command.proposal, command.operator, reasons.UNKNOWN_PROPOSAL, 0, 0))
        elif not 1 <= command.operator <= self.operators:
            self.out.append(e.ActRefused(command.proposal, command.operator, reasons.UNKNOWN_OPERATOR, 0, 0))
        else:
            del self.proposals[command.proposal]
            self.out.append(e.ActRejected(command.proposal, command.operator, command.reason[:200]))

    def why_not_act(self, act: c.AnyAct) -> Why | None:
        if isinstance(act, Measure):
            return self.why_not_measure(act)
        if isinstance(act, AuctionAct):
            return self.why_not_auction(act)
        match act:
            case c.OpenAccount():
                if any(account.code == act.code for account in self.accounts):
                    return reasons.ALREADY_EXISTS, 0, 0
                is_known = act.category in ("key_emitter", "institution", "individual", "government")
                is_fit = is_known and is_code(act.code) and 0 < act.owner < 2**40 and len(act.name) <= 200
                return None if is_fit else (reasons.ACT_INVALID, 0, 0)
            case c.ListInstrument():
                if any(instrument.code == act.code for instrument in self.instruments):
                    return reasons.ALREADY_EXISTS, 0, 0
                is_fit = (
                    is_code(act.code)
                    and act.product in self.rules.products
                    and 1 <= act.base_price_ticks <= units.PRICE_TICKS_MAX
                    and 0 <= act.vintage <= 9999
                )
                if is_fit and self.next_rules is not None:
                    after = rulebook.parse(self.next_rules.rulebook).products.get(act.product)
                    if not is_same_product(self.rules.products[act.product], after):
                        return reasons.RULEBOOK_FIXED_RULE, 0, 0
                return None if is_fit else (reasons.ACT_INVALID, 0, 0)
            case c.AdoptRuleBook():
                return self.why_not_adopt(act)
            case c.AllocateUnits() | c.SurrenderUnits():
                return self.why_not_units(act)
            case c.SetAllocationPlan():
                return self.why_not_plan(act)
            case c.ImportAllocations():
                return self.why_not_file(act)
            case c.ImportEmissions():
                return self.why_not_emissions(act)
            case c.PreallocateUnits() | c.TrueUpAllocation():
                return self.why_not_ahead(act)
            case c.EncumberUnits() | c.ReleaseUnits() | c.EnforceEncumbrance() | c.TransferUnits() | c.CancelUnits():
                return self.why_not_move(act)
            case c.DepositCash() | c.WithdrawCash():
                return self.why_not_cash(act)
            case c.VoidTrade():
                return self.why_not_void(act)
            case c.Halt() | c.Resume():
                is_known = act.instrument == 0 or self.instrument(act.instrument) is not None
                return None if is_known else (reasons.UNKNOWN_INSTRUMENT, 0, 0)
            case c.OpenDay() if self.phase == phases.CLOSED:
                is_later = self.trading_day < act.trading_day < 100_000_000
                return None if is_later else (reasons.ACT_INVALID, self.trading_day, 0)
            case c.ChangePhase() if act.phase in phases.TRANSITIONS[self.phase]:
                return None
            case c.CloseDay() if self.phase != phases.CLOSED:
                return None
            case c.OpenDay() | c.ChangePhase() | c.CloseDay():
                return reasons.ACT_NOT_ALLOWED_NOW, 0, self.phase
        raise AssertionError(f"the slow market does not know {act}")

    def why_not_adopt(self, act: c.AdoptRuleBook) -> Why | None:
        numbers = [number for number in act.approvals if number.strip() and len(number) <= 200]
        if not numbers or len(act.approvals) > 16 or len(numbers) != len(act.approvals):
            return reasons.ACT_INVALID, 16, len(act.approvals)
        if act.effective_day <= self.trading_day or act.effective_day >= 100_000_000:
            return reasons.RULEBOOK_TOO_SOON, self.trading_day, min(max(act.effective_day, 0), 99_999_999)
        try:
            book = rulebook.parse(act.rulebook)
        except rulebook.RuleBookError as error:
            return reasons.RULEBOOK_INVALID, 0, len(error.faults)
        if book.version != act.version:
            return reasons.CONTENT_CHANGED, 0, 0
        newest = self.next_rules.version if self.next_rules else self.rules.version
        if book.version <= newest:
            return reasons.RULEBOOK_NOT_NEWER, newest, book.version
        is_kept = book.market == self.rules.market and book.utc_offset_minutes == self.rules.utc_offset_minutes
        for instrument in self.instruments:
            code = instrument.rules.code
            is_kept = is_kept and is_same_product(instrument.rules, book.products.get(code))
        return None if is_kept else (reasons.RULEBOOK_FIXED_RULE, 0, 0)

    def why_not_cash(self, act: c.DepositCash | c.WithdrawCash) -> Why | None:
        account = self.account(act.account)
        if account is None:
            return reasons.UNKNOWN_ACCOUNT, 0, 0
        if not 1 <= act.amount_fen <= units.CASH_FEN_MAX:
            return reasons.ACT_INVALID, 0, 0
        if isinstance(act, c.DepositCash):
            is_fit = self.deposited + act.amount_fen <= units.CASH_FEN_MAX
            return None if is_fit else (reasons.ACT_INVALID, 0, 0)
        if account.restriction & units.RESTRICT_CASH_OUT:
            return reasons.ACCOUNT_RESTRICTED, 0, account.restriction
        free = self.cash_free(account)
        return None if act.amount_fen <= free else (reasons.INSUFFICIENT_CASH, free, act.amount_fen)

    def take(self, act: c.AnyAct) -> None:
        if isinstance(act, Measure):
            self.measure(act)
            return
        if isinstance(act, AuctionAct):
            self.take_auction(act)
            return
        match act:
            case c.OpenAccount():
                number = len(self.accounts) + 1
                self.accounts.append(Account(number, act.code, act.owner, act.category))
                self.out.append(e.AccountOpened(number, act.code, act.owner, act.name, act.category))
            case c.ListInstrument():
                self.list_instrument(act)
            case c.AllocateUnits():
                self.allocate(act)
            case c.SurrenderUnits():
                self.surrender(act)
            case c.SetAllocationPlan():
                self.set_plan(act)
            case c.ImportAllocations():
                self.issue_file(act)
            case c.ImportEmissions():
                self.import_emissions(act)
            case c.PreallocateUnits():
                self.issue_ahead(act)
            case c.TrueUpAllocation():
                self.true_up(act)
            case c.EncumberUnits() | c.ReleaseUnits() | c.EnforceEncumbrance() | c.TransferUnits() | c.CancelUnits():
                self.move(act)
            case c.VoidTrade():
                self.void(act)
            case c.DepositCash():
                self.accounts[act.account - 1].cash += act.amount_fen
                self.deposited += act.amount_fen
                self.out.append(e.CashDeposited(act.account, act.amount_fen))
            case c.WithdrawCash():
                self.accounts[act.account - 1].cash -= act.amount_fen
                self.out.append(e.CashWithdrawn(act.account, act.amount_fen))
            case c.Halt() | c.Resume():
                is_halt = isinstance(act, c.Halt)
                if act.instrument == 0:
                    self.halted = is_halt
                else:
                    self.listed(act.instrument).halted = is_halt
                self.out.append((e.Halted if is_halt else e.Resumed)(act.instrument))
            case c.OpenDay():
                for number in [number for number, proposal in self.proposals.items() if self.has_lapsed(proposal)]:
                    del self.proposals[number]
                    self.out.append(e.ActRejected(number, 0, "expired"))
                self.change_rules(act.trading_day)
                before = self.trading_day
                self.open_day(act.trading_day)
                self.begin_restrictions(before)
                self.begin_auctions()
            case c.AdoptRuleBook():
                self.next_rules = act
                digest = sha256(act.rulebook.encode()).hexdigest()
                self.out.append(e.RuleBookAdopted(act.version, act.effective_day, digest, act.approvals))
            case c.ChangePhase():
                if phases.is_call(self.phase) and not phases.is_call(act.phase):
                    self.uncross_all()
                self.set_phase(act.phase)
            case c.CloseDay():
                self.end_auctions()
                self.close_day()

    def list_instrument(self, act: c.ListInstrument) -> None:
        number = len(self.instruments) + 1
        rules = self.rules.products[act.product]
        instrument = Instrument(number, act.code, rules, act.base_price_ticks, act.vintage)
        instrument.fix_band()
        self.instruments.append(instrument)
        self.out.append(
            e.InstrumentListed(
                instrument=number,
                code=act.code,
                product=act.product,
                kind=rules.kind,
                vintage=act.vintage,
                name_zh=act.name_zh,
                name_en=act.name_en,
                tick_fen=rules.tick_fen,
                base_price_ticks=act.base_price_ticks,
            )
        )

    # ---- the day ----------------------------------------------------------------------------------------

    def set_phase(self, phase: int) -> None:
        self.phase = phase
        self.out.append(e.PhaseChanged(phase))

    def change_rules(self, trading_day: int) -> None:
        """The rules that wait for this day, or for one before it, are those of the market from now on."""
        change = self.next_rules
        if change is None or change.effective_day > trading_day:
            return
        self.next_rules = None
        self.rules = rulebook.parse(change.rulebook)
        for instrument in self.instruments:
            instrument.rules = self.rules.products[instrument.rules.code]
        digest = sha256(change.rulebook.encode()).hexdigest()
        self.out.append(e.RuleBookTookEffect(change.version, trading_day, digest, change.rulebook))

    def open_day(self, trading_day: int) -> None:
        self.trading_day = trading_day
        self.day_number += 1
        for instrument in self.instruments:
            instrument.trades = []
            instrument.fix_band()
        bands = tuple(e.Band(i.number, i.reference, i.low_limit, i.high_limit) for i in self.instruments)
        self.out.append(e.DayOpened(trading_day, self.day_number, bands))
        for account in self.accounts:
            account.cash += account.pending
            account.pending = 0
            # an id stays known on its own day and for so many trading days after it
            account.answers = [
                answer for answer in account.answers if self.day_number - answer.day <= self.rules.client_order_id_days
            ]
            for instrument in self.instruments:
                due = sum(
                    tonnes
                    for number, day, tonnes in account.locks
                    if number == instrument.number and day <= self.day_number
                )
                if due > 0:
                    self.out.append(e.UnitsUnlocked(account.number, instrument.number, due))
            account.locks = [lock for lock in account.locks if lock[1] > self.day_number]
        self.set_phase(phases.PRE_OPEN)

    def close_day(self) -> None:
        if phases.is_call(self.phase):
            self.uncross_all()
        for order in sorted(self.orders, key=lambda order: order.number):
            self.end(order, reasons.DAY_ENDED)
        stats: list[e.DayStats] = []
        for instrument in self.instruments:
            prices = [price for price, _, _ in instrument.trades] or [0]
            close = instrument.close()
            stats.append(
                e.DayStats(
                    instrument=instrument.number,
                    previous_close_ticks=instrument.reference,
                    open_ticks=prices[0],
                    high_ticks=max(prices),
                    low_ticks=min(prices),
                    last_ticks=prices[-1],
                    close_ticks=close,
                    tonnes=sum(tonnes for _, tonnes, _ in instrument.trades),
                    turnover_fen=sum(amount for _, _, amount in instrument.trades),
                    trades=len(instrument.trades),
                )
            )
            instrument.reference = close
        self.look_at_holders()
        self.look_at_floors()
        self.set_phase(phases.CLOSED)
        composites = [row for code in self.rules.products if (row := self.composite(code, stats)) is not None]
        self.out.append(e.DayClosed(self.trading_day, tuple(stats), tuple(composites), self.periods_ended()))

    def periods_ended(self) -> tuple[str, ...]:
        """These markets trade every day, so a period ends before the next one's first date."""
        today = datetime.strptime(str(self.trading_day), "%Y%m%d")
        tomorrow = today + timedelta(days=1)
        forms = {"week": "%G %V", "month": "%Y %m", "year": "%Y"}
        return tuple(kind for kind, form in forms.items() if today.strftime(form) != tomorrow.strftime(form))

    def composite(self, code: str, stats: list[e.DayStats]) -> e.Composite | None:
        """One price over a product's vintages: each price as often as its tonnes, or once."""
        weight = self.rules.products[code].composite_weight
        rows = [row for row in stats if self.listed(row.instrument).rules.code == code]
        if weight == "none" or not rows:
            return None
        references = [row.previous_close_ticks for row in rows]
        previous = self.composites.get(code, half_up(Fraction(sum(references), len(rows))))
        opened = closed = previous
        weights = [row.tonnes if weight == "tonnes" else 1 for row in rows]
        if sum(weights) > 0:
            opens = [row.open_ticks or row.previous_close_ticks for row in rows]
            opened = half_up(Fraction(sum(map(mul, opens, weights)), sum(weights)))
            closed = half_up(
                Fraction(sum(row.close_ticks * w for row, w in zip(rows, weights, strict=True)), sum(weights))
            )
        self.composites[code] = closed
        return e.Composite(code, previous, opened, closed, sum(row.tonnes for row in rows))

    # ---- call auctions ----------------------------------------------------------------------------------

    def queue(self, instrument: int, side: int) -> list[Order]:
        """One side's orders, the best price first, then who has waited longest."""
        orders = [order for order in self.orders if (order.instrument, order.side) == (instrument, side)]
        return sorted(orders, key=lambda order: (-order.price if side == BUY else order.price, order.turn))

    def uncross_all(self) -> None:
        for instrument in self.instruments:
            if self.halted or instrument.halted:
                self.cancel_crossing(instrument.number)
                self.out.append(e.CallUncrossed(instrument.number, 0, 0, 0))
                continue
            price, volume, imbalance = self.call_price(instrument)
            left = volume
            while left > 0:
                buy, sell = self.queue(instrument.number, BUY)[0], self.queue(instrument.number, SELL)[0]
                tonnes = min(left, buy.leaves, sell.leaves)
                self.trade(buy, sell, price, tonnes, 0)
                left -= tonnes
            self.out.append(e.CallUncrossed(instrument.number, price, volume, imbalance))

    def call_price(self, instrument: Instrument) -> tuple[int, int, int]:
        """Price, volume, imbalance: most volume, then least imbalance, then the rule book's way out of a tie."""
        orders = [order for order in self.orders if order.instrument == instrument.number]
        tried: list[tuple[int, int, int]] = []
        for price in sorted({order.price for order in orders}):
            demand = sum(order.leaves for order in orders if order.side == BUY and order.price >= price)
            supply = sum(order.leaves for order in orders if order.side == SELL and order.price <= price)
            if min(demand, supply) > 0:
                tried.append((price, min(demand, supply), demand - supply))
        if not tried:
            return 0, 0, 0
        most = max(volume for _, volume, _ in tried)
        tried = [row for row in tried if row[1] == most]
        least = min(abs(imbalance) for _, _, imbalance in tried)
        tried = [row for row in tried if abs(row[2]) == least]
        if self.rules.call_tie == "pressure" and least > 0:
            by_buyers = [row for row in tried if row[2] > 0]
            return by_buyers[-1] if by_buyers else tried[0]
        last = instrument.trades[-1][0] if instrument.trades else instrument.reference
        return min(tried, key=lambda row: (abs(row[0] - last), row[0]))

    def cancel_crossing(self, instrument: int) -> None:
        """A halted call does not trade and may not leave the book crossed: the newer of the two worst placed goes."""
        while True:
            bids, asks = self.queue(instrument, BUY), self.queue(instrument, SELL)
            if not bids or not asks or bids[0].price < asks[0].price:
                return
            bid = [order for order in bids if order.price == bids[0].price][-1]
            ask = [order for order in asks if order.price == asks[0].price][-1]
            self.end(max(bid, ask, key=lambda order: order.number), reasons.INSTRUMENT_HALTED)
