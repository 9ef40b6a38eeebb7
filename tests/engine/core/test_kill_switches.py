"""Kill switches: who stops is obeyed at once and in the same entry, letting go takes two, and the phase binds a member's own."""

from typing import Any

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons
from engine.core.commands import AnyAct
from engine.core.market import Market
from engine.core.units import BUY, DAY, SELL
from tests.testkit.auctions import FIRST_BIDDER, AuctionDesk, notice
from tests.testkit.build import Desk, hash_of, rulebook_text

ME, OTHER, MINE_TOO = 1, 2, 3  # accounts; ME and MINE_TOO are participant 1's
TODAY = 20260105
PRODUCTS: dict[str, dict[str, Any]] = {"CQEA": {"block_tonnes_min": 100, "block_limit_bp": 3_000}}
KEYS = {"program": ("", ("view", "trade")), "brake": ("", ("cancel",)), "eyes": ("", ("view",))} | {
    name: (name, ("view", "trade", "limits")) for name in ("wu", "he", "twin")
}


def desk(phase: int = phases.CONTINUOUS) -> Desk:
    """Three accounts with something in them; participant 1 has three users, two of whom are one person."""
    made = Desk(rulebook_text(PRODUCTS, cancel_in_break=False))
    made.act(
        c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 4_000),
        c.ListInstrument("CQEA-26", "CQEA", 2026, "", "", 4_000),
        c.AdmitParticipant(1, "p-1", "水泥厂"),
        c.AdmitParticipant(2, "p-2", "投资"),
    )
    for number, owner in ((ME, 1), (OTHER, 2), (MINE_TOO, 1)):
        made.act(c.OpenAccount(f"A{number}", owner, "", "institution"), c.DepositCash(number, 1_000_000_000))
        made.act(c.AllocateUnits(number, 1, 1_000, "paid", 2025), c.AllocateUnits(number, 2, 1_000, "paid", 2025))
    identities = {"wu": "i-1", "he": "i-2", "twin": "i-1"}
    for user, identity in identities.items():
        made.act(c.AppointUser(user, 1, user, identity, ("view", "trade", "limits")))
    for place, (name, (user, scopes)) in enumerate(KEYS.items()):
        made.act(c.RegisterKey(name, bytes([place + 1]) * 32, (ME, MINE_TOO), scopes, user))
    made.act(c.RegisterKey("other", bytes([99]) * 32, (OTHER,), ("view", "trade", "limits")))
    made.open_day(TODAY, phase)
    return made


def sound(made: Desk) -> None:
    """The invariants hold, and a dump brings everything back."""
    made.market.audit()
    assert hash_of(Market.load(made.market.dump())) == hash_of(made.market)


def name_of(said: Any) -> str:
    return reasons.BY_NUMBER[said.reason].name


def order(made: Desk, account: int = ME, side: int = SELL, instrument: int = 1, price: int = 4_000) -> str:
    """What an order is answered with: "" for taken, else the name of the reason."""
    said = made.do(c.PlaceOrder(account, instrument, side, price, 1, DAY, f"o{made.market.seq}"))
    return name_of(said[0]) if isinstance(said[0], e.OrderRefused) else ""


def own(made: Desk, act: Any, key: str = "wu") -> list[e.Event]:
    return made.do(c.AskOwn(key, "why", act))


def open_orders(made: Desk) -> list[int]:
    return [len(account.orders) for account in made.market.state.accounts if account is not None]


