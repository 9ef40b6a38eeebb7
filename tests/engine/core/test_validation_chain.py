"""The validation chain of the rules (docs/coverage.md, C2): one request for each reason, after which nothing has changed.

One market has everything that a request can meet: a key emitter ME with 10,000.00 yuan, 200 t of free allocation (100 t to
keep) and 50 t bought today; another member; an instrument whose takers pick; blocks of 2,000 t and more; an auction.
"""

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.core import auctions, phases, reasons, units
from engine.core import commands as c
from engine.core import events as e
from engine.core.commands import AnyAct, AnyCommand
from engine.core.market import Market
from engine.core.units import BUY, DAY, FOK, IOC, SELL
from tests.testkit.auctions import notice
from tests.testkit.build import Desk, digest_of, rulebook_text

ME, OTHER, GOVERNMENT, TREASURY, MINE_TOO, CITIZEN, TRADER, LEAVER, CLOSED = 1, 2, 3, 4, 5, 6, 7, 8, 9
PLAIN, PICKED, OFFSET, CAPPED = 1, 2, 3, 4
TODAY = 20260105
PRODUCTS: dict[str, dict[str, Any]] = {
    "CQEA": {
        "lot_tonnes": 5,
        "order_tonnes_min": 10,
        "order_tonnes_max": 1000,
        "lock_days": 1,
        "block_tonnes_min": 2_000,
        "block_limit_bp": 3_000,
    },
    "PICK": {"match_mode": "PICK_BEST5"},
    "CQCER": {"kind": "offset", "holding_limit_tonnes": 300, "block_tonnes_min": 10, "block_limit_bp": 1_000},
    "CCER": {"kind": "offset", "holders_max": 1},
}
SALE: dict[str, Any] = {"unit_account": GOVERNMENT, "cash_account": TREASURY, "trading_day": TODAY, "lot_tonnes": 5}

Step = AnyAct | AnyCommand


def world() -> Desk:
    """The market in its continuous phase, block trading open."""
    desk = Desk(
        rulebook_text(
            PRODUCTS,
            open_orders_max=3,
            order_value_max_fen=14_000_000,
            cancel_in_break=False,
            two_person_acts=["WithdrawCash"],
            unfinished="restrict",
            classes={
                "individual": {"qualifications": ["suitability"]},
                "intermediary": {"sides": ["sell"]},
            },
        )
    )
    desk.act(
        c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 5_000),
        c.ListInstrument("PICK-25", "PICK", 2025, "", "", 5_000),
        c.ListInstrument("CQCER-25", "CQCER", 2025, "", "", 5_000),
        c.ListInstrument("CCER-25", "CCER", 2025, "", "", 5_000),
        c.OpenAccount("ME", 1, "", "key_emitter"),
        c.OpenAccount("OTHER", 2, "", "institution"),
        c.OpenAccount("GOV", 900, "", "government"),
        c.OpenAccount("TREASURY", 901, "", "treasury"),
        c.OpenAccount("MINE", 1, "", "institution"),
        c.OpenAccount("CITIZEN", 6, "", "individual"),
        c.OpenAccount("TRADER", 7, "", "intermediary"),
        c.OpenAccount("LEAVER", 8, "", "key_emitter"),
        c.OpenAccount("CLOSED", 9, "", "institution"),
        c.AllocateUnits(ME, PLAIN, 200, "free", 2025),
        c.DepositCash(ME, 1_250_000),
        c.DepositCash(OTHER, 50_000_000),
        c.DepositCash(TREASURY, 50_000_000),
        c.AllocateUnits(GOVERNMENT, PLAIN, 10_000, "paid", 2025),
        c.AllocateUnits(OTHER, PLAIN, 10_000, "paid", 2025),
        c.AllocateUnits(OTHER, PICKED, 10_000, "paid", 2025),
        c.AllocateUnits(OTHER, CAPPED, 10, "offset", 2025),
    )
    desk.act_both(c.ExitToNationalMarket(LEAVER, TODAY + 1, 2025), c.CloseAccount(CLOSED))
    desk.open_day(TODAY)
    desk.act(c.OpenBlockWindow())
    for step in (order(SELL, 5_000, 50, "s0", OTHER), order(BUY, 5_000, 50, "b0"), order(SELL, 5_010, 10, "s1", OTHER)):
        assert isinstance(desk.do(step)[0], e.OrderAccepted)
    return desk


