"""The market's rules as one frozen value, parsed from TOML in which each value names its source and confidence.

Form of the file: every rule is `key = { value = …, source = "…", confidence = "…" }`, inside [market], [operators],
[day], [trading], [settlement] and one [product.CODE] table for each product; docs/rulebook.md explains every key.
`parse` checks the whole text and raises `RuleBookError` with all faults at once. The text itself is journaled
(`commands.Found`), so a replay never depends on a file.
"""

import itertools
import re
import tomllib
from collections.abc import Callable
from importlib import resources
from typing import Any, Final

import msgspec

from engine.core import calendar, commands, days, phases, units
from engine.core.settlement_words import CYCLES, UNFINISHED, VOID_FEES, VOID_WINDOWS
from engine.core.surveillance import BOUNDS
from engine.core.surveillance import SurveillanceRules as SurveillanceRules

CONFIDENCES: Final = ("confirmed", "confirmed-2", "to be confirmed", "unknown", "design")
SELF_TRADE_MODES: Final = ("cancel_taker", "cancel_maker", "cancel_both", "off")
CALL_TIES = ("reference", "pressure")
CLOSE_RULES: Final = ("A", "B", "C", "L")
MATCH_MODES: Final = ("PRICE_TIME_AUTO", "PICK_BEST5", "PICK_BEST_ONLY", "MEDIAN3")
COMPOSITE_WEIGHTS: Final = ("none", "tonnes", "equal")
PICK_LEVELS: Final = {"PICK_BEST5": 5, "PICK_BEST_ONLY": 1}  # nothing trades unless a taker picks a level
PRODUCT: Final = "product."  # begins the name of a product's rule: "product.CQEA.limit_bp"
NONE: Final = "none"  # instead of a list of words: an empty one could be a mistake
NO_LIMIT: Final = "none"  # instead of a price limit; a band of zero would be a mistake
PRODUCT_KINDS: Final = ("allowance", "offset", "right")
OFFSET_BASES: Final = ("verified_emissions", "allocation")
CATEGORIES: Final = (
    "key_emitter",
    "institution",
    "individual",
    "project_owner",
    "intermediary",
    "government",
    "treasury",
)
SIDES: Final = ("buy", "sell")
METHODS: Final = ("listed", "block", "auction")
ASSETS: Final = "assets"  # the qualification that has an amount
ACT_NAMES: Final = tuple(act.__name__ for act in commands.AnyAct.__args__)

# What a running market may not change: its identity and clock, and what prices, holdings and T+N locks are counted in.
FIXED: Final = ("market.market", "market.utc_offset_minutes")
FIXED_OF_LISTED: Final = (
    "kind",
    "tick_fen",
    "lock_days",
    "unit_zh",
    "unit_en",
)  # of a product with a listed instrument, which must also stay

TEXT_CHARACTERS_MAX: Final = 262_144  # the text travels in one journal entry
PRODUCTS_MAX: Final = 64
COMPLIANCE_YEARS_MAX: Final = 64
TIMETABLE_ROWS_MAX: Final = 32
_SECONDS_A_DAY: Final = 86_400
_CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,15}")
_YEAR: Final = re.compile(r"2[0-9]{3}")
_DAY: Final = re.compile(r"(2[0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")


