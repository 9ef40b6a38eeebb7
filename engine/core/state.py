"""The market as one value: accounts, positions, instruments, the day. Data only; what happens to it is elsewhere.

All lists are indexed by number from 1 (place 0 is None), so that nothing is ever iterated in an order that could differ.
"""

from itertools import islice
from typing import Any, final

from mypy_extensions import i64, mypyc_attr

from engine.core.auction import Auction
from engine.core.blocks import Blocks
from engine.core.book import STP_CANCEL_BOTH, STP_CANCEL_MAKER, STP_CANCEL_TAKER, STP_OFF, Book, Order
from engine.core.calendar import Announcement, Calendar, HolidayNotice
from engine.core.commands import AnyAct
from engine.core.controls import Controls
from engine.core.days import Days
from engine.core.events import Composite
from engine.core.participants import Participants
from engine.core.phases import CLOSED
from engine.core.records import (
    AllocationPlan,
    ComplianceYear,
    Encumbrance,
    Filing,
    Intention,
    OffsetProject,
    RiskReserve,
    Statements,
)
from engine.core.rulebook import PICK_LEVELS, ProductRules, RuleBook
from engine.core.session_records import DeadMan, Session
from engine.core.supervision import Supervision
from engine.core.trust import Trust
from engine.core.units import AMOUNT_FEN_MAX

STP_MODES = {
    "off": STP_OFF,
    "cancel_taker": STP_CANCEL_TAKER,
    "cancel_maker": STP_CANCEL_MAKER,
    "cancel_both": STP_CANCEL_BOTH,
}


@final
class Position:
    """Units of one instrument in one account, in tonnes.

    available: free to sell; held: behind open sells; locked: bought too recently (T+N), by the day number from which
    they are free, oldest first; encumbered: frozen, pledged or withdrawn; preallocated: wait for their true-up;
    use_restricted: only for the holder's own surrender.
    """

    __slots__ = (
        "available",
        "encumbered",
        "held",
        "lock_days",
        "lock_tonnes",
        "locked",
        "preallocated",
        "use_restricted",
    )

    def __init__(self) -> None:
        self.available: i64 = 0
        self.held: i64 = 0
        self.locked: i64 = 0
        self.encumbered: i64 = 0
        self.preallocated: i64 = 0
        self.use_restricted: i64 = 0
        self.lock_days: list[int] = []
        self.lock_tonnes: list[int] = []

    def tonnes(self) -> i64:
        """All units of the position, whatever their state."""
        return self.available + self.held + self.locked + self.encumbered + self.preallocated + self.use_restricted

    def lock(self, until_day: i64, tonnes: i64) -> None:
        """Add bought units that become free on a later day."""
        self.locked += tonnes
        if self.lock_days and self.lock_days[-1] == until_day:
            self.lock_tonnes[-1] += tonnes
        else:
            self.lock_days.append(until_day)
            self.lock_tonnes.append(tonnes)

    def unlock(self, day: i64) -> i64:
        """Free what is due by `day`; returns how much."""
        due: i64 = 0
        while self.lock_days and self.lock_days[0] <= day:
            due += self.lock_tonnes[0]
            del self.lock_days[0]
            del self.lock_tonnes[0]
        self.locked -= due
        self.available += due
        return due


@mypyc_attr(acyclic=True)
@final
class Answer:
    """What was answered to a client order id, for days: to an order refused, or accepted on an earlier day.

    `body` and `terms` pack all that makes two orders the same (exact, not a digest); reason 0: accepted. An order of the
    present day is its own answer: that saves this object's place and making for each order that is accepted.
    """

    __slots__ = ("body", "is_filled", "number", "reason", "terms")

    def __init__(self, number: i64, reason: i64, body: i64, terms: i64, is_filled: bool = False) -> None:
        self.number: i64 = number
        self.reason: i64 = reason
        self.body: i64 = body
        self.terms: i64 = terms
        self.is_filled = is_filled


def body_of(price_ticks: i64, tonnes: i64) -> i64:
    """Price and quantity as one integer."""
    return price_ticks << 31 | tonnes