def order(
    side: int = BUY,
    price_ticks: int = 5_000,
    tonnes: int = 10,
    name: str = "new",
    account: int = ME,
    instrument: int = PLAIN,
    life: int = DAY,
    post_only: bool = False,
) -> c.PlaceOrder:
    """A good order, but for what is said."""
    return c.PlaceOrder(account, instrument, side, price_ticks, tonnes, life, name, post_only)


def block(
    side: int = BUY, price_ticks: int = 5_000, tonnes: int = 2_000, to: int = ME, by: int = OTHER, **changes: Any
) -> c.BlockOffer:
    """A good offer of a block by the other, but for what is said."""
    return c.BlockOffer(by, changes.get("instrument", PLAIN), side, price_ticks, tonnes, (to,), "block")


def bid(
    price_ticks: int = 5_000, tonnes: int = 10, account: int = ME, auction: int = 1, replaces: int = 0
) -> c.PlaceBid:
    """A good bid, but for what is said."""
    return c.PlaceBid(account, auction, price_ticks, tonnes, "bid", replaces)


def sale(**changes: Any) -> tuple[Step, Step]:
    """An auction whose window is open."""
    return c.AnnounceAuction(**msgspec.structs.asdict(notice(**(SALE | changes)))), c.OpenAuction(1)


def buy_back(**changes: Any) -> tuple[Step, Step]:
    """A buy-back whose window is open."""
    return sale(direction="buy_back", budget_fen=1_000_000, **changes)


@dataclass(frozen=True)
class Case:
    """What comes before, the request, and the line of the rules and the reason by which it is refused."""

    line: str
    reason: str
    request: AnyCommand
    before: tuple[Step, ...] = ()
    of_first: str = ""  # the request's field that takes the number of the first command before


def phase(*names: int) -> tuple[Step, ...]:
    return tuple(c.ChangePhase(name) for name in names)


def many(name: str) -> tuple[Step, ...]:
    """As many open orders as an account may have."""
    return tuple(order(BUY, 4_500, 10, f"{name}{number}") for number in range(3))


def own_limits(**limits: int) -> tuple[Step, ...]:
    """What the member of ME lets it ask for."""
    asked = c.SetOwnLimits(ME, **({"order_value_max_fen": 0, "order_tonnes_max": 0, "open_value_max_fen": 0} | limits))
    return c.RegisterKey("me", bytes(32), (ME,), ("limits",)), c.AskOwn("me", "", asked)


SUSPENDED = (c.AdmitParticipant(1, "me", "ME"), c.SuspendParticipant(1, "Art. 30"))
UNFINISHED = (
    c.CloseDay(),
    c.Propose(0, "", "", c.RecordReconciliation(TODAY, 1, 0, 1, 9, (ME,))),
    c.OpenDay(TODAY + 1),
    c.ChangePhase(phases.CONTINUOUS),
)
CALL = phase(phases.CLOSING_CALL)
ENDED = phase(phases.POST_CLOSE)
TAKE_CASH = c.Propose(1, "", "", c.WithdrawCash(ME, 1))
MANY_BIDS = tuple(c.PlaceBid(ME, 1, 100, 5, f"y{number}") for number in range(auctions.BIDS_PER_BIDDER_MAX))
# 20 t of the government, bought for own surrender
OWN_USE = (*sale(use_restricted=True, categories=("key_emitter",)), bid(5_000, 20), c.CloseAuction(1))

