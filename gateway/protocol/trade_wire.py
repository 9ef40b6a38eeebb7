"""What a trade was, as it stands in an act that voids it: codes for numbers, decimal strings for money."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from engine.core import reasons, units
from engine.core.commands import TradeFacts
from gateway.protocol import prices, times, wire
from gateway.protocol.names import FieldRefused, Names

_Number = Annotated[int, Meta(ge=0, le=2**62)]
_Method = Annotated[str, Meta(max_length=32)]


class TradeRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A trade as the registry has it, for the second person to read. Whatever is sent here, the exchange puts in its own."""

    trading_day: wire.DayText
    day_number: _Number
    method: _Method
    instrument: wire.Code
    price: wire.Decimals
    tonnes: Annotated[int, Meta(ge=1, le=units.TONNES_MAX)]
    amount: wire.Decimals
    buyer: wire.Code
    buy_order: _Number
    buy_fee: wire.Decimals
    seller: wire.Code
    sell_order: _Number
    sell_fee: wire.Decimals
    is_settled: bool


def read(value: TradeRecord, names: Names, all_fields: dict[str, Any]) -> TradeFacts:
    """The facts in the market's numbers. Raises `FieldRefused`."""
    instrument = names.instrument_number(value.instrument)
    buyer, seller = names.account_number(value.buyer), names.account_number(value.seller)
    if not instrument or not buyer or not seller:
        raise FieldRefused(reasons.UNKNOWN_TRADE, "facts")
    try:
        return TradeFacts(
            times.day_number(value.trading_day), value.day_number, value.method, instrument,
            prices.price_ticks(value.price, names.instrument_tick_fen(instrument)), value.tonnes,
            prices.amount_fen(value.amount), buyer, value.buy_order, _fee(value.buy_fee), seller, value.sell_order,
            _fee(value.sell_fee), value.is_settled,
        )  # fmt: skip
    except prices.NumberRefused as error:
        raise FieldRefused(error.reason, "facts") from error
    except ValueError as error:
        raise FieldRefused(reasons.INVALID_FIELD, "facts") from error


def _fee(text: str) -> int:
    return prices.amount_fen(text) if text.strip("0.") else 0


def show(value: TradeFacts, names: Names, all_fields: dict[str, Any]) -> dict[str, Any]:
    """The facts as `read` takes them."""
    tick_fen = names.instrument_tick_fen(value.instrument)
    record = TradeRecord(
        times.day_text(value.trading_day), value.day_number, value.method, names.instrument_code(value.instrument),
        prices.price_text(value.price_ticks, tick_fen), value.tonnes, prices.money_text(value.amount_fen),
        names.account_code(value.buyer), value.buy_order, prices.money_text(value.buy_fee_fen),
        names.account_code(value.seller), value.sell_order, prices.money_text(value.sell_fee_fen), value.is_settled,
    )  # fmt: skip
    return msgspec.structs.asdict(record)


__all__ = ["TradeRecord", "read", "show"]
