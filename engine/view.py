"""What others may read of the market between two entries: copies, never the live objects.

The gateway and the composition root are handed a `MarketView`; the only way to *change* anything is a command through the
sequencer. All numbers are integers (ticks, tonnes, fen); 0 for "none". Everything read here is durable, since the sequencer
applies only what is on disk.
"""

from collections.abc import Collection
from copy import copy
from typing import Final

import msgspec

from engine import act_view, participant_view, preflight
from engine.auction_view import AuctionView as AuctionView
from engine.auction_view import BidView as BidView
from engine.auction_view import auction_view, bid_counts, bids_of, money_of_auction
from engine.compliance_view import ComplianceView as ComplianceView
from engine.compliance_view import compliance_view
from engine.control_view import ControlsView
from engine.core import composite, positions, stages
from engine.core.admission import Verdict
from engine.core.adoption import text_sha256
from engine.core.block_trading import stats_of
from engine.core.blocks import Offer
from engine.core.book import Order
from engine.core.calendar import BeyondCalendar, Calendar
from engine.core.commands import AnnounceAuction, AnyAct, PlaceOrder
from engine.core.days import BankBreak, BankFile, DayFigures, Mark
from engine.core.events import ActProposed, Composite
from engine.core.market import Market
from engine.core.participants import Ban
from engine.core.records import AllocationPlan
from engine.core.records import Encumbrance as Encumbrance
from engine.core.records import Filing as Filing
from engine.core.records import Intention as Intention
from engine.core.rulebook import ProductRules, RuleBook
from engine.core.state import Instrument, time_in_force_of
from engine.core.supervision import ANSWER as ANSWER
from engine.core.supervision import IN_FORCE as IN_FORCE
from engine.core.supervision import MEASURES as MEASURES
from engine.core.supervision import WAITING as WAITING
from engine.core.supervision import Case as Case
from engine.core.supervision import HolderReport as HolderReport
from engine.core.supervision import Reduction as Reduction
from engine.core.supervision import Restriction as Restriction
from engine.core.supervision import Supervision as Supervision
from engine.core.trust import Authority as Authority
from engine.core.units import BUY, SELL, amount_of
from engine.identity_view import KeyView as KeyView
from engine.identity_view import key_view
from engine.participant_view import AccountView as AccountView
from engine.participant_view import AssociationView, LargeHolderView, LinkView, ParticipantView, account_view
from engine.participant_view import UnitsView as UnitsView
from engine.preflight import Preflight
from engine.statement_view import StatementObjection as StatementObjection
from engine.statement_view import StatementsView as StatementsView
from engine.statement_view import statements_view

_MINUTE_NS: Final = 60_000_000_000


class OrderView(msgspec.Struct, frozen=True):
    """One open order. `amount_fen`: value of its fills so far."""

    order: int
    account: int
    client_order_id: str
    instrument: int
    side: int
    price_ticks: int
    tonnes: int
    leaves: int
    cum: int
    amount_fen: int
    time_in_force: int


class BlockOfferView(msgspec.Struct, frozen=True):
    """One block offer of the day. `side` is the offerer's; `open_to` may still confirm it; reason: why it ended without a trade.

    answers, trade and confirmer: 0 for none.
    """

    offer: int
    account: int
    client_offer_id: str
    instrument: int
    side: int
    price_ticks: int
    tonnes: int
    amount_fen: int
    answers: int
    addressed: tuple[int, ...]
    open_to: tuple[int, ...]
    reason: int
    trade: int
    confirmer: int


