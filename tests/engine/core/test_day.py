"""The day: phases and what they allow, call auctions, halts, closing prices, bands."""

from typing import Any

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases
from tests.testkit.script import Scene, play

CALL: dict[str, Any] = {"phase": phases.OPENING_CALL}


class TestCall:
    def test_orders_gather_and_trade_at_one_price(self) -> None:
        told = play(
            """
            A1 sell 10 @ 49.00
            B1 buy 6 @ 51.00
            C1 buy 6 @ 50.00
            phase continuous
            """,
            **CALL,
        )
        assert told[3:] == ["B1 meets 6 with A1 @ 50.00", "C1 meets 4 with A1 @ 50.00", "call 10 @ 50.00, surplus 2"]

    def test_most_volume_decides_first(self) -> None:
        told = play("A1 sell 10 @ 49.00\nB1 sell 10 @ 52.00\nC1 buy 15 @ 52.00\nphase continuous", **CALL)
        assert told[-1] == "call 15 @ 52.00, surplus -5"

    def test_then_the_smallest_imbalance(self) -> None:
        told = play("A1 sell 10 @ 49.00\nB1 buy 10 @ 50.00\nC1 buy 5 @ 49.50\nphase continuous", **CALL)
        assert told[-1] == "call 10 @ 50.00, surplus 0"

    @pytest.mark.parametrize(
        ("ask", "bid", "price"), [("49.00", "50.50", "50.50"), ("49.80", "51.00", "49.80"), ("49.00", "51.00", "49.00")]
    )
    def test_then_nearest_to_the_previous_close_then_lower(self, ask: str, bid: str, price: str) -> None:
        told = play(f"A1 sell 10 @ {ask}\nB1 buy 10 @ {bid}\nphase continuous", **CALL)
        assert told[-1] == f"call 10 @ {price}, surplus 0"

    @pytest.mark.parametrize(
        ("order", "price"),
        [("C1 buy 5 @ 51.00", "call 10 @ 51.00, surplus 5"), ("C1 sell 5 @ 49.00", "call 10 @ 49.00, surplus -5")],
    )
    def test_or_where_the_rule_book_says_so_by_the_side_of_the_surplus(self, order: str, price: str) -> None:
        text = f"A1 sell 10 @ 49.00\nB1 buy 10 @ 51.00\n{order}\nphase continuous"
        assert play(text, **CALL, call_tie="pressure")[-1] == price

    def test_at_the_price_who_came_first_trades_first(self) -> None:
        told = play("A1 buy 5 @ 50.00\nB1 buy 5 @ 50.00\nC1 sell 7 @ 50.00\nphase continuous", **CALL)
        assert told[3:5] == ["A1 meets 5 with C1 @ 50.00", "B1 meets 2 with C1 @ 50.00"]

    def test_what_did_not_cross_goes_on_in_the_continuous_phase(self) -> None:
        scene = Scene(phase=phases.OPENING_CALL)
        assert scene.play("A1 sell 5 @ 51.00\nB1 buy 5 @ 50.00\nphase continuous")[-1] == "call 0 @ 0.00, surplus 0"
        assert scene.play("C1 buy 5 @ 51.00")[-1] == "C1 trades 5 with A1 @ 51.00"

    def test_leaving_one_part_of_the_call_for_the_other_does_not_uncross(self) -> None:
        scene = Scene(phase=phases.OPENING_CALL)
        assert scene.play("A1 sell 5 @ 50.00\nB1 buy 5 @ 50.00\nphase opening_call_no_cancel")[2:] == []
        assert scene.play("phase break") == ["B1 meets 5 with A1 @ 50.00", "call 5 @ 50.00, surplus 0"]

    def test_the_closing_call_is_measured_from_the_last_trade(self) -> None:
        told = play("""
            A1 sell 1 @ 52.00
            B1 buy 1 @ 52.00
            phase closing_call
            A2 sell 10 @ 49.00
            B2 buy 10 @ 52.00
            close
        """)
        assert told[5:] == ["B2 meets 10 with A2 @ 52.00", "call 10 @ 52.00, surplus 0", "close 52.00"]

    def test_immediate_orders_have_no_place_in_a_call(self) -> None:
        assert play("A1 buy 1 @ 50.00 ioc\nA2 buy 1 @ 50.00 fok", **CALL) == [
            "A1 refused: TIF_NOT_ALLOWED",
            "A2 refused: TIF_NOT_ALLOWED",
        ]

    def test_a_buyers_hold_above_the_call_price_is_given_back(self) -> None:
        scene = Scene(cash="1000.00", **CALL)
        scene.play("A1 sell 11 @ 50.00\nB1 buy 10 @ 55.00\nC1 buy 1 @ 50.00\nphase continuous")
        assert scene.cash("B") == "free 500.00 held 0.00"