class ProductRules(msgspec.Struct, frozen=True):
    """What holds for one product (all its vintages)."""

    code: str
    name_zh: str
    name_en: str
    kind: str  # allowance (counts for retention) | offset | right: another environmental right, not surrendered
    tick_fen: int  # one tick in fen
    lot_tonnes: int
    order_tonnes_min: int
    order_tonnes_max: int
    match_mode: str  # how the continuous phase matches: one of MATCH_MODES
    limit_bp: int  # daily price limit in basis points of the reference price; 0 = no limit ("none" in the text)
    trading_fee_ppm: int  # per side, of the amount, rounded down to the fen
    settlement_fee_ppm: int
    lock_days: int  # T+N: trading days until bought units can be sold
    close_rule: str  # A: VWAP of the day | B: VWAP of the last five trades | C: A, but previous close up to
    #                  close_min_tonnes | L: last trade (or the closing call's price)
    close_min_tonnes: int
    block_tonnes_min: int = 0  # smallest block trade; 0: the product is not traded in blocks
    block_limit_bp: int = 0  # price limit of block trades in basis points of the reference price
    composite_weight: str = "none"  # the one price over all vintages is weighted by the day's tonnes, or equal
    holding_limit_tonnes: int = 0  # most that one owner may have, allowances above its free allocation; 0: no limit
    large_holder_tonnes: int = 0  # who has more, likewise reckoned, is a large holder; 0: nobody is
    large_holders_published: bool = False  # whether their names are public
    unit_zh: str = "吨"  # what quantities count: every "tonnes" of the product is so many of it
    unit_en: str = "t"
    holders_max: int = 0  # most owners that may have the product at one time; 0: no cap
    auction_seller_published: bool = False  # whether a notice names the participant that sells in a one-way auction
    auction_buyer_published: bool = False  # the same of the participant that buys


class OffsetRules(msgspec.Struct, frozen=True):
    """How far one product's reductions may be used as offsets (抵销) in a compliance year."""

    product: str
    limit_bp: int  # share of the year's base, in basis points
    vintage_min: int  # the oldest vintage that may be used; 0 = any
    is_local: bool  # whether it counts as of local origin


class ComplianceRules(msgspec.Struct, frozen=True):
    """What the bureau has set for one compliance year (履约年度). Days are yyyymmdd, 0 where none is set."""

    year: int
    report_deadline: int
    surrender_deadline: int
    offset_base: str  # verified_emissions | allocation: what the limits are shares of
    offset_limit_bp: int  # of all offsets together
    local_share_min_bp: int  # least share of local origin among the offsets used
    offsets: dict[str, OffsetRules]  # by product; one that is not here cannot be used


class ClassRules(msgspec.Struct, frozen=True):
    """What accounts of one category may trade, and what qualifies (适当性) their participants for it."""

    category: str
    products: tuple[str, ...]
    sides: tuple[str, ...]  # of SIDES
    methods: tuple[str, ...]  # of METHODS
    qualifications: tuple[str, ...]  # names: "assets" is a statement of net worth, others are on record or not
    assets_fen_min: int = 0  # least net worth where "assets" is needed


class TimetableRow(msgspec.Struct, frozen=True):
    """At this local time (seconds after midnight) the day enters this phase; `closed` closes the day."""

    at_second: int
    phase: int


class StageRow(msgspec.Struct, frozen=True):
    """By this local time (seconds after midnight) a stage of the day is due; `fixing` is due the trading day before."""

    at_second: int
    stage: str


class Provenance(msgspec.Struct, frozen=True):
    """Where a rule comes from, and how sure we are of it."""

    source: str
    confidence: str


