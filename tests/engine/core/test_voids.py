"""Voiding a trade in the core: what goes back, in time and with everything there, or refused by number with nothing moved."""

import pytest
from msgspec.structs import replace

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons
from engine.core.market import Market
from tests.testkit.build import Desk, act, digest_of, rulebook_text

FIRST, NEXT = 20240102, 20240103
FEES = {"CQEA": {"trading_fee_ppm": 10_000, "lock_days": 1}}  # one per cent, T+1
BUYER, SELLER = 2, 1
FACTS = c.TradeFacts(FIRST, 1, "continuous", 1, 4_000, 10, 40_000, BUYER, 0, 400, SELLER, 0, 400, True)


def traded(**rules: object) -> Desk:
    """Account 1 has sold ten tonnes to account 2 at 40.00, with a fee of 4.00 on both sides; the day is closed."""
    desk = Desk(rulebook_text({"CQEA": {**FEES["CQEA"], "lock_days": rules.pop("lock_days", 1)}}, **rules))
    desk.act(c.OpenAccount("A", 1, "甲", "institution"), c.OpenAccount("B", 2, "乙", "institution"))
    desk.act(c.ListInstrument("CQEA-24", "CQEA", 2024, "配额", "allowance", 4_000), c.OpenDay(FIRST))
    desk.act(
        c.ChangePhase(phases.CONTINUOUS), c.DepositCash(BUYER, 1_000_000), c.AllocateUnits(SELLER, 1, 30, "paid", 2024)
    )
    desk.do(c.PlaceOrder(SELLER, 1, 2, 4_000, 10, 0, "s"))
    desk.do(c.PlaceOrder(BUYER, 1, 1, 4_000, 10, 0, "b"))
    desk.act(c.CloseDay())
    return desk


def void(desk: Desk, facts: c.TradeFacts = FACTS, trade: int = 1) -> list[e.Event]:
    wanted = c.VoidTrade(trade, "渝交所〔2024〕1号", facts)
    [first] = desk.do(act(wanted))
    if isinstance(first, e.ActRefused):
        return [first]
    assert isinstance(first, e.ActProposed)
    return desk.do(c.Approve(2, first.proposal, digest_of(wanted)))


def why(happened: list[e.Event]) -> tuple[int, int, int]:
    refused = happened[-1]
    assert isinstance(refused, e.ActRefused), happened
    return refused.reason, int(refused.limit), int(refused.actual)


def has(desk: Desk, number: int) -> tuple[int, int, int]:
    """Cash, available units, locked units."""
    account = desk.market.state.held_account(number)
    position = account.position(1)
    return int(account.free + account.pending), int(position.available), int(position.locked)


def test_everything_goes_back_with_the_fees() -> None:
    desk = traded()
    assert (has(desk, BUYER), has(desk, SELLER)) == ((959_600, 0, 10), (39_600, 20, 0))
    _, voided, corrected = void(desk)
    assert isinstance(voided, e.TradeVoided)
    assert (voided.trade, voided.locked_tonnes, voided.buy_refund_fen, voided.sell_refund_fen) == (1, 10, 400, 400)
    assert corrected == e.BulletinCorrected("2024-01-02", "渝交所〔2024〕1号")
    assert (has(desk, BUYER), has(desk, SELLER)) == ((1_000_000, 0, 0), (0, 30, 0))
    assert desk.market.state.fees == 0
    desk.market.audit()
    assert why(void(desk))[0] == reasons.TRADE_VOID


def test_fees_stay_where_the_rule_book_keeps_them() -> None:
    desk = traded(void_fees="kept")
    desk.act(c.DepositCash(SELLER, 400))
    void(desk)
    assert (has(desk, BUYER), has(desk, SELLER)) == ((999_600, 0, 0), (0, 30, 0))
    assert desk.market.state.fees == 800
    desk.market.audit()