PLACE_CANCEL_REPLACE = "A2 buy 1 @ 50.00\nA1 replace 2 @ 50.00\nA1 cancel"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("", ["A2 accepted", "A1 now 2 of 2 @ 50.00", "A1 canceled 2"]),
        ("phase break", ["A2 refused: PHASE_FORBIDS", "A1 told: PHASE_FORBIDS", "A1 canceled 1"]),
        ("phase closing_call", ["A2 accepted", "A1 now 2 of 2 @ 50.00", "A1 canceled 2"]),
        ("phase post_close", ["A2 refused: MARKET_CLOSED", "A1 told: MARKET_CLOSED", "A1 told: PHASE_FORBIDS 0 7"]),
        ("close", ["A2 refused: MARKET_CLOSED", "A1 told: ALREADY_CANCELED", "A1 told: ALREADY_CANCELED"]),
        ("close\nopen", ["A2 refused: MARKET_CLOSED", "A1 told: ALREADY_CANCELED", "A1 told: ALREADY_CANCELED"]),
        ("halt", ["A2 refused: INSTRUMENT_HALTED", "A1 told: INSTRUMENT_HALTED", "A1 canceled 1"]),
    ],
)
def test_what_each_phase_allows_to_an_order_of_before(path: str, told: list[str]) -> None:
    scene = Scene()
    scene.play(f"A1 buy 1 @ 49.00\n{path}".strip())
    assert scene.play(PLACE_CANCEL_REPLACE) == told


def test_canceling_in_the_break_is_for_the_rule_book() -> None:
    text = "A1 buy 1 @ 49.00\nphase break\nA1 cancel\nA cancel all"
    assert play(text, cancel_in_break=False)[1:] == ["A1 told: PHASE_FORBIDS 0 5", "A told: PHASE_FORBIDS 0 5"]


def test_no_cancel_and_no_replace_at_the_end_of_the_opening_call() -> None:
    text = "A1 buy 1 @ 49.00\nphase opening_call_no_cancel\nA1 cancel\nA1 replace 2 @ 49.00\nA2 buy 1 @ 49.00"
    assert play(text, **CALL)[1:] == ["A1 told: PHASE_FORBIDS 0 3", "A1 told: PHASE_FORBIDS 0 3", "A2 accepted"]


@pytest.mark.parametrize("start", range(8))
def test_phases_follow_only_as_the_table_says(start: int) -> None:
    for phase in range(8):
        scene = Scene(phase=phases.CLOSED)
        if start != phases.CLOSED:
            scene.desk.open_day(20260105, start)
        assert scene.view.day().phase == start
        happened = scene.desk.act(c.ChangePhase(phase))
        if phase in phases.TRANSITIONS[start]:
            assert scene.view.day().phase == phase
        else:
            assert scene.words(happened[0]) == [
                f"act refused: ACT_NOT_ALLOWED_NOW 0 {start}" if start else "act refused: ACT_NOT_ALLOWED_NOW"
            ]
            assert scene.view.day().phase == start


class TestHalt:
    def test_trading_resumes_where_it_stopped(self) -> None:
        told = play("A1 sell 5 @ 50.00\nhalt\nB1 buy 5 @ 50.00\nresume\nB2 buy 5 @ 50.00")
        assert told[1:] == ["B1 refused: INSTRUMENT_HALTED", "B2 accepted", "B2 trades 5 with A1 @ 50.00"]

    def test_a_halted_call_does_not_trade_and_its_newest_crossing_orders_go(self) -> None:
        scene = Scene(phase=phases.OPENING_CALL)
        told = scene.play("A1 sell 5 @ 49.00\nB1 buy 5 @ 50.00\nC1 buy 5 @ 50.00\nhalt\nphase continuous")
        assert told[3:] == [
            "C1 canceled 5: INSTRUMENT_HALTED",
            "B1 canceled 5: INSTRUMENT_HALTED",
            "call 0 @ 0.00, surplus 0",
        ]
        assert scene.book() == "| 5@49.00"

    def test_a_halt_of_all_is_lifted_apart_from_one_instruments(self) -> None:
        scene = Scene()
        scene.desk.act(c.Halt(0), c.Halt(1), c.Resume(0))
        assert scene.play("A1 buy 1 @ 50.00") == ["A1 refused: INSTRUMENT_HALTED"]
        scene.desk.act(c.Halt(0), c.Resume(1))
        assert scene.play("A2 buy 1 @ 50.00") == ["A2 refused: INSTRUMENT_HALTED"]
        scene.desk.act(c.Resume(0))
        assert scene.play("A3 buy 1 @ 50.00") == ["A3 accepted"]


