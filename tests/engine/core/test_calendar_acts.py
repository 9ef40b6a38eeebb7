"""The calendar in the market: what opens, who may announce what, and that a replay and a snapshot know the same days."""

from typing import Any

import msgspec
import pytest

from engine import notices
from engine.core import commands as c
from engine.core import events as e
from engine.core import reasons
from engine.core.calendar import Holiday, HolidayNotice
from engine.core.market import Market
from tests.testkit.build import OPERATORS, Desk, act, founding, rulebook_text

NEXT_YEAR = HolidayNotice(
    2027, "国办发明电〔2026〕1号", 20261110, (Holiday("元旦", "New Year's Day", 20270101, 20270103),), ()
)


class ChinaDesk(Desk):
    """A market under the State Council's holidays, founded with the shipped notices."""

    def __init__(self, holidays: tuple[HolidayNotice, ...] = notices.shipped(), **rules: Any) -> None:
        super().__init__(rulebook_text(calendar="weekdays"))
        self.market = Market()
        self.do(c.Found(rulebook_text(calendar="china", **rules), OPERATORS, holidays))

    def answer(self, wanted: c.AnyAct) -> tuple[int, int, int]:
        """(0, 0, 0) where the act was taken, else reason, limit and actual; nothing else may then have happened."""
        happened = self.do(act(wanted))
        if isinstance(happened[0], e.ActTaken):
            return 0, 0, 0
        [refused] = happened
        assert isinstance(refused, e.ActRefused)
        return refused.reason, refused.limit, refused.actual


@pytest.mark.parametrize(
    ("day", "answer"),
    [
        (20261120, (0, 0, 0)),
        (20261121, (reasons.NOT_TRADING_DAY, 20261123, 20261121)),
        (20261001, (reasons.NOT_TRADING_DAY, 20261008, 20261001)),
        (20261010, (reasons.NOT_TRADING_DAY, 20261012, 20261010)),
        (20270104, (reasons.CALENDAR_ENDED, 20261231, 20270104)),
        (20260229, (reasons.ACT_INVALID, 0, 20260229)),
    ],
)
def test_only_trading_days_open(day: int, answer: tuple[int, int, int]) -> None:
    desk = ChinaDesk()
    before = msgspec.msgpack.decode(desk.market.dump())[3]
    assert desk.answer(c.OpenDay(day)) == answer
    if answer[0]:
        assert msgspec.msgpack.decode(desk.market.dump())[3] == before


def test_the_last_weekend_of_the_calendar_has_no_next_trading_day() -> None:
    desk = ChinaDesk((HolidayNotice(2022, "x", 20211025, (Holiday("元旦", "x", 20220101, 20220103),), ()),))
    assert desk.answer(c.OpenDay(20221231)) == (reasons.NOT_TRADING_DAY, 0, 20221231)


def test_a_closure_closes_and_an_opening_opens() -> None:
    desk = ChinaDesk()
    happened = desk.act(c.AnnounceClosure(20261123, 20261124, "渝交所〔2026〕9号"))
    assert happened[1] == e.CalendarChanged(20261123, 20261124, "渝交所〔2026〕9号")
    assert desk.answer(c.OpenDay(20261123)) == (reasons.NOT_TRADING_DAY, 20261125, 20261123)
    desk.act(c.AnnounceOpening(20261121, "渝交所〔2026〕10号"))
    assert desk.answer(c.OpenDay(20261121)) == (0, 0, 0)


def test_the_next_years_notice_lets_the_market_go_on() -> None:
    desk = ChinaDesk()
    assert desk.answer(c.OpenDay(20270104))[0] == reasons.CALENDAR_ENDED
    [_, changed] = desk.act(c.AdoptHolidays(NEXT_YEAR))
    assert changed == e.CalendarChanged(20270101, 20271231, "国办发明电〔2026〕1号")
    assert desk.answer(c.OpenDay(20270101)) == (reasons.NOT_TRADING_DAY, 20270104, 20270101)
    assert desk.answer(c.OpenDay(20270104)) == (0, 0, 0)