class RuleBook(msgspec.Struct, frozen=True):
    """The rules of one market."""

    market: str
    version: int
    name_zh: str
    name_en: str
    utc_offset_minutes: int
    timetable: tuple[TimetableRow, ...]
    cancel_in_break: bool
    calendar: str  # which dates are trading days: one of calendar.PATTERNS
    call_tie: (
        str  # call auction, equal volume and imbalance: reference = nearest to it | pressure = surplus side's price
    )
    self_trade: str  # cancel_taker | cancel_maker | cancel_both | off
    open_orders_max: int  # per account
    order_value_max_fen: int
    client_order_id_days: int  # trading days for which a client order id stays known, after its own
    proceeds_same_day: bool  # whether a seller may buy with today's proceeds
    retention_bp: int  # share of the year's free allocation to be kept until surrender
    two_person_acts: tuple[str, ...]  # names of commands.Act classes that need a second person
    proposal_hours_max: int
    public_depth_levels: int
    products: dict[str, ProductRules]
    compliance: dict[int, ComplianceRules]  # by compliance year; a year that is not here lets no offset be used
    provenance: dict[str, Provenance]  # "section.key" -> source
    classes: dict[str, ClassRules] = {}  # by category; a category that is not here may trade everything
    block_window: tuple[int, int] = (0, 0)  # local seconds from and to; (0, 0): only an operator opens the window
    stages: tuple[StageRow, ...] = ()  # when the stages beside the timetable are due
    opening_checks: tuple[str, ...] = ()  # what of the day before the opening demands: some of days.OPENING_CHECKS
    transfer_hours: tuple[int, int] = (0, 0)  # between registry and trading account, local seconds; (0, 0): always
    cash_in_hours: tuple[int, int] = (0, 0)
    cash_out_hours: tuple[int, int] = (0, 0)
    risk_reserve_bp: int = 0  # share of the fees that goes into the risk reserve at each close
    risk_reserve_max_fen: int = 0  # and up to where; 0: without end
    surveillance: SurveillanceRules = SurveillanceRules()
    unfinished: str = UNFINISHED[0]  # what follows for accounts that are not settled when the day is reconciled
    cycle: str = CYCLES[0]  # when trades are delivered and paid
    void_window: str = VOID_WINDOWS[0]  # until when a trade that is settled and not disputed can be voided
    void_fees: str = VOID_FEES[0]  # what becomes of a voided trade's fees


class RuleBookError(ValueError):
    """The text is not a rule book; `faults` lists everything wrong with it, each with key and reason."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def parse(text: str) -> RuleBook:
    """Read a rule book. Raises `RuleBookError` with every fault of the text, not only the first."""
    if len(text) > TEXT_CHARACTERS_MAX:
        raise RuleBookError([f"the text has {len(text)} characters; at most {TEXT_CHARACTERS_MAX} are allowed"])
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a huge integer is a plain ValueError, deep nesting a RecursionError
        raise RuleBookError([f"not TOML: {error or type(error).__name__}"]) from error
    return _Reading(document).book()


def shipped(name: str) -> str:
    """The text of a rule book that comes with the package, such as "chongqing". Unknown names raise `RuleBookError`."""
    file = resources.files("engine").joinpath("rulebooks").joinpath(f"{name}.toml")
    if not _NAME.fullmatch(name) or not file.is_file():
        raise RuleBookError([f"no rule book named {name!r} is shipped; there are: {', '.join(shipped_names())}"])
    return file.read_text(encoding="utf-8")


def shipped_names() -> list[str]:
    """Names of the rule books that come with the package."""
    folder = resources.files("engine").joinpath("rulebooks")
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))


def is_fixed(name: str) -> bool:
    """Whether a running market keeps this rule for ever (a product's, once an instrument of it is listed)."""
    return name in FIXED or (name.startswith(PRODUCT) and name.rpartition(".")[2] in FIXED_OF_LISTED)


# A check returns the rule's value in the book's own units, or raises ValueError saying what is wrong with it.
_Check = Callable[[Any], Any]


def _integer(low: int, high: int) -> _Check:
    def check(value: Any) -> int:
        if type(value) is not int:  # not isinstance: a bool is no number here
            raise ValueError(f"must be an integer, not {_shown(value)}")
        if not low <= value <= high:
            raise ValueError(f"must be between {low} and {high}, not {value}")
        return value

    return check


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError(f"must be true or false, not {_shown(value)}")
    return value


def _words(value: Any) -> str:
    if type(value) is not str or not value.strip():
        raise ValueError(f"must be a text that is not empty, not {_shown(value)}")
    return value


def _name(value: Any) -> str:
    if type(value) is not str or not _NAME.fullmatch(value):
        raise ValueError(f"must be a name of lower-case letters, digits, _ and -, not {_shown(value)}")
    return value


def _limit(value: Any) -> int:
    """Basis points, or "none"; zero is refused, since it would allow no price but the reference."""
    if value == NO_LIMIT:
        return 0
    if type(value) is not int:
        raise ValueError(f'must be an integer or "{NO_LIMIT}", not {_shown(value)}')
    if not 1 <= value <= 9_999:  # at 100 % the lower limit would be a price of zero
        raise ValueError(f'must be between 1 and 9999, or "{NO_LIMIT}" for no limit, not {value}')
    return value


def _one_of(choices: tuple[str, ...]) -> _Check:
    def check(value: Any) -> str:
        if type(value) is not str or value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}, not {_shown(value)}")
        return value

    return check


