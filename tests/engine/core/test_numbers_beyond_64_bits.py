"""Integers that no 64 bits hold are refused like any other nonsense: msgpack carries up to 2**64 - 1, a caller anything."""

import pytest

from engine.core import commands as c
from engine.core import events as e
from tests.testkit.build import Desk, act

NUMBERS = (2**63, 2**64 - 1, 2**63 - 1, -(2**63), 2**31, -1)
REFUSALS = (e.OrderRefused, e.RequestRefused, e.ActRefused)


def member_commands(number: int) -> list[c.AnyCommand]:
    return [
        c.PlaceOrder(number, 1, 1, 5000, 1, 0, "x"),
        c.PlaceOrder(1, number, 1, 5000, 1, 0, "x"),
        c.PlaceOrder(1, 1, number, 5000, 1, 0, "x"),
        c.PlaceOrder(1, 1, 1, number, 1, 0, "x"),
        c.PlaceOrder(1, 1, 1, 5000, number, 0, "x"),
        c.PlaceOrder(1, 1, 1, 5000, 1, number, "x"),
        c.CancelOrder(number, 1, ""),
        c.CancelOrder(1, number, ""),
        c.CancelAll(number, 0, 0),
        c.ReplaceOrder(number, 1, "", 5000, 1),
        c.ReplaceOrder(1, number, "", 5000, 1),
        c.ReplaceOrder(1, 0, "open", number, 1),
        c.ReplaceOrder(1, 0, "open", 5000, number),
        c.Propose(number, "", "", c.CloseDay()),
        c.Approve(number, 1, b""),
        c.Approve(1, number, b""),
        c.Reject(number, 1, ""),
        c.Reject(1, number, ""),
    ]


def acts(number: int) -> list[c.AnyAct]:
    return [
        c.ListInstrument("X", "CQEA", number, "", "", 5000),
        c.RegisterKey("k", bytes(32), (1, number)),
        c.AllocateUnits(number, 1, 1, "free", 2025),
        c.AllocateUnits(1, number, 1, "free", 2025),
        c.AllocateUnits(1, 1, number, "free", 2025),
        c.AllocateUnits(1, 1, 1, "free", number),
        c.SurrenderUnits(number, 1, 1, 2025, False),
        c.SurrenderUnits(1, number, 1, 2025, False),
        c.SurrenderUnits(1, 1, number, 2025, False),
        c.SurrenderUnits(1, 1, 1, number, False),
        c.ImportEmissions(number, ((1, 1, 20260420),), 0, "0" * 64),
        c.ImportEmissions(2025, ((number, 1, 20260420),), 0, "0" * 64),
        c.ImportEmissions(2025, ((1, number, 20260420),), 0, "0" * 64),
        c.ImportEmissions(2025, ((1, 1, number),), 0, "0" * 64),
        c.ImportEmissions(2025, ((1, 1, 20260420),), number, "0" * 64),
        c.DepositCash(number, 1),
        c.WithdrawCash(number, 1),
        c.WithdrawCash(1, number),
        c.Restrict(number, 1, ""),
        c.Restrict(1, number, ""),
        c.LiftRestriction(number, 1),
        c.LiftRestriction(1, number),
        c.ChangePhase(number),
        c.Halt(number),
        c.Resume(number),
        c.PublishBulletin(number, "0" * 64),
    ]


def desk_with_an_open_order() -> Desk:
    desk = Desk()
    desk.act(c.ListInstrument("I", "CQEA", 2025, "", "", 5000), c.OpenAccount("A", 1, "", "key_emitter"))
    desk.act(c.DepositCash(1, 10**6))
    desk.open_day()
    desk.do(c.PlaceOrder(1, 1, 1, 5000, 5, 0, "open"))
    return desk


@pytest.mark.parametrize("number", NUMBERS)
def test_every_field_of_every_request_refuses_what_it_cannot_hold(number: int) -> None:
    for command in [*member_commands(number), *(act(each) for each in acts(number))]:
        desk = desk_with_an_open_order()
        happened = desk.do(command)
        assert isinstance(happened[0], REFUSALS), command
        desk.market.audit()
        desk.market.dump()


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_that_are_only_filters_or_bounds_never_stop_the_market(number: int) -> None:
    others: list[c.AnyCommand] = [c.CancelAll(1, number, 0), c.CancelAll(1, 0, number)]
    others += [act(c.OpenAccount("X", number, "", "individual")), act(c.DepositCash(1, number))]
    others += [act(c.RetrySettlement(number)), act(c.ListInstrument("X", "CQEA", 2025, "", "", number))]
    others += [act(c.OpenDay(number))]
    for command in others:
        desk = desk_with_an_open_order()
        assert desk.do(command)
        desk.market.audit()
        desk.market.dump()
