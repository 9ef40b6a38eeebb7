"""The risk reserve: filled from fees at the close, used and recovered by people, and never a fen made or lost by it."""

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons
from engine.core.market import Market
from engine.core.units import BUY, DAY, SELL
from tests.engine.core.test_stages import two, why
from tests.testkit.build import Desk, act, rulebook_text

FIRST = 20240102
FEES = {"CQEA": {"trading_fee_ppm": 10_000}}  # 1 % a side


def traded(**rules: object) -> Desk:
    """Account 1 buys 100 t at 40.00 from account 2: 40.00 of fees on each side, 80.00 together."""
    desk = Desk(rulebook_text(FEES, retention_bp=0, **rules))
    desk.act(
        c.OpenAccount("A", 1, "甲", "institution"),
        c.OpenAccount("B", 2, "乙", "institution"),
        c.ListInstrument("CQEA-24", "CQEA", 2024, "配额", "allowance", 4_000),
        c.DepositCash(1, 1_000_000),
        c.AllocateUnits(2, 1, 1_000, "paid", 2024),
        c.OpenDay(FIRST),
        c.ChangePhase(phases.CONTINUOUS),
    )
    desk.do(c.PlaceOrder(2, 1, SELL, 4_000, 100, DAY, "s"))
    desk.do(c.PlaceOrder(1, 1, BUY, 4_000, 100, DAY, "b"))
    return desk


def moved(happened: list[e.Event]) -> list[e.ReserveMoved]:
    return [event for event in happened if isinstance(event, e.ReserveMoved)]


def test_a_share_of_the_fees_goes_in_at_the_close_and_only_of_new_fees() -> None:
    desk = traded(risk_reserve_bp=2_000)
    assert moved(desk.do(act(c.CloseDay()))) == [e.ReserveMoved("contribution", -3, -4, 1_600, 1_600)]
    desk.market.audit()
    desk.act(c.OpenDay(FIRST + 1))
    assert moved(desk.do(act(c.CloseDay()))) == []


def test_it_fills_up_to_its_cap() -> None:
    desk = traded(risk_reserve_bp=10_000, risk_reserve_max_fen=700)
    assert moved(desk.do(act(c.CloseDay()))) == [e.ReserveMoved("contribution", -3, -4, 700, 700)]
    assert int(desk.market.state.fees) == 8_000 - 700
    desk.market.audit()


def test_without_a_rate_nothing_goes_in() -> None:
    assert moved(traded().do(act(c.CloseDay()))) == []


def test_two_people_use_it_and_the_account_owes_until_it_is_recovered() -> None:
    desk = traded()
    desk.act(c.FundRiskReserve(5_000, "BANK-8"))
    assert why(desk.do(act(c.UseRiskReserve(2, 5_001, "x")))) == (reasons.RESERVE_TOO_SMALL, 5_000, 5_001)
    free = desk.market.state.held_account(2).free
    happened = two(desk, c.UseRiskReserve(2, 3_000, "reversal of BANK-7"))
    assert moved(happened) == [e.ReserveMoved("use", -4, 2, 3_000, 2_000)]
    assert desk.market.state.held_account(2).free == free + 3_000
    assert why(desk.do(act(c.RecoverRiskReserve(2, 3_001, "x")))) == (reasons.NOTHING_OWED, 3_000, 3_001)
    assert why(desk.do(act(c.RecoverRiskReserve(1, 1, "x")))) == (reasons.NOTHING_OWED, 0, 1)
    desk.act(c.RecoverRiskReserve(2, 1_000, "paid in"))
    assert desk.market.state.risk_reserve.claims == {2: 2_000}
    desk.market.audit()
    dump = desk.market.dump()
    assert Market.load(dump).dump() == dump
    desk.act(c.RecoverRiskReserve(2, 2_000, "paid in"))
    assert desk.market.state.risk_reserve.claims == {}
    desk.market.audit()


def test_a_bank_reversal_that_the_account_cannot_bear_is_borne_by_the_reserve() -> None:
    """E3.3: the bank has 100.00 less than the ledger, the account 60.00 free: 40.00 from the reserve, then the correction."""
    desk = Desk(rulebook_text())
    desk.act(
        c.OpenAccount("A", 1, "甲", "institution"),
        c.DepositCash(1, 10_000),
        c.WithdrawCash(1, 4_000),
        c.FundRiskReserve(4_000, "BANK-1"),
        c.OpenDay(FIRST),
        c.CloseDay(),
        c.ImportBankFile(FIRST, ((1, -4_000),), 0, 4_000, 0, "ab" * 32),
    )
    found = c.RecordBankComparison(FIRST, "ab" * 32, ((1, 6_000, -4_000),))
    desk.do(c.Propose(0, "", "", found))
    correction = c.ResolveBankBreak(1, "corrected", "reversal of BANK-7")
    assert why(desk.do(act(correction))) == (reasons.INSUFFICIENT_CASH, 6_000, 10_000)
    two(desk, c.UseRiskReserve(1, 4_000, "reversal of BANK-7"))
    assert two(desk, correction)[-1] == e.CashWithdrawn(1, 10_000)
    assert (desk.market.state.held_account(1).free, desk.market.state.risk_reserve.claims) == (0, {1: 4_000})
    desk.market.audit()


def test_what_rests_on_nothing_or_names_nobody_is_refused() -> None:
    desk = traded()
    for wrong, reason in (
        (c.FundRiskReserve(0, "x"), reasons.ACT_INVALID),
        (c.FundRiskReserve(5, " "), reasons.ACT_INVALID),
        (c.FundRiskReserve(2**62, "x"), reasons.ACT_INVALID),
        (c.UseRiskReserve(9, 5, "x"), reasons.UNKNOWN_ACCOUNT),
        (c.RecoverRiskReserve(9, 5, "x"), reasons.UNKNOWN_ACCOUNT),
    ):
        assert why(desk.do(act(wrong)))[0] == reason
    assert desk.market.state.risk_reserve.balance_fen == 0