def _some_of(choices: tuple[str, ...] | re.Pattern[str]) -> _Check:
    """A list of different words, each one of the choices or of their form, or "none"."""

    def is_fit(word: Any) -> bool:
        if type(word) is not str:
            return False
        return word in choices if isinstance(choices, tuple) else choices.fullmatch(word) is not None

    def check(value: Any) -> tuple[str, ...]:
        if value == NONE:
            return ()
        if type(value) is not list or not 1 <= len(value) <= PRODUCTS_MAX:
            raise ValueError(f'must be a list of 1 to {PRODUCTS_MAX} words, or "{NONE}", not {_shown(value)}')
        wrong = [_shown(word) for word in value if not is_fit(word)]
        if wrong:
            known = f"one of {', '.join(choices)}" if isinstance(choices, tuple) else "a word of that kind"
            raise ValueError(f"{', '.join(wrong)} is not {known}")
        if len(set(value)) != len(value):
            raise ValueError("names a word twice")
        return tuple(value)

    return check


def _day(value: Any) -> int:
    """A day "yyyy-mm-dd" as yyyymmdd; "" where none is set yet."""
    if value == "":
        return 0
    digits = _DAY.fullmatch(value) if type(value) is str else None
    if digits is None:
        raise ValueError(f'must be a day like "2026-04-30", or "" where none is set, not {_shown(value)}')
    return int("".join(digits.groups()))


def _acts(value: Any) -> tuple[str, ...]:
    if type(value) is not list:
        raise ValueError(f"must be a list of act names, not {_shown(value)}")
    wrong = [_shown(name) for name in value if name not in ACT_NAMES]
    if wrong:
        raise ValueError(f"names acts that do not exist: {', '.join(wrong)}; there are: {', '.join(ACT_NAMES)}")
    if len(set(value)) != len(value):
        raise ValueError("names an act twice")
    return tuple(value)


def _timetable(value: Any) -> tuple[TimetableRow, ...]:
    """Rows "HH:MM[:SS] phase" from pre_open to closed, each later than the last and a step the day may take."""
    if type(value) is not list or not 2 <= len(value) <= TIMETABLE_ROWS_MAX:
        raise ValueError(f"must be a list of 2 to {TIMETABLE_ROWS_MAX} rows like '09:30 continuous'")
    rows: list[TimetableRow] = []
    wrong: list[str] = []
    for row in value:
        time, _, phase = row.partition(" ") if type(row) is str else ("", "", "")
        digits = _TIME.fullmatch(time)
        if digits is None or phase not in phases.NAMES:
            wrong.append(f"{_shown(row)} is not a row like '09:30 continuous'; phases are: {', '.join(phases.NAMES)}")
            continue
        rows.append(TimetableRow(_second_of(digits), phases.NAMES.index(phase)))
    wrong.extend(_timetable_faults(rows) if not wrong else [])
    if wrong:
        raise ValueError("; ".join(wrong))
    return tuple(rows)


def _timetable_faults(rows: list[TimetableRow]) -> list[str]:
    wrong: list[str] = []
    if rows[0].phase != phases.PRE_OPEN:
        wrong.append("the first row must enter pre_open: that opens the day")
    if rows[-1].phase != phases.CLOSED:
        wrong.append("the last row must be closed: that ends the day")
    for earlier, later in itertools.pairwise(rows):
        if later.at_second <= earlier.at_second:
            wrong.append(f"row {phases.NAMES[later.phase]} does not come later than the row before it")
        is_end = later is rows[-1] and later.phase == phases.CLOSED
        if not is_end and later.phase not in phases.TRANSITIONS[earlier.phase]:
            wrong.append(f"{phases.NAMES[later.phase]} may not follow {phases.NAMES[earlier.phase]}")
    if not any(phases.ALLOWS[row.phase][0] for row in rows):
        wrong.append("no row lets anyone place an order")
    return wrong