class InstrumentView(msgspec.Struct, frozen=True):
    """One instrument with its rules, today's band and today's figures (prices 0 where nothing traded)."""

    number: int
    code: str
    product: str
    kind: str
    vintage: int
    name_zh: str
    name_en: str
    unit_zh: str  # what its quantities count
    unit_en: str
    tick_fen: int
    lot_tonnes: int
    order_tonnes_min: int
    order_tonnes_max: int
    match_mode: str  # how its continuous phase trades: one of rulebook.MATCH_MODES
    trading_fee_ppm: int
    settlement_fee_ppm: int
    halted: bool
    reference_ticks: int
    previous_close_ticks: int
    low_limit_ticks: int
    high_limit_ticks: int
    open_ticks: int
    high_ticks: int
    low_ticks: int
    last_ticks: int
    tonnes: int
    turnover_fen: int
    trades: int
    block_tonnes: int = 0  # the day's block trades, in no figure above
    block_turnover_fen: int = 0


class OperatorView(msgspec.Struct, frozen=True):
    """One operator."""

    number: int
    person: str
    name: str
    public_key: bytes


class DayView(msgspec.Struct, frozen=True):
    """Where the day is. trading_day 0: none has been opened yet."""

    trading_day: int
    day_number: int
    phase: int
    halted: bool
    seq: int
    at_ns: int
    is_block_window_open: bool = False
    fixed_day: int = 0  # the day to come whose values are fixed, or the last that had them fixed


class PendingNotice(msgspec.Struct, frozen=True):
    """A change of the rules that waits for its day (yyyymmdd); approvals: numbers of the documents that allow it."""

    rulebook: RuleBook
    effective_day: int
    sha256: str
    approvals: tuple[str, ...]


class RuleBookNotice(msgspec.Struct, frozen=True):
    """The rule book in force with its text's SHA-256; since: trading day of its first opening, 0 for the founding."""

    rulebook: RuleBook
    since: int
    sha256: str
    pending: PendingNotice | None


