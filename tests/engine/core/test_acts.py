"""Operator acts: who may do what, two persons where the rule book wants them, and what each act refuses."""

from typing import Any

import msgspec
import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons
from tests.testkit.build import OPERATORS, Desk, act, digest_of, rulebook_text
from tests.testkit.script import Scene

DEPOSIT = c.DepositCash(1, 5_000)
HOUR_NS = 3_600_000_000_000


def why(happened: list[e.Event]) -> tuple[int, int, int]:
    """Reason, limit and actual of a refused act, which must be all that happened."""
    [refused] = happened
    assert isinstance(refused, e.ActRefused)
    return refused.reason, refused.limit, refused.actual


class FourEyes:
    """A market where deposits take two."""

    def __init__(self) -> None:
        self.desk = Desk(rulebook_text(two_person_acts=["DepositCash"], proposal_hours_max=2))
        self.desk.act(c.OpenAccount("A", 1, "", "individual"))
        [proposed] = self.desk.do(c.Propose(1, "paid in", "bank-7", DEPOSIT))
        assert isinstance(proposed, e.ActProposed)
        self.proposed = proposed

    def approve(self, operator: int = 2, digest: bytes | None = None) -> list[e.Event]:
        digest = digest_of(DEPOSIT) if digest is None else digest
        return self.desk.do(c.Approve(operator, self.proposed.proposal, digest))

    @property
    def has_money(self) -> bool:
        return any(isinstance(event, e.CashDeposited) for event in self.desk.events)


class TestTwoPersons:
    def test_a_proposal_waits_and_says_what_must_be_approved(self) -> None:
        case = FourEyes()
        assert case.proposed == e.ActProposed(4 - 1, 1, "paid in", "bank-7", DEPOSIT, digest_of(DEPOSIT))
        assert not case.has_money

    def test_the_second_person_lets_it_take_effect(self) -> None:
        case = FourEyes()
        assert case.approve() == [
            e.ActTaken(3, 1, 2, "paid in", "bank-7", DEPOSIT),
            e.CashDeposited(1, 5_000),
        ]

    def test_nobody_approves_their_own(self) -> None:
        case = FourEyes()
        assert why(case.approve(1)) == (reasons.SELF_APPROVAL, 0, 0)
        assert case.approve(2)

    def test_an_approval_of_other_content_is_refused_and_the_proposal_stays(self) -> None:
        case = FourEyes()
        assert why(case.approve(2, digest_of(c.DepositCash(1, 50_000)))) == (reasons.CONTENT_CHANGED, 0, 0)
        assert not case.has_money
        assert len(case.approve(2)) == 2

    def test_an_approval_counts_once(self) -> None:
        case = FourEyes()
        case.approve()
        assert why(case.approve()) == (reasons.UNKNOWN_PROPOSAL, 0, 0)

    @pytest.mark.parametrize("operator", [0, 3, -1])
    def test_only_an_operator_approves_or_rejects(self, operator: int) -> None:
        case = FourEyes()
        assert why(case.approve(operator)) == (reasons.UNKNOWN_OPERATOR, 0, 0)
        assert why(case.desk.do(c.Reject(operator, 3, ""))) == (reasons.UNKNOWN_OPERATOR, 0, 0)

    def test_a_stale_proposal_lapses(self) -> None:
        case = FourEyes()
        case.desk.at_ns += 2 * HOUR_NS
        refused, rejected = case.approve()
        assert why([refused]) == (reasons.PROPOSAL_EXPIRED, 2, 0)
        assert rejected == e.ActRejected(3, 0, "expired")
        assert why(case.approve()) == (reasons.UNKNOWN_PROPOSAL, 0, 0)

    def test_just_before_it_lapses_it_is_good(self) -> None:
        case = FourEyes()
        case.desk.at_ns += 2 * HOUR_NS - 2_000
        assert len(case.approve()) == 2

    def test_what_nobody_approved_in_time_lapses_as_a_day_opens(self) -> None:
        case = FourEyes()
        case.desk.at_ns += 2 * HOUR_NS - 2_000
        case.desk.act(c.OpenDay(20260105), c.CloseDay())
        assert not any(isinstance(event, e.ActRejected) for event in case.desk.events)
        case.desk.at_ns += HOUR_NS
        assert case.desk.act(c.OpenDay(20260106))[1] == e.ActRejected(3, 0, "expired")
        assert why(case.approve()) == (reasons.UNKNOWN_PROPOSAL, 0, 0)

    def test_a_bounded_number_waits(self) -> None:
        case = FourEyes()
        for _ in range(999):
            assert isinstance(case.desk.do(act(DEPOSIT))[0], e.ActProposed)
        assert why(case.desk.do(act(DEPOSIT))) == (reasons.TOO_MANY_PROPOSALS, 1_000, 1_000)
        case.approve()
        assert isinstance(case.desk.do(act(DEPOSIT))[0], e.ActProposed)

    @pytest.mark.parametrize("operator", [1, 2])
    def test_either_person_may_turn_it_down(self, operator: int) -> None:
        case = FourEyes()
        assert case.desk.do(c.Reject(operator, 3, "wrong account")) == [e.ActRejected(3, operator, "wrong account")]
        assert why(case.approve()) == (reasons.UNKNOWN_PROPOSAL, 0, 0)

    def test_what_became_impossible_meanwhile_is_refused_at_the_approval(self) -> None:
        desk = Desk(rulebook_text(two_person_acts=["WithdrawCash"]))
        desk.act(c.OpenAccount("A", 1, "", "individual"), c.DepositCash(1, 100))
        taking = c.WithdrawCash(1, 100)
        first = desk.do(act(taking))[0]
        second = desk.do(act(taking))[0]
        assert isinstance(first, e.ActProposed)
        assert isinstance(second, e.ActProposed)
        desk.do(c.Approve(2, first.proposal, first.act_sha256))
        refused = desk.do(c.Approve(2, second.proposal, second.act_sha256))
        assert why(refused) == (reasons.INSUFFICIENT_CASH, 0, 100)
        desk.market.audit()

    def test_the_exchange_itself_waits_for_nobody(self) -> None:
        desk = Desk(rulebook_text(two_person_acts=["Halt"]))
        assert isinstance(desk.do(act(c.Halt(0)))[0], e.ActProposed)
        assert [type(event) for event in desk.do(act(c.Halt(0), operator=0))] == [e.ActTaken, e.Halted]


