"""What open orders hold, what fills release, what T+N locks and retention keep."""

import pytest

from engine.core import phases
from tests.testkit.script import Scene, play

FEES = {"trading_fee_ppm": 6_000, "settlement_fee_ppm": 1_000}  # 0.7 % a side


def test_a_buy_holds_price_times_tonnes_and_both_fees() -> None:
    scene = Scene(cash="1000.00", product=FEES)
    scene.play("A1 buy 10 @ 50.00")
    assert scene.cash("A") == "free 496.50 held 503.50"


def test_cash_must_cover_the_fees_too() -> None:
    assert play("A1 buy 10 @ 50.00", cash="503.49", product=FEES) == ["A1 refused: INSUFFICIENT_CASH 50349 50350"]
    assert play("A1 buy 10 @ 50.00", cash="503.50", product=FEES) == ["A1 accepted"]


def test_a_better_price_gives_the_difference_and_its_fee_back_at_once() -> None:
    scene = Scene(cash="1000.00", product=FEES)
    scene.play("B1 sell 10 @ 48.00\nA1 buy 10 @ 50.00")
    assert scene.cash("A") == "free 516.64 held 0.00"  # 1000 - 480 - 3.36
    assert scene.cash("B") == "free 1476.64 held 0.00"  # 1000 + 480 - 3.36


def test_a_partial_fill_releases_only_its_part_of_the_hold() -> None:
    scene = Scene(cash="1000.00", product=FEES)
    scene.play("B1 sell 4 @ 50.00\nA1 buy 10 @ 50.00")
    assert scene.cash("A") == "free 496.50 held 302.10"
    scene.play("A1 cancel")
    assert scene.cash("A") == "free 798.60 held 0.00"


def test_fees_of_many_small_fills_never_exceed_the_hold() -> None:
    scene = Scene(accounts="AB", cash="50.36", tonnes=10, product={"trading_fee_ppm": 7_130})
    scene.play("A1 buy 1 @ 50.00")
    assert scene.cash("A") == "free 0.01 held 50.35"
    scene = Scene(accounts="AB", cash="503.56", tonnes=10, product={"trading_fee_ppm": 7_130})
    scene.play("A1 buy 10 @ 50.00")
    assert scene.cash("A") == "free 0.00 held 503.56"
    for number in range(10):
        scene.play(f"B{number} sell 1 @ 50.00")
    assert scene.cash("A") == "free 0.06 held 0.00"  # ten fees of 35.65 fen, each rounded down


def test_a_sell_holds_units() -> None:
    scene = Scene(tonnes=10)
    assert scene.play("A1 sell 7 @ 50.00\nA2 sell 4 @ 50.00")[1] == "A2 refused: INSUFFICIENT_ALLOWANCE 3 4"
    assert scene.tonnes("A") == "available 3 held 7 locked 0"


def test_replacing_holds_only_what_it_adds() -> None:
    scene = Scene(cash="1000.00")
    told = scene.play("A1 buy 10 @ 50.00\nA1 replace 20 @ 50.00\nA1 replace 21 @ 50.00\nA1 replace 10 @ 49.00")
    assert told == [
        "A1 accepted",
        "A1 now 20 of 20 @ 50.00",
        "A1 told: INSUFFICIENT_CASH 0 5000",
        "A1 now 10 of 10 @ 49.00",
    ]
    assert scene.cash("A") == "free 510.00 held 490.00"


class TestProceeds:
    def test_buy_again_the_same_day_where_the_rule_book_allows(self) -> None:
        text = "A1 sell 10 @ 50.00\nB1 buy 10 @ 50.00\nA2 buy 10 @ 50.00"
        assert play(text, cash="500.00")[-1] == "A2 accepted"

    def test_wait_for_the_next_day_where_it_does_not(self) -> None:
        scene = Scene(cash="500.00", proceeds_same_day=False)
        told = scene.play("A1 sell 10 @ 50.00\nB1 buy 10 @ 50.00\nA2 buy 11 @ 50.00\nA withdraw 501.00")
        assert told[3:] == ["A2 refused: INSUFFICIENT_CASH 50000 55000", "act refused: INSUFFICIENT_CASH 50000 50100"]
        assert scene.cash("A") == "free 500.00 held 500.00"
        scene.play("close\nopen")
        assert scene.cash("A") == "free 1000.00 held 0.00"


class TestTPlusN:
    @pytest.mark.parametrize("lock_days", [1, 5])
    def test_bought_units_are_sold_after_so_many_trading_days(self, lock_days: int) -> None:
        scene = Scene(accounts="AB", product={"lock_days": lock_days})
        scene.play("A surrender 10000\nB1 sell 10 @ 50.00\nA1 buy 10 @ 50.00")
        for day in range(lock_days):
            assert scene.tonnes("A") == "available 0 held 0 locked 10"
            assert scene.play(f"A{day + 2} sell 10 @ 50.00") == [f"A{day + 2} refused: UNITS_LOCKED 0 10"]
            told = scene.play("close\nopen\nphase continuous")
            assert ("A unlocked 10" in told) == (day == lock_days - 1)
        assert scene.play("A99 sell 10 @ 50.00") == ["A99 accepted"]

    def test_locks_of_several_days_end_one_after_another(self) -> None:
        scene = Scene(accounts="AB", product={"lock_days": 2})
        scene.play("B1 sell 1 @ 50.00\nA1 buy 1 @ 50.00\nclose\nopen\nphase continuous")
        scene.play("B2 sell 2 @ 50.00\nA2 buy 2 @ 50.00")
        assert scene.play("close\nopen") == ["close 50.00", "A unlocked 1"]
        assert scene.play("close\nopen") == ["close 50.00", "A unlocked 2"]

    def test_more_than_is_owned_is_not_a_matter_of_locks(self) -> None:
        told = play("B1 sell 10 @ 50.00\nA1 buy 10 @ 50.00\nA2 sell 111 @ 50.00", tonnes=100, product={"lock_days": 1})
        assert told[-1] == "A2 refused: INSUFFICIENT_ALLOWANCE 100 111"

    def test_without_a_lock_units_are_sold_at_once(self) -> None:
        text = "B1 sell 10 @ 50.00\nA allocate 1 paid\nA1 buy 10 @ 50.00\nA2 sell 10 @ 50.00"
        assert play(text, product={"lock_days": 0})[-1] == "A2 accepted"

    def test_locked_units_cannot_be_surrendered(self) -> None:
        scene = Scene(accounts="AB", tonnes=10, product={"lock_days": 1})
        told = scene.play("B1 sell 5 @ 50.00\nA1 buy 5 @ 50.00\nA surrender 11\nA surrender 10")
        assert told[3:] == ["act refused: INSUFFICIENT_ALLOWANCE 10 11"]


