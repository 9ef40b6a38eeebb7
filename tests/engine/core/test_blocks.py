"""Block trades: offers to one or to a group, counters, confirmations; what they hold, move, refuse and leave alone.

The market's reference price is 50.00; blocks are 100,000 t and more, within 30 % (35.00 to 65.00). Everybody has
100,000,000.00 yuan and 1,000,000 t.
"""

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases
from engine.core.market import Market
from tests.testkit.block_script import BlockScene
from tests.testkit.build import hash_of

FEES = {"trading_fee_ppm": 600, "settlement_fee_ppm": 100}  # 0.07 % a side


def test_an_offer_is_confirmed_and_both_sides_have_what_was_agreed() -> None:
    scene = BlockScene(product=FEES | {"lock_days": 1})
    assert scene.play("B1 offers sell 100000 @ 48.00 to A") == ["B1 offers A to sell 100000 @ 48.00"]
    assert scene.tonnes("B") == "available 900000 held 100000 locked 0"
    assert scene.play("A confirms B1") == ["B1 trades: T1 B to A 100000 @ 48.00"]
    # 100,000 t x 48.00 = 4,800,000.00; 0.07 % of it are 3,360.00 a side
    assert scene.cash("A") == "free 95196640.00 held 0.00"
    assert scene.cash("B") == "free 104796640.00 held 0.00"
    assert scene.tonnes("A") == "available 1000000 held 0 locked 100000"
    assert scene.tonnes("B") == "available 900000 held 0 locked 0"
    assert scene.desk.market.state.fees == 2 * 336_000


def test_an_offer_to_buy_holds_cash_with_fees_and_pays_exactly_that() -> None:
    scene = BlockScene(product=FEES)
    scene.play("A1 offers buy 100000 @ 48.00 to B")
    assert scene.cash("A") == "free 95196640.00 held 4803360.00"
    assert scene.play("B confirms A1") == ["A1 trades: T1 B to A 100000 @ 48.00"]
    assert scene.cash("A") == "free 95196640.00 held 0.00"
    assert scene.tonnes("A") == "available 1100000 held 0 locked 0"


def test_bought_units_are_locked_until_the_day_the_rule_book_says() -> None:
    scene = BlockScene(product={"lock_days": 1}, tonnes=100_000)
    scene.play("B1 offers sell 100000 @ 48.00 to A\nA confirms B1")
    told = scene.play("A1 offers sell 200000 @ 48.00 to C")
    assert told == ["A1 told: UNITS_LOCKED 100000 200000"]
    told = scene.play("close\nopen\nphase continuous\nwindow open\nA1 offers sell 200000 @ 48.00 to C")
    assert told[-2:] == ["A unlocked 100000", "A1 offers C to sell 200000 @ 48.00"]


def test_proceeds_wait_for_the_next_day_where_the_rule_book_says_so() -> None:
    scene = BlockScene(proceeds_same_day=False)
    scene.play("B1 offers sell 100000 @ 48.00 to A\nA confirms B1")
    assert scene.cash("B") == "free 100000000.00 held 4800000.00"
    scene.play("close\nopen")
    assert scene.cash("B") == "free 104800000.00 held 0.00"


class TestGroups:
    def test_the_first_to_confirm_has_it_and_the_others_are_told_it_is_gone(self) -> None:
        scene = BlockScene()
        told = scene.play("B1 offers sell 100000 @ 48.00 to ACD\nC confirms B1\nA confirms B1\nD declines B1")
        assert told == [
            "B1 offers ACD to sell 100000 @ 48.00",
            "B1 trades: T1 B to C 100000 @ 48.00",
            "gone for AD",
            "A told: COUNTERPARTY_GONE",
            "D told: COUNTERPARTY_GONE",
        ]

    def test_it_ends_when_the_last_declines(self) -> None:
        scene = BlockScene()
        told = scene.play("B1 offers sell 100000 @ 48.00 to AC\nA declines B1\nA confirms B1\nC declines B1")
        assert told[1:] == [
            "A declines B1: COUNTERPARTY_DECLINED, 1 left",
            "A told: COUNTERPARTY_GONE",
            "C declines B1: COUNTERPARTY_DECLINED, 0 left",
        ]
        assert scene.tonnes("B") == "available 1000000 held 0 locked 0"


