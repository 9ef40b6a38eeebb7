"""Rule books of any shape, and markets founded under them, for tests."""

import json
from hashlib import sha256
from typing import Any, Final

import msgspec

from engine import notices
from engine.core import commands, phases, rulebook
from engine.core.commands import AnyAct, AnyCommand, Entry
from engine.core.events import ActProposed, Event
from engine.core.market import Market

OPERATORS: Final = (("chen", "Chen", bytes(32)), ("li", "Li", bytes([1] * 32)))
START_NS: Final = 1_700_000_000_000_000_000

_RULES: Final[dict[str, dict[str, Any]]] = {
    "market": {"market": "test", "version": 1, "name_zh": "测试", "name_en": "Test", "utc_offset_minutes": 480},
    "operators": {"two_person_acts": [], "proposal_hours_max": 24},
    "day": {
        "timetable": ["09:00 pre_open", "09:30 continuous", "15:00 closed"],
        "cancel_in_break": True,
        "calendar": "every-day",
    },
    "trading": {
        "call_tie": "reference",
        "self_trade": "cancel_taker",
        "open_orders_max": 1000,
        "order_value_max_fen": 10_000_000_000,
        "client_order_id_days": 5,
        "public_depth_levels": 5,
    },
    "settlement": {"proceeds_same_day": True, "retention_bp": 5000},
}
_PRODUCT: Final[dict[str, Any]] = {
    "name_zh": "配额",
    "name_en": "Allowance",
    "kind": "allowance",
    "tick_fen": 1,
    "lot_tonnes": 1,
    "order_tonnes_min": 1,
    "order_tonnes_max": 99_999,
    "match_mode": "PRICE_TIME_AUTO",
    "limit_bp": 1000,
    "trading_fee_ppm": 0,
    "settlement_fee_ppm": 0,
    "lock_days": 0,
    "close_rule": "A",
    "close_min_tonnes": 0,
}
_OPTIONAL: Final = (
    "block_window",
    "stages",
    "opening_checks",
    "transfer_hours",
    "cash_in_hours",
    "cash_out_hours",
)
_OPTIONAL_IN_SETTLEMENT: Final = (
    "risk_reserve_bp",
    "risk_reserve_max_fen",
    "unfinished",
    "cycle",
    "void_window",
    "void_fees",
)
_OPTIONAL_IN_PRODUCT: Final = (
    "block_tonnes_min",
    "block_limit_bp",
    "composite_weight",
    "holding_limit_tonnes",
    "large_holder_tonnes",
    "large_holders_published",
    "holders_max",
    "auction_seller_published",
    "auction_buyer_published",
)
_COMPLIANCE: Final[dict[str, Any]] = {
    "report_deadline": "2026-04-30",
    "surrender_deadline": "",
    "offset_base": "verified_emissions",
    "offset_limit_bp": 0,
    "local_share_min_bp": 0,
}
_CLASS: Final[dict[str, Any]] = {
    "products": ["CQEA"],
    "sides": ["buy", "sell"],
    "methods": ["listed", "block", "auction"],
    "qualifications": "none",
}
_OFFSET: Final[dict[str, Any]] = {"limit_bp": 0, "vintage_min": 0, "is_local": False}