def test_a_corrected_notice_replaces_the_years_first() -> None:
    desk = ChinaDesk()
    longer = msgspec.structs.replace(NEXT_YEAR, source="x", holidays=(Holiday("元旦", "x", 20270101, 20270104),))
    desk.act(c.AdoptHolidays(NEXT_YEAR), c.AdoptHolidays(longer))
    assert desk.answer(c.OpenDay(20270104)) == (reasons.NOT_TRADING_DAY, 20270105, 20270104)
    assert list(desk.market.state.holiday_notices) == [2021, 2022, 2023, 2024, 2025, 2026, 2027]


def test_a_market_without_any_notice_does_not_open() -> None:
    assert ChinaDesk(()).answer(c.OpenDay(20261120)) == (reasons.CALENDAR_ENDED, 0, 20261120)


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        (c.AnnounceClosure(20261120, 20261123, "x"), (reasons.ACT_INVALID, 20261120, 20261120)),
        (c.AnnounceClosure(20261124, 20261123, "x"), (reasons.ACT_INVALID, 0, 0)),
        (c.AnnounceClosure(20261124, 20280101, "x"), (reasons.ACT_INVALID, 0, 0)),
        (c.AnnounceClosure(20261131, 20261201, "x"), (reasons.ACT_INVALID, 0, 0)),
        (c.AnnounceClosure(10**30, 10**30, "x"), (reasons.ACT_INVALID, 0, 0)),
        (c.AnnounceClosure(20261123, 20261123, ""), (reasons.ACT_INVALID, 0, 0)),
        (c.AnnounceOpening(20261119, "x"), (reasons.ACT_INVALID, 20261120, 20261119)),
        (c.AnnounceOpening(20261128, "x" * 201), (reasons.ACT_INVALID, 0, 0)),
        (c.AdoptHolidays(msgspec.structs.replace(NEXT_YEAR, holidays=())), (reasons.ACT_INVALID, 0, 0)),
    ],
)
def test_what_cannot_be_announced_changes_nothing(wanted: c.AnyAct, answer: tuple[int, int, int]) -> None:
    desk = ChinaDesk()
    desk.act(c.OpenDay(20261120))
    before = msgspec.msgpack.decode(desk.market.dump())[3]
    assert desk.answer(wanted) == answer
    assert msgspec.msgpack.decode(desk.market.dump())[3] == before


def test_announcements_need_the_second_person_where_the_rule_book_says_so() -> None:
    desk = ChinaDesk(two_person_acts=["AnnounceOpening"])
    [proposed] = desk.act(c.AnnounceOpening(20261121, "x"))
    assert isinstance(proposed, e.ActProposed)
    assert desk.answer(c.OpenDay(20261121))[0] == reasons.NOT_TRADING_DAY
    assert len(desk.do(c.Approve(2, proposed.proposal, proposed.act_sha256))) == 2
    assert desk.answer(c.OpenDay(20261121)) == (0, 0, 0)


@pytest.mark.parametrize(
    "wanted", [c.AnnounceOpening(20261121, "x"), c.AnnounceClosure(20261123, 20261123, "x"), c.AdoptHolidays(NEXT_YEAR)]
)
def test_the_exchange_itself_announces_nothing(wanted: c.AnyAct) -> None:
    [refused] = ChinaDesk().do(c.Propose(0, "timetable", "", wanted))
    assert isinstance(refused, e.ActRefused)
    assert refused.reason == reasons.UNKNOWN_OPERATOR


def test_a_snapshot_knows_the_same_days() -> None:
    desk = ChinaDesk()
    desk.act(c.AdoptHolidays(NEXT_YEAR), c.AnnounceClosure(20261123, 20261124, "A"), c.AnnounceOpening(20261121, "B"))
    loaded = Market.load(desk.market.dump())
    assert loaded.dump() == desk.market.dump()
    ours, theirs = desk.market.state.calendar(), loaded.state.calendar()
    assert ours.trading_days(20261101, 20271231) == theirs.trading_days(20261101, 20271231)
    assert theirs.announcements == ours.announcements
    assert theirs.announcements[0].at_ns == desk.at_ns - 1_000


def test_a_founding_from_before_the_calendar_is_still_read() -> None:
    old = msgspec.msgpack.decode(msgspec.msgpack.encode(founding(rulebook_text())))[:3]
    found = msgspec.msgpack.decode(msgspec.msgpack.encode(old), type=c.Found)
    assert found.holidays == ()