def terms_of(instrument: i64, side: i64, time_in_force: i64, post_only: bool) -> i64:
    """What else makes two orders the same, as one integer."""
    return instrument << 7 | side << 4 | time_in_force << 1 | (1 if post_only else 0)


def time_in_force_of(order: Order) -> i64:
    """The time in force in an order's terms."""
    return order.terms >> 1 & 7


def answer_of(known: Order | Answer) -> Answer:
    """What stays of an order's answer when its day is over."""
    if isinstance(known, Answer):
        return known
    return Answer(known.number, 0, known.body, known.terms, known.leaves == 0)


def no_answers() -> dict[str, Order | Answer]:
    """An empty dict that keeps each key's hash beside it, as one does that ever held a key other than a text.

    A dict that held only texts asks each of them for its hash when it grows, thousands of them far outside the processor's
    cache: those few commands were the slowest of all. This way they take half as long (decision 8).
    """
    table: dict[Any, Any] = {0: None}
    del table[0]
    return table


@final
class Account:
    """One trading account. Money in fen: free, held behind open buys, and proceeds not yet usable (`pending`)."""

    __slots__ = (
        "allowances_apart",
        "allowances_available",
        "answer_days",
        "answers",
        "bars",
        "category",
        "code",
        "exec_seq",
        "free",
        "held",
        "is_closed",
        "last_year",
        "leaving_until",
        "name",
        "number",
        "orders",
        "owner",
        "pending",
        "positions",
        "restriction",
        "retention",
        "retention_floor",
        "split_into",
        "successor",
    )

    def __init__(self, number: i64, code: str, owner: i64, name: str, category: str) -> None:
        self.number: i64 = number
        self.code = code
        self.owner: i64 = owner
        self.name = name
        self.category = category
        self.restriction: i64 = 0
        self.bars: i64 = 0  # why it may not trade as it likes: see `standing`, which works it out
        self.leaving_until: i64 = 0  # it leaves for another market: the last day on which it may sell, yyyymmdd
        self.last_year: i64 = 0  # then: the last compliance year that it owes here
        self.is_closed = False
        self.successor: i64 = 0  # the account into which this one was merged
        self.split_into: list[int] = []  # the accounts to which parts of this one went
        self.exec_seq: i64 = 0
        self.free: i64 = 0
        self.held: i64 = 0
        self.pending: i64 = 0
        self.orders: dict[int, Order] = {}  # open orders by number
        self.positions: list[Position | None] = [None]
        self.allowances_available: i64 = (
            0  # sum of `available` over allowance instruments: what retention is measured on
        )
        self.allowances_apart: i64 = (
            0  # likewise of `encumbered` and `use_restricted`: in the registry, so they count too
        )
        self.retention: dict[int, int] = {}  # compliance year -> tonnes to be kept until it is surrendered
        self.retention_floor: i64 = 0
        # What was answered to each client order id, in the order of their coming; and for each day that is not forgotten
        # its number and how many of them came before it.
        self.answers: dict[str, Order | Answer] = no_answers()
        self.answer_days: list[tuple[int, int]] = [(0, 0)]

    def position(self, instrument: i64) -> Position:
        """The position in an instrument, made on first use."""
        positions = self.positions
        while len(positions) <= instrument:
            positions.append(None)
        found = positions[instrument]
        if found is None:
            found = Position()
            positions[instrument] = found
        return found

    def begin_answers(self, day_number: i64, forget_before: i64) -> None:
        """Begin a day's client order ids, and forget those of days before `forget_before`."""
        days = self.answer_days
        days.append((day_number, len(self.answers)))
        while days[0][0] < forget_before:
            del days[0]
        forgotten = days[0][1]
        if forgotten > 0:
            kept = no_answers()
            kept.update(islice(self.answers.items(), forgotten, None))
            self.answers = kept
            self.answer_days = [(day, before - forgotten) for day, before in days]

    def end_answers(self) -> None:
        """At the day's end its orders are over: keep the small answers instead."""
        for client_order_id, known in self.answers.items():
            if isinstance(known, Order) and known.level is None:
                self.answers[client_order_id] = answer_of(known)

    def next_exec_seq(self) -> i64:
        """Take the next number of the private stream."""
        self.exec_seq += 1
        return self.exec_seq