@pytest.mark.parametrize(
    ("act", "left", "stopped"),
    [
        (c.EngageKillSwitch("account", account=ME), [0, 1, 1], {(ME, 1), (ME, 2)}),
        (c.EngageKillSwitch("participant", participant=1), [0, 1, 0], {(ME, 1), (ME, 2), (MINE_TOO, 1), (MINE_TOO, 2)}),
        (c.EngageKillSwitch("instrument", instrument=2), [1, 1, 1], {(ME, 2), (OTHER, 2), (MINE_TOO, 2)}),
        (c.EngageKillSwitch("market"), [0, 0, 0], {(a, i) for a in (ME, OTHER, MINE_TOO) for i in (1, 2)}),
    ],
)
def test_one_operator_stops_what_is_named_and_nothing_else(
    act: c.EngageKillSwitch, left: list[int], stopped: set[tuple[int, int]]
) -> None:
    made = desk()
    for account in (ME, OTHER, MINE_TOO):
        assert order(made, account) == ""
    if act.kind == "instrument":
        assert order(made, OTHER, instrument=2) == ""
    happened = made.act(act)
    engaged = next(event for event in happened if isinstance(event, e.KillSwitchEngaged))
    assert (engaged.kind, engaged.operator, engaged.is_waiting) == (act.kind, 1, False)
    ended = [event for event in happened if isinstance(event, e.OrderCanceled)]
    assert {name_of(event) for event in ended} == {"KILL_SWITCH_PULLED"}
    assert open_orders(made) == left
    for account in (ME, OTHER, MINE_TOO):
        for instrument in (1, 2):
            expected = "KILL_SWITCH_ENGAGED" if (account, instrument) in stopped else ""
            assert order(made, account, instrument=instrument) == expected
    sound(made)


def test_an_account_that_is_stopped_cancels_surrenders_and_gives_back() -> None:
    made = desk()
    made.act(c.EngageKillSwitch("participant", participant=1))
    said = made.do(c.CancelAll(ME, 0, 0))
    assert isinstance(said[-1], e.AllCanceled)
    assert isinstance(made.act(c.WithdrawCash(ME, 1))[-1], e.CashWithdrawn)
    assert isinstance(made.act(c.CancelUnits(ME, 1, 1, "voluntary"))[-1], e.UnitsCanceled)
    made.act(c.OpenAccount("A4", 1, "", "institution"))  # an account that the participant opens later is stopped too
    assert order(made, 4, BUY) == "KILL_SWITCH_ENGAGED"
    sound(made)


def test_two_operators_let_go_and_a_halted_market_is_resumed_apart() -> None:
    made = desk()
    made.act(c.EngageKillSwitch("market"), c.EngageKillSwitch("account", account=ME))
    assert name_of(made.act(c.Resume(0))[0]) == "KILL_SWITCH_ENGAGED"
    [proposed] = made.act(c.ReleaseKillSwitch(1))
    assert isinstance(proposed, e.ActProposed)
    said = made.do(c.Approve(1, proposed.proposal, proposed.act_sha256))
    assert name_of(said[0]) == "SELF_APPROVAL"
    said = made.do(c.Approve(2, proposed.proposal, proposed.act_sha256))
    assert isinstance(said[-1], e.KillSwitchReleased)
    assert order(made, OTHER) == "INSTRUMENT_HALTED"
    made.act(c.Resume(0))
    assert order(made, OTHER) == ""
    assert order(made, ME) == "KILL_SWITCH_ENGAGED"
    made.act_both(c.ReleaseKillSwitch(2))
    assert order(made, ME) == ""
    assert name_of(made.act(c.ReleaseKillSwitch(2))[0]) == "UNKNOWN_KILL_SWITCH"
    sound(made)


def test_a_release_leaves_what_another_switch_stops() -> None:
    made = desk()
    own(made, c.EngageOwn("account", ME), "brake")
    made.act(c.EngageKillSwitch("account", account=ME), c.EngageKillSwitch("participant", participant=1))
    again = made.act(c.EngageKillSwitch("account", account=ME))
    assert [event.kill_switch for event in again if isinstance(event, e.KillSwitchEngaged)] == [2]
    for number in (2, 3):
        made.act_both(c.ReleaseKillSwitch(number))
        assert order(made) == "KILL_SWITCH_ENGAGED"
    made.act_both(c.ReleaseKillSwitch(1))
    assert order(made) == ""
    assert order(made, MINE_TOO) == ""


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (c.EngageKillSwitch("account"), "ACT_INVALID"),
        (c.EngageKillSwitch("account", account=9), "UNKNOWN_ACCOUNT"),
        (c.EngageKillSwitch("instrument", instrument=9), "UNKNOWN_INSTRUMENT"),
        (c.EngageKillSwitch("participant", participant=9), "UNKNOWN_PARTICIPANT"),
        (c.EngageKillSwitch("market", account=ME), "ACT_INVALID"),
        (c.EngageKillSwitch("account", account=ME, instrument=1), "ACT_INVALID"),
        (c.EngageKillSwitch("planet"), "ACT_INVALID"),
        (c.EngageKillSwitch("market", basis="x" * 201), "ACT_INVALID"),
        (c.ReleaseKillSwitch(1), "UNKNOWN_KILL_SWITCH"),
    ],
)
def test_a_switch_on_nothing_is_refused(act: AnyAct, reason: str) -> None:
    made = desk()
    assert name_of(made.act(act)[0]) == reason
    assert (made.market.state.controls.kills, made.market.state.halted) == ({}, False)
    sound(made)


