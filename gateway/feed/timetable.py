"""When the day is meant to change next, as the rule book's timetable has it."""

from datetime import UTC, datetime, timedelta

from engine.core import phases
from engine.core.calendar import BeyondCalendar, Calendar, as_date, local_day, shift
from engine.core.rulebook import RuleBook
from gateway.feed.figures import second_text
from gateway.feed.messages import NextPhase

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def next_opening(rules: RuleBook, calendar: Calendar, trading_day: int, at_ns: int) -> NextPhase | None:
    """When the first trading day after a closed one begins; None where the calendar does not say."""
    today = local_day(at_ns, rules.utc_offset_minutes)
    try:
        day = calendar.next_trading_day(max(trading_day, shift(today, -1)))
    except BeyondCalendar:
        return None
    row = rules.timetable[0]
    at = _EPOCH + timedelta(days=(as_date(day) - _EPOCH.date()).days, seconds=row.at_second)
    at -= timedelta(minutes=rules.utc_offset_minutes)
    return NextPhase(phases.NAMES[row.phase], second_text((at - _EPOCH) // timedelta(microseconds=1) * 1000))


def next_phase(rules: RuleBook, trading_day: int, phase: int, at_ns: int) -> NextPhase | None:
    """The next row of the timetable that may follow `phase`, or None where the day is over or not today."""
    if phase == phases.CLOSED or not trading_day:
        return None
    offset = timedelta(minutes=rules.utc_offset_minutes)
    local = _EPOCH + timedelta(microseconds=at_ns // 1000) + offset
    if local.year * 10_000 + local.month * 100 + local.day != trading_day:
        return None
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    second = (local - midnight) // timedelta(seconds=1)
    for row in rules.timetable:
        if row.at_second > second and (row.phase == phases.CLOSED or row.phase in phases.TRANSITIONS[phase]):
            at = midnight + timedelta(seconds=row.at_second) - offset
            return NextPhase(phases.NAMES[row.phase], second_text((at - _EPOCH) // timedelta(microseconds=1) * 1000))
    return None