CASES = [
    Case("C2.2", "CLIENT_ORDER_ID_CONFLICT", order(tonnes=55, name="b0")),
    Case("C2.2", "CLIENT_ORDER_ID_CONFLICT", block(tonnes=2_005), (block(),)),
    Case("C2.2", "CLIENT_ORDER_ID_CONFLICT", bid(tonnes=15), (*sale(), bid())),
    Case("C2.3", "UNKNOWN_OPERATOR", c.Propose(3, "", "", c.Halt(0))),
    Case("C2.3", "SELF_APPROVAL", c.Approve(1, 0, digest_of(TAKE_CASH.act)), (TAKE_CASH,), "proposal"),
    Case("C2.3", "CONTENT_CHANGED", c.Approve(2, 0, digest_of(c.WithdrawCash(ME, 2))), (TAKE_CASH,), "proposal"),
    Case("C2.3", "UNKNOWN_PROPOSAL", c.Approve(2, 1, digest_of(TAKE_CASH.act)), (TAKE_CASH,)),
    Case("C2.3", "UNKNOWN_SESSION", msgspec.structs.replace(order(), session=7)),
    Case("C2.4", "UNKNOWN_ACCOUNT", order(account=99)),
    Case("C2.4", "UNKNOWN_ACCOUNT", block(to=99)),
    Case("C2.4", "ACCOUNT_RESTRICTED", order(), (c.Restrict(ME, units.RESTRICT_BUY, ""),)),
    Case("C2.4", "ACCOUNT_RESTRICTED", block(), (c.Restrict(OTHER, units.RESTRICT_BUY, ""),)),
    Case("C2.4", "ACCOUNT_RESTRICTED", bid(), (*sale(), c.Restrict(ME, units.RESTRICT_BUY, ""))),
    Case("C2.4", "ACCOUNT_MERGED", order(account=OTHER), (c.MergeAccounts(OTHER, MINE_TOO),)),
    Case("C2.4", "ACCOUNT_MERGED", block(by=OTHER, to=ME), (c.MergeAccounts(OTHER, MINE_TOO),)),
    Case("C2.4", "PARTICIPANT_SUSPENDED", order(), SUSPENDED),
    Case("C2.4", "PARTICIPANT_SUSPENDED", block(by=ME, to=OTHER), SUSPENDED),
    Case("C2.4", "PARTICIPANT_SUSPENDED", bid(), (*sale(), *SUSPENDED)),
    Case("C2.4", "SETTLEMENT_UNFINISHED", order(), UNFINISHED),
    Case("C2.4", "NOT_QUALIFIED", order(account=CITIZEN)),
    Case("C2.4", "ACCOUNT_LEAVING", order(account=LEAVER)),
    Case("C2.4", "ACCOUNT_CLOSED", order(account=CLOSED)),
    Case("C2.4", "NOT_ELIGIBLE", order(account=TRADER, instrument=PICKED)),
    Case("C2.4", "KILL_SWITCH_ENGAGED", order(), (c.EngageKillSwitch("account", account=ME),)),
    Case("C2.4", "KILL_SWITCH_ENGAGED", block(), (c.EngageKillSwitch("participant", participant=2),)),
    Case("C2.4", "KILL_SWITCH_ENGAGED", bid(), (*sale(), c.EngageKillSwitch("account", account=ME))),
    Case("C2.5", "KILL_SWITCH_ENGAGED", order(), (c.EngageKillSwitch("instrument", instrument=PLAIN),)),
    Case("C2.5", "KILL_SWITCH_ENGAGED", block(), (c.EngageKillSwitch("market"),)),
    Case("C2.5", "KILL_SWITCH_ENGAGED", bid(), (*sale(), c.EngageKillSwitch("market"))),
    Case("C2.5", "MARKET_CLOSED", order(), ENDED),
    Case("C2.5", "INSTRUMENT_HALTED", order(), (c.Halt(PLAIN),)),
    Case("C2.5", "INSTRUMENT_HALTED", order(), (c.Halt(0),)),
    Case("C2.5", "METHOD_NOT_OPEN", block(), (c.CloseBlockWindow(),)),
    Case("C2.5", "INSTRUMENT_HALTED", block(), (c.Halt(0),)),
    Case("C2.5", "AUCTION_NOT_OPEN", bid(), sale()[:1]),
    Case("C2.5", "INSTRUMENT_HALTED", bid(), (*sale(), c.Halt(0))),
    Case("C2.6", "PHASE_FORBIDS", order(), phase(phases.BREAK)),
    Case("C2.6", "TIF_NOT_ALLOWED", order(life=IOC), CALL),
    Case("C2.6", "TIF_NOT_ALLOWED", order(life=FOK, post_only=True)),
    Case("C2.7", "UNKNOWN_INSTRUMENT", order(instrument=9)),
    Case("C2.7", "UNKNOWN_INSTRUMENT", block(instrument=9)),
    Case("C2.7", "METHOD_NOT_ALLOWED", block(instrument=PICKED)),
    Case("C2.7", "UNKNOWN_AUCTION", bid()),
    Case("C2.7", "USE_RESTRICTED", order(SELL, tonnes=260), OWN_USE),
    Case("C2.8", "SIDE_NOT_ALLOWED", order(account=TRADER)),
    Case("C2.8", "BIDDER_NOT_ELIGIBLE", bid(), sale(categories=("institution",))),
    Case("C2.8", "OWN_AUCTION", bid(), sale(tonnes=100, unit_account=ME, cash_account=ME)),
    Case("C2.9", "QTY_BELOW_MIN", order(tonnes=0)),
    Case("C2.9", "QTY_OFF_LOT", order(tonnes=12)),
    Case("C2.9", "QTY_OFF_LOT", block(tonnes=2_001)),
    Case("C2.9", "QTY_OFF_LOT", bid(tonnes=150), sale(lot_tonnes=100)),
    Case("C2.9", "INVALID_FIELD", order(tonnes=-10)),
    Case("C2.9", "INVALID_FIELD", block(tonnes=-10)),
    Case("C2.9", "INVALID_FIELD", bid(tonnes=-10), sale()),
    Case("C2.10", "QTY_BELOW_MIN", order(tonnes=5)),
    Case("C2.10", "QTY_ABOVE_MAX", order(tonnes=1_005)),
    Case("C2.10", "QTY_BELOW_MIN", block(tonnes=1_995)),
    Case("C2.10", "QTY_BELOW_MIN", bid(tonnes=5), sale(bid_tonnes_min=10)),
    Case("C2.10", "BID_ABOVE_CAP", bid(tonnes=305), sale(cap_tonnes=300)),
    Case("C2.11", "PRICE_OFF_TICK", order(price_ticks=0)),
    Case("C2.11", "PRICE_OFF_TICK", block(price_ticks=0)),
    Case("C2.11", "PRICE_OFF_TICK", bid(price_ticks=0), sale()),
    Case("C2.12", "PRICE_OUT_OF_BAND", order(price_ticks=5_501)),
    Case("C2.12", "PRICE_OUT_OF_BAND", order(SELL, 4_499)),
    Case("C2.12", "PRICE_OUT_OF_BAND", block(price_ticks=6_501)),
    Case("C2.12", "BID_BELOW_FLOOR", bid(3_999), sale(limit_ticks=4_000)),
    Case("C2.12", "BID_ABOVE_CEILING", bid(4_001), buy_back(limit_ticks=4_000)),
    Case("C2.13", "VALUE_ABOVE_MAX", block(price_ticks=6_000, tonnes=2_335)),
    Case("C2.13", "VALUE_ABOVE_MAX", order(tonnes=2_801, instrument=PICKED)),
    Case("C2.13", "VALUE_ABOVE_MAX", bid(10**9, 10_000), sale(tonnes=10_000)),
    Case("C2.13", "INVALID_FIELD", order(tonnes=10**18)),
    Case("C2.13", "OWN_ORDER_VALUE", order(), own_limits(order_value_max_fen=49_999)),
    Case("C2.13", "OWN_ORDER_QUANTITY", order(), own_limits(order_tonnes_max=9)),
    Case("C2.13", "OWN_ORDER_QUANTITY", bid(), (*sale(), *own_limits(order_tonnes_max=9))),
    Case("C2.13", "OWN_OPEN_VALUE", order(), own_limits(open_value_max_fen=49_999)),
    Case("C2.14", "TOO_MANY_OPEN_ORDERS", order(), many("x")),
    Case("C2.14", "TOO_MANY_BIDS", bid(), (*sale(), *MANY_BIDS)),
    Case("C2.15", "SELF_MATCH", order(SELL, 5_005), (*CALL, order(BUY, 5_005, 10, "mine"))),
    Case("C2.15", "SELF_MATCH", block(SELL, by=ME, to=MINE_TOO)),
    Case("C2.16", "COUNTERPARTY_GONE", c.BlockConfirm(ME, 0), (block(), c.BlockWithdraw(OTHER, 0, "block")), "offer"),
    Case("C2.16", "UNKNOWN_OFFER", c.BlockConfirm(ME, 7)),
    Case("C2.16", "UNKNOWN_OFFER", c.BlockConfirm(GOVERNMENT, 0), (block(),), "offer"),
    Case("C2.16", "LEVEL_NOT_PICKABLE", order(instrument=PICKED, life=IOC)),
    Case(
        "C2.16", "PICK_REQUIRED", order(instrument=PICKED), (order(SELL, account=OTHER, instrument=PICKED, name="p"),)
    ),
    Case("C2.16", "WOULD_TAKE", order(price_ticks=5_010, post_only=True)),
    Case("C2.16", "FOK_NOT_FILLABLE", order(price_ticks=5_010, tonnes=15, life=FOK)),
    Case("C2.17", "UNITS_LOCKED", order(SELL, tonnes=205)),
    Case("C2.18", "INSUFFICIENT_ALLOWANCE", order(SELL, tonnes=255)),
    Case("C2.18", "INSUFFICIENT_ALLOWANCE", c.BlockConfirm(ME, 0), (block(),), "offer"),
    Case("C2.18", "INSUFFICIENT_ALLOWANCE", bid(100, 1_000), buy_back()),
    Case("C2.19", "OBLIGATION_RESERVED", order(SELL, tonnes=105)),
    Case("C2.19", "OBLIGATION_RESERVED", bid(100, 105), buy_back()),
    Case("C2.20", "HOLDING_LIMIT", order(tonnes=301, instrument=OFFSET)),
    Case("C2.20", "HOLDING_LIMIT", block(tonnes=301, instrument=OFFSET)),
    Case("C2.21", "HOLDER_CAP", order(instrument=CAPPED)),
    Case("C2.22", "INSUFFICIENT_CASH", order(tonnes=205)),
    Case("C2.22", "INSUFFICIENT_CASH", bid(tonnes=205), sale()),
    Case("C2.25", "UNKNOWN_ORDER", c.CancelOrder(ME, 0, "s1")),
    Case("C2.25", "ALREADY_FILLED", c.CancelOrder(ME, 0, "b0")),
    Case("C2.25", "ALREADY_CANCELED", c.CancelOrder(ME, 0, "new"), (order(price_ticks=4_500), c.CancelAll(ME, 0, 0))),
    Case("C2.25", "PHASE_FORBIDS", c.CancelOrder(ME, 0, "new"), (order(price_ticks=4_500), *phase(phases.BREAK))),
    Case("C2.25", "NO_CHANGE", c.ReplaceOrder(OTHER, 0, "s1", 5_010, 10)),
    Case(
        "C2.25",
        "QTY_BELOW_FILLED",
        c.ReplaceOrder(OTHER, 0, "s2", 5_020, 10),
        (order(SELL, 5_020, 20, "s2", OTHER), order(BUY, 5_020, 20)),
    ),
    Case("C2.26", "BID_NOT_WITHDRAWABLE", c.WithdrawBid(ME, 0), (*sale(withdrawable=False), bid()), "bid"),
    Case("C2.26", "UNKNOWN_BID", c.WithdrawBid(ME, 7), sale()),
]


