"""Intentions (意向申报): a board of adverts that bind nobody, hold nothing and are in no figure of the market."""

from typing import Any

import pytest

from engine.core import commands as c
from engine.core import events as e
from engine.core import intentions, phases, reasons
from engine.core.market import Market
from engine.core.units import BUY, SELL
from engine.view import MarketView
from tests.testkit.build import Desk, hash_of, rulebook_text

ME, OTHER = 1, 2
TODAY = 20260105


def desk() -> Desk:
    """Two institutions in a market that trades; neither has anything."""
    made = Desk(rulebook_text())
    made.act(
        c.ListInstrument("CQEA-25", "CQEA", 2025, "", "", 4000),
        c.OpenAccount("ME", 1, "", "institution"),
        c.OpenAccount("OTHER", 2, "", "institution"),
    )
    made.open_day(TODAY)
    return made


def advert(side: int = SELL, **changes: Any) -> c.PostIntention:
    said = {"account": ME, "instrument": 1, "tonnes": 9_000, "price_ticks": 4_100, "until_day": 0, "contact": "023-1"}
    said |= changes
    return c.PostIntention(
        said["account"], said["instrument"], side, said["tonnes"], said["price_ticks"], said["until_day"], False,
        said["contact"],
    )  # fmt: skip


def board(made: Desk) -> list[int]:
    made.market.audit()
    assert hash_of(Market.load(made.market.dump())) == hash_of(made.market)
    return [found.number for found in MarketView(made.market).intentions()]


def why(made: Desk, command: c.AnyCommand) -> str:
    before = board(made)
    [refused] = made.do(command)
    assert isinstance(refused, e.RequestRefused), refused
    assert board(made) == before
    return reasons.BY_NUMBER[refused.reason].name


def test_an_advert_binds_nobody_and_is_in_no_figure() -> None:
    made = desk()
    before = MarketView(made.market).instruments()
    told = made.do(advert())
    assert told == [e.IntentionPosted(made.market.seq, ME, 1, SELL, 9_000, 4_100, 0, False, "023-1")]
    made.do(advert(BUY, account=OTHER))
    assert len(board(made)) == 2  # they would match, and nothing trades
    assert MarketView(made.market).instruments() == before
    assert MarketView(made.market).open_orders(ME) == []
    assert MarketView(made.market).units(ME) == []  # nothing is there, and nothing had to be


def test_it_is_taken_down_by_its_account_alone() -> None:
    made = desk()
    made.do(advert())
    [number] = board(made)
    assert why(made, c.WithdrawIntention(OTHER, number)) == "UNKNOWN_INTENTION"
    assert made.do(c.WithdrawIntention(ME, number)) == [e.IntentionEnded(number, ME, 0)]
    assert why(made, c.WithdrawIntention(ME, number)) == "UNKNOWN_INTENTION"


def test_it_ends_with_its_day() -> None:
    made = desk()
    made.do(advert())
    made.do(advert(until_day=TODAY))
    made.do(advert(until_day=TODAY + 1))
    today, named, tomorrow = board(made)
    told = made.act(c.CloseDay())
    assert [event for event in told if isinstance(event, e.IntentionEnded)] == [
        e.IntentionEnded(today, ME, reasons.DAY_ENDED),
        e.IntentionEnded(named, ME, reasons.DAY_ENDED),
    ]
    made.open_day(TODAY + 1, phases.PRE_OPEN)
    assert board(made) == [tomorrow]
    made.act(c.CloseDay())
    assert board(made) == []


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (advert(account=9), "UNKNOWN_ACCOUNT"),
        (advert(instrument=9), "UNKNOWN_INSTRUMENT"),
        (advert(side=3), "INVALID_FIELD"),
        (advert(tonnes=0), "INVALID_FIELD"),
        (advert(tonnes=2**62), "INVALID_FIELD"),
        (advert(price_ticks=-1), "INVALID_FIELD"),
        (advert(until_day=20260104), "INVALID_FIELD"),
        (advert(until_day=20260230), "INVALID_FIELD"),
        (advert(contact="x" * 101), "INVALID_FIELD"),
        (advert(contact="a\u202eb"), "TEXT_NOT_PLAIN"),
    ],
)
def test_what_makes_no_sense_is_refused(command: c.AnyCommand, name: str) -> None:
    assert why(desk(), command) == name


def test_an_account_has_so_many_at_a_time() -> None:
    made = desk()
    for _ in range(intentions.INTENTIONS_MAX):
        made.do(advert())
    assert why(made, advert()) == "TOO_MANY_RECORDS"
    made.do(advert(account=OTHER))


def test_who_may_not_trade_advertises_nothing() -> None:
    made = desk()
    made.do(advert(until_day=TODAY + 1))
    made.do(advert(BUY, until_day=TODAY + 1))
    _, buying = board(made)
    made.act(c.Restrict(ME, 4, "Art. 30"))
    assert why(made, advert()) == "ACCOUNT_RESTRICTED"
    made.act(c.CloseDay())
    made.open_day(TODAY + 1)
    assert board(made) == [buying]
    made.act(c.AdmitParticipant(1, "me", "ME"), c.SuspendParticipant(1, "Art. 30"))
    assert board(made) == []
    assert why(made, advert(BUY)) == "NOT_PERMITTED"