class TestRetention:
    def test_half_of_the_free_allocation_stays(self) -> None:
        scene = Scene(tonnes=0)
        told = scene.play("A allocate 101 free\nA1 sell 51 @ 50.00\nA2 sell 50 @ 50.00\nA3 sell 1 @ 50.00")
        assert told == [
            "A keeps 51",  # rounded up
            "A1 refused: OBLIGATION_RESERVED 51 50",
            "A2 accepted",
            "A3 refused: OBLIGATION_RESERVED 51 50",
        ]

    def test_paid_units_are_free_to_sell(self) -> None:
        text = "A allocate 100 free\nA allocate 30 paid\nA1 sell 80 @ 50.00\nA2 sell 1 @ 50.00"
        assert play(text, tonnes=0)[1:] == ["A1 accepted", "A2 refused: OBLIGATION_RESERVED 50 49"]

    def test_the_final_surrender_ends_it(self) -> None:
        text = "A allocate 100 free\nA emits 20\nA surrender 20 final\nA1 sell 80 @ 50.00"
        assert play(text, tonnes=0) == ["A keeps 50", "A keeps 0", "A1 accepted"]

    def test_a_surrender_is_never_refused_for_it_and_then_nothing_more_is_sold(self) -> None:
        scene = Scene(tonnes=0)
        told = scene.play("A allocate 100 free\nA1 sell 50 @ 50.00\nA surrender 50\nA2 sell 1 @ 50.00\nA1 cancel")
        assert told[1:] == ["A1 accepted", "A2 refused: INSUFFICIENT_ALLOWANCE 0 1", "A1 canceled 50"]
        assert scene.play("A3 sell 1 @ 50.00") == ["A3 refused: OBLIGATION_RESERVED 50 49"]

    def test_replacing_up_is_measured_on_what_it_adds(self) -> None:
        text = "A allocate 100 free\nA1 sell 40 @ 50.00\nA1 replace 50 @ 50.00\nA1 replace 51 @ 50.00"
        assert play(text, tonnes=0)[2:] == ["A1 now 50 of 50 @ 50.00", "A1 told: OBLIGATION_RESERVED 50 49"]


class TestRestrictions:
    @pytest.mark.parametrize(
        ("scope", "told"),
        [
            ("buy", ["A2 canceled 1: RESTRICTION_IMPOSED"]),
            ("sell", ["A1 canceled 1: RESTRICTION_IMPOSED"]),
            ("all", ["A2 canceled 1: RESTRICTION_IMPOSED", "A1 canceled 1: RESTRICTION_IMPOSED"]),
            ("cash", []),
        ],
    )
    def test_open_orders_that_a_restriction_covers_are_canceled(self, scope: str, told: list[str]) -> None:
        text = f"A1 sell 1 @ 50.01\nA2 buy 1 @ 50.00\nB1 sell 1 @ 50.02\nA restrict {scope}"
        assert play(text)[3:] == told

    def test_a_restricted_side_is_refused_and_the_other_is_not(self) -> None:
        told = play("A restrict sell\nA1 sell 1 @ 50.00\nA2 buy 1 @ 50.00")
        assert told == ["A1 refused: ACCOUNT_RESTRICTED 0 4", "A2 accepted"]

    def test_lifting_allows_again(self) -> None:
        assert play("A restrict sell\nA lift all\nA1 sell 1 @ 50.00") == ["A1 accepted"]

    def test_cash_out_is_refused_under_its_restriction(self) -> None:
        assert play("A restrict cash\nA withdraw 1.00\nA1 buy 1 @ 50.00") == [
            "act refused: ACCOUNT_RESTRICTED 0 16",
            "A1 accepted",
        ]

    def test_surrender_is_possible_under_any_restriction(self) -> None:
        scene = Scene(tonnes=10)
        assert scene.play("A emits 10\nA restrict all\nA surrender 10 final") == []
        assert scene.tonnes("A") == "available 0 held 0 locked 0"

    def test_orders_go_even_where_members_may_not_cancel(self) -> None:
        scene = Scene(phase=phases.OPENING_CALL)
        told = scene.play("A1 sell 1 @ 50.00\nphase opening_call_no_cancel\nA1 cancel\nA restrict all")
        assert told == ["A1 accepted", "A1 told: PHASE_FORBIDS 0 3", "A1 canceled 1: RESTRICTION_IMPOSED"]