def done(desk: Desk, steps: tuple[Step, ...]) -> int:
    """Do these, none of which may be refused; the number of the first command among them."""
    number = 0
    for step in steps:
        said = desk.act(step) if isinstance(step, c.Act) else desk.do(step)
        assert not isinstance(said[0], REFUSALS), said
        if isinstance(step, c.Act) and isinstance(said[-1], e.ActProposed):
            said = desk.do(c.Approve(2, said[-1].proposal, said[-1].act_sha256))
            assert not isinstance(said[0], REFUSALS), said
        if isinstance(step, c.Command):
            number = number or desk.market.seq
    return number


def meaning(market: Market, asker: int) -> list[Any]:
    """The dump without what every entry moves (seq and time) and what an answer is (its number, and the asker's copy)."""
    state: list[Any] = msgspec.msgpack.decode(market.dump())[3]
    if asker:
        state[2][asker - 1][EXEC_SEQ] = state[2][asker - 1][ANSWERS] = None
    return state


REFUSALS = (e.OrderRefused, e.RequestRefused, e.BidRefused, e.ActRefused)
EXEC_SEQ, ANSWERS = 5, 13  # places in an account's row of the dump


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.line} {case.reason}")
def test_the_request_is_refused_for_exactly_this_and_nothing_has_changed(case: Case) -> None:
    desk = world()
    number = done(desk, case.before)
    request = msgspec.structs.replace(case.request, **{case.of_first: number}) if case.of_first else case.request
    before = desk.market.dump()
    [refused] = desk.do(request)
    assert isinstance(refused, REFUSALS)
    assert reasons.BY_NUMBER[refused.reason].name == case.reason
    asker = refused.account if isinstance(refused, e.OrderRefused) else 0
    assert meaning(desk.market, asker) == meaning(Market.load(before), asker)
    desk.market.audit()