@pytest.mark.parametrize("operator", [0, 3, -1])
def test_only_an_operator_proposes(operator: int) -> None:
    desk = Desk()
    assert why(desk.do(act(c.OpenAccount("A", 1, "", "individual"), operator))) == (reasons.UNKNOWN_OPERATOR, 0, 0)


def test_the_exchange_itself_may_do_the_timetables_and_settlements_acts_only() -> None:
    desk = Desk()
    desk.act(c.OpenAccount("A", 1, "", "individual"))
    own = (c.OpenDay(20260105), c.ChangePhase(phases.CONTINUOUS), c.Halt(0), c.Restrict(1, 2, ""), c.CloseDay())
    assert all(isinstance(desk.do(act(each, operator=0))[0], e.ActTaken) for each in own)
    others = (c.Resume(0), c.LiftRestriction(1, 2), c.DepositCash(1, 1), c.RegisterOperator("x", "", bytes(32)))
    assert all(isinstance(desk.do(act(each, operator=0))[0], e.ActRefused) for each in others)


def test_a_registered_operator_may_act_at_once() -> None:
    desk = Desk()
    desk.act(c.RegisterOperator("wang", "Wang", bytes([7] * 32)))
    assert isinstance(desk.do(act(c.OpenAccount("A", 1, "", "individual"), operator=3))[0], e.ActTaken)