class TestCounters:
    def test_a_counter_declines_the_offer_and_is_an_offer_back(self) -> None:
        scene = BlockScene()
        told = scene.play("B1 offers sell 100000 @ 48.00 to A\nA1 counters B1 120000 @ 46.00")
        assert told[1:] == [
            "A declines B1: COUNTERPARTY_COUNTERED, 0 left",
            "A1 offers B to buy 120000 @ 46.00",
        ]
        assert (scene.tonnes("B"), scene.cash("A")) == (
            "available 1000000 held 0 locked 0",
            "free 94480000.00 held 5520000.00",  # 120,000 t x 46.00
        )
        assert scene.play("A confirms B1\nB confirms A1") == [
            "A told: COUNTERPARTY_GONE",
            "A1 trades: T1 B to A 120000 @ 46.00",
        ]

    def test_a_counter_to_a_group_offer_leaves_it_open_for_the_rest(self) -> None:
        scene = BlockScene()
        told = scene.play("B1 offers sell 100000 @ 48.00 to AC\nA1 counters B1 100000 @ 47.00\nC confirms B1")
        assert told[1:] == [
            "A declines B1: COUNTERPARTY_COUNTERED, 1 left",
            "A1 offers B to buy 100000 @ 47.00",
            "B1 trades: T1 B to C 100000 @ 48.00",
        ]

    def test_the_same_terms_are_no_counter(self) -> None:
        scene = BlockScene()
        told = scene.play("B1 offers sell 100000 @ 48.00 to A\nA1 counters B1 100000 @ 48.00\nA confirms B1")
        assert told[1:] == ["A1 told: NO_CHANGE", "B1 trades: T1 B to A 100000 @ 48.00"]


class TestEnds:
    def test_withdrawn_by_who_made_it(self) -> None:
        scene = BlockScene()
        told = scene.play("A1 offers buy 100000 @ 48.00 to BC\nA withdraws A1\nB confirms A1\nA withdraws A1")
        assert told[1:] == ["A1 ends: withdrawn, BC told", "B told: COUNTERPARTY_GONE", "A1 told: ALREADY_CANCELED"]
        assert scene.cash("A") == "free 100000000.00 held 0.00"

    def test_what_traded_cannot_be_withdrawn(self) -> None:
        scene = BlockScene()
        told = scene.play("A1 offers buy 100000 @ 48.00 to B\nB confirms A1\nA withdraws A1")
        assert told[-1] == "A1 told: ALREADY_FILLED"

    def test_the_close_expires_what_is_open_and_closes_the_window(self) -> None:
        scene = BlockScene()
        told = scene.play("A1 offers buy 100000 @ 48.00 to B\nC1 offers sell 100000 @ 48.00 to D\nclose")
        assert told[2:] == ["A1 ends: DAY_ENDED, B told", "C1 ends: DAY_ENDED, D told", "close 50.00"]
        told = scene.play("open\nphase continuous\nA1 offers buy 100000 @ 48.00 to B")
        assert told == ["A1 told: METHOD_NOT_OPEN"]

    def test_a_restriction_ends_the_offers_it_covers(self) -> None:
        scene = BlockScene()
        text = "A1 offers buy 100000 @ 48.00 to B\nA2 offers sell 100000 @ 52.00 to B\nA restrict buy"
        assert scene.play(text)[2:] == ["A1 ends: RESTRICTION_IMPOSED, B told"]
        assert scene.play("B confirms A2") == ["A2 trades: T1 A to B 100000 @ 52.00"]

    def test_a_closed_window_lets_offers_be_withdrawn_and_declined_but_not_confirmed(self) -> None:
        scene = BlockScene()
        scene.play("A1 offers buy 100000 @ 48.00 to BC\nwindow close")
        assert scene.play("B confirms A1\nB declines A1\nA withdraws A1") == [
            "B told: METHOD_NOT_OPEN",
            "B declines A1: COUNTERPARTY_DECLINED, 1 left",
            "A1 ends: withdrawn, C told",
        ]

    def test_after_a_window_that_opens_again_the_offer_can_be_confirmed(self) -> None:
        scene = BlockScene()
        told = scene.play("A1 offers buy 100000 @ 48.00 to B\nwindow close\nwindow open\nB confirms A1")
        assert told[-1] == "A1 trades: T1 B to A 100000 @ 48.00"