def test_the_first_check_that_fails_answers() -> None:
    """An order that is wrong in everything, mended fault by fault."""
    desk = world()
    done(desk, many("x"))
    desk.act(c.Restrict(ME, units.RESTRICT_LOGIN | units.RESTRICT_BUY, ""))
    assert not desk.market.state.held_account(ME).orders
    done(desk, (c.Halt(0), *phase(phases.BREAK)))
    faults: dict[str, Any] = {"life": FOK, "post_only": True, "tonnes": 1_001, "price_ticks": 0}
    said: list[str] = []
    mends: list[tuple[tuple[Step, ...], dict[str, Any]]] = [
        ((), {}),
        ((c.LiftRestriction(ME, units.RESTRICT_ALL),), {}),
        ((c.Resume(0),), {}),
        (phase(phases.CONTINUOUS), {}),
        (many("w"), {"life": DAY}),
        ((), {"tonnes": 5}),
        ((), {"tonnes": 207}),
        ((), {"tonnes": 205}),
        ((), {"price_ticks": 6_000}),
        ((), {"price_ticks": 5_010}),
        ((c.CancelAll(ME, 0, 0),), {}),
        ((), {"post_only": False}),
        ((), {"tonnes": 10}),
    ]
    for number, (steps, change) in enumerate(mends):
        done(desk, steps)
        faults |= change
        [event, *_] = desk.do(order(name=f"n{number}", **faults))
        said.append(reasons.BY_NUMBER[event.reason].name if isinstance(event, e.OrderRefused) else type(event).__name__)
    assert said == [
        "ACCOUNT_RESTRICTED",
        "INSTRUMENT_HALTED",
        "PHASE_FORBIDS",
        "TIF_NOT_ALLOWED",
        "QTY_ABOVE_MAX",
        "QTY_BELOW_MIN",
        "QTY_OFF_LOT",
        "PRICE_OFF_TICK",
        "PRICE_OUT_OF_BAND",
        "TOO_MANY_OPEN_ORDERS",
        "WOULD_TAKE",
        "INSUFFICIENT_CASH",
        "OrderAccepted",
    ]