def test_block_offers_end_and_no_new_one_is_taken() -> None:
    made = desk()
    made.act(c.OpenBlockWindow())
    made.do(c.BlockOffer(ME, 1, SELL, 4_000, 100, (OTHER,), "mine"))
    [theirs] = made.do(c.BlockOffer(OTHER, 1, SELL, 4_000, 100, (ME,), "theirs"))
    assert isinstance(theirs, e.BlockOffered)
    happened = made.act(c.EngageKillSwitch("account", account=ME))
    assert {name_of(event) for event in happened if isinstance(event, e.BlockEnded | e.BlockDeclined)} == {
        "KILL_SWITCH_PULLED"
    }
    assert made.market.state.blocks.open_offers() == []
    [said] = made.do(c.BlockOffer(ME, 1, SELL, 4_000, 100, (OTHER,), "again"))
    assert name_of(said) == "KILL_SWITCH_ENGAGED"
    made.do(c.BlockOffer(OTHER, 1, SELL, 4_000, 100, (MINE_TOO,), "to-another"))
    happened = made.act(c.EngageKillSwitch("instrument", instrument=1))
    assert [name_of(event) for event in happened if isinstance(event, e.BlockEnded)] == ["KILL_SWITCH_PULLED"]
    [said] = made.do(c.BlockOffer(OTHER, 1, SELL, 4_000, 100, (MINE_TOO,), "once-more"))
    assert name_of(said) == "KILL_SWITCH_ENGAGED"
    sound(made)


def test_a_sealed_bid_ends_by_the_operators_switch_and_not_by_the_members_own() -> None:
    made = AuctionDesk()
    bidder = FIRST_BIDDER
    made.act(c.RegisterKey("k", bytes([7]) * 32, (bidder,), ("trade",)))
    made.hold(notice())
    made.do(c.PlaceBid(bidder, 1, 4_000, 100, "b1"))
    held = made.market.state.held_account(bidder).held
    made.do(c.AskOwn("k", "", c.EngageOwn("account", bidder)))
    assert (held > 0, made.market.state.held_account(bidder).held) == (True, held)
    [said] = made.do(c.PlaceBid(bidder, 1, 4_000, 100, "b2"))
    assert name_of(said) == "KILL_SWITCH_ENGAGED"
    made.act(c.EngageKillSwitch("account", account=bidder))
    assert made.market.state.held_account(bidder).held == 0
    made.act(c.EngageKillSwitch("market"))
    made.act_both(c.ReleaseKillSwitch(1), c.ReleaseKillSwitch(2))
    [said] = made.do(c.PlaceBid(bidder, 1, 4_000, 100, "b3"))
    assert name_of(said) == "KILL_SWITCH_ENGAGED"


# ---- members --------------------------------------------------------------------------------------------


def test_a_key_that_may_only_cancel_stops_its_account_at_once() -> None:
    made = desk()
    order(made)
    order(made, MINE_TOO)
    taken, engaged, ended = own(made, c.EngageOwn("account", ME), "brake")
    assert isinstance(taken, e.OwnActTaken)
    assert isinstance(engaged, e.KillSwitchEngaged)
    assert (engaged.key_id, engaged.operator, engaged.why) == ("brake", 0, "why")
    assert name_of(ended) == "KILL_SWITCH_PULLED"
    assert (order(made), order(made, MINE_TOO)) == ("KILL_SWITCH_ENGAGED", "")
    sound(made)