@final
class Instrument:
    """One product and vintage: its rules as 64-bit integers, its book and its day."""

    __slots__ = (
        "book",
        "close_min_tonnes",
        "close_rule",
        "code",
        "fee_ppm",
        "halted",
        "high",
        "high_limit",
        "holders_max",
        "holding_limit",
        "is_allowance",
        "is_held_limited",
        "is_median",
        "last",
        "last_five",
        "limit_bp",
        "lock_days",
        "lot_tonnes",
        "low",
        "low_limit",
        "name_en",
        "name_zh",
        "number",
        "open",
        "order_tonnes_max",
        "order_tonnes_min",
        "pick_levels",
        "previous_close",
        "product",
        "reference",
        "tick_fen",
        "tonnes",
        "trades",
        "turnover_fen",
        "value_ticks",
        "vintage",
    )

    def __init__(self, number: i64, code: str, product: str, vintage: i64, rulebook: RuleBook) -> None:
        rules = rulebook.products[product]
        self.number: i64 = number
        self.code = code
        self.product = product
        self.vintage: i64 = vintage
        self.name_zh = ""
        self.name_en = ""
        self.is_allowance = rules.kind == "allowance"
        self.tick_fen: i64 = rules.tick_fen
        self.lot_tonnes: i64 = rules.lot_tonnes
        self.order_tonnes_min: i64 = rules.order_tonnes_min
        self.order_tonnes_max: i64 = rules.order_tonnes_max
        self.pick_levels: i64 = PICK_LEVELS.get(rules.match_mode, 0)  # 0: the continuous phase matches by itself
        self.is_median = rules.match_mode == "MEDIAN3"
        self.limit_bp: i64 = rules.limit_bp
        self.fee_ppm: i64 = rules.trading_fee_ppm + rules.settlement_fee_ppm
        self.lock_days: i64 = rules.lock_days
        self.limit_holders(rules)
        self.close_rule = rules.close_rule
        self.close_min_tonnes: i64 = rules.close_min_tonnes
        self.book = Book()
        self.halted = False
        self.reference: i64 = 0  # the previous close, or the base price before the first day
        self.previous_close: i64 = 0  # what the day's change is measured from; stands until the next day opens
        self.low_limit: i64 = 0
        self.high_limit: i64 = 0
        self.open: i64 = 0
        self.high: i64 = 0
        self.low: i64 = 0
        self.last: i64 = 0
        self.tonnes: i64 = 0
        self.turnover_fen: i64 = 0
        self.value_ticks: i64 = 0  # sum of price_ticks x tonnes, for the volume-weighted close
        self.trades: i64 = 0
        self.last_five: list[tuple[int, int]] = []  # (price_ticks, tonnes), for closing rule B

    def limit_holders(self, rules: ProductRules) -> None:
        """Take over how much one owner, and how many owners, may have of the product; 0: no limit."""
        self.holding_limit: i64 = rules.holding_limit_tonnes
        self.holders_max: i64 = rules.holders_max
        self.is_held_limited = rules.holding_limit_tonnes > 0 or rules.holders_max > 0

    def hold_of(self, price_ticks: i64, tonnes: i64) -> i64:
        """Cash that an open buy must hold: the worst case, fees included (see units.fee_of on why partial fills fit)."""
        amount: i64 = price_ticks * tonnes * self.tick_fen
        return amount + amount * self.fee_ppm // 1_000_000

    def last_or_reference(self) -> i64:
        """The day's last price, before its first trade the previous close."""
        return self.reference if self.last == 0 else self.last

    def note_trade(self, price_ticks: i64, tonnes: i64, amount_fen: i64) -> None:
        """Take a trade into the day's figures."""
        if self.trades == 0:
            self.open = price_ticks
            self.high = price_ticks
            self.low = price_ticks
        elif price_ticks > self.high:
            self.high = price_ticks
        elif price_ticks < self.low:
            self.low = price_ticks
        self.last = price_ticks
        self.tonnes += tonnes
        self.turnover_fen += amount_fen
        self.value_ticks += price_ticks * tonnes
        self.trades += 1
        if self.close_rule == "B":
            self.last_five.append((price_ticks, tonnes))
            if len(self.last_five) > 5:
                del self.last_five[0]


