"""Continuous matching: price, then time; the maker's price; lives of orders; self-trades; replacing."""

import pytest

from tests.testkit.script import Scene, play

OWNERS = {"A": 1, "B": 1, "C": 3}


def test_earlier_of_two_equal_prices_trades_first() -> None:
    assert play("""
        A1 sell 10 @ 50.00
        B1 sell 10 @ 50.00
        C1 buy 15 @ 50.01
    """) == [
        "A1 accepted",
        "B1 accepted",
        "C1 accepted",
        "C1 trades 10 with A1 @ 50.00",
        "C1 trades 5 with B1 @ 50.00",
    ]


def test_better_price_trades_before_an_older_order() -> None:
    assert play("""
        A1 buy 10 @ 49.90
        B1 buy 10 @ 50.00
        C1 sell 12 @ 49.80
    """)[3:] == ["C1 trades 10 with B1 @ 50.00", "C1 trades 2 with A1 @ 49.90"]


def test_price_one_tick_away_does_not_trade() -> None:
    assert play("A1 sell 10 @ 50.00\nB1 buy 10 @ 49.99") == ["A1 accepted", "B1 accepted"]


def test_what_is_left_of_a_day_order_rests_at_its_own_price() -> None:
    scene = Scene()
    scene.play("A1 sell 10 @ 50.00\nB1 buy 15 @ 50.02")
    assert scene.book() == "5@50.02 |"


def test_rest_of_an_immediate_or_cancel_order_lapses() -> None:
    scene = Scene()
    told = scene.play("A1 sell 10 @ 50.00\nB1 buy 15 @ 50.00 ioc")
    assert told[-2:] == ["B1 trades 10 with A1 @ 50.00", "B1 canceled 5: IOC_REMAINDER"]
    assert scene.book() == "|"


def test_fill_or_kill_trades_whole_over_several_makers() -> None:
    assert play("""
        A1 sell 4 @ 50.00
        B1 sell 6 @ 50.05
        C1 buy 10 @ 50.05 fok
    """)[3:] == ["C1 trades 4 with A1 @ 50.00", "C1 trades 6 with B1 @ 50.05"]


def test_fill_or_kill_one_tonne_short_does_nothing() -> None:
    scene = Scene()
    told = scene.play("A1 sell 9 @ 50.00\nB1 sell 9 @ 50.02\nC1 buy 10 @ 50.01 fok")
    assert told[2] == "C1 refused: FOK_NOT_FILLABLE 10 0"
    assert scene.book() == "| 9@50.00 9@50.02"


def test_post_only_order_never_takes() -> None:
    told = play("A1 sell 5 @ 50.00\nB1 buy 5 @ 50.00 post\nB2 buy 5 @ 49.99 post")
    assert told[1:] == ["B1 refused: WOULD_TAKE", "B2 accepted"]