INVALID = (reasons.ACT_INVALID, 0, 0)
T_MAX = 1_000_000_000
KEY = bytes(32)
REFUSED: list[tuple[str, c.AnyAct, tuple[int, int, int]]] = [
    ("account twice", c.OpenAccount("A", 9, "", "individual"), (reasons.ALREADY_EXISTS, 0, 0)),
    ("account without a code", c.OpenAccount("", 9, "", "individual"), INVALID),
    ("account code with a space", c.OpenAccount("A B", 9, "", "individual"), INVALID),
    ("account code in Chinese", c.OpenAccount("甲", 9, "", "individual"), INVALID),
    ("account code too long", c.OpenAccount("A" * 33, 9, "", "individual"), INVALID),
    ("account name too long", c.OpenAccount("B", 9, "x" * 201, "individual"), INVALID),
    ("account of nobody", c.OpenAccount("B", 0, "", "individual"), INVALID),
    ("account of an unknown kind", c.OpenAccount("B", 9, "", "hobbyist"), INVALID),
    ("instrument twice", c.ListInstrument("I", "CQEA", 2025, "", "", 5000), (reasons.ALREADY_EXISTS, 0, 0)),
    ("instrument of no product", c.ListInstrument("J", "GOLD", 2025, "", "", 5000), INVALID),
    ("instrument without a price", c.ListInstrument("J", "CQEA", 2025, "", "", 0), INVALID),
    ("instrument with a huge price", c.ListInstrument("J", "CQEA", 2025, "", "", 10**9 + 1), INVALID),
    ("instrument of no year", c.ListInstrument("J", "CQEA", -1, "", "", 5000), INVALID),
    ("key twice", c.RegisterKey("k", KEY, (1,)), (reasons.ALREADY_EXISTS, 0, 0)),
    ("key for nobody", c.RegisterKey("k2", KEY, ()), INVALID),
    ("key for an unknown account", c.RegisterKey("k2", KEY, (1, 9)), (reasons.UNKNOWN_ACCOUNT, 0, 0)),
    ("key too short", c.RegisterKey("k2", KEY[1:], (1,)), INVALID),
    ("key with an unknown scope", c.RegisterKey("k2", KEY, (1,), ("admin",)), INVALID),
    ("revoking an unknown key", c.RevokeKey("k2"), INVALID),
    ("operator twice", c.RegisterOperator("chen", "", KEY), (reasons.ALREADY_EXISTS, 0, 0)),
    ("operator without a key", c.RegisterOperator("wu", "", b""), INVALID),
    ("units for nobody", c.AllocateUnits(9, 1, 5, "free", 2025), (reasons.UNKNOWN_ACCOUNT, 0, 0)),
    ("units of nothing", c.AllocateUnits(1, 9, 5, "free", 2025), (reasons.UNKNOWN_INSTRUMENT, 0, 0)),
    ("no units", c.AllocateUnits(1, 1, 0, "free", 2025), (reasons.ACT_INVALID, T_MAX, 0)),
    ("negative units", c.AllocateUnits(1, 1, -5, "free", 2025), (reasons.ACT_INVALID, T_MAX, -5)),
    ("too many units", c.AllocateUnits(1, 1, T_MAX + 1, "free", 2025), (reasons.ACT_INVALID, T_MAX, T_MAX + 1)),
    ("units of another kind", c.AllocateUnits(1, 1, 5, "gift", 2025), INVALID),
    ("units of a strange year", c.AllocateUnits(1, 1, 5, "free", 25), (reasons.ACT_INVALID, T_MAX, 5)),
    (
        "surrender of what is not there",
        c.SurrenderUnits(1, 1, 51, 2025, True),
        (reasons.INSUFFICIENT_ALLOWANCE, 50, 51),
    ),
    ("surrender of another instrument", c.SurrenderUnits(1, 2, 1, 2025, True), (reasons.INSUFFICIENT_ALLOWANCE, 0, 1)),
    ("deposit for nobody", c.DepositCash(9, 1), (reasons.UNKNOWN_ACCOUNT, 0, 0)),
    ("deposit of nothing", c.DepositCash(1, 0), INVALID),
    ("deposit below nothing", c.DepositCash(1, -1), INVALID),
    ("deposit of all money", c.DepositCash(1, 10**18), INVALID),
    ("withdrawal beyond what is free", c.WithdrawCash(1, 701), (reasons.INSUFFICIENT_CASH, 700, 701)),
    ("withdrawal below nothing", c.WithdrawCash(1, -1), INVALID),
    ("restriction of nobody", c.Restrict(9, 1, ""), (reasons.UNKNOWN_ACCOUNT, 0, 0)),
    ("restriction of nothing", c.Restrict(1, 0, ""), (reasons.ACT_INVALID, 31, 0)),
    ("restriction of unknown bits", c.Restrict(1, 32, ""), (reasons.ACT_INVALID, 31, 32)),
    ("lifting of nothing", c.LiftRestriction(1, 0), (reasons.ACT_INVALID, 31, 0)),
    ("opening an open day", c.OpenDay(20260106), (reasons.ACT_NOT_ALLOWED_NOW, 0, 4)),
    ("a closure of the past", c.AnnounceClosure(20260105, 20260106, "x"), (reasons.ACT_INVALID, 20260105, 20260105)),
    ("a phase out of turn", c.ChangePhase(phases.OPENING_CALL), (reasons.ACT_NOT_ALLOWED_NOW, 0, 4)),
    ("a phase that is none", c.ChangePhase(99), (reasons.ACT_NOT_ALLOWED_NOW, 0, 4)),
    ("halting an unknown instrument", c.Halt(9), (reasons.UNKNOWN_INSTRUMENT, 0, 0)),
    ("resuming an unknown instrument", c.Resume(-1), (reasons.UNKNOWN_INSTRUMENT, 0, 0)),
    ("retrying a negative trade", c.RetrySettlement(-1), INVALID),
    ("bulletin of tomorrow", c.PublishBulletin(20260106, "0" * 64), (reasons.UNKNOWN_DOCUMENT, 0, 0)),
    ("bulletin without its digest", c.PublishBulletin(20260105, "0" * 63), (reasons.UNKNOWN_DOCUMENT, 0, 0)),
]