@final
class Key:
    """A member's public key and what it may do. user: whose it is, "" for a program of the participant's.

    expires_day: its last day, 0 for none; networks: from where, none for anywhere; certificate: DER, empty for none.
    """

    __slots__ = (
        "accounts",
        "certificate",
        "expires_day",
        "key_id",
        "networks",
        "public_key",
        "revoked",
        "scopes",
        "user",
    )

    def __init__(
        self, key_id: str, public_key: bytes, accounts: tuple[int, ...], scopes: tuple[str, ...], user: str
    ) -> None:
        self.key_id = key_id
        self.user = user
        self.public_key = public_key
        self.accounts = accounts
        self.scopes = scopes
        self.revoked = False
        self.expires_day = 0
        self.networks: tuple[str, ...] = ()
        self.certificate = b""


@final
class Operator:
    """A person who may act for the exchange."""

    __slots__ = ("name", "number", "person", "public_key")

    def __init__(self, number: i64, person: str, name: str, public_key: bytes) -> None:
        self.number: i64 = number
        self.person = person
        self.name = name
        self.public_key = public_key


@final
class PendingRuleBook:
    """A change of the rules that waits for its day."""

    __slots__ = ("approvals", "effective_day", "rulebook", "text")

    def __init__(self, text: str, rulebook: RuleBook, effective_day: i64, approvals: tuple[str, ...]) -> None:
        self.text = text
        self.rulebook = rulebook
        self.effective_day: i64 = effective_day
        self.approvals = approvals


@final
class Proposal:
    """An act that waits for a second person."""

    __slots__ = ("act", "act_sha256", "at_ns", "document", "number", "operator", "reason")

    def __init__(
        self, number: i64, at_ns: i64, operator: i64, reason: str, document: str, act: AnyAct, act_sha256: bytes
    ) -> None:
        self.number: i64 = number
        self.at_ns: i64 = at_ns
        self.operator: i64 = operator
        self.reason = reason
        self.document = document
        self.act = act
        self.act_sha256 = act_sha256