REFUSALS = {
    "A1 offers sell 99999 @ 50.00 to B": "QTY_BELOW_MIN 100000 99999",
    "A1 offers sell 100000 @ 65.01 to B": "PRICE_OUT_OF_BAND 6500 6501",
    "A1 offers sell 100000 @ 34.99 to B": "PRICE_OUT_OF_BAND 3500 3499",
    "A1 offers sell 100000 @ 0.00 to B": "PRICE_OFF_TICK 1 0",
    "A1 offers sell 1000001 @ 50.00 to B": "INSUFFICIENT_ALLOWANCE 1000000 1000001",
    "A1 offers buy 2000001 @ 50.00 to B": "INSUFFICIENT_CASH 10000000000 10000005000",
    "A1 offers buy 20000001 @ 50.00 to B": "VALUE_ABOVE_MAX 100000000000 100000005000",
    "A1 offers sell 100000 @ 50.00 to A": "SELF_MATCH",
    "A1 offers sell 100000 @ 50.00 to BA": "SELF_MATCH",
    "A1 offers sell 100000 @ 50.00 to BB": "INVALID_FIELD",
    "A1 counters Z9 100000 @ 50.00": "UNKNOWN_OFFER",
    "A withdraws B1": "UNKNOWN_OFFER",
    "B confirms B1": "UNKNOWN_OFFER",
    "D confirms B1": "UNKNOWN_OFFER",
    "D declines B1": "UNKNOWN_OFFER",
    "D1 counters B1 100000 @ 49.00": "UNKNOWN_OFFER",
    "A1 counters B1 99999 @ 49.00": "QTY_BELOW_MIN 100000 99999",
    "B1 offers sell 100000 @ 47.00 to A": "CLIENT_ORDER_ID_CONFLICT",
    "B1 offers sell 100000 @ 48.00 to A": "CLIENT_ORDER_ID_CONFLICT",
}


@pytest.mark.parametrize(("line", "why"), REFUSALS.items(), ids=REFUSALS)
def test_a_refusal_says_why_and_changes_nothing(line: str, why: str) -> None:
    scene = BlockScene(accounts="ABCDZ")
    scene.play("B1 offers sell 100000 @ 48.00 to AC")
    state = scene.desk.market.dump()
    (told,) = scene.play(line)
    assert told.partition(" told: ")[2] == why
    before, after = Market.load(state), Market.load(scene.desk.market.dump())
    after.seq, after.at_ns = before.seq, before.at_ns
    assert hash_of(after) == hash_of(before)


@pytest.mark.parametrize(
    "text", ["A confirms B1", "A1 counters B1 100000 @ 49.00", "A1 offers sell 100000 @ 49.00 to B"]
)
@pytest.mark.parametrize(
    ("act", "why"),
    [
        ("halt", "INSTRUMENT_HALTED"),
        ("window close", "METHOD_NOT_OPEN"),
        ("phase post_close", "METHOD_NOT_OPEN"),
        ("A restrict all", "ACCOUNT_RESTRICTED 0 31"),
    ],
)
def test_nothing_is_offered_or_confirmed_while_it_may_not_be(text: str, act: str, why: str) -> None:
    scene = BlockScene()
    scene.play(f"B1 offers sell 100000 @ 48.00 to A\n{act}")
    assert scene.play(text)[-1].endswith(f" told: {why}")


def test_a_confirmation_needs_cover() -> None:
    scene = BlockScene(cash="5000000.00", tonnes=100_000)
    scene.play("B1 offers sell 100000 @ 50.01 to A\nC1 offers buy 100000 @ 48.00 to D\nD1 sell 1 @ 50.00")
    told = scene.play("A confirms B1\nD confirms C1")
    assert told == ["A told: INSUFFICIENT_CASH 500000000 500100000", "D told: INSUFFICIENT_ALLOWANCE 99999 100000"]


def test_a_seller_keeps_the_retention_floor_whether_it_offers_or_confirms() -> None:
    scene = BlockScene(tonnes=0)
    scene.play("A allocate 199999 free")  # half of it, rounded up: 100,000 t must stay
    scene.play("B1 offers buy 100000 @ 48.00 to A")
    assert scene.play("A confirms B1\nA1 offers sell 100000 @ 48.00 to B") == [
        "A told: OBLIGATION_RESERVED 100000 99999",
        "A1 told: OBLIGATION_RESERVED 100000 99999",
    ]
    scene.play("A allocate 1 paid")
    assert scene.play("A confirms B1") == ["B1 trades: T1 A to B 100000 @ 48.00"]


def test_one_owner_does_not_deal_with_itself_through_two_accounts() -> None:
    scene = BlockScene(owners={"A": 7, "B": 7})
    assert scene.play("A1 offers sell 100000 @ 50.00 to CB") == ["A1 told: SELF_MATCH"]


def test_a_product_without_block_rules_has_no_block_trades() -> None:
    scene = BlockScene(has_blocks=False)
    assert scene.play("A1 offers sell 100000 @ 50.00 to B") == ["A1 told: METHOD_NOT_ALLOWED"]


class TestSentTwice:
    def test_an_offer_gets_the_same_answer_even_after_it_has_ended(self) -> None:
        scene = BlockScene()
        text = "B1 offers sell 100000 @ 48.00 to A"
        assert scene.play(f"{text}\n{text}\nA confirms B1\n{text}")[1:] == [
            "B1 again",
            "B1 trades: T1 B to A 100000 @ 48.00",
            "B1 again",
        ]

    def test_a_counter_too(self) -> None:
        scene = BlockScene()
        text = "A1 counters B1 100000 @ 47.00"
        told = scene.play(f"B1 offers sell 100000 @ 48.00 to A\n{text}\n{text}")
        assert told[-1] == "A1 again"

    def test_a_confirmation_names_the_trade_it_has_made(self) -> None:
        scene = BlockScene()
        told = scene.play("B1 offers sell 100000 @ 48.00 to AC\nA confirms B1\nA confirms B1")
        assert told[-1] == "B1 again: T1"