class MarketView:
    """Reads of one market. Cheap: O(what is asked for), never a walk of the whole market except where it says "all"."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._published: tuple[int, list[LargeHolderView]] | None = None

    @property
    def is_founded(self) -> bool:
        """Whether there is a market to read; the other methods need one."""
        return self._market.is_founded

    def day(self) -> DayView:
        """Where the day is, and the last applied seq and time."""
        state = self._market.state
        return DayView(
            int(state.trading_day),
            int(state.day_number),
            int(state.phase),
            state.halted,
            self._market.seq,
            self._market.at_ns,
            state.blocks.is_window_open,
            state.days.fixed_day,
        )

    def day_marks(self, trading_day: int) -> dict[str, Mark]:
        """Which stages of a day were reached, by name; nothing of days long past."""
        return dict(self._market.state.days.marks.get(trading_day, {}))

    def next_day(self) -> int:
        """The trading day that would open next, 0 where the calendar does not reach it."""
        return stages.next_day(self._market.state)

    def day_before(self, trading_day: int) -> int:
        """The trading day before another by the calendar; the same day where the calendar does not reach back."""
        try:
            return self._market.state.calendar(trading_day).previous_trading_day(trading_day)
        except BeyondCalendar:
            return trading_day

    def judge_opening(self, trading_day: int) -> Verdict:
        """What of the day before stands against opening this one; reason 0: nothing."""
        return stages.judge_opening(self._market.state, trading_day)

    def opening_override(self, trading_day: int) -> str:
        """The document under which a day may open whatever the checks say, "" for none."""
        known = self._market.state.days
        return known.override_basis if trading_day and known.override_day == trading_day else ""

    def risk_reserve(self) -> tuple[int, dict[int, int]]:
        """What is in the risk reserve, and what accounts owe it, in fen."""
        return self._market.state.risk_reserve.balance_fen, dict(self._market.state.risk_reserve.claims)

    def bank(self) -> tuple[BankFile | None, list[BankBreak]]:
        """The bank's newest file and its differences from the ledger."""
        known = self._market.state.days
        return known.bank_file, list(known.breaks.values())

    def day_figures(self) -> tuple[DayFigures, DayFigures]:
        """What traded on the day that closed last, as the engine and as settlement counted it."""
        return self._market.state.days.figures, self._market.state.days.figures_settled

    def unfinished(self) -> dict[int, int]:
        """Accounts that do not trade until what is not settled of them is remedied, and since which trading day."""
        return dict(self._market.state.days.unfinished)

    def statements(self, now_ns: int) -> StatementsView:
        """Answers to the newest statements, and objections."""
        return statements_view(self._market.state, now_ns)

    def rulebook(self) -> RuleBook:
        """The rule book in force."""
        return self._market.state.rulebook

    def rulebook_on(self, trading_day: int) -> RuleBook:
        """The rule book by which a day that opens now or later is opened: the one in force, or the change that waits for it."""
        return self._market.state.rulebook_on(trading_day)

    def rulebook_notice(self) -> RuleBookNotice:
        """What is in force, since when, and the change that waits."""
        state = self._market.state
        pending = state.pending_rulebook
        waiting = None
        if pending is not None:
            digest = text_sha256(pending.text)
            waiting = PendingNotice(pending.rulebook, int(pending.effective_day), digest, pending.approvals)
        return RuleBookNotice(state.rulebook, int(state.rulebook_since), text_sha256(state.rulebook_text), waiting)

    def calendar(self, trading_day: int = 0) -> Calendar:
        """Which days are traded and worked, by all that was announced and the rule book under which that day opens."""
        return self._market.state.calendar(trading_day)

    def controls(self) -> ControlsView:
        """Kill switches and members' own limits."""
        return ControlsView(self._market.state)

    # ---- accounts ---------------------------------------------------------------------------------------

    def accounts(self) -> list[AccountView]:
        """All accounts, by number."""
        return [account_view(account) for account in self._market.state.accounts if account is not None]

    def account(self, number: int) -> AccountView | None:
        """One account."""
        account = self._market.state.account(number)
        return None if account is None else account_view(account)

    def account_number(self, code: str) -> int:
        """The number of an account's code, 0 where there is none."""
        return self._market.state.account_numbers.get(code, 0)

    def units(self, account: int) -> list[UnitsView]:
        """The account's positions by instrument, empty ones left out."""
        found = self._market.state.account(account)
        if found is None:
            return []
        return [
            UnitsView(
                number,
                int(p.available),
                int(p.held),
                int(p.locked),
                int(p.encumbered),
                int(p.preallocated),
                int(p.use_restricted),
            )
            for number, p in enumerate(found.positions)
            if p is not None and p.tonnes() > 0
        ]

    def compliance(self, account: int) -> list[ComplianceView]:
        """The account's compliance years, oldest first."""
        found = self._market.state.account(account)
        if found is None:
            return []
        years = self._market.state.compliance.get(account, {})
        return [compliance_view(self._market.state, found, year, record) for year, record in sorted(years.items())]

    def allocation_plans(self) -> list[tuple[int, AllocationPlan]]:
        """Each year's allocation plan and what was issued of it, oldest first."""
        return [(year, copy(plan)) for year, plan in sorted(self._market.state.allocation_plans.items())]

    def filings(self, account: int) -> list[Filing]:
        """The account's surrender filings, oldest first; 0: of all accounts."""
        return [found for found in self._market.state.filings.values() if account in (0, found.account)]

    def intentions(self) -> list[Intention]:
        """The board of adverts, oldest first."""
        return list(self._market.state.intentions.values())

    def encumbrances(self, account: int) -> list[Encumbrance]:
        """What of the account's units is frozen, pledged or withdrawn, oldest first; 0: of all accounts."""
        return [found for found in self._market.state.encumbrances.values() if account in (0, found.account)]

    def large_holders(self) -> list[LargeHolderView]:
        """Who is a large holder of which product, the largest first; the government is none. Walks all accounts."""
        found = [
            row
            for rules in self._market.state.rulebook.products.values()
            if rules.large_holder_tonnes
            for owner in self._market.state.owners
            if owner == positions.group_of(self._market.state, owner)[0]
            if (row := self._holder_view(rules, owner)).tonnes > row.threshold
        ]
        found = [row for row in found if not self._is_government(row.accounts)]
        return sorted(found, key=lambda row: (row.product, -row.tonnes, row.owner))

    def published_large_holders(self) -> tuple[int, list[LargeHolderView]]:
        """Large holders whose names the rule book makes public, and as of when (at_ns).

        Taken anew once a minute of market time: anyone may ask, and each taking walks all accounts.
        """
        at_ns = self._market.at_ns
        if self._published is None or at_ns // _MINUTE_NS != self._published[0] // _MINUTE_NS:
            products = self._market.state.rulebook.products
            rows = [row for row in self.large_holders() if products[row.product].large_holders_published]
            self._published = at_ns, rows
        return self._published

    def _is_government(self, accounts: tuple[int, ...]) -> bool:
        return any(self._market.state.held_account(number).category == positions.GOVERNMENT for number in accounts)

    def _holder_view(self, rules: ProductRules, owner: int) -> LargeHolderView:
        state, is_allowance = self._market.state, rules.kind == "allowance"
        limit = rules.holding_limit_tonnes
        group = positions.group_of(state, owner)
        accounts = positions.accounts_of(state, group)
        return LargeHolderView(
            rules.code,
            owner,
            tuple([int(account.number) for account in accounts]),
            tuple([account.name for account in accounts]),
            positions.owned_tonnes(state, group, rules.code),
            positions.above_allocation(state, group, is_allowance, rules.large_holder_tonnes),
            positions.above_allocation(state, group, is_allowance, limit) if limit else 0,
        )

    def supervision(self) -> Supervision:
        """Restrictions, cases, orders to reduce, large holders' reports, links, each by its number; strikes by record."""
        kept = self._market.state.supervision
        holders = {product: dict(found) for product, found in kept.holders.items()}
        copies = (
            list(kept.restrictions),
            list(kept.cases),
            list(kept.reductions),
            holders,
            list(kept.links),
            dict(kept.strikes),
        )
        return Supervision(*copies)

    def links(self) -> list[LinkView]:
        """Links between accounts by evidence, ended ones among them, oldest first."""
        return participant_view.links_of(self._market.state)

    def alarms(self) -> dict[str, int]:
        """How many records of supervision have passed their day (all)."""
        kept, today = self._market.state.supervision, int(self._market.state.trading_day)
        reports = [report for found in kept.holders.values() for report in found.values()]
        return {
            "restriction_reviews_overdue": sum(found.is_overdue(today) for found in kept.restrictions),
            "case_answers_overdue": sum(found.is_overdue(today) for found in kept.cases),
            "reductions_overdue": sum(found.is_overdue(today) for found in kept.reductions),
            "holder_reports_overdue": sum(report.is_overdue(today) for report in reports),
        }

    # ---- orders -----------------------------------------------------------------------------------------

    def open_orders(self, account: int) -> list[OrderView]:
        """The account's open orders, oldest first."""
        found = self._market.state.account(account)
        if found is None:
            return []
        return [self._order_view(found.orders[number]) for number in sorted(found.orders)]

    def order(self, order: int, account: int = 0) -> OrderView | None:
        """One open order; with `account` 0 every account is searched (all)."""
        state = self._market.state
        owners = state.accounts if account == 0 else [state.account(account)]
        for owner in owners:
            if owner is not None and order in owner.orders:
                return self._order_view(owner.orders[order])
        return None

    def order_number(self, account: int, client_order_id: str) -> int:
        """The order number that a client order id got, refused orders included; 0 where the id is not known (any more)."""
        found = self._market.state.account(account)
        if found is None or client_order_id not in found.answers:
            return 0
        return int(found.answers[client_order_id].number)

    def preflight(self, order: PlaceOrder) -> Preflight:
        """What would become of an order that came now; changes nothing."""
        return preflight.judge(self._market.state, order)

    def judge_act(self, operator: int, act: AnyAct, at_ns: int) -> Verdict:
        """Why an operator's act would be refused if it came now, reason 0 where it would not be; changes nothing."""
        return act_view.judge_act(self._market.state, operator, act, at_ns)

    def queue(self, order: int, account: int) -> tuple[int, int]:
        """(tonnes, orders) that wait before an open order at its price; nothing before one that is not open."""
        return preflight.queue(self._market.state, order, account)

    def _order_view(self, order: Order) -> OrderView:
        tick_fen = self._market.state.held_instrument(order.instrument).tick_fen
        return OrderView(
            int(order.number),
            int(order.account),
            order.client_order_id,
            int(order.instrument),
            int(order.side),
            int(order.price_ticks),
            int(order.tonnes),
            int(order.leaves),
            int(order.tonnes - order.leaves),
            int(order.filled_value * tick_fen),
            int(time_in_force_of(order)),
        )

    # ---- block offers -----------------------------------------------------------------------------------

    def block_offers(self, account: int) -> list[BlockOfferView]:
        """The day's offers that the account has made or was sent, oldest first, ended ones included."""
        blocks = self._market.state.blocks
        found = blocks.made.get(account, []) + blocks.received.get(account, [])
        return [self._block_offer_view(offer) for offer in sorted(found, key=_offer_number)]

    def open_block_offers(self) -> list[BlockOfferView]:
        """Offers that are open now (all), oldest first."""
        return [self._block_offer_view(offer) for offer in self._market.state.blocks.open_offers()]

    def block_offer(self, offer: int) -> BlockOfferView | None:
        """One offer of the day."""
        found = self._market.state.blocks.offers.get(offer)
        return None if found is None else self._block_offer_view(found)

    def _block_offer_view(self, offer: Offer) -> BlockOfferView:
        tick_fen = int(self._market.state.held_instrument(offer.instrument).tick_fen)
        return BlockOfferView(
            offer.number,
            offer.account,
            offer.client_offer_id,
            offer.instrument,
            offer.side,
            offer.price_ticks,
            offer.tonnes,
            amount_of(offer.price_ticks, offer.tonnes, tick_fen),
            offer.answers,
            offer.addressed,
            tuple(offer.counterparties),
            offer.reason,
            offer.trade,
            offer.confirmer,
        )

    def void_count(self, trading_day: int) -> int:
        """How many trades of a day were voided, listed or in blocks."""
        return sum(day == trading_day for day in self._market.state.statements.voided.values())

    # ---- auctions ----------------------------------------------------------------------------

    def auctions(self) -> list[AuctionView]:
        """All auctions, by number."""
        known = self._market.state.auctions
        return [auction_view(self._market.state, auction) for auction in known.values()]

    def auction(self, number: int) -> AuctionView | None:
        """One auction."""
        known = self._market.state.auctions
        return None if (found := known.get(number)) is None else auction_view(self._market.state, found)

    def auction_number(self, code: str) -> int:
        """The number of an auction's code, 0 where there is none."""
        return self._market.state.auction_numbers.get(code, 0)

    def bids(self, account: int) -> list[BidView]:
        """The account's open bids in all auctions, oldest first."""
        return bids_of(self._market.state, account)

    def money_of_auction(self, terms: AnnounceAuction) -> int:
        """Cash that is held behind an auction's notice, in fen; 0 in a sale."""
        return money_of_auction(self._market.state, terms)

    def bid_counts(self, number: int) -> tuple[int, int]:
        """(bids, bidders) of an open auction, which is all that anyone learns of them."""
        return bid_counts(self._market.state, number)

    # ---- instruments ------------------------------------------------------------------------------------

    def instruments(self) -> list[InstrumentView]:
        """All instruments, by number."""
        return [self._instrument_view(found) for found in self._market.state.instruments if found is not None]

    def instrument(self, number: int) -> InstrumentView | None:
        """One instrument."""
        found = self._market.state.instrument(number)
        return None if found is None else self._instrument_view(found)

    def instrument_number(self, code: str) -> int:
        """The number of an instrument's code, 0 where there is none."""
        return self._market.state.instrument_numbers.get(code, 0)

    def _instrument_view(self, i: Instrument) -> InstrumentView:
        by_method = stats_of(self._market.state, int(i.number))
        rules = self._market.state.rulebook.products[i.product]
        return InstrumentView(
            int(i.number),
            i.code,
            i.product,
            rules.kind,
            int(i.vintage),
            i.name_zh,
            i.name_en,
            rules.unit_zh,
            rules.unit_en,
            int(i.tick_fen),
            int(i.lot_tonnes),
            int(i.order_tonnes_min),
            int(i.order_tonnes_max),
            rules.match_mode,
            rules.trading_fee_ppm,
            rules.settlement_fee_ppm,
            i.halted,
            int(i.reference),
            int(i.previous_close),
            int(i.low_limit),
            int(i.high_limit),
            int(i.open),
            int(i.high),
            int(i.low),
            int(i.last),
            int(i.tonnes),
            int(i.turnover_fen),
            int(i.trades),
            sum(row.tonnes for row in by_method),
            sum(row.turnover_fen for row in by_method),
        )

    def composites(self) -> tuple[Composite, ...]:
        """The one price over all vintages, for each product whose rules publish it: now, or of the day that was closed last."""
        return composite.latest(self._market.state)

    def depth(self, instrument: int, levels: int) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]:
        """(bids, asks) of (price_ticks, tonnes, orders) from the best on; levels 0 = all."""
        found = self._market.state.instrument(instrument)
        if found is None:
            return [], []
        return found.book.depth(BUY, levels), found.book.depth(SELL, levels)

    # ---- people -----------------------------------------------------------------------------------------

    def participants(self) -> list[ParticipantView]:
        """All participants that were admitted, by number."""
        return participant_view.participants(self._market.state)

    def bans(self) -> list[Ban]:
        """Who may not take part."""
        return participant_view.bans(self._market.state)

    def associations(self) -> list[AssociationView]:
        """Who controls whom, ended associations among them."""
        return participant_view.associations(self._market.state)

    def authorities(self) -> list[Authority]:
        """Whoever is or was on the trust list, in the order of their first listing."""
        return list(self._market.state.trust.authorities.values())

    def revoked(self, authority: str) -> dict[str, int]:
        """Serials of an authority's revoked certificates, with the trading day on which that was recorded."""
        return self._market.state.trust.revoked.get(authority, {})

    def keys(self) -> list[KeyView]:
        """All member keys, in the order of registration."""
        return [key_view(key) for key in self._market.state.keys.values()]

    def keys_of(self, accounts: Collection[int]) -> list[KeyView]:
        """The keys that open one of these accounts, in the order of registration."""
        keys = self._market.state.keys.values()
        return [key_view(key) for key in keys if any(account in accounts for account in key.accounts)]

    def key(self, key_id: str) -> KeyView | None:
        """One member key."""
        found = self._market.state.keys.get(key_id)
        return None if found is None else key_view(found)

    def operators(self) -> list[OperatorView]:
        """All operators, by number."""
        return [
            OperatorView(int(op.number), op.person, op.name, op.public_key)
            for op in self._market.state.operators
            if op is not None
        ]

    def proposals(self) -> list[ActProposed]:
        """Acts that wait for a second person, oldest first."""
        return [
            ActProposed(int(p.number), int(p.operator), p.reason, p.document, p.act, p.act_sha256)
            for p in self._market.state.proposals.values()
        ]


def _offer_number(offer: Offer) -> int:
    return offer.number
