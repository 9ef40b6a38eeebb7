"""What the exchange says takes two persons and plain text; what follows from other acts is told by itself, in both languages."""

import hashlib

import pytest
from msgspec.structs import replace

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases, reasons
from engine.core.calendar import BeyondCalendar, Calendar, HolidayNotice, period_name, period_span
from engine.public_notices import CATEGORIES_ZH, PublicNotice, public_notices
from tests.engine.core.test_adoption import adoption
from tests.testkit.auctions import notice as auction_notice
from tests.testkit.build import Desk, act, digest_of

WARNING = c.PublishNotice(
    "risk_warning", "风险提示", "Risk warning", "价格异常波动。\n请谨慎。", "Prices move strongly.\nTake care."
)


def propose(desk: Desk, wanted: c.AnyAct) -> e.Event:
    return desk.do(act(wanted))[0]


def test_two_persons_speak_for_the_exchange() -> None:
    desk = Desk()
    proposed = propose(desk, WARNING)
    assert isinstance(proposed, e.ActProposed)
    refused = desk.do(c.Approve(1, proposed.proposal, digest_of(WARNING)))[0]
    assert isinstance(refused, e.ActRefused)
    assert refused.reason == reasons.SELF_APPROVAL
    taken, published = desk.do(c.Approve(2, proposed.proposal, digest_of(WARNING)))
    assert isinstance(taken, e.ActTaken)
    assert published == e.NoticePublished(
        "risk_warning", WARNING.title_zh, WARNING.title_en, WARNING.body_zh, WARNING.body_en, 0, 0
    )


@pytest.mark.parametrize(
    "character",
    ["\x00", "\x07", "\x1b", "\r", "\t", "\x7f", "\x85", "\u200b", "\u200f", "\u2028", "\u202e", "\u2066", "\ufeff",
     "\U000e0041"],
)  # fmt: skip
def test_no_text_has_a_character_that_is_not_to_be_read(character: str) -> None:
    desk = Desk()
    before = desk.market.dump()
    for field in ("title_zh", "title_en", "body_zh", "body_en"):
        wanted = replace(WARNING, **{field: f"读{character}me"})
        refused = propose(desk, wanted)
        assert isinstance(refused, e.ActRefused)
        assert (refused.reason, refused.actual) == (reasons.TEXT_NOT_PLAIN, ord(character)), field
    after = desk.market.dump()
    assert len(after) == len(before)


def test_what_is_no_notice_is_refused() -> None:
    desk = Desk()
    for wanted, reason in (
        (replace(WARNING, category="halt"), reasons.ACT_INVALID),
        (replace(WARNING, title_en=""), reasons.ACT_INVALID),
        (replace(WARNING, title_zh="长" * 121), reasons.ACT_INVALID),
        (replace(WARNING, body_en="x" * 2_001), reasons.ACT_INVALID),
        (replace(WARNING, title_en="two\nlines"), reasons.TEXT_NOT_PLAIN),
        (replace(WARNING, effective_at_ns=-1), reasons.ACT_INVALID),
        (replace(WARNING, instrument=99), reasons.UNKNOWN_INSTRUMENT),
    ):
        refused = propose(desk, wanted)
        assert isinstance(refused, e.ActRefused), wanted
        assert refused.reason == reason, wanted


class _Names:
    def account_name(self, number: int) -> str:
        return f"account {number}"

    def instrument_code(self, number: int) -> str:
        return f"I-{number}"

    def instrument_units(self, number: int) -> tuple[str, str]:
        return ("千克", "kg") if number == 3 else ("吨", "t")

    def auction_instrument(self, number: int) -> int:
        return 3

    def auction_code(self, number: int) -> str:
        return f"A-{number}"


def told(happened: list[e.Event]) -> list[PublicNotice]:
    return public_notices(7, 1_000, happened, _Names())


def of(wanted: c.AnyAct, *happened: e.Event) -> PublicNotice:
    """The one notice of an act with this effect."""
    (notice,) = told([e.ActTaken(7, 1, 2, "inner reason", "渝环〔2026〕9号", wanted), *happened])
    assert notice.category in CATEGORIES_ZH
    assert notice.title_zh
    assert notice.title_en.isascii()
    assert (notice.notice_id, notice.at_ns, notice.document) == ("G-7-1", 1_000, "渝环〔2026〕9号")
    assert "inner reason" not in str(notice)  # why an operator acts is for the audit trail
    return notice