class TestReplace:
    def test_less_keeps_the_place_in_the_queue(self) -> None:
        told = play("A1 sell 10 @ 50.00\nB1 sell 10 @ 50.00\nA1 replace 4 @ 50.00\nC1 buy 5 @ 50.00")
        assert told[2:] == [
            "A1 now 4 of 4 @ 50.00",
            "C1 accepted",
            "C1 trades 4 with A1 @ 50.00",
            "C1 trades 1 with B1 @ 50.00",
        ]

    def test_more_loses_the_place(self) -> None:
        told = play("A1 sell 10 @ 50.00\nB1 sell 10 @ 50.00\nA1 replace 11 @ 50.00\nC1 buy 5 @ 50.00")
        assert told[-1] == "C1 trades 5 with B1 @ 50.00"

    def test_another_price_loses_the_place_even_when_it_comes_back(self) -> None:
        told = play("""
            A1 sell 10 @ 50.00
            B1 sell 10 @ 50.00
            A1 replace 10 @ 50.01
            A1 replace 10 @ 50.00
            C1 buy 5 @ 50.00
        """)
        assert told[-1] == "C1 trades 5 with B1 @ 50.00"

    def test_a_price_that_crosses_trades_at_once_at_the_makers_price(self) -> None:
        told = play("A1 sell 10 @ 50.00\nB1 buy 4 @ 49.00\nB1 replace 6 @ 50.10")
        assert told[2:] == ["B1 now 6 of 6 @ 50.10", "B1 trades 6 with A1 @ 50.00"]

    def test_quantity_counts_what_has_been_filled(self) -> None:
        scene = Scene()
        told = scene.play("A1 sell 10 @ 50.00\nB1 buy 4 @ 50.00\nA1 replace 7 @ 50.00\nA1 replace 4 @ 50.00")
        assert told[3:] == ["A1 now 3 of 7 @ 50.00", "A1 told: QTY_BELOW_FILLED 4 4"]
        assert scene.book() == "| 3@50.00"

    def test_no_change_is_refused(self) -> None:
        assert play("A1 sell 10 @ 50.00\nA1 replace 10 @ 50.00")[1] == "A1 told: NO_CHANGE"

    @pytest.mark.parametrize(
        ("terms", "why"),
        [
            ("5 @ 60.00", "PRICE_OUT_OF_BAND 5500 6000"),
            ("100000 @ 50.00", "QTY_ABOVE_MAX 99999 100000"),
            ("99999 @ 50.00", "INSUFFICIENT_ALLOWANCE 90 99989"),
            ("5 @ 0", "PRICE_OFF_TICK 1 0"),
        ],
    )
    def test_the_chain_of_a_new_order_is_asked_again_and_a_refusal_leaves_the_order(self, terms: str, why: str) -> None:
        scene = Scene(tonnes=100)
        assert scene.play(f"A1 sell 10 @ 50.00\nA1 replace {terms}")[1] == f"A1 told: {why}"
        assert scene.book() == "| 10@50.00"
        assert scene.tonnes("A") == "available 90 held 10 locked 0"


class TestSelfTrade:
    TEXT = """
        A1 sell 5 @ 50.00
        C1 sell 5 @ 50.01
        B1 buy 10 @ 50.01
    """

    @pytest.mark.parametrize(
        ("mode", "told"),
        [
            ("cancel_taker", ["B1 canceled 10: SELF_TRADE_PREVENTED"]),
            ("cancel_maker", ["B1 trades 5 with C1 @ 50.01", "A1 canceled 5: SELF_TRADE_PREVENTED"]),
            ("cancel_both", ["A1 canceled 5: SELF_TRADE_PREVENTED", "B1 canceled 10: SELF_TRADE_PREVENTED"]),
            ("off", ["B1 trades 5 with A1 @ 50.00", "B1 trades 5 with C1 @ 50.01"]),
        ],
    )
    def test_the_rule_book_says_who_gives_way(self, mode: str, told: list[str]) -> None:
        assert play(self.TEXT, accounts="ABC", owners=OWNERS, self_trade=mode)[3:] == told

    def test_the_owner_counts_not_the_account(self) -> None:
        assert play("A1 sell 5 @ 50.00\nC1 buy 5 @ 50.00", owners=OWNERS)[-1] == "C1 trades 5 with A1 @ 50.00"

    def test_fill_or_kill_does_not_count_what_prevention_would_take_away(self) -> None:
        text = "A1 sell 5 @ 50.00\nC1 sell 5 @ 50.01\nB1 buy 6 @ 50.01 fok"
        assert play(text, accounts="ABC", owners=OWNERS, self_trade="cancel_maker")[2] == (
            "B1 refused: FOK_NOT_FILLABLE 6 0"
        )

    def test_in_a_call_the_order_is_refused_at_entry(self) -> None:
        scene = Scene(owners=OWNERS, phase=2)
        told = scene.play("A1 sell 5 @ 50.00\nB1 buy 5 @ 50.00\nB2 buy 5 @ 49.99\nB2 replace 5 @ 50.00")
        assert told == ["A1 accepted", "B1 refused: SELF_MATCH", "B2 accepted", "B2 told: SELF_MATCH"]


