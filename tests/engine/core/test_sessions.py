"""Cancel-on-disconnect and dead-man timers in the core: a lost session ends its own orders and nothing else, when the phase allows."""

from typing import Any

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons, sessions
from engine.core.market import Market
from engine.core.units import DAY, SELL
from tests.testkit.build import Desk, hash_of, rulebook_text

ME, OTHER = 1, 2


def desk(phase: int = phases.CONTINUOUS) -> Desk:
    """Two accounts with units; the key `both` acts for them, `me` for the first alone."""
    made = Desk(rulebook_text({"CQEA": {}}, cancel_in_break=False))
    made.act(c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 4_000))
    for number in (ME, OTHER):
        made.act(
            c.OpenAccount(f"A{number}", number, "", "institution"), c.AllocateUnits(number, 1, 1_000, "paid", 2025)
        )
    made.act(
        c.RegisterKey("me", bytes([1]) * 32, (ME,)),
        c.RegisterKey("both", bytes([2]) * 32, (ME, OTHER)),
        c.RegisterKey("eyes", bytes([3]) * 32, (ME,), ("view",)),
    )
    made.open_day(20260105, phase)
    return made


def open_session(made: Desk, key: str = "me") -> int:
    [said] = made.do(c.OpenSession(key, 5_000))
    assert isinstance(said, e.SessionOpened)
    return said.session


def place(made: Desk, session: int, account: int = ME, name: str = "") -> Any:
    return made.do(c.PlaceOrder(account, 1, SELL, 4_000, 1, DAY, name or f"o{made.market.seq}", False, session))[0]


def left(made: Desk) -> list[int]:
    return [number for account in made.market.state.accounts if account is not None for number in account.orders]


def name_of(said: Any) -> str:
    return reasons.BY_NUMBER[said.reason].name


def sound(made: Desk) -> None:
    made.market.audit()
    assert hash_of(Market.load(made.market.dump())) == hash_of(made.market)


def test_a_lost_session_ends_the_orders_entered_on_it_and_no_other() -> None:
    made = desk()
    mine, both = open_session(made), open_session(made, "both")
    kept = [place(made, 0).order, place(made, both).order, place(made, both, OTHER).order]
    gone = [place(made, mine).order, place(made, mine).order]
    sound(made)
    ended, *canceled = made.do(c.EndSession(mine, True))
    assert ended == e.SessionEnded(mine, "me", True, False)
    assert [(event.order, name_of(event)) for event in canceled] == [(order, "SESSION_LOST") for order in gone]  # type: ignore[union-attr]
    assert left(made) == kept
    happened = made.do(c.EndSession(both, True))
    assert [event.order for event in happened if isinstance(event, e.OrderCanceled)] == kept[1:]
    assert made.market.state.sessions == {}
    sound(made)


def test_a_session_for_some_of_the_keys_accounts_ends_the_orders_of_no_other() -> None:
    made = desk()
    [said] = made.do(c.OpenSession("both", 5_000, (OTHER,)))
    assert said == e.SessionOpened(said.session, "both", 5_000, (OTHER,))  # type: ignore[union-attr]
    kept, gone = place(made, said.session).order, place(made, said.session, OTHER).order  # type: ignore[union-attr]
    sound(made)
    happened = made.do(c.EndSession(said.session, True))  # type: ignore[union-attr]
    assert [event.order for event in happened if isinstance(event, e.OrderCanceled)] == [gone]
    assert left(made) == [kept]
    sound(made)


def test_a_session_that_logs_out_leaves_its_orders() -> None:
    made = desk()
    mine = open_session(made)
    order = place(made, mine).order
    assert made.do(c.EndSession(mine, False)) == [e.SessionEnded(mine, "me", False, False)]
    assert left(made) == [order]
    assert name_of(made.do(c.EndSession(mine, True))[0]) == "UNKNOWN_SESSION"
    assert left(made) == [order]