def test_a_settled_trade_only_until_the_next_opening_a_waiting_one_later_too() -> None:
    desk = traded()
    desk.act(c.OpenDay(NEXT))
    assert why(void(desk)) == (reasons.VOID_TOO_LATE, FIRST, NEXT)
    assert has(desk, BUYER) == (959_600, 10, 0)
    _, voided, corrected = void(desk, replace(FACTS, is_settled=False))
    assert isinstance(voided, e.TradeVoided)
    assert voided.locked_tonnes == 0
    assert corrected == e.BulletinCorrected("2024-01-02", "渝交所〔2024〕1号")
    assert (has(desk, BUYER), has(desk, SELLER)) == ((1_000_000, 0, 0), (0, 30, 0))
    desk.market.audit()


def test_while_its_day_is_open_a_settled_trade_stands_and_any_day_is_a_rule() -> None:
    desk = traded(void_window="any_day")
    desk.act(c.OpenDay(NEXT), c.ChangePhase(phases.CONTINUOUS))
    assert isinstance(void(desk)[1], e.TradeVoided)
    desk.do(c.PlaceOrder(SELLER, 1, 2, 4_000, 5, 0, "s2"))
    desk.do(c.PlaceOrder(BUYER, 1, 1, 4_000, 5, 0, "b2"))
    desk.market.audit()
    today = replace(
        FACTS, trading_day=NEXT, day_number=2, tonnes=5, amount_fen=20_000, buy_fee_fen=200, sell_fee_fen=200
    )
    happened = void(desk, today, trade=2)
    assert [type(event) for event in happened] == [e.ActTaken, e.TradeVoided]  # its day's bulletin is still to come
    assert (has(desk, BUYER), has(desk, SELLER)) == ((1_000_000, 0, 0), (0, 30, 0))


@pytest.mark.parametrize("lock_days", [0, 1])
def test_who_no_longer_has_what_goes_back_keeps_the_trade(lock_days: int) -> None:
    desk = traded(lock_days=lock_days, void_window="any_day")
    desk.act(c.WithdrawCash(SELLER, 39_601 - 1))
    assert why(void(desk)) == (reasons.INSUFFICIENT_CASH, 0, 39_600)
    desk.act(c.DepositCash(SELLER, 39_600), c.OpenDay(NEXT))
    desk.act(c.TransferUnits(BUYER, SELLER, 1, 3, "gift"))
    assert why(void(desk)) == (reasons.INSUFFICIENT_ALLOWANCE, 7, 10)
    assert (has(desk, BUYER), has(desk, SELLER)) == ((959_600, 7, 0), (39_600, 23, 0))
    desk.market.audit()


def test_what_no_trade_was_is_refused() -> None:
    desk = traded()
    for facts, trade in ((c.TradeFacts(), 1), (FACTS, 2), (FACTS, 0), (replace(FACTS, instrument=9), 1)):
        assert why(void(desk, facts, trade))[0] == reasons.UNKNOWN_TRADE
    assert why(desk.do(act(c.VoidTrade(1, " ".strip(), FACTS))))[0] == reasons.ACT_INVALID
    assert why(desk.do(act(c.VoidTrade(1, "a\x1bb", FACTS))))[0] == reasons.TEXT_NOT_PLAIN


# ---- disputed trades (E3.8) -----------------------------------------------------------------------------


def held(desk: Desk) -> tuple[int, int]:
    """The buyer's units: available, encumbered."""
    position = desk.market.state.held_account(BUYER).position(1)
    return int(position.available), int(position.encumbered)


def two(desk: Desk, wanted: c.AnyAct) -> list[e.Event]:
    [first] = desk.do(act(wanted))
    assert isinstance(first, e.ActProposed), first
    return desk.do(c.Approve(2, first.proposal, digest_of(wanted)))