class TestClientOrderIds:
    def test_the_same_body_gets_the_same_answer_and_nothing_happens(self) -> None:
        scene = Scene()
        assert scene.play("A1 sell 5 @ 50.00\nA1 sell 5 @ 50.00")[1] == "A1 again: accepted"
        assert scene.book() == "| 5@50.00"

    def test_a_refusal_is_repeated_even_when_it_would_pass_by_now(self) -> None:
        text = "A1 sell 5 @ 50.00\nA deposit 1.00\nA allocate 100 paid\nA1 sell 5 @ 50.00"
        told = play(text, tonnes=0)
        assert told == ["A1 refused: INSUFFICIENT_ALLOWANCE 0 5", "A1 again: INSUFFICIENT_ALLOWANCE"]

    @pytest.mark.parametrize("other", ["buy 5 @ 50.00", "sell 6 @ 50.00", "sell 5 @ 50.01", "sell 5 @ 50.00 ioc"])
    def test_another_body_is_a_conflict(self, other: str) -> None:
        assert play(f"A1 sell 5 @ 50.00\nA1 {other}")[1] == "A1 told: CLIENT_ORDER_ID_CONFLICT"

    def test_a_replaced_order_is_known_by_what_was_first_asked(self) -> None:
        scene = Scene()
        scene.play("A1 sell 5 @ 50.00\nA1 replace 4 @ 50.01")
        assert scene.play("A1 sell 5 @ 50.00\nA1 sell 4 @ 50.01") == [
            "A1 again: accepted",
            "A1 told: CLIENT_ORDER_ID_CONFLICT",
        ]

    def test_an_order_that_is_over_keeps_its_answer(self) -> None:
        scene = Scene(client_order_id_days=1)
        scene.play("A1 sell 5 @ 50.00\nB1 buy 5 @ 50.00\nA2 sell 5 @ 50.00\nA2 cancel")
        for _ in range(2):
            assert scene.play("A1 sell 5 @ 50.00\nA1 cancel\nA2 cancel\nA2 sell 5 @ 50.00\nA2 sell 6 @ 50.00") == [
                "A1 again: accepted",
                "A1 told: ALREADY_FILLED",
                "A2 told: ALREADY_CANCELED",
                "A2 again: accepted",
                "A2 told: CLIENT_ORDER_ID_CONFLICT",
            ]
            scene.play("close\nopen\nphase continuous")

    def test_ids_are_known_for_their_day_and_so_many_after(self) -> None:
        scene = Scene(client_order_id_days=1)
        scene.play("A1 sell 5 @ 50.00")
        for said in (["A1 again: accepted"], ["A1 accepted"]):
            scene.play("close\nopen\nphase continuous")
            assert scene.play("A1 sell 5 @ 50.00") == said

    def test_accounts_do_not_share_ids(self) -> None:
        scene = Scene()
        scene.play("A1 sell 5 @ 50.00")
        assert scene.view.order_number(scene.numbers["B"], "A1") == 0


class TestCancel:
    def test_canceled_units_are_free_again(self) -> None:
        scene = Scene(tonnes=10)
        assert scene.play("A1 sell 7 @ 50.00\nA1 cancel\nA2 sell 10 @ 50.00") == [
            "A1 accepted",
            "A1 canceled 7",
            "A2 accepted",
        ]

    def test_an_order_is_canceled_once(self) -> None:
        assert play("A1 sell 7 @ 50.00\nA1 cancel\nA1 cancel")[2] == "A1 told: ALREADY_CANCELED"

    def test_an_id_that_was_never_used_is_unknown(self) -> None:
        assert play("A1 cancel") == ["A1 told: UNKNOWN_ORDER"]

    def test_all_of_a_side_oldest_first(self) -> None:
        told = play("A1 sell 1 @ 50.02\nA2 buy 1 @ 49.00\nA3 sell 1 @ 50.01\nB1 sell 1 @ 50.00\nA cancel all sell")
        assert told[4:] == ["A1 canceled 1", "A3 canceled 1", "A canceled 2 orders"]

    def test_nothing_trades_with_a_canceled_order(self) -> None:
        scene = Scene()
        scene.play("A1 sell 1 @ 50.00\nA2 sell 1 @ 50.01\nA cancel all")
        assert scene.play("B1 buy 5 @ 50.01") == ["B1 accepted"]