@pytest.mark.parametrize(
    ("key", "act", "reason"),
    [
        ("eyes", c.EngageOwn("account", ME), "NOT_PERMITTED"),
        ("brake", c.EngageOwn("participant", ME), "NOT_PERMITTED"),
        ("wu", c.EngageOwn("account", OTHER), "UNKNOWN_ACCOUNT"),
        ("wu", c.EngageOwn("market", ME), "INVALID_FIELD"),
        ("nobody", c.EngageOwn("account", ME), "KEY_REVOKED"),
        ("wu", c.ReleaseOwn(1), "UNKNOWN_KILL_SWITCH"),
    ],
)
def test_what_a_key_may_not_stop_goes_on(key: str, act: Any, reason: str) -> None:
    made = desk()
    [said] = own(made, act, key)
    assert (type(said), name_of(said)) == (e.OwnActRefused, reason)
    assert (order(made), order(made, OTHER)) == ("", "")


def test_two_users_let_go_who_are_two_persons() -> None:
    made = desk()
    own(made, c.EngageOwn("participant", ME))
    assert order(made, MINE_TOO) == "KILL_SWITCH_ENGAGED"
    release = c.ReleaseOwn(1)
    assert [name_of(said) for said in own(made, release, "program")] == ["NOT_PERMITTED"]
    [proposed] = own(made, release)
    assert isinstance(proposed, e.OwnActProposed)
    number, digest = proposed.proposal, proposed.act_sha256
    for key, given, reason in (
        ("wu", digest, "SELF_APPROVAL"),
        ("twin", digest, "SELF_APPROVAL"),
        ("program", digest, "TWO_USERS_NEEDED"),
        ("other", digest, "UNKNOWN_PROPOSAL"),
        ("he", bytes(32), "CONTENT_CHANGED"),
    ):
        [said] = made.do(c.ApproveOwn(key, number, given))
        assert name_of(said) == reason
    sound(made)
    said = made.do(c.ApproveOwn("he", number, digest))
    assert [type(event) for event in said] == [e.OwnActTaken, e.KillSwitchReleased]
    assert (order(made), order(made, MINE_TOO)) == ("", "")
    sound(made)


def test_a_member_does_not_let_go_what_the_exchange_has_stopped() -> None:
    made = desk()
    made.act(c.EngageKillSwitch("account", account=ME))
    assert [name_of(said) for said in own(made, c.ReleaseOwn(1))] == ["NOT_PERMITTED"]
    own(made, c.EngageOwn("account", ME))
    made.act_both(c.ReleaseKillSwitch(2))  # two operators may let go a member's, as where it has no second user
    made.act_both(c.ReleaseKillSwitch(1))
    assert order(made) == ""


def test_a_proposal_dies_with_its_proposers_key_and_lapses() -> None:
    made = desk()
    own(made, c.EngageOwn("account", ME))
    [proposed] = own(made, c.ReleaseOwn(1))
    assert isinstance(proposed, e.OwnActProposed)
    made.act(c.RemoveUser("wu", "left"))
    [said] = made.do(c.ApproveOwn("he", proposed.proposal, proposed.act_sha256))
    assert name_of(said) == "KEY_REVOKED"
    [said] = made.do(c.RejectOwn("other", proposed.proposal))
    assert name_of(said) == "UNKNOWN_PROPOSAL"
    [said] = made.do(c.RejectOwn("program", proposed.proposal))
    assert name_of(said) == "NOT_PERMITTED"
    [said] = made.do(c.RejectOwn("he", proposed.proposal))
    assert said == e.OwnActRejected(proposed.proposal, 1, "he")
    [waiting] = own(made, c.ReleaseOwn(1), "he")
    assert isinstance(waiting, e.OwnActProposed)
    made.at_ns += 25 * 3_600_000_000_000
    [late, gone] = made.do(c.ApproveOwn("twin", waiting.proposal, waiting.act_sha256))
    assert (name_of(late), type(gone)) == ("PROPOSAL_EXPIRED", e.OwnActRejected)
    [waiting] = own(made, c.ReleaseOwn(1), "he")
    made.act(c.CloseDay())
    made.at_ns += 25 * 3_600_000_000_000
    happened = made.act(c.OpenDay(20260106))
    assert [event for event in happened if isinstance(event, e.OwnActRejected)] == [
        e.OwnActRejected(waiting.proposal, 1, "")  # type: ignore[union-attr]
    ]
    sound(made)


