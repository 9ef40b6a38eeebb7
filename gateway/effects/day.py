"""What acts of the day, the calendar, the rules and publication would change."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from engine.core import calendar, commands, phases, reasons, rulebook, rulewords
from engine.title import Title
from engine.view import MarketView
from gateway.protocol.console_wire import EffectRow
from gateway.protocol.names import Names
from gateway.protocol.times import day_text

_TRADED: Final = {True: "交易日 trading day", False: "休市 closed"}
_WINDOW: Final = {True: "开放 open", False: "关闭 closed"}
_DAYS_SHOWN_MAX: Final = 60
Rows = Iterator[EffectRow]


async def publishing(act: commands.PublishBulletin, title: Title) -> Any:
    """The bulletin of this content, published or not."""
    made = [(day_text(row.trading_day), row.sha256, row.published) for row in await title.bulletins()]
    made += [(f"{row.period} v{row.version}", row.sha256, row.published) for row in await title.publications()]
    known = [(name, is_published) for name, sha256, is_published in made if sha256 == act.sha256]
    for name, is_published in known:
        before = "已公布 published" if is_published else "未公布 not published"
        yield EffectRow(name, "公报", "Bulletin", before, "已公布 published")
    if not known:
        yield EffectRow(day_text(act.trading_day), "公报", "Bulletin", "无此内容 no such content", "")


async def correcting(act: commands.CorrectBulletin, title: Title) -> Any:
    """Which version of the period's bulletin the public has, and which it gets."""
    versions = [row.version for row in await title.publications() if row.period == act.period]
    if not versions:
        versions = [1 for row in await title.bulletins() if day_text(row.trading_day) == act.period]
    before = max(versions, default=0)
    yield EffectRow(act.period, "公报版本", "Version of the bulletin", str(before or ""), str(before + 1))


def _phase_words(phase: int) -> str:
    return f"{phases.NAMES_ZH[phase]} {phases.NAMES[phase]}"


def trading(act: commands.Halt | commands.Resume, view: MarketView, names: Names) -> Rows:
    """Whether the market or the instrument is halted."""
    instrument = view.instrument(act.instrument) if act.instrument else None
    is_halted = view.day().halted if instrument is None else instrument.halted
    words = {True: "暂停 halted", False: "正常 not halted"}
    subject = "全市场 market" if instrument is None else instrument.code
    yield EffectRow(subject, "交易", "Trading", words[is_halted], words[type(act) is commands.Halt])


def change_phase(act: commands.ChangePhase, view: MarketView, names: Names) -> Rows:
    """The phase of the day."""
    day = view.day()
    yield EffectRow(day_text(day.trading_day), "阶段", "Phase", _phase_words(day.phase), _phase_words(act.phase))


def open_day(act: commands.OpenDay, view: MarketView, names: Names) -> Rows:
    """Which day is traded."""
    yield EffectRow("", "交易日", "Trading day", day_text(view.day().trading_day), day_text(act.trading_day))


def adopt_rulebook(act: commands.AdoptRuleBook, view: MarketView, names: Names) -> Rows:
    """Each rule that changes."""
    for change in rulewords.changes(view.rulebook(), rulebook.parse(act.rulebook)):
        words = rulewords.words_of(change.rule)
        yield EffectRow(change.rule, words.zh, words.en, _value_text(change.before), _value_text(change.after))


def _value_text(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()


def close_day(act: commands.CloseDay, view: MarketView, names: Names) -> Rows:
    """The day ends, its open orders with it."""
    now = view.day()
    yield EffectRow(day_text(now.trading_day), "阶段", "Phase", _phase_words(now.phase), _phase_words(phases.CLOSED))


def fix_day(act: commands.FixDay, view: MarketView, names: Names) -> Rows:
    """By which rules the day will be traded."""
    subject, book = day_text(act.trading_day), view.rulebook_on(act.trading_day)
    before = "已固定 fixed" if view.day().fixed_day == act.trading_day else "未固定 not fixed"
    yield EffectRow(subject, "当日参数", "Values of the day", before, "已固定 fixed")
    yield EffectRow(
        subject, "所依规则版本", "By the rule book's version", str(view.rulebook().version), str(book.version)
    )


def override(act: commands.OverrideOpening, view: MarketView, names: Names) -> Rows:
    """What stands against the opening, and is passed over."""
    verdict = view.judge_opening(act.trading_day)
    before = "无 none"
    if verdict.reason:
        found = reasons.BY_NUMBER[verdict.reason]
        before = f"{found.zh} {found.name}"
    yield EffectRow(
        day_text(act.trading_day),
        "阻碍开市者",
        "What stands against the opening",
        before,
        f"越过 passed over: {act.basis}",
    )


def block_window(act: commands.OpenBlockWindow | commands.CloseBlockWindow, view: MarketView, names: Names) -> Rows:
    """The hours of block trading."""
    after = _WINDOW[type(act) is commands.OpenBlockWindow]
    yield EffectRow("", "大宗协议交易时段", "Hours of block trading", _WINDOW[view.day().is_block_window_open], after)


def holidays(act: commands.AdoptHolidays, view: MarketView, names: Names) -> Rows:
    """The year's notice, and each day off that is new or none any more."""
    notice = act.holidays
    kept = view.calendar().notices.get(notice.year)
    yield EffectRow(str(notice.year), "节假日安排", "Notice of holidays", kept.source if kept else "", notice.source)
    before, after = (_days_off(found) for found in (kept, notice))
    for day in sorted(before | after)[:_DAYS_SHOWN_MAX]:
        if before.get(day, "") != after.get(day, ""):
            yield EffectRow(
                day_text(day), "节假日或补班", "Holiday or make-up day", before.get(day, ""), after.get(day, "")
            )


def _days_off(notice: calendar.HolidayNotice | None) -> dict[int, str]:
    found: dict[int, str] = {}
    for holiday in notice.holidays if notice else ():
        for day in calendar.days_between(holiday.first_day, holiday.last_day):
            found[day] = f"{holiday.name_zh} {holiday.name_en}"
    for day in notice.workdays if notice else ():
        found[day] = "补班 make-up working day"
    return found


def announce(act: commands.AnnounceClosure | commands.AnnounceOpening, view: MarketView, names: Names) -> Rows:
    """Each day that is traded, or not, other than before."""
    first, last = (
        (act.first_day, act.last_day)
        if type(act) is commands.AnnounceClosure
        else (act.trading_day, act.trading_day)
        if type(act) is commands.AnnounceOpening
        else (0, 0)
    )
    is_open = type(act) is commands.AnnounceOpening
    for day in list(calendar.days_between(first, last))[:_DAYS_SHOWN_MAX]:
        try:
            before = view.calendar(day).is_trading_day(day)
        except calendar.BeyondCalendar:
            yield EffectRow(day_text(day), "交易日历", "Trading calendar", "未定 not known yet", _TRADED[is_open])
            continue
        if before != is_open:
            yield EffectRow(day_text(day), "交易日历", "Trading calendar", _TRADED[before], _TRADED[is_open])
