"""How the continuous phase trades where the rule book does not let it pair by itself at the maker's price. Worked by hand."""

from typing import Any

import pytest

from tests.testkit.script import Scene, play

MEDIAN: dict[str, Any] = {"product": {"match_mode": "MEDIAN3"}}
BEST5: dict[str, Any] = {"product": {"match_mode": "PICK_BEST5"}}
BEST_ONLY: dict[str, Any] = {"product": {"match_mode": "PICK_BEST_ONLY"}}


def trades(told: list[str]) -> list[str]:
    return [line for line in told if " trades " in line]


class TestMedianOfThree:
    """Hubei's negotiated price (协商议价): the middle of bid, ask and last trade."""

    @pytest.mark.parametrize(
        ("ask", "bid", "price"),
        [
            ("49.00", "52.00", "50.00"),  # the last price (yesterday's close) lies between
            ("50.50", "52.00", "50.50"),  # it lies below both: the ask is the middle one
            ("48.00", "49.00", "49.00"),  # it lies above both: the bid is
            ("50.00", "50.00", "50.00"),
        ],
    )
    def test_the_first_trade_is_measured_from_yesterdays_close(self, ask: str, bid: str, price: str) -> None:
        assert trades(play(f"A1 sell 5 @ {ask}\nB1 buy 5 @ {bid}", **MEDIAN)) == [f"B1 trades 5 with A1 @ {price}"]
        assert trades(play(f"B1 buy 5 @ {bid}\nA1 sell 5 @ {ask}", **MEDIAN)) == [f"A1 trades 5 with B1 @ {price}"]

    def test_each_trade_of_one_order_is_measured_from_the_one_before(self) -> None:
        told = play("A1 sell 5 @ 51.00\nC1 sell 5 @ 50.50\nD1 sell 5 @ 52.00\nB1 buy 15 @ 53.00", **MEDIAN)
        assert trades(told) == [
            "B1 trades 5 with C1 @ 50.50",  # middle of 53.00, 50.50, 50.00
            "B1 trades 5 with A1 @ 51.00",  # of 53.00, 51.00, 50.50
            "B1 trades 5 with D1 @ 52.00",  # of 53.00, 52.00, 51.00
        ]

    def test_a_price_between_both_limits_leaves_both_sides_better_off_and_no_fen_over(self) -> None:
        scene = Scene(cash="1000.00", tonnes=100, **MEDIAN)
        scene.play("A1 sell 10 @ 48.00\nB1 buy 10 @ 52.00")
        assert (scene.cash("A"), scene.cash("B")) == ("free 1500.00 held 0.00", "free 500.00 held 0.00")

    def test_it_pairs_by_price_then_time_all_the_same(self) -> None:
        told = play("A1 sell 5 @ 49.00\nC1 sell 5 @ 48.00\nD1 sell 5 @ 49.00\nB1 buy 12 @ 50.00", **MEDIAN)
        assert [line.split()[4] for line in trades(told)] == ["C1", "A1", "D1"]