def test_a_participant_has_so_many_proposals_and_no_more() -> None:
    made = desk()
    own(made, c.EngageOwn("account", ME))
    said = [own(made, c.ReleaseOwn(1))[0] for _ in range(21)]
    assert name_of(said[-1]) == "TOO_MANY_PROPOSALS"
    assert all(isinstance(each, e.OwnActProposed) for each in said[:-1])


def test_where_nobody_may_cancel_a_members_orders_wait_and_the_operators_do_not() -> None:
    made = desk(phases.OPENING_CALL)
    for account in (ME, OTHER):
        assert order(made, account) == ""
    made.act(c.ChangePhase(phases.OPENING_CALL_NO_CANCEL))
    happened = own(made, c.EngageOwn("account", ME))
    assert [event.is_waiting for event in happened if isinstance(event, e.KillSwitchEngaged)] == [True]
    assert (order(made), open_orders(made)) == ("KILL_SWITCH_ENGAGED", [1, 1, 0])
    sound(made)
    made.act(c.EngageKillSwitch("account", account=OTHER))
    assert open_orders(made) == [1, 0, 0]
    made.act(c.ChangePhase(phases.BREAK))
    assert open_orders(made) == [1, 0, 0]
    happened = made.act(c.ChangePhase(phases.CONTINUOUS))
    assert [name_of(event) for event in happened if isinstance(event, e.OrderCanceled)] == ["KILL_SWITCH_PULLED"]
    assert open_orders(made) == [0, 0, 0]
    sound(made)


# ---- own limits -----------------------------------------------------------------------------------------


def limits(value: int = 0, tonnes: int = 0, open_value: int = 0, account: int = ME) -> c.SetOwnLimits:
    return c.SetOwnLimits(account, value, tonnes, open_value)


def place(made: Desk, tonnes: int, price: int = 4_000, account: int = ME, side: int = SELL) -> e.Event:
    return made.do(c.PlaceOrder(account, 1, side, price, tonnes, DAY, f"o{made.market.seq}"))[0]


@pytest.mark.parametrize(
    ("set_to", "reason", "limit", "actual"),
    [
        (limits(value=40_000), "OWN_ORDER_VALUE", 40_000, 44_000),
        (limits(tonnes=10), "OWN_ORDER_QUANTITY", 10, 11),
        (limits(open_value=80_000), "OWN_OPEN_VALUE", 80_000, 84_000),
    ],
)
def test_an_order_beyond_an_own_limit_is_refused_with_limit_and_actual(
    set_to: c.SetOwnLimits, reason: str, limit: int, actual: int
) -> None:
    made = desk()
    assert isinstance(place(made, 10), e.OrderAccepted)
    own(made, set_to)
    said = place(made, 11)
    assert isinstance(said, e.OrderRefused)
    assert (name_of(said), said.limit, said.actual) == (reason, limit, actual)
    assert isinstance(place(made, 10), e.OrderAccepted)
    assert isinstance(place(made, 11, account=MINE_TOO), e.OrderAccepted)
    sound(made)


def test_a_change_beyond_an_own_limit_is_refused_and_making_smaller_is_not() -> None:
    made = desk()
    first = place(made, 20)
    assert isinstance(first, e.OrderAccepted)
    own(made, limits(tonnes=10, open_value=90_000))
    [said] = made.do(c.ReplaceOrder(ME, first.order, "", 4_001, 20))
    assert (type(said), name_of(said)) == (e.RequestRefused, "OWN_ORDER_QUANTITY")
    [said] = made.do(c.ReplaceOrder(ME, first.order, "", 4_000, 15))  # still above, and yet less than before
    assert isinstance(said, e.OrderReplaced)
    made.do(c.ReplaceOrder(ME, first.order, "", 4_000, 10))
    assert isinstance(place(made, 10), e.OrderAccepted)
    [said] = made.do(c.ReplaceOrder(ME, first.order, "", 5_100, 10))
    assert name_of(said) in ("PRICE_OUT_OF_BAND", "OWN_OPEN_VALUE")
    [said] = made.do(c.ReplaceOrder(ME, first.order, "", 4_300, 10))
    assert isinstance(said, e.OrderReplaced)