def test_units_of_a_disputed_trade_are_held_from_the_end_of_their_lock_until_the_decision() -> None:
    desk = traded()
    [_] = desk.do(c.ObjectToStatement(SELLER, FIRST, "not our price", 1, FACTS))
    opened = desk.act(c.OpenDay(NEXT), c.ChangePhase(phases.CONTINUOUS))
    [apart] = [event for event in opened if isinstance(event, e.UnitsEncumbered)]
    assert (apart.account, apart.tonnes, apart.kind, apart.beneficiary) == (BUYER, 10, "dispute", "T-1")
    assert held(desk) == (0, 10)
    [refused] = desk.do(c.PlaceOrder(BUYER, 1, 2, 4_000, 1, 0, "s9"))
    assert isinstance(refused, e.OrderRefused)
    assert refused.reason == reasons.INSUFFICIENT_ALLOWANCE
    assert why(desk.act(c.TransferUnits(BUYER, SELLER, 1, 1, "gift")))[0] == reasons.INSUFFICIENT_ALLOWANCE
    assert why(desk.act(c.ReleaseUnits(1, 10)))[0] == reasons.TRADE_DISPUTED
    assert why(desk.act(c.EnforceEncumbrance(1, SELLER, 10)))[0] == reasons.TRADE_DISPUTED
    desk.market.audit()
    again = Market.load(desk.market.dump())
    assert again.dump() == desk.market.dump()
    happened = two(desk, c.DecideStatementObjection(1, False, "the price is right"))
    assert isinstance(happened[-1], e.UnitsReleased)
    assert held(desk) == (10, 0)
    desk.market.audit()


def test_free_units_are_held_at_once_and_open_sells_give_way() -> None:
    desk = traded(lock_days=0)
    desk.act(c.OpenDay(NEXT), c.ChangePhase(phases.CONTINUOUS))
    desk.do(c.PlaceOrder(SELLER, 1, 2, 4_100, 4, 0, "s2"))
    desk.do(c.PlaceOrder(BUYER, 1, 1, 4_100, 4, 0, "b2"))
    desk.act(c.CloseDay())
    second = replace(
        FACTS, trading_day=NEXT, day_number=2, price_ticks=4_100, tonnes=4, amount_fen=16_400, buy_fee_fen=164,
        sell_fee_fen=164,
    )  # fmt: skip
    desk.do(c.ObjectToStatement(BUYER, NEXT, "too dear", 2, second))
    assert held(desk) == (10, 4)
    desk.do(c.ObjectToStatement(SELLER, NEXT, "not ours either", 2, second))
    assert held(desk) == (10, 4)
    two(desk, c.DecideStatementObjection(1, False, "no"))
    assert held(desk) == (10, 4)  # the other objection waits
    two(desk, c.DecideStatementObjection(2, True, "it was an error", True))
    assert held(desk) == (10, 4)  # until it is voided
    desk.act(c.OpenDay(20240104))
    assert isinstance(void(desk, second, trade=2)[2], e.TradeVoided)
    assert held(desk) == (10, 0)
    desk.market.audit()


def test_a_trade_that_waits_is_not_held_and_only_a_dispute_can_name_a_void() -> None:
    desk = traded()
    desk.do(c.ObjectToStatement(SELLER, FIRST, "never delivered", 1, replace(FACTS, is_settled=False)))
    desk.do(c.ObjectToStatement(BUYER, FIRST, "in general"))
    for wrong in (c.DecideStatementObjection(1, False, "no", True), c.DecideStatementObjection(2, True, "yes", True)):
        assert why(desk.do(act(wrong)))[0] == reasons.ACT_INVALID
    desk.act(c.OpenDay(NEXT))
    assert held(desk) == (10, 0)
    void(desk, replace(FACTS, is_settled=False))
    desk.act(c.CloseDay())
    [refused] = desk.do(c.ObjectToStatement(SELLER, NEXT, "again", 1))
    assert isinstance(refused, e.RequestRefused)
    assert refused.reason == reasons.TRADE_VOID
