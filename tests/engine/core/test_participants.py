"""Participants: what the rule book's classes let them trade and ask of them, suspension, users and their keys, the banned."""

from typing import Any

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons
from engine.core.market import Market
from engine.core.participants import is_credit_code
from engine.core.units import BUY, DAY, SELL
from engine.view import MarketView
from tests.testkit.auctions import FIRST_BIDDER, AuctionDesk, notice
from tests.testkit.build import Desk, hash_of, rulebook_text

ME, OTHER, MINE_TOO = 1, 2, 3  # accounts; ME and MINE_TOO are participant 1's
TODAY = 20260105
CODE = "91350100M000100Y43"  # a unified social credit code whose check character is right
BLOCK_T = 100
PRODUCTS: dict[str, dict[str, Any]] = {
    "CQEA": {"block_tonnes_min": BLOCK_T, "block_limit_bp": 3_000},
    "CCER": {"kind": "offset"},
}
OPEN: dict[str, Any] = {"products": ["CQEA", "CCER"]}
TESTED: dict[str, Any] = OPEN | {"qualifications": ["suitability"]}


def desk(**classes: dict[str, Any]) -> Desk:
    """Three institutions' accounts with cash and units, two of them participant 1's, on a day that trades."""
    made = Desk(rulebook_text(PRODUCTS, classes=classes))
    made.act(
        c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 4_000),
        c.ListInstrument("CCER-25", "CCER", 2025, "", "", 4_000),
        c.AdmitParticipant(1, CODE, "水泥厂", "重庆市"),
        c.AdmitParticipant(2, "other-1", "投资"),
    )
    for number, owner in ((ME, 1), (OTHER, 2), (MINE_TOO, 1)):
        made.act(c.OpenAccount(f"A{number}", owner, "", "institution"), c.DepositCash(number, 1_000_000_000))
        made.act(c.AllocateUnits(number, 1, 1_000, "paid", 2025), c.AllocateUnits(number, 2, 1_000, "offset", 2025))
    made.open_day(TODAY)
    made.act(c.OpenBlockWindow())
    return made


def sound(made: Desk) -> None:
    """The invariants hold, and a dump brings everything back."""
    made.market.audit()
    assert hash_of(Market.load(made.market.dump())) == hash_of(made.market)


def name_of(said: Any) -> str:
    return reasons.BY_NUMBER[said.reason].name


def order(made: Desk, account: int = ME, side: int = BUY, instrument: int = 1, name: str = "") -> str:
    """What an order is answered with: "" for taken, else the name of the reason."""
    said = made.do(c.PlaceOrder(account, instrument, side, 4_000, 1, DAY, name or f"o{made.market.seq}"))
    return name_of(said[0]) if isinstance(said[0], e.OrderRefused) else ""


def why(made: Desk, act: c.AnyAct) -> str:
    """Why an act is refused; nothing has changed afterwards."""
    before = Market.load(made.market.dump())
    [refused] = made.act(act)
    assert isinstance(refused, e.ActRefused), refused
    before.seq, before.at_ns = made.market.seq, made.market.at_ns
    assert hash_of(before) == hash_of(made.market)
    return name_of(refused)


# ---- classes --------------------------------------------------------------------------------------------


def test_without_a_table_for_its_class_an_account_trades_everything() -> None:
    made = desk(individual=TESTED)
    assert order(made) == ""
    assert int(made.market.state.held_account(ME).bars) == 0


@pytest.mark.parametrize(
    ("rules", "side", "instrument", "reason"),
    [
        (OPEN, BUY, 1, ""),
        ({"products": ["CCER"]}, BUY, 1, "NOT_ELIGIBLE"),
        ({"products": ["CCER"]}, BUY, 2, ""),
        ({"products": "none"}, SELL, 1, "NOT_ELIGIBLE"),
        (OPEN | {"methods": ["block"]}, BUY, 1, "NOT_ELIGIBLE"),
        (OPEN | {"sides": ["sell"]}, BUY, 1, "SIDE_NOT_ALLOWED"),
        (OPEN | {"sides": ["sell"]}, SELL, 1, ""),
        (TESTED, SELL, 1, "NOT_QUALIFIED"),
    ],
)
def test_a_class_may_use_its_products_sides_and_methods_alone(
    rules: dict[str, Any], side: int, instrument: int, reason: str
) -> None:
    made = desk(institution=rules)
    assert order(made, side=side, instrument=instrument) == reason
    sound(made)