def test_block_offers_confirmations_and_what_is_open_of_them_count() -> None:
    made = desk()
    made.act(c.OpenBlockWindow())
    made.do(c.BlockOffer(ME, 1, SELL, 4_000, 100, (OTHER,), "mine"))
    own(made, limits(tonnes=150, open_value=440_000))
    [said] = made.do(c.BlockOffer(ME, 1, SELL, 4_000, 200, (OTHER,), "more"))
    assert name_of(said) == "OWN_ORDER_QUANTITY"
    said = place(made, 11)
    assert (name_of(said), getattr(said, "actual", 0)) == ("OWN_OPEN_VALUE", 444_000)
    [offered] = made.do(c.BlockOffer(OTHER, 1, SELL, 4_000, 160, (ME,), "theirs"))
    assert isinstance(offered, e.BlockOffered)
    [said] = made.do(c.BlockConfirm(ME, offered.offer))
    assert name_of(said) == "OWN_ORDER_QUANTITY"


def test_a_bid_beyond_an_own_limit_is_refused() -> None:
    made = AuctionDesk()
    made.act(c.RegisterKey("k", bytes([7]) * 32, (FIRST_BIDDER,), ("limits",)))
    made.hold(notice())
    made.do(c.AskOwn("k", "", limits(tonnes=50, account=FIRST_BIDDER)))
    [said] = made.do(c.PlaceBid(FIRST_BIDDER, 1, 4_000, 51, "b1"))
    assert name_of(said) == "OWN_ORDER_QUANTITY"


def test_tighter_holds_at_once_and_looser_takes_two() -> None:
    made = desk()
    assert isinstance(own(made, limits(1_000_000, 100), "wu")[-1], e.OwnLimitsChanged)
    assert isinstance(own(made, limits(1_000_000, 10, 5_000_000), "wu")[-1], e.OwnLimitsChanged)
    assert name_of(own(made, limits(1_000_000, 10, 5_000_000))[0]) == "NO_CHANGE"
    for looser in (limits(1_000_001, 1, 1), limits(1, 0, 1), limits(1, 10, 0), limits()):
        [said] = own(made, looser)
        assert isinstance(said, e.OwnActProposed)
    assert name_of(place(made, 11)) == "OWN_ORDER_QUANTITY"
    said = made.do(c.ApproveOwn("he", said.proposal, said.act_sha256))[-1]
    assert said == e.OwnLimitsChanged(ME, 0, 0, 0)
    assert isinstance(place(made, 11), e.OrderAccepted)
    assert made.market.state.controls.limits == {}
    sound(made)


@pytest.mark.parametrize(
    ("key", "act", "reason"),
    [
        ("program", limits(1), "NOT_PERMITTED"),
        ("wu", limits(1, account=OTHER), "UNKNOWN_ACCOUNT"),
        ("wu", limits(-1), "INVALID_FIELD"),
        ("wu", limits(tonnes=10**9 + 1), "INVALID_FIELD"),
        ("wu", limits(), "NO_CHANGE"),
    ],
)
def test_limits_that_a_key_may_not_set_are_refused(key: str, act: c.SetOwnLimits, reason: str) -> None:
    made = desk()
    assert name_of(own(made, act, key)[0]) == reason
    assert made.market.state.controls.limits == {}


def test_a_program_with_the_right_tightens_alone_and_loosens_never() -> None:
    made = desk()
    assert isinstance(made.do(c.AskOwn("other", "", limits(tonnes=5, account=OTHER)))[-1], e.OwnLimitsChanged)
    [said] = made.do(c.AskOwn("other", "", limits(tonnes=6, account=OTHER)))
    assert name_of(said) == "TWO_USERS_NEEDED"