def _stages(value: Any) -> tuple[StageRow, ...]:
    """Rows "HH:MM[:SS] stage", each stage once."""
    if type(value) is not list or not 1 <= len(value) <= len(days.TIMED):
        raise ValueError(f"must be a list of 1 to {len(days.TIMED)} rows like '17:30 reconciliation'")
    rows: list[StageRow] = []
    wrong: list[str] = []
    for row in value:
        time, _, stage = row.partition(" ") if type(row) is str else ("", "", "")
        digits = _TIME.fullmatch(time)
        if digits is None or stage not in days.TIMED:
            wrong.append(f"{_shown(row)} is not a row like '17:30 reconciliation'; stages are: {', '.join(days.TIMED)}")
            continue
        if any(stage == known.stage for known in rows):
            wrong.append(f"{stage} stands there twice")
        rows.append(StageRow(_second_of(digits), stage))
    if wrong:
        raise ValueError("; ".join(wrong))
    return tuple(rows)


def _opening_checks(value: Any) -> tuple[str, ...]:
    if type(value) is not list or not value or any(check not in days.OPENING_CHECKS for check in value):
        raise ValueError(f"must be a list of one or more of {', '.join(days.OPENING_CHECKS)}, not {_shown(value)}")
    if len(set(value)) != len(value):
        raise ValueError("names a check twice")
    return tuple(value)


def _hours(value: Any) -> tuple[int, int]:
    """["HH:MM[:SS]", "HH:MM[:SS]"], the second later than the first."""
    times = [_TIME.fullmatch(time) if type(time) is str else None for time in value] if type(value) is list else []
    if len(times) != 2 or times[0] is None or times[1] is None:
        raise ValueError(f'must be two times like ["13:00", "15:00"], not {_shown(value)}')
    begin, end = (_second_of(time) for time in times if time is not None)
    if begin >= end:
        raise ValueError("must end later than it begins")
    return begin, end


def _second_of(time: re.Match[str]) -> int:
    hours, minutes, seconds = (int(part or 0) for part in time.groups())
    return hours * 3600 + minutes * 60 + seconds


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