def busy_desk() -> Desk:
    desk = Desk()
    desk.act(c.ListInstrument("I", "CQEA", 2025, "", "", 5000), c.ListInstrument("K", "CQEA", 2026, "", "", 5000))
    desk.act(c.OpenAccount("A", 1, "", "key_emitter"), c.DepositCash(1, 100_700))
    desk.act(c.AllocateUnits(1, 1, 100, "paid", 2025), c.RegisterKey("k", KEY, (1,)))
    desk.open_day()
    desk.do(c.PlaceOrder(1, 1, 2, 5100, 50, 0, "s"))
    desk.do(c.PlaceOrder(1, 1, 1, 5000, 20, 0, "b"))
    return desk


@pytest.mark.parametrize(("wanted", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_refused_act_leaves_no_trace(wanted: c.AnyAct, reason: tuple[int, int, int]) -> None:
    desk = busy_desk()
    before: list[Any] = msgspec.msgpack.decode(desk.market.dump())[3]
    assert why(desk.do(act(wanted))) == reason
    assert msgspec.msgpack.decode(desk.market.dump())[3] == before


def test_acts_that_do_not_fit_a_closed_market() -> None:
    desk = Desk()
    assert why(desk.act(c.CloseDay())) == (reasons.ACT_NOT_ALLOWED_NOW, 0, 0)
    assert why(desk.act(c.ChangePhase(phases.PRE_OPEN))) == (reasons.ACT_NOT_ALLOWED_NOW, 0, 0)
    desk.act(c.OpenDay(20260105), c.CloseDay())
    for day in (20260105, 20260104, 0, -1, 100_000_000):
        assert why(desk.act(c.OpenDay(day))) == (reasons.ACT_INVALID, 20260105, 0)


@pytest.mark.parametrize("said", [{"reason": "x" * 201, "document": ""}, {"reason": "", "document": "x" * 201}])
def test_reasons_and_documents_have_a_length(said: dict[str, str]) -> None:
    desk = busy_desk()
    assert why(desk.do(c.Propose(1, act=DEPOSIT, **said))) == (reasons.ACT_INVALID, 200, 0)


def test_everything_an_act_does_is_told() -> None:
    desk = busy_desk()
    assert desk.act(c.RevokeKey("k"))[1:] == [e.KeyRevoked("k")]
    assert why(desk.act(c.RevokeKey("k"))) == INVALID
    assert desk.act(c.RegisterKey("k3", KEY, (1,), ("view",)))[1:] == [e.KeyRegistered("k3", KEY, (1,), ("view",))]
    assert desk.act(c.RegisterOperator("wu", "Wu", KEY))[1:] == [e.OperatorRegistered(3, "wu", "Wu", KEY)]
    assert desk.act(c.RetrySettlement(0))[1:] == [e.SettlementRetryOrdered(0)]
    assert desk.act(c.PublishBulletin(20260105, "a" * 64))[1:] == [e.BulletinPublished(20260105, "a" * 64)]
    assert desk.act(c.WithdrawCash(1, 700))[1:] == [e.CashWithdrawn(1, 700)]
    assert desk.act(c.SurrenderUnits(1, 1, 50, 2025, False))[1:] == [e.UnitsSurrendered(1, 1, 50, 2025, False)]
    desk.market.audit()


def test_an_instrument_listed_in_the_middle_of_the_day_trades_at_once() -> None:
    scene = Scene()
    scene.desk.act(c.ListInstrument("NEW", "CQEA", 2026, "", "", 7000))
    [accepted] = scene.desk.do(c.PlaceOrder(1, 2, 1, 7000, 1, 0, "x"))
    assert isinstance(accepted, e.OrderAccepted)


def test_an_account_opened_in_the_middle_of_the_day_trades_at_once() -> None:
    scene = Scene()
    scene.desk.act(c.OpenAccount("NEW", 99, "", "individual"), c.DepositCash(5, 10_000))
    assert isinstance(scene.desk.do(c.PlaceOrder(5, 1, 1, 5000, 1, 0, "x"))[0], e.OrderAccepted)
    scene.desk.market.audit()


def test_founding_needs_two_people_and_happens_once() -> None:
    desk = Desk()
    with pytest.raises(AssertionError, match="founded once"):
        desk.do(c.Found(rulebook_text(), OPERATORS))


@pytest.mark.parametrize("operators", [(), OPERATORS[:1], (OPERATORS[0], OPERATORS[0])])
def test_four_eyes_need_two_people(operators: tuple[tuple[str, str, bytes], ...]) -> None:
    from engine.core.market import Market

    with pytest.raises(AssertionError, match="two people"):
        Market().apply(c.Entry(1, 0, c.Found(rulebook_text(), operators)))