def test_the_class_is_asked_in_block_trades_and_auctions_too() -> None:
    made = desk(institution=OPEN | {"methods": ["listed"]})
    [refused] = made.do(c.BlockOffer(ME, 1, SELL, 4_000, BLOCK_T, (OTHER,), "b"))
    assert name_of(refused) == "NOT_ELIGIBLE"
    bidders = AuctionDesk()
    bidders.hold(notice())
    bidders.act(c.AdmitParticipant(FIRST_BIDDER, "bidder", "竞买人"), c.SuspendParticipant(FIRST_BIDDER, "Art. 30"))
    assert name_of(bidders.bid(FIRST_BIDDER, 4_200, 100)) == "PARTICIPANT_SUSPENDED"


def test_a_qualification_counts_from_its_day_to_its_day() -> None:
    made = desk(institution=TESTED)
    made.act(c.Qualify(1, "suitability", TODAY + 1, TODAY + 2))
    assert order(made) == "NOT_QUALIFIED"
    for day, reason in ((TODAY + 1, ""), (TODAY + 2, ""), (TODAY + 3, "NOT_QUALIFIED")):
        made.act(c.CloseDay())
        made.open_day(day)
        assert order(made) == reason
        sound(made)
    made.act(c.Qualify(1, "suitability", TODAY))
    assert order(made) == ""
    assert [row.missing for row in MarketView(made.market).participants()[1].accounts] == ["suitability"]


def test_a_statement_of_net_worth_must_be_high_enough() -> None:
    made = desk(institution=OPEN | {"qualifications": ["assets"], "assets_fen_min": 100})
    made.act(c.Qualify(1, "assets", TODAY, 0, 99))
    assert order(made) == "NOT_QUALIFIED"
    made.act(c.Qualify(1, "assets", TODAY, 0, 100))
    assert order(made) == ""


def test_who_loses_a_qualification_has_nothing_open_afterwards() -> None:
    made = desk(institution=TESTED)
    made.act(c.Qualify(1, "suitability", TODAY), c.Qualify(2, "suitability", TODAY))
    assert order(made) == order(made, OTHER, SELL, 2) == ""
    [told, canceled] = made.act(c.Disqualify(1, "suitability", "the test was another's"))[1:]
    assert told == e.ParticipantDisqualified(1, "suitability", "the test was another's")
    assert isinstance(canceled, e.OrderCanceled)
    assert name_of(canceled) == "NOT_QUALIFIED"
    assert len(made.market.state.held_account(OTHER).orders) == 1
    sound(made)
    # a shorter term that has passed takes it away as well
    made.act(c.Qualify(2, "suitability", TODAY - 4, TODAY - 1))
    assert not made.market.state.held_account(OTHER).orders


def test_another_rule_book_may_ask_for_more_from_its_day_on() -> None:
    made = desk()
    stricter = rulebook_text(PRODUCTS, classes={"institution": TESTED}, version=2)
    made.act_both(c.AdoptRuleBook(stricter, 2, TODAY + 1, ("No. 1",)))
    assert order(made) == ""
    made.act(c.CloseDay())
    made.open_day(TODAY + 1)
    assert order(made) == "NOT_QUALIFIED"
    sound(made)


# ---- suspension -----------------------------------------------------------------------------------------


def test_suspension_stops_every_account_at_once_and_surrender_stays_possible() -> None:
    made = desk()
    assert order(made) == order(made, MINE_TOO, SELL, 2) == order(made, OTHER, BUY, 2) == ""
    made.do(c.BlockOffer(OTHER, 1, SELL, 4_000, BLOCK_T, (ME,), "to me"))
    told = made.act(c.SuspendParticipant(1, "CQ-M Art. 30"))[1:]
    assert told[0] == e.ParticipantSuspended(1, "CQ-M Art. 30")
    assert [type(said) for said in told[1:]] == [e.OrderCanceled, e.BlockDeclined]
    # MINE_TOO sold to OTHER before: what is traded stays traded
    assert {name_of(said) for said in told[1:]} == {"PARTICIPANT_SUSPENDED"}
    assert order(made) == order(made, MINE_TOO) == "PARTICIPANT_SUSPENDED"
    assert order(made, OTHER) == ""
    [refused] = made.do(c.BlockOffer(MINE_TOO, 1, SELL, 4_000, BLOCK_T, (OTHER,), "b"))
    assert name_of(refused) == "PARTICIPANT_SUSPENDED"
    assert why(made, c.OpenAccount("A4", 1, "", "institution")) == "PARTICIPANT_SUSPENDED"
    assert why(made, c.SuspendParticipant(1, "again")) == "ACT_NOT_ALLOWED_NOW"
    sound(made)
    made.act(c.OpenAccount("K", 3, "", "key_emitter"), c.AllocateUnits(4, 1, 10, "free", 2025))
    made.act(c.AdmitParticipant(3, "k-3", "钢厂"), c.SuspendParticipant(3, "Art. 30"))
    [_, gone] = made.act(c.SurrenderUnits(4, 1, 5, 2025, False))
    assert isinstance(gone, e.UnitsSurrendered)
    made.act(c.ReinstateParticipant(1, "lifted"))
    assert order(made) == order(made, MINE_TOO) == ""
    assert why(made, c.ReinstateParticipant(1, "again")) == "ACT_NOT_ALLOWED_NOW"
    sound(made)


