"""The parts of a split (分立) on the wire and back: codes for numbers, decimal strings for money."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from engine.core import reasons, units
from engine.core.commands import SplitPart, SplitYear
from gateway.protocol import prices, wire
from gateway.protocol.names import FieldRefused, Names

Tonnes = Annotated[int, Meta(ge=0, le=units.TONNES_MAX)]


class SplitUnits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of one instrument in one state: available | locked | use_restricted."""

    instrument: wire.Code
    tonnes: Tonnes
    state: Annotated[str, Meta(max_length=32)] = "available"


class SplitAhead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Preallocated units of one instrument."""

    instrument: wire.Code
    tonnes: Tonnes


class SplitOffsets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Offsets of one product that were surrendered."""

    product: wire.Code
    tonnes: Tonnes


class SplitYearData(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A share of a compliance year, in tonnes."""

    year: Annotated[int, Meta(ge=2000, le=2999)]
    free_allocation: Tonnes = 0
    paid_allocation: Tonnes = 0
    emissions: Tonnes = 0
    surrendered: Tonnes = 0
    offsets: Annotated[list[SplitOffsets], Meta(max_length=1_000)] = []
    preallocated: Annotated[list[SplitAhead], Meta(max_length=1_000)] = []


class SplitPartData(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What goes to one successor."""

    account: wire.Code
    cash: wire.Decimals = "0.00"
    units: Annotated[list[SplitUnits], Meta(max_length=1_000)] = []
    years: Annotated[list[SplitYearData], Meta(max_length=1_000)] = []


Parts = Annotated[list[SplitPartData], Meta(min_length=1, max_length=20)]


def read_parts(value: list[SplitPartData], names: Names, all_fields: dict[str, Any]) -> tuple[SplitPart, ...]:
    """The parts in numbers. Raises `FieldRefused` for a code that nothing has, and for what is no amount."""
    return tuple([_read_part(part, names) for part in value])


def show_parts(value: tuple[SplitPart, ...], names: Names, all_fields: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts as the wire has them."""
    parts = [
        SplitPartData(
            names.account_code(part.to_account),
            prices.money_text(part.cash_fen),
            [SplitUnits(names.instrument_code(number), tonnes, state) for number, state, tonnes in part.units],
            [_show_year(year, names) for year in part.years],
        )
        for part in value
    ]
    found: list[dict[str, Any]] = msgspec.to_builtins(parts)
    return found


def _read_part(part: SplitPartData, names: Names) -> SplitPart:
    account = names.account_number(part.account)
    if not account:
        raise FieldRefused(reasons.UNKNOWN_ACCOUNT, "parts.account")
    try:
        cash_fen = 0 if part.cash in ("0", "0.00") else prices.amount_fen(part.cash)
    except prices.NumberRefused as error:
        raise FieldRefused(error.reason, "parts.cash") from error
    return SplitPart(
        account,
        cash_fen,
        tuple([(_instrument(row.instrument, names), row.state, row.tonnes) for row in part.units]),
        tuple(
            [
                SplitYear(
                    year.year,
                    year.free_allocation,
                    year.paid_allocation,
                    year.emissions,
                    year.surrendered,
                    tuple([(row.product, row.tonnes) for row in year.offsets]),
                    tuple([(_instrument(row.instrument, names), row.tonnes) for row in year.preallocated]),
                )
                for year in part.years
            ]
        ),
    )


def _instrument(code: str, names: Names) -> int:
    number = names.instrument_number(code)
    if not number:
        raise FieldRefused(reasons.UNKNOWN_INSTRUMENT, "parts.instrument")
    return number


def _show_year(year: SplitYear, names: Names) -> SplitYearData:
    return SplitYearData(
        year.year,
        year.free,
        year.paid,
        year.emissions,
        year.surrendered,
        [SplitOffsets(product, tonnes) for product, tonnes in year.offsets],
        [SplitAhead(names.instrument_code(number), tonnes) for number, tonnes in year.preallocated],
    )