def trades(*rows: str) -> str:
    """One trade for each "tonnes @ price"."""
    lines: list[str] = []
    for number, row in enumerate(rows):
        lines += [f"A{number} sell {row}", f"B{number} buy {row}"]
    return "\n".join(lines)


class TestClose:
    SIX = trades("10 @ 50.00", "10 @ 51.00", "10 @ 52.00", "10 @ 53.00", "10 @ 54.00", "30 @ 52.50")

    @pytest.mark.parametrize(
        ("rule", "close"),
        [("A", "52.19"), ("B", "52.50"), ("L", "52.50")],  # 4175/80 = 52.1875; (510+520+530+540+1575)/70 = 52.50
    )
    def test_average_of_all_or_of_the_last_five_or_the_last(self, rule: str, close: str) -> None:
        assert play(f"{self.SIX}\nclose", product={"close_rule": rule})[-1] == f"close {close}"

    @pytest.mark.parametrize(("tonnes", "close"), [(100, "50.00"), (101, "51.00")])
    def test_rule_c_leaves_the_previous_close_up_to_a_volume(self, tonnes: int, close: str) -> None:
        product = {"close_rule": "C", "close_min_tonnes": 100}
        assert play(f"{trades(f'{tonnes} @ 51.00')}\nclose", product=product)[-1] == f"close {close}"

    def test_rule_b_with_fewer_than_five_trades_takes_all(self) -> None:
        told = play(f"{trades('1 @ 50.00', '2 @ 53.00')}\nclose", product={"close_rule": "B"})
        assert told[-1] == "close 52.00"

    @pytest.mark.parametrize(
        ("second", "close"), [("1 @ 50.01", "50.01"), ("2 @ 50.01", "50.01"), ("1 @ 50.00", "50.00")]
    )
    def test_averages_are_rounded_half_up(self, second: str, close: str) -> None:
        assert play(f"{trades('1 @ 50.00', second)}\nclose", product={"close_rule": "A"})[-1] == f"close {close}"

    @pytest.mark.parametrize("rule", "ABL")
    def test_without_trades_the_previous_close_stands(self, rule: str) -> None:
        assert play("A1 sell 5 @ 51.00\nclose", product={"close_rule": rule}) == [
            "A1 accepted",
            "A1 canceled 5: DAY_ENDED",
            "close 50.00",
        ]

    def test_all_orders_lapse_oldest_first_and_nothing_stays_held(self) -> None:
        scene = Scene()
        told = scene.play("B1 buy 5 @ 49.00\nA1 sell 5 @ 51.00\nA2 buy 1 @ 48.00\nclose")
        assert told[3:-1] == ["B1 canceled 5: DAY_ENDED", "A1 canceled 5: DAY_ENDED", "A2 canceled 1: DAY_ENDED"]
        assert scene.cash("B") == "free 1000000.00 held 0.00"
        assert scene.tonnes("A") == "available 10000 held 0 locked 0"

    def test_the_days_figures_are_told(self) -> None:
        scene = Scene()
        scene.play(f"{self.SIX}\nclose")
        last = scene.desk.events[-1]
        assert isinstance(last, e.DayClosed)
        assert last.stats == (e.DayStats(1, 5000, 5000, 5400, 5000, 5250, 5219, 80, 417_500, 6),)

    def test_the_close_is_the_next_days_reference_and_band(self) -> None:
        scene = Scene()
        scene.play(f"{trades('10 @ 53.33')}\nclose\nopen")
        [opened] = [event for event in scene.desk.events if isinstance(event, e.DayOpened)][1:]
        assert opened.bands == (e.Band(1, 5333, 4800, 5866),)  # 4799.7 and 5866.3, half up


@pytest.mark.parametrize(
    ("base", "limit_bp", "low", "high"),
    [
        (5000, 1000, 4500, 5500),
        (5005, 1000, 4505, 5506),  # 4504.5 and 5505.5: both up
        (1, 1000, 1, 1),
        (3, 5000, 2, 5),
        (5000, "none", 1, 1_000_000_000),
        (1_000_000_000, 9999, 100_000, 1_000_000_000),
    ],
)
def test_bands_are_the_reference_give_or_take_the_limit_rounded_half_up(
    base: int, limit_bp: int | str, low: int, high: int
) -> None:
    scene = Scene(phase=phases.CLOSED, product={"limit_bp": limit_bp})
    scene.desk.act(c.ListInstrument("X", "CQEA", 2026, "", "", base))
    scene.desk.open_day()
    found = scene.view.instrument(2)
    assert found is not None
    assert (found.low_limit_ticks, found.high_limit_ticks) == (low, high)
