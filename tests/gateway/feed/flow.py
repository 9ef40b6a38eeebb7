"""A real market under a seeded flow, told to followers the way the sequencer tells them."""

from random import Random

from engine.core import phases, units
from engine.core.commands import (
    AllocateUnits,
    AnyAct,
    AnyCommand,
    Approve,
    CancelAll,
    CancelOrder,
    ChangePhase,
    CloseDay,
    DepositCash,
    Entry,
    Found,
    ListInstrument,
    OpenAccount,
    OpenDay,
    PlaceOrder,
    Propose,
    ReplaceOrder,
    VoidTrade,
)
from engine.core.events import ActProposed, Event, Traded
from engine.core.market import Market
from engine.core.remedy_acts import TradeFacts
from engine.core.rulebook import shipped
from engine.sequencer import Batch, Follower
from engine.view import MarketView
from tests.testkit.build import unchecked

START_NS = 1_795_138_200_000_000_000  # 2026-11-20 01:30:00 UTC, 09:30 in Chongqing
MEMBERS = ("Chongqing Steel No. 1", "Jialing Cement", "Yangtze Power Trading")


class Run:
    """A founded market with three rich accounts and two instruments, and the followers that are told."""

    def __init__(self, *followers: Follower, rulebook: str = "chongqing-call") -> None:
        self.market = Market()
        self.view = MarketView(self.market)
        self.followers = followers
        self.at_ns = START_NS
        self.batches: list[Batch] = []
        for follower in followers:
            follower.on_start(self.view)
        text = unchecked(shipped(rulebook)).replace(
            'calendar = { value = "weekdays"', 'calendar = { value = "every-day"'
        )
        self.tell(Found(text, (("wang", "Wang", b"1" * 32), ("li", "Li", b"2" * 32))))
        for number, name in enumerate(MEMBERS, 1):
            self.act(OpenAccount(f"M{number:03d}", number, name, "institution"))
            self.act(DepositCash(number, 10_000_000_000))
        for number, code in enumerate(("CQEA-25", "CQEA-24"), 1):
            self.act(ListInstrument(code, "CQEA", 2000 + int(code[-2:]), f"重庆配额{code[-2:]}", code, 4000))
            for account in range(1, len(MEMBERS) + 1):
                self.act(AllocateUnits(account, number, 1_000_000, "paid", 2026))

    def tell(self, *commands: AnyCommand, passed_ns: int = 0) -> list[list[Event]]:
        """Apply commands as one batch, `passed_ns` after the last, and tell the followers."""
        self.at_ns += passed_ns
        entries = [Entry(self.market.seq + 1 + place, self.at_ns, command) for place, command in enumerate(commands)]
        batch = Batch(entries, [self.market.apply(entry) for entry in entries], [None] * len(entries))
        self.batches.append(batch)
        for follower in self.followers:
            follower.on_batch(batch)
        return batch.events

    def act(self, act: AnyAct) -> list[Event]:
        """An operator's act, with the second person where one is needed."""
        (events,) = self.tell(Propose(1, "test", "doc-1", act))
        for event in events:
            if isinstance(event, ActProposed):
                (events,) = self.tell(Approve(2, event.proposal, event.act_sha256))
        return events

    def open_day(self, trading_day: int = 20261120, phase: int = phases.CONTINUOUS) -> None:
        """Open a day and bring it to the phase."""
        self.act(OpenDay(trading_day))
        self.act(ChangePhase(phase))

    def close_day(self) -> None:
        """End the day."""
        self.act(CloseDay())

    def place(
        self, account: int, side: int, price_ticks: int, tonnes: int, instrument: int = 1, tif: int = units.DAY
    ) -> int:
        """Place one order; returns its number."""
        self.tell(
            PlaceOrder(account, instrument, side, price_ticks, tonnes, tif, f"c-{self.market.seq + 1}"),
        )
        return self.market.seq


def void_of(trade: Traded) -> VoidTrade:
    """Undoes a trade of the first day, which is not settled yet."""
    t = trade
    facts = TradeFacts(
        20261120, 1, "continuous", t.instrument, t.price_ticks, t.tonnes, t.amount_fen, t.buyer, t.buy_order,
        t.buy_fee_fen, t.seller, t.sell_order, t.sell_fee_fen,
    )  # fmt: skip
    return VoidTrade(t.trade, "S-1", facts)


def random_commands(run: Run, random: Random, count: int) -> list[AnyCommand]:
    """A batch of plausible and less plausible member commands."""
    commands: list[AnyCommand] = []
    for _ in range(count):
        account = random.randint(1, len(MEMBERS))
        instrument = random.choice((1, 1, 2))
        orders = run.view.open_orders(account)
        what = random.random()
        if what < 0.65 or not orders:
            tif = random.choice((units.DAY, units.DAY, units.DAY, units.IOC, units.FOK))
            side = random.choice((units.BUY, units.SELL))
            price_ticks = random.randint(3970, 4030)
            tonnes = random.choice((0, 1, 5, 20, 300))
            name = f"c-{run.market.seq}-{len(commands)}"
            commands.append(PlaceOrder(account, instrument, side, price_ticks, tonnes, tif, name))
        elif what < 0.8:
            commands.append(CancelOrder(account, random.choice(orders).order, ""))
        elif what < 0.97:
            order = random.choice(orders)
            price_ticks = order.price_ticks + random.randint(-15, 15)
            commands.append(ReplaceOrder(account, order.order, "", price_ticks, random.choice((1, 30, 400))))
        else:
            commands.append(CancelAll(account, instrument, 0))
    return commands
