"""What the exchange tells the public by an operator's act: a notice in its own words, a bulletin issued again.

Texts are plain: what a terminal, a spreadsheet or a page could take for a command, or what would make a reader see another
order of the letters than is written, is refused here, so that no edge has to trust another.
"""

import hashlib
from typing import Final

from engine.core import phases, reasons
from engine.core.admission import ADMITTED, Verdict
from engine.core.calendar import TEXT_MAX, days_between, period_span
from engine.core.commands import CorrectBulletin, PublishNotice, PublishReport, RecordDispatch
from engine.core.events import BulletinCorrected, DispatchRecorded, Event, NoticePublished, ReportPublished
from engine.core.state import State

NOTICE_CATEGORIES: Final = ("announcement", "material_information", "risk_warning")
NOTICE_TITLE_MAX: Final = 120
NOTICE_BODY_MAX: Final = 2_000
REPORT_BODY_MAX: Final = 12_000  # characters: an act has to fit into a message at the door
DISPATCHES: Final = ("bureau", "finance", "regulator", "matter")
SUBJECT_MAX: Final = 64
TIME_NS_MAX: Final = 2**62
DisclosureAct = CorrectBulletin | PublishNotice | PublishReport | RecordDispatch
# Unicode: C0 and C1 controls, invisible and bidirectional ones, line and paragraph separators, surrogates, BOM, tags
NOT_PLAIN: Final = (
    (0x00, 0x1F), (0x7F, 0x9F), (0x61C, 0x61C), (0x180E, 0x180E), (0x200B, 0x200F), (0x2028, 0x202E), (0x2060, 0x206F),
    (0xD800, 0xDFFF), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0xE0000, 0xE007F),
)  # fmt: skip


def judge(state: State, act: DisclosureAct) -> Verdict:
    """Whether the exchange may say this now."""
    if isinstance(act, CorrectBulletin):
        return judge_correction(state, act)
    if isinstance(act, PublishReport):
        return judge_words((act.subject, SUBJECT_MAX), (act.body, REPORT_BODY_MAX))
    if isinstance(act, RecordDispatch):
        if act.kind not in DISPATCHES or (act.sha256 and not is_sha256(act.sha256)):
            return Verdict(reasons.ACT_INVALID)
        return judge_words((act.subject, SUBJECT_MAX), (act.sent_as, TEXT_MAX))
    return judge_notice(state, act)


def judge_words(*texts: tuple[str, int]) -> Verdict:
    """Something is said, within bounds and in plain text of one line."""
    for text, most in texts:
        if not 0 < len(text) <= most:
            return Verdict(reasons.ACT_INVALID, most, len(text))
        plain = judge_text(text, is_long=False)
        if plain.reason != 0:
            return plain
    return ADMITTED


def is_sha256(text: str) -> bool:
    """Whether this is a SHA-256 in lower-case hex."""
    return len(text) == 64 and all(letter in "0123456789abcdef" for letter in text)


def judge_notice(state: State, act: PublishNotice) -> Verdict:
    """Both languages, within bounds, plain; of an instrument that there is."""
    if act.category not in NOTICE_CATEGORIES or not 0 <= act.effective_at_ns <= TIME_NS_MAX:
        return Verdict(reasons.ACT_INVALID)
    if act.instrument != 0 and state.instrument(act.instrument) is None:
        return Verdict(reasons.UNKNOWN_INSTRUMENT)
    for text, most in (
        (act.title_zh, NOTICE_TITLE_MAX),
        (act.title_en, NOTICE_TITLE_MAX),
        (act.body_zh, NOTICE_BODY_MAX),
        (act.body_en, NOTICE_BODY_MAX),
    ):
        if not 0 < len(text) <= most:
            return Verdict(reasons.ACT_INVALID, most, len(text))
        verdict = judge_text(text, is_long=most == NOTICE_BODY_MAX)
        if verdict.reason != 0:
            return verdict
    return ADMITTED


def judge_text(text: str, is_long: bool) -> Verdict:
    """Plain text; only a long one has lines. `actual` is the code of the character that may not be."""
    for character in text:
        code = ord(character)
        if code == 0x0A and is_long:
            continue
        if code < 0x20 or (code >= 0x7F and any(first <= code <= last for first, last in NOT_PLAIN)):
            return Verdict(reasons.TEXT_NOT_PLAIN, 0, code)
    return ADMITTED


def judge_correction(state: State, act: CorrectBulletin) -> Verdict:
    """Only what has been told can be corrected: the period is over, and the market was open in it."""
    if not 0 < len(act.basis) <= TEXT_MAX:
        return Verdict(reasons.ACT_INVALID, TEXT_MAX, len(act.basis))
    plain = judge_text(act.basis, is_long=False)
    if plain.reason != 0:
        return plain
    try:
        kind, first_day, last_day = period_span(act.period)
    except ValueError:
        return Verdict(reasons.ACT_INVALID)
    calendar = state.calendar(state.trading_day)
    today = int(state.trading_day)
    if last_day >= today:
        is_closed = state.phase == phases.CLOSED and first_day <= today
        is_over = first_day == last_day or kind in calendar.periods_ended(today)
        if not (is_closed and is_over):
            return Verdict(reasons.UNKNOWN_DOCUMENT, today, last_day)
    try:
        is_known = any(calendar.is_trading_day(day) for day in days_between(first_day, min(last_day, today)))
    except ValueError:  # beyond the calendar, or a market that opens by numbers that are no dates
        is_known = False
    return ADMITTED if is_known else Verdict(reasons.UNKNOWN_DOCUMENT, today, last_day)


def take(state: State, act: DisclosureAct, out: list[Event]) -> None:
    """Say it: the registry and the feed make of it what the public sees."""
    if isinstance(act, CorrectBulletin):
        out.append(BulletinCorrected(act.period, act.basis))
        return
    if isinstance(act, PublishReport):
        out.append(ReportPublished(act.subject, hashlib.sha256(act.body.encode()).hexdigest(), act.body))
        return
    if isinstance(act, RecordDispatch):
        out.append(DispatchRecorded(act.kind, act.subject, act.sent_as, act.sha256, int(state.trading_day)))
        return
    out.append(
        NoticePublished(
            act.category,
            act.title_zh,
            act.title_en,
            act.body_zh,
            act.body_en,
            act.effective_at_ns,
            act.instrument,
        )
    )