@final
class State:
    """Everything that is true of the market after entry `seq`."""

    __slots__ = (
        "account_numbers",
        "accounts",
        "allocation_plans",
        "announcements",
        "auction_numbers",
        "auctions",
        "blocks",
        "canceled",
        "cash_deposited",
        "cash_withdrawn",
        "closed_composites",
        "compliance",
        "composites",
        "controls",
        "day_number",
        "days",
        "dead_men",
        "encumbrance_number",
        "encumbrances",
        "fees",
        "filings",
        "halted",
        "holiday_notices",
        "instrument_numbers",
        "instruments",
        "intentions",
        "is_proceeds_same_day",
        "issued",
        "keys",
        "lost_sessions",
        "offset_projects",
        "open_orders_max",
        "operator_numbers",
        "operators",
        "order_value_max",
        "owners",
        "participants",
        "pending_rulebook",
        "phase",
        "proposals",
        "risk_reserve",
        "rulebook",
        "rulebook_since",
        "rulebook_text",
        "sessions",
        "statements",
        "stp",
        "supervision",
        "surrendered",
        "trade_number",
        "trading_day",
        "trust",
    )

    def __init__(self, rulebook: RuleBook, rulebook_text: str) -> None:
        self.rulebook = rulebook
        self.rulebook_text = rulebook_text
        self.rulebook_since: i64 = 0  # the trading day at whose opening it took effect; 0: the founding
        self.pending_rulebook: PendingRuleBook | None = None
        self.days = Days()
        self.risk_reserve = RiskReserve()
        self.statements = Statements()
        self.composites: dict[str, int] = {}  # product -> last composite close in ticks
        self.closed_composites: tuple[Composite, ...] = ()  # those of the last day that was closed
        # what each order asks of the rule book, as native values
        self.stp: i64 = STP_MODES[rulebook.self_trade]
        self.open_orders_max: i64 = rulebook.open_orders_max
        self.order_value_max: i64 = min(AMOUNT_FEN_MAX, rulebook.order_value_max_fen)
        self.is_proceeds_same_day = rulebook.proceeds_same_day
        self.accounts: list[Account | None] = [None]
        self.account_numbers: dict[str, int] = {}
        self.owners: dict[int, list[Account]] = {}  # beneficial owner -> accounts
        self.instruments: list[Instrument | None] = [None]
        self.instrument_numbers: dict[str, int] = {}
        self.operators: list[Operator | None] = [None]
        self.operator_numbers: dict[str, int] = {}
        self.keys: dict[str, Key] = {}
        self.proposals: dict[int, Proposal] = {}
        self.participants = Participants()
        self.trust = Trust()
        self.controls = Controls()
        self.sessions: dict[int, Session] = {}  # that cancel on disconnect, by number
        self.lost_sessions: list[Session] = []  # whose orders wait for a phase that lets them be canceled
        self.dead_men: dict[int, DeadMan] = {}  # by account
        self.blocks = Blocks()
        self.holiday_notices: dict[int, HolidayNotice] = {}  # by year, rising
        self.announcements: list[Announcement] = []  # closures and openings, oldest first
        self.auctions: dict[int, Auction] = {}
        self.auction_numbers: dict[str, int] = {}
        self.trading_day: i64 = 0
        self.day_number: i64 = 0
        self.phase: i64 = CLOSED
        self.halted = False
        self.trade_number: i64 = 0
        self.compliance: dict[int, dict[int, ComplianceYear]] = {}  # account -> compliance year -> record
        self.allocation_plans: dict[int, AllocationPlan] = {}  # by year
        self.intentions: dict[int, Intention] = {}  # by number, oldest first
        self.filings: dict[int, Filing] = {}  # by number, oldest first
        self.issued: list[int] = [0]  # tonnes ever issued, by instrument
        self.surrendered: list[int] = [0]
        self.canceled: list[int] = [0]
        self.encumbrances: dict[int, Encumbrance] = {}  # by number, oldest first
        self.encumbrance_number = 0
        self.supervision = Supervision()
        self.offset_projects: dict[str, OffsetProject] = {}  # in the order of their first issue
        self.cash_deposited: i64 = 0
        self.cash_withdrawn: i64 = 0
        self.fees: i64 = 0

    def rulebook_on(self, trading_day: int) -> RuleBook:
        """The rule book by which a day that opens now or later is opened: the one in force, or the change that waits for it."""
        pending = self.pending_rulebook
        return self.rulebook if pending is None or trading_day < pending.effective_day else pending.rulebook

    def calendar(self, trading_day: int = 0) -> Calendar:
        """What is traded and worked by all that was announced, and by the rule book under which that day opens."""
        pattern = self.rulebook_on(trading_day).calendar
        return Calendar(pattern, tuple(self.holiday_notices.values()), self.announcements)

    def add_account(self, account: Account) -> None:
        """Take in the account of the next number."""
        assert account.number == len(self.accounts)
        self.accounts.append(account)
        self.account_numbers[account.code] = account.number
        self.owners.setdefault(account.owner, []).append(account)

    def account(self, number: int) -> Account | None:
        """The account of this number. A plain int: what a command names may be any number."""
        if 0 < number < len(self.accounts):
            return self.accounts[number]
        return None

    def instrument(self, number: int) -> Instrument | None:
        """The instrument of this number, which may be any."""
        if 0 < number < len(self.instruments):
            return self.instruments[number]
        return None

    def held_account(self, number: i64) -> Account:
        """An account that must exist."""
        found = self.accounts[number]
        assert found is not None
        return found

    def held_instrument(self, number: i64) -> Instrument:
        """An instrument that must exist."""
        found = self.instruments[number]
        assert found is not None
        return found