# ---- what is recorded -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "is_right"),
    [(CODE, True), (CODE[:-1] + "4", False), ("91350100M000100I43", False), (CODE[:-1], False), (CODE.lower(), False)],
)
def test_a_credit_code_carries_its_own_check(code: str, is_right: bool) -> None:
    assert is_credit_code(code) is is_right


def test_one_mistyped_character_of_a_credit_code_is_always_noticed() -> None:
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    wrong = [CODE[:place] + letter + CODE[place + 1 :] for place in range(18) for letter in letters]
    assert [code for code in wrong if is_credit_code(code)] == [CODE] * 18


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (c.AdmitParticipant(1, "x", "again"), "ALREADY_EXISTS"),
        (c.AdmitParticipant(9, CODE, "another's code"), "ALREADY_EXISTS"),
        (c.AdmitParticipant(9, CODE[:-1] + "4", "typing mistake"), "CREDIT_CODE_INVALID"),
        (c.AdmitParticipant(9, "", "nobody"), "ACT_INVALID"),
        (c.AdmitParticipant(9, "x y", "nobody"), "ACT_INVALID"),
        (c.AdmitParticipant(0, "x", "nobody"), "ACT_INVALID"),
        (c.AdmitParticipant(2**40, "x", "nobody"), "ACT_INVALID"),
        (c.AdmitParticipant(9, "x", ""), "ACT_INVALID"),
        (c.AmendParticipant(9, "x", "nobody"), "UNKNOWN_PARTICIPANT"),
        (c.AmendParticipant(2, CODE, "another's code"), "ALREADY_EXISTS"),
        (c.Qualify(9, "suitability", TODAY), "UNKNOWN_PARTICIPANT"),
        (c.Qualify(1, "", TODAY), "ACT_INVALID"),
        (c.Qualify(1, "suitability", 20260230 + 100 * 13), "ACT_INVALID"),
        (c.Qualify(1, "suitability", TODAY, TODAY - 1), "ACT_INVALID"),
        (c.Qualify(1, "assets", TODAY, 0, -1), "ACT_INVALID"),
        (c.Disqualify(1, "suitability", ""), "ACT_INVALID"),
        (c.SuspendParticipant(9, ""), "UNKNOWN_PARTICIPANT"),
        (c.SuspendParticipant(1, "x" * 201), "ACT_INVALID"),
        (c.ReinstateParticipant(1, ""), "ACT_NOT_ALLOWED_NOW"),
        (c.AppointUser("wu", 9, "吴", "P-1", ("view",)), "UNKNOWN_PARTICIPANT"),
        (c.AppointUser("wu", 1, "吴", "P-1", ()), "ACT_INVALID"),
        (c.AppointUser("wu", 1, "吴", "P-1", ("own",)), "ACT_INVALID"),
        (c.AppointUser("", 1, "吴", "P-1", ("view",)), "ACT_INVALID"),
        (c.RemoveUser("wu", ""), "UNKNOWN_USER"),
        (c.BanPerson("", "吴", "CN-R Art. 7"), "ACT_INVALID"),
        (c.BanPerson("P-1", "吴", ""), "ACT_INVALID"),
        (c.LiftBan("P-1", ""), "ACT_INVALID"),
        (c.RegisterKey("k", bytes(32), (ME,), ("view",), "wu"), "UNKNOWN_USER"),
    ],
)
def test_what_cannot_be_recorded_is_refused(act: c.AnyAct, reason: str) -> None:
    assert why(desk(), act) == reason