def test_an_order_of_a_session_that_is_over_is_refused_and_leaves_no_trace() -> None:
    made = desk()
    mine = open_session(made)
    first = place(made, mine, name="once")
    made.do(c.EndSession(mine, True))
    said = place(made, mine)
    assert (type(said), name_of(said)) == (e.RequestRefused, "UNKNOWN_SESSION")
    again = place(made, mine, name="once")  # what was answered is answered again
    assert again == e.OrderRepeated(ME, "once", first.order, 0)


def test_where_nobody_may_cancel_a_lost_sessions_orders_wait() -> None:
    made = desk(phases.OPENING_CALL)
    mine = open_session(made)
    place(made, mine)
    made.do(c.SetDeadMan(OTHER, 60))
    place(made, 0, OTHER)
    made.act(c.ChangePhase(phases.OPENING_CALL_NO_CANCEL))
    assert made.do(c.EndSession(mine, True)) == [e.SessionEnded(mine, "me", True, True)]
    assert made.do(c.FireDeadMan(OTHER)) == [e.DeadManFired(OTHER, True)]
    assert name_of(made.do(c.FireDeadMan(OTHER))[0]) == "NO_DEAD_MAN"
    assert name_of(place(made, mine)) == "UNKNOWN_SESSION"
    assert len(left(made)) == 2
    sound(made)
    made.act(c.ChangePhase(phases.BREAK))
    assert len(left(made)) == 2
    happened = made.act(c.ChangePhase(phases.CONTINUOUS))
    assert [name_of(event) for event in happened if isinstance(event, e.OrderCanceled)] == [
        "SESSION_LOST",
        "DEAD_MAN_FIRED",
    ]
    assert (made.market.state.sessions, made.market.state.dead_men) == ({}, {})
    sound(made)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (c.OpenSession("nobody", 0), "KEY_REVOKED"),
        (c.OpenSession("eyes", 0), "NOT_PERMITTED"),
        (c.OpenSession("me", sessions.GRACE_MS_MAX + 1), "INVALID_FIELD"),
        (c.OpenSession("me", -1), "INVALID_FIELD"),
        (c.OpenSession("me", 0, (OTHER,)), "UNKNOWN_ACCOUNT"),
        (c.OpenSession("both", 0, (OTHER, ME)), "INVALID_FIELD"),
        (c.OpenSession("both", 0, (ME, ME)), "INVALID_FIELD"),
        (c.EndSession(1, True), "UNKNOWN_SESSION"),
        (c.SetDeadMan(9, 1), "UNKNOWN_ACCOUNT"),
        (c.SetDeadMan(ME, -1), "INVALID_FIELD"),
        (c.SetDeadMan(ME, sessions.DEAD_MAN_SECONDS_MAX + 1), "INVALID_FIELD"),
        (c.FireDeadMan(ME), "NO_DEAD_MAN"),
    ],
)
def test_what_makes_no_sense_is_refused(command: Any, reason: str) -> None:
    made = desk()
    assert name_of(made.do(command)[0]) == reason
    assert (made.market.state.sessions, made.market.state.dead_men) == ({}, {})


def test_sessions_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SESSIONS_MAX", 2)
    made = desk()
    open_session(made)
    open_session(made)
    assert name_of(made.do(c.OpenSession("me", 0))[0]) == "SESSION_LIMIT"


def test_a_dead_man_timer_ends_all_orders_of_its_account_once() -> None:
    made = desk()
    order = place(made, 0, OTHER).order
    place(made, 0)
    place(made, open_session(made))
    assert made.do(c.SetDeadMan(ME, 60)) == [e.DeadManSet(ME, 60)]
    sound(made)
    happened = made.do(c.FireDeadMan(ME))
    assert happened[0] == e.DeadManFired(ME, False)
    assert [name_of(event) for event in happened[1:]] == ["DEAD_MAN_FIRED"] * 2
    assert left(made) == [order]
    assert name_of(made.do(c.FireDeadMan(ME))[0]) == "NO_DEAD_MAN"
    made.do(c.SetDeadMan(ME, 60))
    assert made.do(c.SetDeadMan(ME, 0)) == [e.DeadManSet(ME, 0)]
    assert name_of(made.do(c.FireDeadMan(ME))[0]) == "NO_DEAD_MAN"