_RULES: Final[dict[str, dict[str, _Check]]] = {
    "market": {
        "market": _name,
        "version": _integer(1, 1_000_000),
        "name_zh": _words,
        "name_en": _words,
        "utc_offset_minutes": _integer(-12 * 60, 14 * 60),
    },
    "operators": {
        "two_person_acts": _acts,
        "proposal_hours_max": _integer(1, 24 * 31),
    },
    "day": {
        "timetable": _timetable,
        "cancel_in_break": _boolean,
        "calendar": _one_of(calendar.PATTERNS),
    },
    "trading": {
        "call_tie": _one_of(CALL_TIES),
        "self_trade": _one_of(SELF_TRADE_MODES),
        "open_orders_max": _integer(1, 10_000_000),
        "order_value_max_fen": _integer(1, units.AMOUNT_FEN_MAX),
        "client_order_id_days": _integer(0, 366),
        "public_depth_levels": _integer(1, 100),
    },
    "settlement": {
        "proceeds_same_day": _boolean,
        "retention_bp": _integer(0, 10_000),
    },
}
_PRODUCT_RULES: Final[dict[str, _Check]] = {
    "name_zh": _words,
    "name_en": _words,
    "kind": _one_of(PRODUCT_KINDS),
    "tick_fen": _integer(1, 1_000_000),
    "lot_tonnes": _integer(1, units.TONNES_MAX),
    "order_tonnes_min": _integer(1, units.TONNES_MAX),
    "order_tonnes_max": _integer(1, units.TONNES_MAX),
    "match_mode": _one_of(MATCH_MODES),
    "limit_bp": _limit,
    "trading_fee_ppm": _integer(0, units.PPM),
    "settlement_fee_ppm": _integer(0, units.PPM),
    "lock_days": _integer(0, 365),
    "close_rule": _one_of(CLOSE_RULES),
    "close_min_tonnes": _integer(0, units.TONNES_MAX),
}
_OPTIONAL_RULES: Final[dict[str, dict[str, _Check]]] = {
    "day": {
        "block_window": _hours,
        "stages": _stages,
        "opening_checks": _opening_checks,
        "transfer_hours": _hours,
        "cash_in_hours": _hours,
        "cash_out_hours": _hours,
    },
    "settlement": {
        "risk_reserve_bp": _integer(0, 10_000),
        "risk_reserve_max_fen": _integer(1, units.CASH_FEN_MAX),
        "unfinished": _one_of(UNFINISHED),
        "cycle": _one_of(CYCLES),
        "void_window": _one_of(VOID_WINDOWS),
        "void_fees": _one_of(VOID_FEES),
    },
}
_OPTIONAL_PRODUCT_RULES: Final[dict[str, _Check]] = {
    "block_tonnes_min": _integer(1, units.TONNES_MAX),
    "block_limit_bp": _integer(1, 9_999),
    "composite_weight": _one_of(COMPOSITE_WEIGHTS),
    "holding_limit_tonnes": _integer(1, units.TONNES_MAX),
    "large_holder_tonnes": _integer(1, units.TONNES_MAX),
    "large_holders_published": _boolean,
    "holders_max": _integer(1, 1_000_000_000),
    **dict.fromkeys(("auction_seller_published", "auction_buyer_published"), _boolean),
    "unit_zh": _words,
    "unit_en": _words,
}
_COMPLIANCE_RULES: Final[dict[str, _Check]] = {
    "report_deadline": _day,
    "surrender_deadline": _day,
    "offset_base": _one_of(OFFSET_BASES),
    "offset_limit_bp": _integer(0, 10_000),
    "local_share_min_bp": _integer(0, 10_000),
}
_CLASS_RULES: Final[dict[str, _Check]] = {
    "products": _some_of(_CODE),
    "sides": _some_of(SIDES),
    "methods": _some_of(METHODS),
    "qualifications": _some_of(_NAME),
}
_OPTIONAL_CLASS_RULES: Final[dict[str, _Check]] = {"assets_fen_min": _integer(1, units.CASH_FEN_MAX)}
_OFFSET_RULES: Final[dict[str, _Check]] = {
    "limit_bp": _integer(0, 10_000),
    "vintage_min": _integer(0, 9_999),
    "is_local": _boolean,
}
_TABLES: Final = (
    "product",
    "compliance",
    "offset",
    "class",
    "surveillance",
)  # sections of tables: [product.CODE], [compliance.YEAR], …

_SURVEILLANCE: Final = {key: _integer(*bounds) for key, bounds in BOUNDS.items()}


