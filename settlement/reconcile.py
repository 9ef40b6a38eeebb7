"""Engine = registry = bank, at one seq (domain rules E4; INV-1, 2, 11).

The engine's figures are copied in one go while the market stands at a seq; they are compared when the registry has
settled exactly that far. What is set aside has moved in the engine and not in the registry, so it is allowed for.
"""

from typing import Final, Protocol

import msgspec

from engine.core import phases
from engine.core.days import figures_of
from engine.core.reasons import AWAITS_CYCLE
from engine.title import Break, ReconciliationReport
from engine.view import AccountView, DayView, InstrumentView, UnitsView
from settlement.core import awards, dvp
from settlement.core.clearing import LISTED, Clearing
from settlement.core.postings import AVAILABLE, BANK, RESERVE, STATE_PLACES
from settlement.store import Balances, Store

_NOTHING: Final = (0, 0, 0, 0, 0)


class EngineReads(Protocol):
    """What a reconciliation asks of the engine; `MarketView` has it all."""

    @property
    def is_founded(self) -> bool:
        """Whether there is a market yet."""

    def day(self) -> DayView:
        """Where the day is."""

    def accounts(self) -> list[AccountView]:
        """All accounts."""

    def units(self, account: int) -> list[UnitsView]:
        """Positions of an account."""

    def instruments(self) -> list[InstrumentView]:
        """All instruments."""

    def risk_reserve(self) -> tuple[int, dict[int, int]]:
        """What is in the risk reserve, and who owes it what."""


class EngineFigures(msgspec.Struct, frozen=True):
    """Every account's cash (free and held) and units ((available and held), then by STATE_PLACES) in the engine, at `seq`."""

    seq: int
    cash: dict[int, int]
    units: dict[tuple[int, int], tuple[int, int, int, int, int]]
    restriction: dict[int, int]
    floor_tonnes: dict[int, int]
    trading_day: int = 0
    is_closed: bool = False
    reserve_fen: int = 0


def take_figures(view: EngineReads) -> EngineFigures:
    """Copy the engine's figures as they stand. Synchronous, so that no entry can come in between."""
    accounts = view.accounts() if view.is_founded else []
    day = view.day() if view.is_founded else None
    return EngineFigures(
        day.seq if day is not None else 0,
        {a.number: a.free_fen + a.held_fen for a in accounts},
        {
            (a.number, u.instrument): (u.available + u.held, u.locked, u.encumbered, u.preallocated, u.use_restricted)
            for a in accounts
            for u in view.units(a.number)
        },
        {a.number: a.restriction for a in accounts if a.restriction},
        {a.number: a.retention_floor for a in accounts if a.retention_floor},
        day.trading_day if day is not None else 0,
        day is not None and day.phase == phases.CLOSED,
        view.risk_reserve()[0] if view.is_founded else 0,
    )


def compare(engine: EngineFigures, registry: Balances, clearing: Clearing) -> ReconciliationReport:
    """Compare what both had at `engine.seq`. Assets of a break: "cash", an instrument's code, the code + "." + another state,
    "restriction", "retention", and with account 0 the sums over a whole ledger that must be zero."""
    ledger = clearing.ledger
    pending_cash, pending_units = dvp.pending_effects(clearing.aside)
    breaks: list[Break] = []

    def check(account: int, asset: str, of_engine: int, of_registry: int) -> None:
        if of_engine != of_registry:
            breaks.append(Break(account, asset, of_engine, of_registry))

    for account in sorted({*engine.cash, *ledger.accounts}):
        settled = registry.cash.get(account, 0) + pending_cash.get(account, 0)
        check(account, "cash", engine.cash.get(account, 0), settled)
        check(account, "restriction", engine.restriction.get(account, 0), ledger.restriction.get(account, 0))
        check(account, "retention", engine.floor_tonnes.get(account, 0), ledger.floor_tonnes.get(account, 0))
    reserve = registry.cash.get(RESERVE, 0) + pending_cash.get(RESERVE, 0)
    check(0, "risk reserve", engine.reserve_fen, reserve)
    members = {key for key in registry.units if key[0] > 0}
    for account, instrument in sorted({*engine.units, *members, *pending_units}):
        of_engine = engine.units.get((account, instrument), _NOTHING)
        settled_units = registry.units.get((account, instrument), _NOTHING)
        pending = pending_units.get((account, instrument), _NOTHING)
        code = ledger.instruments[instrument].code if instrument in ledger.instruments else f"#{instrument}"
        for state, place in STATE_PLACES.items():
            asset = code if state == AVAILABLE else f"{code}.{state}"
            check(account, asset, of_engine[place], settled_units[place] + pending[place])

    # The registry against itself: every ledger sums to zero, so what members have is what came in and is still there.
    check(0, "cash ledger", 0, sum(registry.cash.values()))
    issued: dict[str, int] = {}
    for number, instrument_known in sorted(ledger.instruments.items()):
        of_instrument = {a: sum(held) for (a, i), held in registry.units.items() if i == number}
        check(0, f"{instrument_known.code} ledger", 0, sum(of_instrument.values()))
        issued[instrument_known.code] = sum(tonnes for a, tonnes in of_instrument.items() if a > 0)
    bank_fen = -registry.cash.get(BANK, 0)
    cash_fen = sum(fen for account, fen in registry.cash.items() if account != BANK)
    return ReconciliationReport(
        engine.seq,
        not breaks,
        len(ledger.accounts),
        cash_fen,
        bank_fen,
        issued,
        registry.open_instructions,
        breaks,
        engine.trading_day,
        engine.is_closed,
        sorted(
            {n for i in clearing.aside.open.values() if i.reason != AWAITS_CYCLE for n in (i.account, i.buyer) if n > 0}
        ),
    )


async def day_figures(store: Store, trading_day: int) -> tuple[int, int, int, str]:
    """Trades, tonnes, fen and SHA-256 of a closed day, counted from the registry's own trades."""
    found = await store.closed_days(trading_day, trading_day)
    if not found:
        return (0, 0, 0, "")
    totals = await store.method_totals(found[0].after_trade, found[0].last_trade)
    rows = [
        (instrument, "listed" if method in LISTED else method, tonnes, fen, trades)
        for instrument, method, tonnes, fen, trades, _ in totals
        if method != awards.METHOD
    ]
    counted = figures_of(trading_day, rows)
    return (counted.trades, counted.tonnes, counted.amount_fen, counted.sha256)