def rulebook_text(
    products: dict[str, dict[str, Any]] | None = None,
    compliance: dict[int, dict[str, Any]] | None = None,
    offsets: dict[str, dict[str, Any]] | None = None,
    classes: dict[str, dict[str, Any]] | None = None,
    surveillance: dict[str, int] | None = None,
    **rules: Any,
) -> str:
    """The text of a rule book: defaults, with `rules` by key and `products` by code laid over them.

    compliance by year, offsets by "YEAR.PRODUCT", classes by category, thresholds of surveillance: none unless given.
    """
    left = dict(rules)
    lines: list[str] = []
    for section, defaults in _RULES.items():
        values = {key: left.pop(key, default) for key, default in defaults.items()}
        if section == "day":
            values |= {key: left.pop(key) for key in _OPTIONAL if key in left}
        if section == "settlement":
            values |= {key: left.pop(key) for key in _OPTIONAL_IN_SETTLEMENT if key in left}
        lines += _table(section, values)
    assert not left, f"no such rules: {', '.join(left)}"
    if surveillance:
        lines += _table("surveillance", surveillance)
    for year, values in (compliance or {}).items():
        lines += _table(f"compliance.{year}", _COMPLIANCE | values)
    for name, values in (classes or {}).items():
        lines += _table(f"class.{name}", _CLASS | values)
    for name, values in (offsets or {}).items():
        lines += _table(f"offset.{name}", _OFFSET | values)
    for code, changes in (products or {"CQEA": {}}).items():
        assert not changes.keys() - _PRODUCT.keys() - set(_OPTIONAL_IN_PRODUCT), f"no such product rules: {changes}"
        lines += _table(f"product.{code}", _PRODUCT | changes)
    return "\n".join(lines) + "\n"


def _table(name: str, values: dict[str, Any]) -> list[str]:
    # JSON's numbers, booleans, strings and lists are TOML's as well
    rows = [
        f'{key} = {{ value = {json.dumps(value, ensure_ascii=False)}, source = "test", confidence = "design" }}'
        for key, value in values.items()
    ]
    return [f"[{name}]", *rows]


def unchecked(text: str) -> str:
    """A rule book whose openings do not demand what nobody journals in these tests: what settlement found after the close."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("opening_checks"))


def digest_of(act: AnyAct) -> bytes:
    """What an approval of the act must carry, computed without the core's help."""
    return sha256(msgspec.msgpack.encode(act)).digest()


def act(wanted: AnyAct, operator: int = 1) -> commands.Propose:
    """An act as an operator proposes it."""
    return commands.Propose(operator, "test", "doc-1", wanted)


def founding(text: str) -> commands.Found:
    """The first command of a market under this rule book."""
    return commands.Found(text, OPERATORS, notices.for_pattern(rulebook.parse(text).calendar))


def entries(wanted: list[AnyCommand], first_seq: int = 1, at_ns: int = START_NS, step_ns: int = 1_000) -> list[Entry]:
    """Commands with their places and times."""
    return [Entry(first_seq + place, at_ns + place * step_ns, command) for place, command in enumerate(wanted)]


def hash_of(market: Market) -> str:
    """The state hash."""
    return sha256(market.dump()).hexdigest()


class Desk:
    """A market and someone who hands it commands one by one; keeps them and all events."""

    def __init__(self, text: str | None = None) -> None:
        self.market = Market()
        self.at_ns = START_NS
        self.events: list[Event] = []
        self.commands: list[AnyCommand] = []
        self.do(founding(rulebook_text() if text is None else text))

    def do(self, command: AnyCommand) -> list[Event]:
        """Apply one command; returns what happened."""
        self.at_ns += 1_000
        self.commands.append(command)
        happened = self.market.apply(Entry(self.market.seq + 1, self.at_ns, command))
        self.events += happened
        return happened

    def act(self, *wanted: AnyAct) -> list[Event]:
        """Let the first operator do these acts, one person sufficing."""
        return [event for each in wanted for event in self.do(act(each))]

    def act_both(self, *wanted: AnyAct) -> None:
        """Let the first operator do these acts, the second approving what takes two."""
        for each in wanted:
            happened = self.do(act(each))
            if isinstance(happened[-1], ActProposed):
                self.do(commands.Approve(2, happened[-1].proposal, happened[-1].act_sha256))

    def open_day(self, trading_day: int = 20260105, phase: int = phases.CONTINUOUS) -> None:
        """Open a day and enter a phase."""
        self.act(commands.OpenDay(trading_day))
        if phase == phases.OPENING_CALL_NO_CANCEL:
            self.act(commands.ChangePhase(phases.OPENING_CALL))
        elif phase in (phases.CLOSING_CALL, phases.POST_CLOSE):
            self.act(commands.ChangePhase(phases.CONTINUOUS))
        if phase != phases.PRE_OPEN:
            self.act(commands.ChangePhase(phase))