class _Reading:
    """One pass over a parsed document: collects the values, their provenance and every fault."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.faults: list[str] = []
        self.provenance: dict[str, Provenance] = {}

    def book(self) -> RuleBook:
        """The rule book; raises `RuleBookError` when anything was wrong."""
        for section in self.document:
            if section not in _RULES and section not in _TABLES:
                self.faults.append(f"[{section}]: unknown section")
        rules: dict[str, Any] = {}
        for section, checks in _RULES.items():
            rules |= self._section(section, self.document.get(section), checks, _OPTIONAL_RULES.get(section, {}))
        products = self._products()
        compliance = self._compliance(products)
        classes = self._classes()
        watched = self._section("surveillance", self.document.get("surveillance", {}), {}, _SURVEILLANCE)
        if not self.faults:
            self._check_between(rules, products)
        if self.faults:
            raise RuleBookError(self.faults)
        rules["surveillance"] = SurveillanceRules(**watched)
        return RuleBook(products=products, compliance=compliance, classes=classes, provenance=self.provenance, **rules)

    def _products(self) -> dict[str, ProductRules]:
        tables = self.document.get("product")
        if type(tables) is not dict or not 1 <= len(tables) <= PRODUCTS_MAX:
            self.faults.append(f"[product]: needs 1 to {PRODUCTS_MAX} tables [product.CODE]")
            return {}
        products: dict[str, ProductRules] = {}
        for code, table in tables.items():
            section = f"product.{code}"
            if not _CODE.fullmatch(code):
                self.faults.append(f"[{section}]: a code is 1 to 16 of A-Z, 0-9, _ and -")
            before = len(self.faults)
            values = self._section(section, table, _PRODUCT_RULES, _OPTIONAL_PRODUCT_RULES)
            if len(self.faults) == before:
                products[code] = ProductRules(code=code, **values)
                self._check_product(section, products[code])
        return products

    def _compliance(self, products: dict[str, ProductRules]) -> dict[int, ComplianceRules]:
        """The optional tables [compliance.YEAR] and [offset.YEAR.PRODUCT]."""
        years = self._optional_tables("compliance")
        of_offsets = self._optional_tables("offset")
        self.faults.extend(
            f"[offset.{year}]: there is no [compliance.{year}]" for year in of_offsets if year not in years
        )
        found: dict[int, ComplianceRules] = {}
        for year, table in years.items():
            before = len(self.faults)
            values = self._section(f"compliance.{year}", table, _COMPLIANCE_RULES, {})
            offsets: dict[str, OffsetRules] = {}
            terms = of_offsets.get(year, {})
            if type(terms) is not dict:
                self.faults.append(f"[offset.{year}]: takes tables [offset.{year}.PRODUCT]")
                continue
            for product, rules in terms.items():
                section = f"offset.{year}.{product}"
                if product in products and products[product].kind != "offset":
                    self.faults.append(f"[{section}]: {product} is no product of kind offset")
                elif product not in products:
                    self.faults.append(f"[{section}]: there is no product {product}")
                of_product = self._section(section, rules, _OFFSET_RULES, {})
                if len(self.faults) == before:
                    offsets[product] = OffsetRules(product=product, **of_product)
            if len(self.faults) == before:
                found[int(year)] = ComplianceRules(year=int(year), offsets=offsets, **values)
        return found

    def _classes(self) -> dict[str, ClassRules]:
        """The optional tables [class.CATEGORY]."""
        tables = self.document.get("class", {})
        known = self.document.get("product", {})  # also what has faults of its own
        if type(tables) is not dict:
            self.faults.append("[class]: takes tables [class.CATEGORY]")
            return {}
        found: dict[str, ClassRules] = {}
        for category, table in tables.items():
            section = f"class.{category}"
            if category not in CATEGORIES:
                self.faults.append(f"[{section}]: is none of the categories {', '.join(CATEGORIES)}")
            before = len(self.faults)
            values = self._section(section, table, _CLASS_RULES, _OPTIONAL_CLASS_RULES)
            if len(self.faults) > before:
                continue
            found[category] = ClassRules(category=category, **values)
            unknown = [code for code in found[category].products if code not in known]
            if unknown:
                self.faults.append(f"{section}.products: there is no product {', '.join(unknown)}")
            if (ASSETS in found[category].qualifications) != (found[category].assets_fen_min > 0):
                self.faults.append(f'{section}: assets_fen_min and the qualification "{ASSETS}" go together')
        return found

    def _optional_tables(self, name: str) -> dict[str, Any]:
        """Tables by year, none where there is no such section."""
        tables = self.document.get(name, {})
        if type(tables) is not dict or len(tables) > COMPLIANCE_YEARS_MAX:
            self.faults.append(f"[{name}]: takes at most {COMPLIANCE_YEARS_MAX} tables [{name}.YEAR]")
            return {}
        strange = [year for year in tables if not _YEAR.fullmatch(year)]
        self.faults += [f"[{name}.{year}]: is not a year from 2000 to 2999" for year in strange]
        return {year: table for year, table in tables.items() if _YEAR.fullmatch(year)}

    def _section(
        self, section: str, table: Any, checks: dict[str, _Check], optional: dict[str, _Check]
    ) -> dict[str, Any]:
        if type(table) is not dict:
            self.faults.append(f"[{section}]: missing")
            return {}
        for key in table:
            if key not in checks and key not in optional:
                self.faults.append(f"{section}.{key}: unknown key")
        values: dict[str, Any] = {}
        given = {key: check for key, check in optional.items() if key in table}
        for key, check in (checks | given).items():
            if key not in table:
                self.faults.append(f"{section}.{key}: missing")
                continue
            rule = table[key]
            if self._has_provenance(f"{section}.{key}", rule):
                try:
                    values[key] = check(rule["value"])
                except ValueError as error:
                    self.faults.append(f"{section}.{key}: {error}")
        return values

    def _has_provenance(self, name: str, rule: Any) -> bool:
        """Whether the rule has its three parts and nothing else; records where it comes from."""
        if type(rule) is not dict:
            self.faults.append(f'{name}: must be {{ value = …, source = "…", confidence = "…" }}, not {_shown(rule)}')
            return False
        before = len(self.faults)
        self.faults.extend(f"{name}.{key}: unknown key" for key in rule if key not in ("value", "source", "confidence"))
        if "value" not in rule:
            self.faults.append(f"{name}: value is missing")
        source, confidence = rule.get("source"), rule.get("confidence")
        if type(source) is not str or not source.strip():
            self.faults.append(f"{name}: source is missing")
        if confidence not in CONFIDENCES:
            self.faults.append(f"{name}: confidence must be one of {', '.join(CONFIDENCES)}, not {_shown(confidence)}")
        if len(self.faults) > before:
            return "value" in rule
        self.provenance[name] = Provenance(str(source), str(confidence))
        return True

    def _check_product(self, section: str, product: ProductRules) -> None:
        for key in ("order_tonnes_min", "order_tonnes_max"):
            if getattr(product, key) % product.lot_tonnes != 0:
                self.faults.append(f"{section}.{key}: must be a multiple of lot_tonnes ({product.lot_tonnes})")
        if product.order_tonnes_min > product.order_tonnes_max:
            self.faults.append(f"{section}.order_tonnes_min: is above order_tonnes_max, so no order could be placed")
        if product.block_tonnes_min % product.lot_tonnes != 0:
            self.faults.append(f"{section}.block_tonnes_min: must be a multiple of lot_tonnes ({product.lot_tonnes})")
        if (product.block_tonnes_min > 0) != (product.block_limit_bp > 0):
            self.faults.append(f"{section}: block_tonnes_min and block_limit_bp go together")
        if product.large_holders_published and product.large_holder_tonnes == 0:
            self.faults.append(f"{section}.large_holders_published: needs large_holder_tonnes, which says who is one")
        if (product.close_rule == "C") != (product.close_min_tonnes > 0):
            self.faults.append(f"{section}.close_min_tonnes: must be above 0 with close_rule C, and 0 with any other")
        if product.trading_fee_ppm + product.settlement_fee_ppm > units.PPM:
            self.faults.append(f"{section}: both fees together are above the whole amount")

    def _check_between(self, rules: dict[str, Any], products: dict[str, ProductRules]) -> None:
        """What only shows when all values are known."""
        has_call = any(phases.is_call(row.phase) for row in rules["timetable"])
        for code, product in products.items():
            if has_call and product.match_mode in PICK_LEVELS:
                self.faults.append(f"product.{code}.match_mode: {product.match_mode} cannot go with a call auction")
            if product.tick_fen * product.order_tonnes_min > rules["order_value_max_fen"]:
                self.faults.append(f"product.{code}: the smallest order is above trading.order_value_max_fen")
        if rules["retention_bp"] > 0 and not any(product.kind == "allowance" for product in products.values()):
            self.faults.append("settlement.retention_bp: there is no product of kind allowance that could be retained")