def test_a_participant_is_amended_and_gives_its_old_identity_free() -> None:
    made = desk()
    [said] = made.act(c.AmendParticipant(2, "other-2", "投资(更名)", "四川省"))[1:]
    assert said == e.ParticipantRecorded(2, "other-2", "投资(更名)", "四川省")
    made.act(c.AdmitParticipant(9, "other-1", "新"))
    assert [(row.number, row.identity, row.home) for row in MarketView(made.market).participants()] == [
        (1, CODE, "重庆市"),
        (2, "other-2", "四川省"),
        (9, "other-1", ""),
    ]
    sound(made)


# ---- users and the banned -------------------------------------------------------------------------------


def appointed() -> Desk:
    """wu may look and cancel for participant 1, by one key."""
    made = desk()
    made.act(
        c.AppointUser("wu", 1, "吴", "P-1", ("view", "cancel")),
        c.RegisterKey("wu-1", bytes(32), (ME,), ("view", "cancel"), "wu"),
    )
    return made


def test_a_users_key_has_no_more_than_the_user() -> None:
    made = appointed()
    assert why(made, c.RegisterKey("k", bytes(32), (ME,), ("trade",), "wu")) == "RIGHT_NOT_HELD"
    assert why(made, c.RegisterKey("k", bytes(32), (OTHER,), ("view",), "wu")) == "UNKNOWN_ACCOUNT"
    made.act(c.RegisterKey("k", bytes(32), (ME, MINE_TOO), ("view",), "wu"))
    [participant, _] = MarketView(made.market).participants()
    assert [user.user for user in participant.users] == ["wu"]
    sound(made)


def test_a_user_who_is_removed_loses_every_key_and_does_not_come_back() -> None:
    made = appointed()
    made.act(c.RegisterKey("own", bytes(32), (ME,)), c.RegisterKey("wu-2", bytes(32), (MINE_TOO,), ("view",), "wu"))
    told = made.act(c.RemoveUser("wu", "left the company"))[1:]
    assert told == [e.KeyRevoked("wu-1"), e.KeyRevoked("wu-2"), e.UserRemoved("wu", "left the company")]
    assert [key.key_id for key in MarketView(made.market).keys() if not key.revoked] == ["own"]  # noqa: SIM118
    assert why(made, c.RemoveUser("wu", "")) == "UNKNOWN_USER"
    assert why(made, c.AppointUser("wu", 1, "吴", "P-1", ("view",))) == "ALREADY_EXISTS"
    assert why(made, c.RegisterKey("k", bytes(32), (ME,), ("view",), "wu")) == "UNKNOWN_USER"
    sound(made)


def test_a_banned_identity_is_removed_as_user_suspended_as_participant_and_stays_out() -> None:
    made = appointed()
    assert order(made) == ""
    told = made.act(c.BanPerson("P-1", "吴", "CN-R Art. 7"))[1:]
    assert told == [
        e.PersonBanned("P-1", "吴", "CN-R Art. 7"),
        e.KeyRevoked("wu-1"),
        e.UserRemoved("wu", "CN-R Art. 7"),
    ]
    assert why(made, c.AppointUser("wu2", 2, "吴", "P-1", ("view",))) == "PERSON_BANNED"
    assert why(made, c.BanPerson("P-1", "吴", "again")) == "ALREADY_EXISTS"
    told = made.act(c.BanPerson(CODE, "水泥厂", "CN-R Art. 20"))[1:]
    assert [type(said) for said in told] == [e.PersonBanned, e.ParticipantSuspended, e.OrderCanceled]
    assert order(made) == "PARTICIPANT_SUSPENDED"
    assert why(made, c.ReinstateParticipant(1, "")) == "PERSON_BANNED"
    assert why(made, c.AmendParticipant(2, CODE, "")) == "ACT_INVALID"
    sound(made)
    made.act(c.LiftBan(CODE, "left the bureau"))
    assert order(made) == "PARTICIPANT_SUSPENDED"
    made.act(c.ReinstateParticipant(1, "left the bureau"))
    assert order(made) == ""
    assert [row.identity for row in MarketView(made.market).bans()] == ["P-1"]
    sound(made)


def test_a_body_that_was_banned_before_is_not_admitted() -> None:
    made = desk()
    made.act(c.BanPerson("x", "核查机构", "CN-R Art. 20"))
    assert why(made, c.AdmitParticipant(9, "x", "核查机构")) == "PERSON_BANNED"
    assert why(made, c.AmendParticipant(2, "x", "核查机构")) == "PERSON_BANNED"
