"""Operator acts by name with JSON fields: generated from the command classes, so that none can be forgotten.

An act's name is its class name in the wire's spelling: `AllocateUnits` is `allocate_units`.
A field's wire form follows from its name: accounts and instruments are codes, money and prices decimal strings, phases and
restriction scopes words, days yyyy-mm-dd, keys hex. An optional field stands for the 0 ("all") of the command.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final, cast, get_args, get_origin

import msgspec
from msgspec import UNSET, Meta, UnsetType

from engine.core import commands, days, phases, reasons, rulebook, units
from engine.core.calendar import HolidayNotice
from gateway.protocol import (
    calendar,
    control_wire,
    identity_wire,
    prices,
    split_wire,
    statement_wire,
    supervision_wire,
    times,
    trade_wire,
    wire,
)
from gateway.protocol.day_wire import BreakId
from gateway.protocol.filing_wire import FilingId
from gateway.protocol.names import FieldRefused, Names

SCOPE_BITS: Final = {  # of a restriction
    "login": units.RESTRICT_LOGIN,
    "buy": units.RESTRICT_BUY,
    "sell": units.RESTRICT_SELL,
    "transfer": units.RESTRICT_TRANSFER,
    "cash_out": units.RESTRICT_CASH_OUT,
}
SCOPE_WORDS: Final = tuple(SCOPE_BITS)
_INT64_MAX: Final = 2**63 - 1
_PLAN_TONNES_MAX: Final = 10**12


class _Form(msgspec.Struct, frozen=True):
    """How one field of a command looks on the wire: its name and type there, and the way there and back."""

    name: str
    type: Any
    read: Callable[[Any, Names, dict[str, Any]], Any]
    show: Callable[[Any, Names, dict[str, Any]], Any]
    optional: bool = False


def _same(value: Any, names: Names, all_fields: dict[str, Any]) -> Any:
    return value


def _list(value: Any, names: Names, all_fields: dict[str, Any]) -> list[Any]:
    return list(value)


def _read_account(value: str, names: Names, all_fields: dict[str, Any]) -> int:
    number = names.account_number(value)
    if not number:
        raise FieldRefused(reasons.UNKNOWN_ACCOUNT, "account")
    return number


def _read_instrument(value: str, names: Names, all_fields: dict[str, Any]) -> int:
    number = names.instrument_number(value)
    if not number:
        raise FieldRefused(reasons.UNKNOWN_INSTRUMENT, "instrument")
    return number


def _read_amount(value: str, names: Names, all_fields: dict[str, Any]) -> int:
    try:
        return prices.amount_fen(value)
    except prices.NumberRefused as error:
        raise FieldRefused(error.reason, "amount") from error


def _read_base_price(value: str, names: Names, all_fields: dict[str, Any]) -> int:
    tick_fen = names.product_tick_fen(all_fields["product"])
    if not tick_fen:
        raise FieldRefused(reasons.ACT_INVALID, "product")
    try:
        return prices.price_ticks(value, tick_fen)
    except prices.NumberRefused as error:
        raise FieldRefused(error.reason, "base_price") from error


def _read_auction(value: str, names: Names, all_fields: dict[str, Any]) -> int:
    number = names.auction_number(value)
    if not number:
        raise FieldRefused(reasons.UNKNOWN_AUCTION, "auction")
    return number


def _auction_price(name: str) -> _Form:
    """A price of an auction's notice, on its instrument's tick."""

    def read(value: str, names: Names, all_fields: dict[str, Any]) -> int:
        tick_fen = names.instrument_tick_fen(_read_instrument(all_fields["instrument"], names, all_fields))
        try:
            return prices.price_ticks(value, tick_fen)
        except prices.NumberRefused as error:
            raise FieldRefused(error.reason, name) from error

    def show(value: int, names: Names, all_fields: dict[str, Any]) -> str:
        return prices.price_text(value, names.instrument_tick_fen(all_fields["instrument"]))

    return _Form(name, wire.Decimals, read, show, True)


def _account_form(name: str) -> _Form:
    return _Form(name, wire.Code, _read_account, lambda value, names, _: names.account_code(value))


def _time_form(name: str) -> _Form:
    return _Form(
        name,
        Annotated[datetime, Meta(tz=True)],
        lambda value, *_: times.time_ns(value),
        lambda value, *_: times.time_text(value),
        True,
    )


def _number_form(name: str, high: int, low: int = 0, optional: bool = False) -> _Form:
    return _Form(name, Annotated[int, Meta(ge=low, le=high)], _same, _same, optional)


def _id_form(name: str, letter: str, type_: Any) -> _Form:
    return _Form(name, type_, lambda value, *_: int(value[2:]), lambda value, *_: f"{letter}-{value}")


def _day_form(field: str) -> _Form:
    def read(value: str, names: Names, all_fields: dict[str, Any]) -> int:
        try:
            return times.day_number(value)
        except ValueError as error:
            raise FieldRefused(reasons.INVALID_FIELD, field) from error

    return _Form(field, wire.DayText, read, lambda value, *_: times.day_text(value))


def _read_holidays(value: calendar.NoticeData, names: Names, all_fields: dict[str, Any]) -> HolidayNotice:
    try:
        return calendar.notice_of(value)
    except ValueError as error:
        raise FieldRefused(reasons.INVALID_FIELD, "holidays") from error


def _read_optional_day(value: str, names: Names, all_fields: dict[str, Any]) -> int:
    try:
        return times.day_number(value)
    except ValueError as error:
        raise FieldRefused(reasons.INVALID_FIELD, "objection_until") from error


def _read_filed_on(value: str, names: Names, all_fields: dict[str, Any]) -> int:
    try:
        return times.day_number(value)
    except ValueError as error:
        raise FieldRefused(reasons.INVALID_FIELD, "filed_on") from error


def _read_decided_on(value: str, names: Names, all_fields: dict[str, Any]) -> int:
    try:
        return times.day_number(value)
    except ValueError as error:
        raise FieldRefused(reasons.INVALID_FIELD, "decided_on") from error


def _read_to_account(value: str, names: Names, all_fields: dict[str, Any]) -> int:
    number = names.account_number(value)
    if not number:
        raise FieldRefused(reasons.UNKNOWN_ACCOUNT, "to_account")
    return number


def _read_emissions(value: list[tuple[str, int, str]], names: Names, all_fields: dict[str, Any]) -> Any:
    try:
        return tuple(
            (_read_account(code, names, all_fields), tonnes, times.day_number(day)) for code, tonnes, day in value
        )
    except ValueError as error:
        raise error if isinstance(error, FieldRefused) else FieldRefused(reasons.INVALID_FIELD, "rows") from error


def _show_emissions(value: Any, names: Names, all_fields: dict[str, Any]) -> list[tuple[str, int, str]]:
    return [(names.account_code(number), tonnes, times.day_text(day)) for number, tonnes, day in value]


def _read_issues(value: list[tuple[str, str, str, int]], names: Names, all_fields: dict[str, Any]) -> Any:
    return tuple(
        (_read_account(code, names, all_fields), _read_instrument(instrument, names, all_fields), kind, tonnes)
        for code, instrument, kind, tonnes in value
    )


def _show_issues(value: Any, names: Names, all_fields: dict[str, Any]) -> list[tuple[str, str, str, int]]:
    return [
        (names.account_code(account), names.instrument_code(instrument), kind, tonnes)
        for account, instrument, kind, tonnes in value
    ]


def _read_scope(value: list[str], names: Names, all_fields: dict[str, Any]) -> int:
    scope = 0
    for word in value:
        if word not in SCOPE_BITS:
            raise FieldRefused(reasons.INVALID_FIELD, "scope")
        scope |= SCOPE_BITS[word]
    return scope


def scope_words(scope: int) -> list[str]:
    """The bits of a restriction as words."""
    return [word for word, bit in SCOPE_BITS.items() if scope & bit]


def _read_phase(value: str, names: Names, all_fields: dict[str, Any]) -> int:
    if value not in phases.NAMES:
        raise FieldRefused(reasons.INVALID_FIELD, "phase")
    return phases.NAMES.index(value)


def _money_of(text: str, field: str) -> int:
    """An amount that may be negative, as a bank's balance may be."""
    try:
        fen = prices.amount_fen(text.removeprefix("-")) if text.strip("-0.") else 0
    except prices.NumberRefused as error:
        raise FieldRefused(error.reason, field) from error
    return -fen if text.startswith("-") else fen


