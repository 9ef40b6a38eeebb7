"""What the day's table, the house and matters to be told say in words: each sentence once, in Chinese and in English.

Values are put in as they are; what a person wrote (a basis, what a case is about) stays in the language it was written in.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from gateway.protocol.act_words import Said

SENTENCES: Final = {
    # stages of the day
    "answers": Said(
        "{confirmed} 户已确认,{contested} 户有异议,{silent} 户未答复",
        "{confirmed} confirmed, {contested} contested, {silent} not answered",
    ),
    "answers_final": Said(
        "{confirmed} 户已确认,{contested} 户有异议,{silent} 户逾期视为认可",
        "{confirmed} confirmed, {contested} contested, {silent} silent, so accepted",
    ),
    "unfinished": Said("{account} 自 {day} 起", "{account} since {day}"),
    # the house
    "calendar": Said("至 {day}", "until {day}"),
    "calendar_endless": Said("无截止", "without end"),
    "calendar_notice_due": Said(
        "至 {day};次年节假日安排尚未采用",
        "until {day}; the next year's notice is missing",
    ),
    "calendar_few_days": Said("至 {day};仅余 {left} 个交易日", "until {day}; {left} trading days left"),
    "calendar_ended": Said("日历已用尽", "at its end"),
    "operators": Said("{count} 人持有密钥", "{count} with a key"),
    "disk": Said("可用 {mebibytes} MiB", "{mebibytes} MiB free"),
    # matters to be told at once
    "at_limit": Said(
        "{instrument} 连续 {days} 日收于涨跌停价",
        "{instrument} closed at its price limit on {days} days in a row",
    ),
    "large_move": Said(
        "{instrument} 收盘价较前一日 {percent}%",
        "{instrument} closed {percent} % from the day before",
    ),
    "reconciliation": Said("对账发现差异", "reconciliation found differences"),
    "breach": Said("{account} 违规属实:{matter}", "breach confirmed, {account}: {matter}"),
    "restriction": Said("{account} 受限制:{basis}", "{account} restricted: {basis}"),
}


class Told(NamedTuple):
    """The same in both languages."""

    zh: str
    en: str


def told(sentence: str, **values: str | int) -> Told:
    """A sentence of SENTENCES with its values."""
    words = SENTENCES[sentence]
    return Told(words.zh.format_map(values), words.en.format_map(values))


def listed(parts: Iterable[Told]) -> Told:
    """Several one after the other; of none, nothing."""
    found = list(parts)
    return Told("、".join(part.zh for part in found), ", ".join(part.en for part in found))