ROOT = Path(__file__).parents[3]
JUDGES = ("admission", "auctions", "block_trading", "standing", "trading")
OPERATORS_OWN = {
    "ACT_INVALID", "ACT_NOT_ALLOWED_NOW", "ALREADY_EXISTS", "CARRY_OVER_ABOVE_VOLUME", "NOTHING_TO_CARRY_OVER",
    "TOO_MANY_AUCTIONS",
}  # fmt: skip


def test_every_reason_that_the_judges_know_is_reached() -> None:
    named = {
        node.attr
        for judge in JUDGES
        for node in ast.walk(ast.parse((ROOT / f"engine/core/{judge}.py").read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "reasons"
    }
    ends = {reason.name for reason in reasons.CATALOGUE if reason.number // 100 == 41 or 4221 <= reason.number <= 4229}
    assert named - ends - OPERATORS_OWN - {case.reason for case in CASES} == set()


def test_every_line_of_the_chain_that_is_done_is_reached() -> None:
    """All but the first (test_malformed_input: what a door refuses), and what comes after a request is good."""
    text = (ROOT / "docs/coverage.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| C2.")]
    done = {row[0].removeprefix("| ") for row in rows if row[2] in ("done", "part")}
    assert {case.line for case in CASES} == done - {"C2.1", "C2.23", "C2.24"}