class TestPickOneOfFive:
    """The national listed agreement (挂牌协议): one of the best five levels, at the maker's price."""

    LADDER = "\n".join(f"A{n} sell 10 @ 5{n}.00" for n in range(7))

    def test_a_level_is_picked_and_the_better_ones_are_left_alone(self) -> None:
        scene = Scene(product={"match_mode": "PICK_BEST5", "limit_bp": 3000})
        scene.play(self.LADDER)
        assert scene.play("B1 buy 4 @ 53.00 ioc") == ["B1 accepted", "B1 trades 4 with A3 @ 53.00"]
        assert scene.play("B2 buy 10 @ 53.00 ioc")[1:] == [
            "B2 trades 6 with A3 @ 53.00",
            "B2 canceled 4: IOC_REMAINDER",
        ]
        assert scene.book() == "| 10@50.00 10@51.00 10@52.00 10@54.00 10@55.00 10@56.00"

    def test_the_sixth_level_is_out_of_reach_until_a_better_one_is_used_up(self) -> None:
        scene = Scene(product={"match_mode": "PICK_BEST5", "limit_bp": 3000})
        scene.play(self.LADDER)
        assert scene.play("B1 buy 1 @ 55.00 ioc") == ["B1 refused: LEVEL_NOT_PICKABLE 5400 5500"]
        scene.play("B2 buy 10 @ 50.00 ioc")
        assert scene.play("B3 buy 1 @ 55.00 ioc")[1:] == ["B3 trades 1 with A5 @ 55.00"]

    def test_a_price_between_two_levels_is_none_of_them(self) -> None:
        told = play("A1 sell 5 @ 50.00\nA2 sell 5 @ 51.00\nB1 buy 5 @ 50.50 ioc\nB2 sell 5 @ 50.00 ioc", **BEST5)
        assert told[2:] == ["B1 refused: LEVEL_NOT_PICKABLE 5100 5050", "B2 refused: LEVEL_NOT_PICKABLE 0 5000"]

    def test_a_listing_never_trades_by_itself(self) -> None:
        scene = Scene(**BEST5)
        scene.play("A1 sell 5 @ 50.00")
        assert scene.play("B1 buy 5 @ 50.00\nB2 buy 5 @ 51.00\nB3 buy 5 @ 51.00 post\nB4 buy 5 @ 49.99") == [
            "B1 refused: PICK_REQUIRED 5000 5000",
            "B2 refused: PICK_REQUIRED 5000 5100",
            "B3 refused: WOULD_TAKE",
            "B4 accepted",
        ]
        assert scene.play("B4 replace 5 @ 50.00") == ["B4 told: PICK_REQUIRED 5000 5000"]
        assert scene.book() == "5@49.99 | 5@50.00"

    def test_a_pick_that_must_be_filled_whole_counts_its_level_alone(self) -> None:
        told = play("A1 sell 5 @ 50.00\nC1 sell 5 @ 51.00\nB1 buy 6 @ 51.00 fok\nB2 buy 5 @ 51.00 fok", **BEST5)
        assert told[2:] == ["B1 refused: FOK_NOT_FILLABLE 6 0", "B2 accepted", "B2 trades 5 with C1 @ 51.00"]

    def test_inside_a_level_who_waited_longest_trades_first(self) -> None:
        told = play("A1 sell 5 @ 50.00\nC1 sell 5 @ 50.00\nB1 buy 7 @ 50.00 ioc", **BEST5)
        assert trades(told) == ["B1 trades 5 with A1 @ 50.00", "B1 trades 2 with C1 @ 50.00"]

    @pytest.mark.parametrize(
        ("mode", "told"),
        [
            ("cancel_taker", ["B1 canceled 8: SELF_TRADE_PREVENTED"]),
            ("cancel_maker", ["B1 trades 5 with C1 @ 50.00", "A1 canceled 5: SELF_TRADE_PREVENTED",
                              "B1 canceled 3: IOC_REMAINDER"]),
            ("cancel_both", ["A1 canceled 5: SELF_TRADE_PREVENTED", "B1 canceled 8: SELF_TRADE_PREVENTED"]),
            ("off", ["B1 trades 5 with A1 @ 50.00", "B1 trades 3 with C1 @ 50.00"]),
        ],
    )  # fmt: skip
    def test_self_trades_are_prevented_as_anywhere(self, mode: str, told: list[str]) -> None:
        scene = Scene(owners={"A": 9, "B": 9}, self_trade=mode, **BEST5)
        scene.play("D1 sell 5 @ 49.00\nA1 sell 5 @ 50.00\nC1 sell 5 @ 50.00")
        assert scene.play("B1 buy 8 @ 50.00 ioc")[1:] == told
        assert scene.book().startswith("| 5@49.00")


class TestPickTheBest:
    """Guangdong's listed pick (挂牌点选): the single best price and no other."""

    def test_only_the_best_price_can_be_picked_and_what_is_beyond_it_lapses(self) -> None:
        told = play(
            """
            A1 sell 5 @ 50.00
            C1 sell 5 @ 51.00
            B1 buy 8 @ 51.00 ioc
            B2 buy 8 @ 50.00 ioc
            B3 buy 2 @ 51.00 ioc
            """,
            **BEST_ONLY,
        )
        assert told[2:] == [
            "B1 refused: LEVEL_NOT_PICKABLE 5000 5100",
            "B2 accepted",
            "B2 trades 5 with A1 @ 50.00",
            "B2 canceled 3: IOC_REMAINDER",
            "B3 accepted",
            "B3 trades 2 with C1 @ 51.00",
        ]

    def test_sellers_pick_the_highest_bid(self) -> None:
        told = play("A1 buy 5 @ 50.00\nC1 buy 5 @ 49.00\nB1 sell 5 @ 49.00 ioc\nB2 sell 5 @ 50.00 ioc", **BEST_ONLY)
        assert told[2:] == ["B1 refused: LEVEL_NOT_PICKABLE 5000 4900", "B2 accepted", "B2 trades 5 with A1 @ 50.00"]


