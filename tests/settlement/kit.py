"""What settlement's tests start from: an engine on paper for crafted events, and the real engine for whole days."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from engine.core import commands, events, phases, rulebook
from engine.core.acts import sha256_of
from engine.core.commands import AnyAct, AnyCommand, Entry
from engine.recovery import recover
from engine.sequencer import Batch, Sequencer
from engine.settings import EngineSettings
from engine.title import ReconciliationReport
from engine.view import AccountView, DayView, InstrumentView, UnitsView
from settlement.core.awards import parties_of
from settlement.worker import Settlement
from tests.testkit.build import unchecked

CHONGQING = unchecked(rulebook.shipped("chongqing")).replace(
    'calendar = { value = "china"', 'calendar = { value = "every-day"'
)
WITH_FEES = CHONGQING.replace("trading_fee_ppm = { value = 0", "trading_fee_ppm = { value = 700").replace(
    "settlement_fee_ppm = { value = 0", "settlement_fee_ppm = { value = 300"
)
SPOT, OFFSET = 1, 2  # instruments: an allowance under T+1, and an offset without a lock


class PaperEngine:
    """The engine's figures for crafted events: it moves whatever it is told to, and never doubts.

    Gives batches for `on_batch` and answers what a reconciliation asks. Orders do not exist here, so nothing is held.
    """

    is_founded = True

    def __init__(self) -> None:
        self.seq = 0
        self.trade_no = 0
        self.day_number = 0
        self.trading_day = 0
        self.cash: dict[int, int] = {}
        self.held: dict[tuple[int, int], list[int]] = {}
        self.restriction: dict[int, int] = {}
        self.floors: dict[tuple[int, int], int] = {}
        self.stats: dict[int, list[int]] = {}
        self.batches: list[Batch] = []

    # ---- what settlement reads

    def rulebook(self) -> rulebook.RuleBook:
        book = rulebook.parse(CHONGQING)
        free = msgspec.structs.replace(book.products["CQCER"], lock_days=0)
        return msgspec.structs.replace(book, products={**book.products, "CQCER": free})

    def day(self) -> DayView:
        return DayView(self.trading_day, self.day_number, phases.CONTINUOUS, False, self.seq, self.seq)

    def accounts(self) -> list[AccountView]:
        return [
            AccountView(
                a, f"A{a}", a, "", "", self.restriction.get(a, 0), 0, fen, 0,
                sum(t for (account, _), t in self.floors.items() if account == a),
            )
            for a, fen in sorted(self.cash.items())
        ]  # fmt: skip

    def units(self, account: int) -> list[UnitsView]:
        return [
            UnitsView(i, held[0], 0, held[1], held[2], 0, held[3])
            for (a, i), held in sorted(self.held.items())
            if a == account
        ]

    def instruments(self) -> list[InstrumentView]:
        return []

    def risk_reserve(self) -> tuple[int, dict[int, int]]:
        return 0, {}

    # ---- what happens

    def entry(self, *happened: events.Event) -> Batch:
        """The next entry with these events; the paper books follow."""
        self.seq += 1
        for event in happened:
            self._move(event)
        batch = Batch([Entry(self.seq, 1_000 + self.seq, commands.CancelAll(1, 0, 0))], [list(happened)], [None])
        self.batches.append(batch)
        return batch

    def _move(self, e: events.Event) -> None:
        if isinstance(e, events.AccountOpened):
            self.cash[e.account] = 0
        elif isinstance(e, events.CashDeposited):
            self.cash[e.account] += e.amount_fen
        elif isinstance(e, events.CashWithdrawn):
            self.cash[e.account] -= e.amount_fen
        elif isinstance(e, events.UnitsIssued):
            self._of(e.account, e.instrument)[0] += e.tonnes
        elif isinstance(e, events.UnitsSurrendered):
            self._of(e.account, e.instrument)[0] -= e.tonnes - e.use_restricted
            self._of(e.account, e.instrument)[3] -= e.use_restricted
        elif isinstance(e, events.UnitsTransferred):
            self._of(e.account, e.instrument)[2 if e.encumbrance else 0] -= e.tonnes
            self._of(e.to_account, e.instrument)[3 if e.use_restricted else 0] += e.tonnes
        elif isinstance(e, events.HoldingTransferred):
            place = ("available", "locked", "encumbered", "use_restricted").index(e.state)
            self._of(e.account, e.instrument)[place] -= e.tonnes
            self._of(e.to_account, e.instrument)[place] += e.tonnes
        elif isinstance(e, events.CashTransferred):
            self.cash[e.account] -= e.amount_fen
            self.cash[e.to_account] += e.amount_fen
        elif isinstance(e, events.UnitsCanceled):
            self._of(e.account, e.instrument)[0] -= e.tonnes
        elif isinstance(e, events.UnitsEncumbered):
            self._of(e.account, e.instrument)[3 if e.use_restricted else 0] -= e.tonnes
            self._of(e.account, e.instrument)[2] += e.tonnes
        elif isinstance(e, events.UnitsReleased):
            self._of(e.account, e.instrument)[2] -= e.tonnes
            self._of(e.account, e.instrument)[3 if e.use_restricted else 0] += e.tonnes
        elif isinstance(e, events.UnitsUnlocked):
            self._of(e.account, e.instrument)[0] += e.tonnes
            self._of(e.account, e.instrument)[1] -= e.tonnes
        elif isinstance(e, events.RestrictionChanged):
            self.restriction[e.account] = e.scope
        elif isinstance(e, events.RetentionChanged):
            self.floors[e.account, e.year] = e.floor_tonnes
        elif isinstance(e, events.TradeVoided):
            self.cash[e.buyer] += e.amount_fen + e.buy_refund_fen
            self.cash[e.seller] -= e.amount_fen - e.sell_refund_fen
            self._of(e.buyer, e.instrument)[1] -= e.locked_tonnes
            self._of(e.buyer, e.instrument)[0] -= e.tonnes - e.locked_tonnes
            self._of(e.seller, e.instrument)[0] += e.tonnes
        elif isinstance(e, events.BidAwarded):
            p = parties_of(e)
            self.cash[p.buyer] -= e.amount_fen + p.buy_fee_fen
            self.cash[p.seller] -= p.sell_fee_fen
            self.cash[p.payee] += e.amount_fen
            place = 1 if e.instrument == SPOT and p.receiver == p.buyer else 0
            self._of(p.receiver, e.instrument)[3 if e.use_restricted else place] += e.tonnes
            self._of(p.seller, e.instrument)[0] -= e.tonnes
        elif isinstance(e, events.Traded):
            self.cash[e.buyer] -= e.amount_fen + e.buy_fee_fen
            self.cash[e.seller] += e.amount_fen - e.sell_fee_fen
            self._of(e.buyer, e.instrument)[1 if e.instrument == SPOT else 0] += e.tonnes
            self._of(e.seller, e.instrument)[0] -= e.tonnes

    def _of(self, account: int, instrument: int) -> list[int]:
        return self.held.setdefault((account, instrument), [0, 0, 0, 0])

    def founded(self, accounts: int = 3, cash_fen: int = 1_000_000, tonnes: int = 1_000) -> list[Batch]:
        """A market with some accounts that have cash and units of both instruments, on its first day."""
        made = [
            self.entry(events.MarketFounded("chongqing", 1)),
            self.entry(
                events.InstrumentListed(SPOT, "CQEA-2024", "CQEA", "allowance", 2024, "配额", "allowance", 1, 4_000)
            ),
            self.entry(
                events.InstrumentListed(OFFSET, "CQCER-2024", "CQCER", "offset", 2024, "碳惠通", "offset", 1, 3_000)
            ),
        ]
        for a in range(1, accounts + 1):
            made.append(self.entry(events.AccountOpened(a, f"A{a}", a, f"企业{a}", "key_emitter")))
            made.append(
                self.entry(events.CashDeposited(a, cash_fen), events.UnitsIssued(a, SPOT, tonnes, "paid", 2024))
            )
        made.append(self.open_day())
        return made

    def open_day(self, *also: events.Event, at_close: bool = False) -> Batch:
        """Begin a day; at_close: its trades wait for its close."""
        self.day_number += 1
        self.trading_day = 20_240_100 + self.day_number
        self.stats = {}
        return self.entry(
            events.DayOpened(self.trading_day, self.day_number, (), at_close),
            *also,
            events.PhaseChanged(phases.CONTINUOUS),
        )

    def close_day(self, *periods: str) -> Batch:
        stats = tuple(
            events.DayStats(
                i, 4_000, *(s[0:3] if i in self.stats else (0, 0, 0)), s[3], s[3] or 4_000, s[4], s[5], s[6]
            )
            for i in (SPOT, OFFSET)
            for s in [self.stats.get(i, [0, 0, 0, 0, 0, 0, 0])]
        )
        return self.entry(events.DayClosed(self.trading_day, stats, (), periods))

    def traded(
        self,
        buyer: int,
        seller: int,
        tonnes: int,
        price: int = 100,
        fee: int = 0,
        taker: int = 1,
        instrument: int = SPOT,
    ) -> events.Traded:
        """A trade at `price` fen a tonne with the same fee on both sides."""
        self.trade_no += 1
        amount = price * tonnes
        s = self.stats.setdefault(instrument, [price, price, price, price, 0, 0, 0])
        self.stats[instrument] = [
            s[0], max(s[1], price), min(s[2], price), price, s[4] + tonnes, s[5] + amount, s[6] + 1,
        ]  # fmt: skip
        return events.Traded(
            self.trade_no, instrument, price, tonnes, amount, taker, buyer, 0, 7, "b", price, 0, tonnes, fee,
            seller, 0, 8, "s", price, 0, tonnes, fee,
        )  # fmt: skip


class Watch:
    """What settlement has called back with."""

    def __init__(self) -> None:
        self.failures: list[BaseException] = []
        self.breaks: list[ReconciliationReport] = []


async def open_settlement(folder: Path, watch: Watch, view: Any = None, **settings: Any) -> Settlement:
    """A settlement on its real file; started where a view is given."""
    opened = await Settlement.open(
        folder / "registry.db", on_failure=watch.failures.append, on_break=watch.breaks.append, **settings
    )
    if view is not None:
        opened.on_start(view)
    return opened


async def settle(settlement: Settlement, batches: list[Batch]) -> None:
    """Hand batches over and wait until they are committed."""
    for batch in batches:
        settlement.on_batch(batch)
    await settlement.wait_settled(batches[-1].entries[-1].seq)


class Exchange:
    """The real engine with settlement behind it, in one folder."""

    def __init__(self, sequencer: Sequencer, settlement: Settlement) -> None:
        self.sequencer = sequencer
        self.settlement = settlement

    @classmethod
    async def start(cls, folder: Path, watch: Watch, clock: Callable[[], int]) -> "Exchange":
        settlement = await open_settlement(folder, watch)
        sequencer = await recover(folder, [settlement], clock, EngineSettings(disk="inline"))
        return cls(sequencer, settlement)

    async def found(self, book: str = CHONGQING) -> None:
        operators = (("chen", "陈", bytes(32)), ("li", "李", bytes([1] * 32)))
        await self.sequencer.submit(commands.Found(book, operators))

    async def act(self, wanted: AnyAct) -> list[events.Event]:
        """Have an act done, by two people where the rule book wants two."""
        answer = await self.sequencer.submit(commands.Propose(1, "test", "doc-1", wanted))
        first = answer[0]
        if isinstance(first, events.ActProposed):
            answer = await self.sequencer.submit(commands.Approve(2, first.proposal, sha256_of(wanted)))
        assert isinstance(answer[0], events.ActTaken), msgspec.to_builtins(answer[0])
        return answer

    async def order(self, command: AnyCommand) -> list[events.Event]:
        return await self.sequencer.submit(command)

    async def stop(self) -> None:
        await self.sequencer.close()
        await self.settlement.close()