def test_each_act_that_concerns_all_tells_so_by_itself() -> None:
    halted = of(c.Halt(3), e.Halted(3))
    assert (halted.category, halted.instrument, halted.title_zh) == ("halt", "I-3", "I-3 暂停交易")
    assert of(c.Halt(0), e.Halted(0)).title_en == "The whole market: trading is halted"
    assert of(c.Resume(0), e.Resumed(0)).title_zh == "全市场 恢复交易"
    assert "2026-01-08" in of(adoption(), e.RuleBookAdopted(2, 20260108, "0" * 64, ("文1", "文2"))).title_zh
    assert of(c.OpenDay(20260108), e.RuleBookTookEffect(2, 20260108, "0" * 64, "")).category == "rule_change"
    closure = of(c.AnnounceClosure(20260108, 20260109, "台风"), e.CalendarChanged(20260108, 20260109, "台风"))
    assert (closure.title_zh, closure.body_zh) == ("休市公告:2026-01-08 至 2026-01-09", "台风")
    opening = of(c.AnnounceOpening(20260110, "补市"), e.CalendarChanged(20260110, 20260110, "补市"))
    assert opening.title_en == "The market is open: 2026-01-10"
    terms = auction_notice(trading_day=20260112)
    assert "2026-01-12" in of(terms, e.AuctionAnnounced(1, terms, 100)).body_en
    canceled = of(c.CancelAuction(4), e.AuctionCanceled(4, reasons.AUCTION_UNDERSUBSCRIBED))
    assert canceled.body_zh == reasons.BY_NUMBER[reasons.AUCTION_UNDERSUBSCRIBED].zh
    merged = of(c.MergeAccounts(1, 2), e.AccountMerged(1, 2))
    assert (merged.category, merged.title_en) == ("registry", "Merger: account 1 into account 2")
    split = of(c.CancelAuction(4), e.AccountSplit(1, (2, 3)))
    assert split.title_zh == "单位分立:account 1 分立为 account 2、account 3"
    gone = of(c.CancelUnits(1, 2, 30, "voluntary"), e.UnitsCanceled(1, 2, 30, "voluntary"))
    assert gone.title_zh == "自愿注销:account 1 I-2 30 吨"
    assert gone.title_en == "Voluntary cancellation: account 1, 30 t of I-2"
    right = of(c.CancelUnits(1, 3, 30, "voluntary"), e.UnitsCanceled(1, 3, 30, "voluntary"))
    assert (right.title_zh, right.title_en[-14:]) == ("自愿注销:account 1 I-3 30 千克", ", 30 kg of I-3")
    assert of(c.CorrectBulletin("2026", "笔误"), e.BulletinCorrected("2026", "笔误")).category == "correction"


def test_who_has_only_traded_tells_nothing() -> None:
    assert told([]) == []
    assert told([e.Halted(1)]) == []  # no act: nothing that happens by itself is a notice
    assert told([e.ActTaken(7, 1, 0, "", "", c.CloseDay()), e.PhaseChanged(phases.CLOSED)]) == []


def test_periods_are_named_and_span_what_they_say() -> None:
    assert [period_name(kind, 20270101) for kind in ("day", "week", "month", "year")] == [
        "2027-01-01", "2026-W53", "2027-01", "2027",
    ]  # fmt: skip
    assert period_span("2026-W53") == ("week", 20261228, 20270103)
    assert period_span("2024-02") == ("month", 20240201, 20240229)
    assert period_span("2026") == ("year", 20260101, 20261231)
    for day in range(20261201, 20261232):
        for kind in ("day", "week", "month", "year"):
            found, first_day, last_day = period_span(period_name(kind, day))
            assert found == kind
            assert first_day <= day <= last_day
    for name in ("", "26", "2026-13", "2026-W54", "2026-W1x", "2026-11-31", "20261120", "2026-1-12", "２０２６"):
        with pytest.raises(ValueError, match="no period"):
            period_span(name)


def test_the_last_trading_day_ends_its_periods() -> None:
    weekdays = Calendar("weekdays", (), [])
    assert weekdays.periods_ended(20261120) == ("week",)  # a Friday
    assert weekdays.periods_ended(20261119) == ()
    assert weekdays.periods_ended(20261130) == ("month",)  # a Monday
    assert weekdays.periods_ended(20261231) == ("month", "year")  # a Thursday: Friday is of the same week
    assert Calendar("every-day", (), []).periods_ended(20260132) == ()
    china = Calendar("china", (HolidayNotice(2026, "source", 20251101, (), ()),), [])
    assert china.periods_ended(20261231) == ("month", "year")  # nothing is known of 2027 but that it is another year
    with pytest.raises(BeyondCalendar):
        china.next_trading_day(20261231)


def test_a_monitors_report_is_signed_off_by_two_and_named_by_its_bytes() -> None:
    desk = Desk()
    report = c.PublishReport("2026-01", '{"kind":"monitor","period":"2026-01"}')
    proposed = propose(desk, report)
    assert isinstance(proposed, e.ActProposed)
    published = desk.do(c.Approve(2, proposed.proposal, digest_of(report)))[1]
    digest = hashlib.sha256(report.body.encode()).hexdigest()
    assert published == e.ReportPublished("2026-01", digest, report.body)
    assert of(report, published).body_en == f"It stands at /api/v1/monitor-reports/{digest}.json."


def test_what_was_sent_is_recorded_with_its_number() -> None:
    desk = Desk()
    dispatch = c.RecordDispatch("bureau", "2026-11", "渝碳〔2026〕7号", "a" * 64)
    recorded = desk.do(act(dispatch))[-1]
    assert recorded == e.DispatchRecorded(
        "bureau", "2026-11", "渝碳〔2026〕7号", "a" * 64, int(desk.market.state.trading_day)
    )


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (c.PublishReport("", "{}"), reasons.ACT_INVALID),
        (c.PublishReport("2026-01", ""), reasons.ACT_INVALID),
        (c.PublishReport("2026-01", "x" * 12_001), reasons.ACT_INVALID),
        (c.PublishReport("2026-01", "{\n}"), reasons.TEXT_NOT_PLAIN),
        (c.RecordDispatch("press", "2026-11", "7"), reasons.ACT_INVALID),
        (c.RecordDispatch("bureau", "", "7"), reasons.ACT_INVALID),
        (c.RecordDispatch("bureau", "2026-11", ""), reasons.ACT_INVALID),
        (c.RecordDispatch("bureau", "2026-11", "7\u202e"), reasons.TEXT_NOT_PLAIN),
        (c.RecordDispatch("bureau", "2026-11", "7", "A" * 64), reasons.ACT_INVALID),
    ],
)
def test_what_is_no_report_and_no_dispatch_is_refused(wanted: c.AnyAct, reason: int) -> None:
    refused = propose(Desk(), wanted)
    assert isinstance(refused, e.ActRefused)
    assert refused.reason == reason