FLOW = """
    A0 sell 10 @ 52.00
    B0 buy 10 @ 52.00 ioc
    A1 sell 40 @ 49.00
    A2 sell 60 @ 49.50
    B1 buy 30 @ 51.00
    B2 buy 20 @ 49.50 ioc
    B3 buy 60 @ 49.00 ioc
    A4 sell 100 @ 48.00
    B4 buy 100 @ 48.00 ioc
    A5 sell 5 @ 47.00
    B5 buy 5 @ 47.00 ioc
    B6 sell 1 @ 54.00
    A6 sell 1 @ 44.99
    C1 sell 60 @ 54.00
    close
"""


class TestTheSameFlowInFourMarkets:
    """A (who sells) and B (who buys) send the same orders; previous close 50.00, band 45.00 to 55.00, nobody changes code."""

    @pytest.mark.parametrize(
        ("book", "traded", "close", "cash"),
        [
            # Makers' prices. Close C, 165 t: (10x52 + 30x49 + 10x49 + 10x49.5 + 100x48 + 5x47) / 165 = 8010/165 = 48.545
            (
                "chongqing",
                ["10@52.00", "30@49.00", "10@49.00", "10@49.50", "100@48.00", "5@47.00"],
                "48.55",
                "91990.00",  # 100,000 - 8,010; no fee known
            ),
            # B1 is told to pick. B2 picks the second level, B3 takes what is left at the first.
            # Close A: (10x52 + 20x49.5 + 40x49 + 100x48 + 5x47) / 175 = 8505/175 = 48.60
            ("national", ["10@52.00", "20@49.50", "40@49.00", "100@48.00", "5@47.00"], "48.60", "91495.00"),
            # Middle of bid, ask, last: B1 51, 49, 52 -> 51; B2 49.5, 49, 51 -> 49.50, then 49.5, 49.5, 49.5.
            # Close B, the last five: (30x51 + 10x49.5 + 10x49.5 + 100x48 + 5x47) / 155 = 7555/155 = 48.742
            # Fees 0.5 %, down to the fen: 2.60 + 7.65 + 2.47 + 2.47 + 24.00 + 1.17 = 40.36; 100,000 - 8,075 - 40.36
            (
                "hubei",
                ["10@52.00", "30@51.00", "10@49.50", "10@49.50", "100@48.00", "5@47.00"],
                "48.74",
                "91884.64",
            ),
            # Only the best price: B1 is told to pick, B2's second level is out of reach.
            # Close C, 155 t: (10x52 + 40x49 + 100x48 + 5x47) / 155 = 7515/155 = 48.484
            ("guangdong", ["10@52.00", "40@49.00", "100@48.00", "5@47.00"], "48.48", "92485.00"),
        ],
    )
    def test_prices_closes_and_fees(self, book: str, traded: list[str], close: str, cash: str) -> None:
        scene = self.scene(book)
        told = scene.play(FLOW)
        assert [f"{line.split()[2]}@{line.split()[-1]}" for line in trades(told)] == traded
        assert told[-1] == f"close {close}"
        assert scene.cash("B") == f"free {cash} held 0.00"

    @pytest.mark.parametrize(
        ("book", "refusals"),
        [
            ("chongqing", ["C1 refused: OBLIGATION_RESERVED 50 40"]),  # half of 100 t must stay
            ("national", ["B1 refused: PICK_REQUIRED 4900 5100"]),
            ("hubei", []),
            ("guangdong", ["B1 refused: PICK_REQUIRED 4900 5100", "B2 refused: LEVEL_NOT_PICKABLE 4900 4950"]),
        ],
    )
    def test_refusals(self, book: str, refusals: list[str]) -> None:
        told = self.scene(book).play(FLOW)
        everywhere = ["B6 refused: UNITS_LOCKED 0 1", "A6 refused: PRICE_OUT_OF_BAND 4500 4499"]
        refused = [line for line in told if "refused" in line]
        assert sorted(refused) == sorted([*refusals, *everywhere])

    @pytest.mark.parametrize(
        ("book", "close"),
        [("chongqing", "48.55"), ("national", "50.00"), ("hubei", "50.00"), ("guangdong", "48.48")],
    )
    def test_ten_tonnes_move_the_next_close_only_where_no_volume_guards_it(self, book: str, close: str) -> None:
        scene = self.scene(book)
        scene.play(FLOW)
        told = scene.play("open\nphase continuous\nA7 sell 10 @ 50.00\nB7 buy 10 @ 50.00 ioc\nclose")
        assert told[-1] == f"close {close}"

    def scene(self, book: str) -> Scene:
        scene = Scene("ABC", cash="100000.00", tonnes=0, book=book, phase=0)
        scene.allocate("A", 1000, "paid")
        scene.allocate("C", 100, "free")
        scene.desk.open_day(scene.day)
        return scene