def test_quotes_close_and_listed_volume_do_not_know_of_blocks() -> None:
    scene = BlockScene()
    scene.play("A1 sell 10 @ 50.50\nB1 buy 10 @ 50.50\nB2 offers sell 100000 @ 35.00 to A\nA confirms B2")
    scene.play("C1 offers sell 150000 @ 40.00 to A\nA confirms C1")
    happened = scene.desk.act(c.CloseDay())
    closed = next(event for event in happened if isinstance(event, e.DayClosed))
    (stats,) = closed.stats
    assert (stats.open_ticks, stats.low_ticks, stats.last_ticks, stats.close_ticks) == (5050, 5050, 5050, 5050)
    assert (stats.tonnes, stats.trades) == (10, 1)
    # 100,000 x 35.00 + 150,000 x 40.00 = 9,500,000.00
    assert stats.by_method == (e.MethodStats("block", 250_000, 950_000_000, 2),)


def test_open_offers_and_their_holds_survive_a_dump() -> None:
    scene = BlockScene()
    scene.play("A1 offers buy 100000 @ 48.00 to BC\nB declines A1\nB1 offers sell 100000 @ 48.00 to D\nD confirms B1")
    loaded = Market.load(scene.desk.market.dump())
    loaded.audit()
    assert loaded.dump() == scene.desk.market.dump()
    scene.desk.market = loaded
    assert scene.play("B confirms A1\nC confirms A1\nD confirms B1") == [
        "B told: COUNTERPARTY_GONE",
        "A1 trades: T2 C to A 100000 @ 48.00",
        "B1 again: T1",
    ]


def test_one_account_has_only_so_many_offers_open() -> None:
    scene = BlockScene(tonnes=20_000_000)
    for number in range(100):
        scene.play(f"A{number} offers sell 100000 @ 50.00 to B")
    assert scene.play("Ax offers sell 100000 @ 50.00 to B") == ["Ax told: TOO_MANY_OPEN_ORDERS 100 100"]
    scene.play("B declines A7")
    assert scene.play("Ax offers sell 100000 @ 50.00 to B") == ["Ax offers B to sell 100000 @ 50.00"]


class TestWindow:
    def test_it_opens_only_while_something_is_traded(self) -> None:
        scene = BlockScene(is_open=False, phase=phases.PRE_OPEN)
        assert scene.play("window open") == ["act refused: ACT_NOT_ALLOWED_NOW 0 1"]
        assert scene.play("phase continuous\nwindow open\nwindow open") == ["act refused: ACT_NOT_ALLOWED_NOW 0 4"]

    def test_what_is_not_open_does_not_close(self) -> None:
        scene = BlockScene(is_open=False)
        assert scene.play("window close") == ["act refused: ACT_NOT_ALLOWED_NOW 0 4"]

    def test_the_timetable_may_open_it_alone(self) -> None:
        scene = BlockScene(is_open=False)
        happened = scene.desk.do(c.Propose(0, "timetable", "", c.OpenBlockWindow()))
        assert happened[1:] == [e.BlockWindowChanged(True)]


def test_numbers_beyond_all_bounds_are_refused() -> None:
    scene = BlockScene()
    scene.play("B1 offers sell 100000 @ 48.00 to A")
    for command in (
        c.BlockOffer(1, 1, 1, 2**70, 100_000, (2,), "x"),
        c.BlockOffer(1, 1, 1, 5000, 2**70, (2,), "x"),
        c.BlockOffer(1, 1, 3, 5000, 100_000, (2,), "x"),
        c.BlockOffer(1, 2**70, 1, 5000, 100_000, (2,), "x"),
        c.BlockOffer(2**70, 1, 1, 5000, 100_000, (2,), "x"),
        c.BlockOffer(1, 1, 1, 5000, 100_000, (2**70,), "x"),
        c.BlockOffer(1, 1, 1, 5000, 100_000, (), "x"),
        c.BlockOffer(1, 1, 1, 5000, 100_000, tuple(range(2, 60)), "x"),
        c.BlockCounter(1, scene.offer("B1"), -1, 100_000, "x"),
        c.BlockConfirm(1, 2**70),
        c.BlockConfirm(2**70, scene.offer("B1")),
        c.BlockDecline(0, 0),
        c.BlockWithdraw(0, 0, ""),
    ):
        (said,) = scene.desk.do(command)
        assert isinstance(said, e.RequestRefused), command
    scene.desk.market.audit()
