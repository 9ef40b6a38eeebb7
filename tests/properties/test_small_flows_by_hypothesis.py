"""Small flows that hypothesis makes and shrinks: fast and slow market agree and every audit passes, step by step."""

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from engine.core import commands as c
from engine.core import phases
from engine.core.commands import AnyAct, AnyCommand, Entry
from engine.core.market import Market
from engine.core.units import BUY, DAY, FOK, IOC, SELL
from tests.testkit.build import START_NS, founding, rulebook_text
from tests.testkit.slow_market import SlowMarket

IS_PROVING = os.environ.get("YUTAN_PROVE", "") not in ("", "0")
ACCOUNTS = st.integers(1, 3)
PRICES = st.integers(98, 102)
TONNES = st.integers(1, 6)
IDS = st.sampled_from([f"i{number}" for number in range(12)])


class TwoMarkets(RuleBasedStateMachine):
    """Both markets take each command; two of the three accounts have one owner."""

    def __init__(self) -> None:
        super().__init__()
        self.fast, self.slow = Market(), SlowMarket()
        self.phase = phases.CLOSED
        self.day = 1

    def do(self, command: AnyCommand) -> None:
        seq = self.fast.seq + 1
        entry = Entry(seq, START_NS + seq, command)
        assert self.fast.apply(entry) == self.slow.apply(entry)
        self.fast.audit()

    def act(self, wanted: AnyAct) -> None:
        self.do(c.Propose(1, "", "", wanted))

    @initialize(
        self_trade=st.sampled_from(("cancel_taker", "cancel_maker", "cancel_both", "off")),
        fee=st.sampled_from((0, 30_000)),
        lock_days=st.sampled_from((0, 1)),
        call_tie=st.sampled_from(("reference", "pressure")),
    )
    def found(self, self_trade: str, fee: int, lock_days: int, call_tie: str) -> None:
        product: dict[str, Any] = {"trading_fee_ppm": fee, "lock_days": lock_days, "close_rule": "B"}
        self.do(founding(rulebook_text({"CQEA": product}, self_trade=self_trade, call_tie=call_tie)))
        self.act(c.ListInstrument("CQEA-1", "CQEA", 2025, "", "", 100))
        for account in (1, 2, 3):
            self.act(c.OpenAccount(f"A{account}", max(1, account - 1), "", "key_emitter"))
            self.act(c.DepositCash(account, 3_000))
            self.act(c.AllocateUnits(account, 1, 30, "free", 2025))
        self.move(0)
        self.move(1)

    @precondition(lambda self: phases.ALLOWS[self.phase][0])
    @rule(
        account=ACCOUNTS,
        side=st.sampled_from((BUY, SELL)),
        price=PRICES,
        tonnes=TONNES,
        life=st.sampled_from((DAY, DAY, DAY, IOC, FOK)),
        client_order_id=IDS,
        post_only=st.booleans(),
    )
    def place(
        self, account: int, side: int, price: int, tonnes: int, life: int, client_order_id: str, post_only: bool
    ) -> None:
        self.do(c.PlaceOrder(account, 1, side, price, tonnes, life, client_order_id, post_only))

    @rule(account=ACCOUNTS, client_order_id=IDS)
    def cancel(self, account: int, client_order_id: str) -> None:
        self.do(c.CancelOrder(account, 0, client_order_id))

    @rule(account=ACCOUNTS, client_order_id=IDS, price=PRICES, tonnes=TONNES)
    def replace(self, account: int, client_order_id: str, price: int, tonnes: int) -> None:
        self.do(c.ReplaceOrder(account, 0, client_order_id, price, tonnes))

    @rule(account=ACCOUNTS, side=st.integers(0, 2))
    def cancel_all(self, account: int, side: int) -> None:
        self.do(c.CancelAll(account, 0, side))

    @rule(account=ACCOUNTS, tonnes=TONNES, final=st.booleans())
    def surrender(self, account: int, tonnes: int, final: bool) -> None:
        self.act(c.SurrenderUnits(account, 1, tonnes, 2025, final))

    @rule(account=ACCOUNTS, tonnes=TONNES)
    def emit(self, account: int, tonnes: int) -> None:
        self.act(c.ImportEmissions(2025, ((account, tonnes, 20260420),), 0, "0" * 64))

    @rule(account=ACCOUNTS, scope=st.sampled_from((2, 4, 31)), is_lifting=st.booleans())
    def restrict(self, account: int, scope: int, is_lifting: bool) -> None:
        self.act(c.LiftRestriction(account, scope) if is_lifting else c.Restrict(account, scope, ""))

    @rule(is_halt=st.booleans())
    def halt(self, is_halt: bool) -> None:
        self.act(c.Halt(1) if is_halt else c.Resume(1))

    @rule(choice=st.integers(0, 3))
    def move(self, choice: int) -> None:
        """Go on in the day: to one of the next phases, or to its end."""
        following = phases.TRANSITIONS[self.phase]
        if self.phase == phases.CLOSED:
            self.day += 1
            self.act(c.OpenDay(20260100 + self.day))
            self.phase = phases.PRE_OPEN
        elif choice < len(following):
            self.act(c.ChangePhase(following[choice]))
            self.phase = following[choice]
        else:
            self.act(c.CloseDay())
            self.phase = phases.CLOSED

    @rule()
    def reload(self) -> None:
        data = self.fast.dump()
        self.fast = Market.load(data)
        assert self.fast.dump() == data


TwoMarkets.TestCase.settings = settings(
    max_examples=2_000 if IS_PROVING else 60,
    stateful_step_count=40,
    deadline=None,
    derandomize=not IS_PROVING,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestTwoMarkets = TwoMarkets.TestCase