def _money_form(name: str) -> _Form:
    return _Form(
        name,
        Money,
        lambda value, *_: _money_of(value, name),
        lambda value, *_: prices.money_text(value),
    )


def _read_balances(value: list[tuple[str, str]], names: Names, all_fields: dict[str, Any]) -> Any:
    return tuple((_read_account(code, names, all_fields), _money_of(money, "balances")) for code, money in value)


def _show_balances(value: Any, names: Names, all_fields: dict[str, Any]) -> list[tuple[str, str]]:
    return [(names.account_code(number), prices.money_text(fen)) for number, fen in value]


def _read_differences(value: list[tuple[str, str, str]], names: Names, all_fields: dict[str, Any]) -> Any:
    return tuple(
        (
            -int(code[1:]) if code.startswith("#") else _read_account(code, names, all_fields),
            _money_of(ledger, "differences"),
            _money_of(bank, "differences"),
        )
        for code, ledger, bank in value
    )


def _show_differences(value: Any, names: Names, all_fields: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [
        (
            names.account_code(number) if number > 0 else f"#{-number}",
            prices.money_text(ledger),
            prices.money_text(bank),
        )
        for number, ledger, bank in value
    ]


Money = Annotated[str, Meta(max_length=24, pattern=r"^-?(0|[1-9][0-9]*)(\.[0-9]{1,2})?\Z")]
_AccountOrOwn = Annotated[str, Meta(max_length=32, pattern=r"^(#[0-9]{1,3}|[A-Za-z0-9._-]+)\Z")]
_Count = Annotated[int, Meta(ge=0, le=_INT64_MAX)]
_Digest = Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")]
_Balances = Annotated[list[tuple[wire.Code, Money]], Meta(max_length=days.BANK_ROWS_MAX)]
_Differences = Annotated[list[tuple[_AccountOrOwn, Money, Money]], Meta(max_length=days.BANK_BREAKS_MAX)]
_Hex32 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
_Word = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+\Z")]
_Codes = Annotated[list[wire.Code], Meta(min_length=1, max_length=10_000)]
_Numbers = Annotated[list[wire.Reason], Meta(min_length=1, max_length=16)]
_RuleBookText = Annotated[str, Meta(min_length=1, max_length=rulebook.TEXT_CHARACTERS_MAX)]
_Title = Annotated[str, Meta(min_length=1, max_length=200)]  # the engine says by number which character may not be
_Body = Annotated[str, Meta(min_length=1, max_length=4_000)]
_NoWords = Annotated[list[Annotated[str, Meta(max_length=32)]], Meta(max_length=16)]
_Words = Annotated[list[Annotated[str, Meta(max_length=32)]], Meta(min_length=1, max_length=16)]

_Alerts = Annotated[list[supervision_wire.AlertId], Meta(max_length=50)]

_Emissions = Annotated[
    list[tuple[wire.Code, Annotated[int, Meta(ge=0, le=units.TONNES_MAX)], wire.DayText]],
    Meta(min_length=1, max_length=2_000),
]

_Issues = Annotated[
    list[tuple[wire.Code, wire.Code, _Word, Annotated[int, Meta(ge=1, le=units.TONNES_MAX)]]],
    Meta(min_length=1, max_length=2_000),
]

_FORMS: Final[dict[str, _Form]] = {
    "account": _Form("account", wire.Code, _read_account, lambda value, names, _: names.account_code(value)),
    "instrument": _Form(
        "instrument", wire.Code, _read_instrument, lambda value, names, _: names.instrument_code(value)
    ),
    "accounts": _Form(
        "accounts",
        _Codes,
        lambda value, names, rest: tuple(_read_account(code, names, rest) for code in value),
        lambda value, names, _: [names.account_code(number) for number in value],
    ),
    "amount_fen": _Form("amount", wire.Decimals, _read_amount, lambda value, *_: prices.money_text(value)),
    "base_price_ticks": _Form(
        "base_price",
        wire.Decimals,
        _read_base_price,
        lambda value, names, rest: prices.price_text(value, names.product_tick_fen(rest["product"])),
    ),
    "public_key": _Form("public_key", _Hex32, lambda value, *_: bytes.fromhex(value), lambda value, *_: value.hex()),
    "trading_day": _day_form("trading_day"),
    "effective_day": _day_form("effective_day"),
    "first_day": _day_form("first_day"),
    "last_day": _day_form("last_day"),
    "holidays": _Form(
        "holidays",
        calendar.NoticeData,
        _read_holidays,
        lambda value, *_: msgspec.to_builtins(calendar.notice_data(value)),
    ),
    "rulebook": _Form("rulebook", _RuleBookText, _same, _same),
    "version": _Form("version", Annotated[int, Meta(ge=1, le=1_000_000)], _same, _same),
    "approvals": _Form("approvals", _Numbers, lambda value, *_: tuple(value), lambda value, *_: list(value)),
    "scope": _Form("scope", _Words, _read_scope, lambda value, *_: scope_words(value)),
    "phase": _Form("phase", _Word, _read_phase, lambda value, *_: phases.NAMES[value]),
    "trade": _Form("trade_id", wire.TradeId, lambda value, *_: int(value[2:]), lambda value, *_: f"T-{value}", True),
    "scopes": _Form("scopes", _Words, lambda value, *_: tuple(value), lambda value, *_: list(value), True),
    "objection_until": _Form(
        "objection_until", wire.DayText, _read_optional_day, lambda value, *_: times.day_text(value), True
    ),
    "to_account": _Form("to_account", wire.Code, _read_to_account, lambda value, names, _: names.account_code(value)),
    "encumbrance": _Form(
        "encumbrance_id", wire.EncumbranceId, lambda value, *_: int(value[2:]), lambda value, *_: f"N-{value}"
    ),
    "filing": _id_form("filing_id", "S", FilingId),
    "confirmed": _Form("confirmed", bool, _same, _same),
    "beneficiary": _Form("beneficiary", wire.Text, _same, _same),
    "subject": _Form("subject", _Word, _same, _same),
    "filed_on": _Form("filed_on", wire.DayText, _read_filed_on, lambda value, *_: times.day_text(value)),
    "decided_on": _Form("decided_on", wire.DayText, _read_decided_on, lambda value, *_: times.day_text(value)),
    "upheld": _Form("upheld", bool, _same, _same),
    "project": _Form("project", _Word, _same, _same),
    "project_type": _Form("project_type", wire.Reason, _same, _same),
    "methodology": _Form("methodology", wire.Reason, _same, _same),
    "origin": _Form("origin", wire.Reason, _same, _same),
    "first_serial": _number_form("first_serial", 2**53 - 1, 1),
    "proof": _Form("proof", wire.Reason, _same, _same),
    "boundary": msgspec.structs.replace(_account_form("boundary"), optional=True),
    "parts": _Form("parts", split_wire.Parts, split_wire.read_parts, split_wire.show_parts),
    "notified_on": msgspec.structs.replace(_day_form("notified_on"), optional=True),
    "total": _number_form("total", _PLAN_TONNES_MAX),
    "reserve": _number_form("reserve", _PLAN_TONNES_MAX),
    "issues": _Form("issues", _Issues, _read_issues, _show_issues),
    "rows": _Form("rows", _Emissions, _read_emissions, _show_emissions),
    "sha256": _Form("sha256", wire.Sha256, _same, _same),
    "tonnes": _Form("tonnes", wire.Quantity, _same, _same),
    "code": _Form("code", _Word, _same, _same),
    "key_id": _Form("key_id", _Word, _same, _same),
    "person": _Form("person", _Word, _same, _same),
    "product": _Form("product", _Word, _same, _same),
    "kind": _Form("kind", _Word, _same, _same),
    "category": _Form("category", _Word, _same, _same),
    "name": _Form("name", wire.Reason, _same, _same),
    "name_zh": _Form("name_zh", wire.Reason, _same, _same),
    "name_en": _Form("name_en", wire.Reason, _same, _same),
    "basis": _Form("basis", wire.Text, _same, _same),
    "title_zh": _Form("title_zh", _Title, _same, _same),
    "title_en": _Form("title_en", _Title, _same, _same),
    "body_zh": _Form("body_zh", _Body, _same, _same),
    "body_en": _Form("body_en", _Body, _same, _same),
    "effective_at_ns": _time_form("effective_at"),
    "period": _Form("period", _Word, _same, _same),
    "sent_as": _Form("sent_as", wire.Text, _same, _same),
    "body": _Form("body", Annotated[str, Meta(min_length=1, max_length=12_000)], _same, _same),
    "year": _Form("year", Annotated[int, Meta(ge=2000, le=9999)], _same, _same),
    "vintage": _Form("vintage", Annotated[int, Meta(ge=0, le=9999)], _same, _same),
    "owner": _Form("owner", Annotated[int, Meta(ge=1, le=_INT64_MAX)], _same, _same),
    "final": _Form("final", bool, _same, _same),
    # the day and the bank's file
    "at_seq": _number_form("at_seq", _INT64_MAX),
    "breaks": _number_form("breaks", _INT64_MAX),
    "unsettled": _number_form("unsettled", _INT64_MAX),
    "statements": _number_form("statements", _INT64_MAX),
    "figures": _Form("figures", tuple[_Count, _Count, _Count, _Digest], _same, lambda value, *_: list(value), True),
    "affected": _Form(
        "affected",
        _Codes,
        lambda value, names, rest: tuple(_read_account(code, names, rest) for code in value),
        lambda value, names, _: [names.account_code(number) for number in value],
        True,
    ),
    "balances": _Form("balances", _Balances, _read_balances, _show_balances),
    "fees_fen": _money_form("fees"),
    "reserve_fen": _money_form("reserve"),
    "total_fen": _money_form("total"),
    "differences": _Form("differences", _Differences, _read_differences, _show_differences),
    "bank_break": _Form("break_id", BreakId, lambda value, *_: int(value[2:]), lambda value, *_: f"D-{value}"),
    "remedy": _Form("remedy", _Word, _same, _same),
    # what members object to
    "objection": _id_form("objection_id", "S", statement_wire.ObjectionId),
    "answer": _Form("answer", wire.Reason, _same, _same),
    "voids": _Form("voids", bool, _same, _same, True),
    "facts": _Form("facts", trade_wire.TradeRecord, trade_wire.read, trade_wire.show, True),
    # supervision
    "restriction": _id_form("restriction_id", "R", supervision_wire.RestrictionId),
    "link": _number_form("link", _INT64_MAX, 1),
    "case": _id_form("case_id", "K", supervision_wire.CaseId),
    "kill_switch": _id_form("kill_switch_id", "X", control_wire.KillSwitchId),
    "review_on": _day_form("review_on"),
    "due_day": _day_form("due_day"),
    "notified": _Form("notified", wire.Text, _same, _same, True),
    "appeal": _Form("appeal", wire.Text, _same, _same, True),
    "record": _Form("record", wire.Code, _same, _same),
    "matter": _Form("matter", wire.Reason, _same, _same),
    "note": _Form("note", wire.Reason, _same, _same),
    "step": _Form("step", _Word, _same, _same),
    "finding": _Form("finding", _Word, _same, _same),
    "alerts": _Form("alerts", _Alerts, lambda value, *_: tuple(value), lambda value, *_: list(value), True),
    "tonnes_max": _number_form("tonnes_max", units.TONNES_MAX),
    # keys and certificates
    "expires_day": msgspec.structs.replace(_day_form("expires_day"), optional=True),
    "networks": _Form("networks", identity_wire.Networks, identity_wire.read_networks, _list, True),
    "certificate": _Form("certificate", identity_wire.Pem, identity_wire.read_pem, identity_wire.show_pem),
    "authority": _Form("authority", _Word, _same, _same),
    "province": _Form("province", wire.Reason, _same, _same),
    "serials": _Form("serials", identity_wire.Serials, lambda value, *_: tuple(value), _list),
    # participants
    "participant": _Form("participant", Annotated[int, Meta(ge=1, le=_INT64_MAX)], _same, _same),
    "identity": _Form("identity", _Word, _same, _same),
    "home": _Form("home", wire.Text, _same, _same, True),
    "user": _Form("user", _Word, _same, _same),
    "rights": _Form("rights", _Words, lambda value, *_: tuple(value), lambda value, *_: list(value)),
    "from_day": _day_form("from_day"),
    "until_day": _day_form("until_day"),
    "last_year": _number_form("last_year", 2999, 2000),
    "assets_fen": _Form("assets", wire.Decimals, _read_amount, lambda value, *_: prices.money_text(value), True),
    "controller": _number_form("controller", _INT64_MAX, 1),
    "controlled": _number_form("controlled", _INT64_MAX, 1),
    "share_bp": _number_form("share_bp", 10_000),
    "association": _number_form("association", _INT64_MAX, 1),
    # auctions
    "auction": _Form("auction", wire.Code, _read_auction, lambda value, names, _: names.auction_code(value)),
    "direction": _Form("direction", _Word, _same, _same),
    "method": _Form("method", _Word, _same, _same),
    "tie": _Form("tie", _Word, _same, _same),
    "undersubscribed": _Form("undersubscribed", _Word, _same, _same),
    "unit_account": _account_form("unit_account"),
    "cash_account": _account_form("cash_account"),
    "categories": _Form("categories", _NoWords, lambda value, *_: tuple(value), lambda value, *_: list(value)),
    "bidders": _Form(
        "bidders",
        _Codes,
        lambda value, names, rest: tuple(_read_account(code, names, rest) for code in value),
        lambda value, names, _: [names.account_code(number) for number in value],
        True,
    ),
    "opens_at_ns": _time_form("opens_at"),
    "closes_at_ns": _time_form("closes_at"),
    "limit_ticks": _auction_price("limit_price"),
    "reserve_ticks": _auction_price("reserve_price"),
    "budget_fen": _Form("budget", wire.Decimals, _read_amount, lambda value, *_: prices.money_text(value), True),
    "bid_tonnes_min": _number_form("qty_min", units.TONNES_MAX, 1),
    "lot_tonnes": _number_form("lot", units.TONNES_MAX, 1),
    "cap_tonnes": _number_form("cap", units.TONNES_MAX, 0, True),
    "cap_bp": _number_form("cap_bp", 10_000, 0, True),
    "fee_ppm": _number_form("fee_ppm", units.PPM, 0, True),
    "withdrawable": _Form("withdrawable", bool, _same, _same, True),
    "closes_market": _Form("closes_market", bool, _same, _same, True),
    "notice": _Form("notice", wire.Text, _same, _same, True),
    "use_restricted": _Form("use_restricted", bool, _same, _same, True),
    "carry_over": _number_form("carry_over", commands.CARRY_OVER_MAX, 0, True),
    "carries": _Form(
        "carries",
        _Codes,
        lambda value, names, rest: tuple(_read_auction(code, names, rest) for code in value),
        lambda value, names, _: [names.auction_code(number) for number in value],
        True,
    ),
    "seller_fee_ppm": _number_form("seller_fee_ppm", units.PPM, 0, True),
    "buyer_fee_ppm": _number_form("buyer_fee_ppm", units.PPM, 0, True),
}
# Fields of acts that may be left out, meaning all, or none.
_ALL_WHEN_ABSENT: Final = {
    (commands.Halt, "instrument"),
    (commands.Resume, "instrument"),
    (commands.Restrict, "first_day"),
    (commands.Restrict, "last_day"),
    (commands.Restrict, "review_on"),
    (commands.Restrict, "case"),
    (commands.LiftRestriction, "restriction"),
    (commands.ReviewRestriction, "review_on"),
    (commands.AddCaseStep, "due_day"),
    (commands.OrderReduction, "case"),
    (commands.PublishNotice, "instrument"),
    (commands.EngageKillSwitch, "account"),
    (commands.EngageKillSwitch, "instrument"),
    (commands.EngageKillSwitch, "participant"),
}
_MAY_BE_ABSENT: Final = {
    (commands.RecordDispatch, "sha256"),
    (commands.RegisterKey, "user"),
    (commands.RegisterKey, "certificate"),
    (commands.Qualify, "until_day"),
    (commands.Associate, "until_day"),
    (commands.EngageKillSwitch, "basis"),
}  # then the command's default

_NONE_WHEN_ABSENT: Final = ("trade", "objection_until")  # 0 in the command


class ActForm(msgspec.Struct, frozen=True):
    """One act on the wire: its name, the type of its fields, and the form of each."""

    name: str
    act: type[commands.Act]
    params: type[msgspec.Struct]
    forms: dict[str, _Form]

    def optional(self, field: str) -> bool:
        """Whether a field may be left out."""
        return self.forms[field].optional or (self.act, field) in _ALL_WHEN_ABSENT | _MAY_BE_ABSENT


def _wire_name(act: type[commands.Act]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", act.__name__).lower()


def _form_of(act: type[commands.Act]) -> ActForm:
    forms = {field.name: _FORMS[field.name] for field in msgspec.structs.fields(act)}
    columns: list[Any] = []
    for field, form in forms.items():
        if form.optional or (act, field) in _ALL_WHEN_ABSENT | _MAY_BE_ABSENT:
            columns.append((form.name, form.type | UnsetType, UNSET))
        else:
            columns.append((form.name, form.type))
    params = msgspec.defstruct(f"{act.__name__}Fields", columns, kw_only=True, forbid_unknown_fields=True)
    return ActForm(_wire_name(act), act, params, forms)


ACTS: Final[dict[str, ActForm]] = {form.name: form for form in (_form_of(act) for act in commands.AnyAct.__args__)}
_BY_CLASS: Final = {form.act: form for form in ACTS.values()}
_CLASS_OF: Final = {act.__name__: act for act in _BY_CLASS}


def is_zero(act: type[commands.Act], field: str) -> bool:
    """Whether a field that is left out is 0 in the command: all, or none."""
    return (act, field) in _ALL_WHEN_ABSENT or field in _NONE_WHEN_ABSENT


def read_act(name: str, fields: bytes, names: Names) -> commands.AnyAct:
    """The act a request names. Raises `FieldRefused`, or msgspec's ValidationError for what breaks the declared types."""
    form = ACTS.get(name)
    if form is None:
        raise FieldRefused(reasons.ACT_INVALID, "act")
    given = msgspec.json.decode(fields, type=form.params)
    said = {field: getattr(given, part.name) for field, part in form.forms.items()}
    values: dict[str, Any] = {}
    for field, part in form.forms.items():
        if said[field] is not UNSET:
            values[field] = part.read(said[field], names, said)
        elif is_zero(form.act, field):
            values[field] = 0
    return cast(commands.AnyAct, form.act(**values))


def show_act(act: commands.AnyAct, names: Names) -> tuple[str, dict[str, Any]]:
    """Name and fields of an act, as `read_act` takes them; a field that means "all" is left out."""
    form = _BY_CLASS[type(act)]
    values = msgspec.structs.asdict(act)
    shown: dict[str, Any] = {}
    for field, part in form.forms.items():
        if not values[field] and form.optional(field):
            continue
        shown[part.name] = part.show(values[field], names, values)
    return form.name, shown


def stored_act(content: dict[str, Any]) -> commands.AnyAct:
    """The act of a line of the audit trail: its kind under "act", its fields beside it, bytes as hex."""
    return cast(commands.AnyAct, _stored(_CLASS_OF[content["act"]], content))


def _stored(kind: Any, value: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        known = [field for field in msgspec.structs.fields(kind) if field.name in value]  # it may be older than a field
        return kind(**{field.name: _stored(field.type, value[field.name]) for field in known})
    if get_origin(kind) is tuple:
        kinds = get_args(kind)
        return tuple(_stored(kinds[0] if kinds[-1] is ... else kinds[place], part) for place, part in enumerate(value))
    return bytes.fromhex(value) if kind is bytes else value


__all__ = [
    "ACTS",
    "SCOPE_WORDS",
    "ActForm",
    "FieldRefused",
    "Money",
    "Names",
    "read_act",
    "scope_words",
    "show_act",
    "stored_act",
]
