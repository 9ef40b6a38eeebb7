"""The State Council's holiday notices as files: the ones that are shipped, and the one an operator brings each year.

A file has one table a year: `source` (the notice's number), `published` (its date), `holidays` (name_zh, name_en, first,
last) and `workdays`. What a market knows of them is journaled; a file is only how they come in.
"""

import tomllib
from datetime import date
from importlib import resources
from typing import Any

import msgspec

from engine.core.calendar import Holiday, HolidayNotice, as_number, fault_of

TEXT_CHARACTERS_MAX = 262_144


class _Days(msgspec.Struct, forbid_unknown_fields=True):
    name_zh: str
    name_en: str
    first: date
    last: date


class _Year(msgspec.Struct, forbid_unknown_fields=True):
    source: str
    published: date
    holidays: list[_Days]
    workdays: list[date]


class NoticeError(ValueError):
    """The text does not hold holiday notices; `faults` lists everything wrong with it, each with its year."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def parse(text: str) -> tuple[HolidayNotice, ...]:
    """The notices in a file, by year. Raises `NoticeError` with every fault."""
    if len(text) > TEXT_CHARACTERS_MAX:
        raise NoticeError([f"the text has {len(text)} characters; at most {TEXT_CHARACTERS_MAX} are allowed"])
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise NoticeError([f"not TOML: {error or type(error).__name__}"]) from error
    faults: list[str] = []
    notices = [notice for key in sorted(document) if (notice := _notice(key, document[key], faults)) is not None]
    if not document:
        faults.append("no year: a file has a table such as [2026]")
    if faults:
        raise NoticeError(faults)
    return tuple(notices)


def _notice(key: str, table: Any, faults: list[str]) -> HolidayNotice | None:
    if not (key.isascii() and key.isdigit() and len(key) == 4):
        faults.append(f"[{key}]: a table is named by its year")
        return None
    try:
        found = msgspec.convert(table, _Year)
    except msgspec.ValidationError as error:
        faults.append(f"[{key}]: {error}")
        return None
    notice = HolidayNotice(
        int(key),
        found.source,
        as_number(found.published),
        tuple(Holiday(d.name_zh, d.name_en, as_number(d.first), as_number(d.last)) for d in found.holidays),
        tuple(as_number(day) for day in found.workdays),
    )
    fault = fault_of(notice)
    if fault:
        faults.append(f"[{key}]: {fault}")
    return notice


def shipped() -> tuple[HolidayNotice, ...]:
    """The notices that come with the package, by year."""
    file = resources.files("engine").joinpath("calendars").joinpath("china.toml")
    return parse(file.read_text(encoding="utf-8"))


def for_pattern(pattern: str) -> tuple[HolidayNotice, ...]:
    """What a market whose rule book names this calendar is founded with."""
    return shipped() if pattern == "china" else ()
