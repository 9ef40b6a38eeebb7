"""The trading day as a state table: which phase may follow which, and what each allows.

A phase belongs to the whole market. A halt is not a phase: it lies over the phase, on one instrument or on
all, and lifting it returns to whatever phase the day has reached. Source of the day's shape: domain rules (d).
"""

from typing import Final

CLOSED: Final = 0
PRE_OPEN: Final = 1
OPENING_CALL: Final = 2
OPENING_CALL_NO_CANCEL: Final = 3
CONTINUOUS: Final = 4
BREAK: Final = 5
CLOSING_CALL: Final = 6
POST_CLOSE: Final = 7

NAMES: Final[tuple[str, ...]] = (
    "closed",
    "pre_open",
    "opening_call",
    "opening_call_no_cancel",
    "continuous",
    "break",
    "closing_call",
    "post_close",
)
NAMES_ZH: Final[tuple[str, ...]] = (
    "闭市",
    "开市前",
    "开盘集合竞价",
    "开盘集合竞价(不可撤单)",
    "连续交易",
    "午间休市",
    "收盘集合竞价",
    "盘后",
)

# The day begins with OpenDay (closed -> pre_open) and ends with CloseDay (any -> closed); all else is here.
TRANSITIONS: Final[dict[int, tuple[int, ...]]] = {
    CLOSED: (),
    PRE_OPEN: (OPENING_CALL, CONTINUOUS, BREAK),
    OPENING_CALL: (OPENING_CALL_NO_CANCEL, CONTINUOUS, BREAK),
    OPENING_CALL_NO_CANCEL: (CONTINUOUS, BREAK),
    CONTINUOUS: (BREAK, CLOSING_CALL, POST_CLOSE),
    BREAK: (CONTINUOUS, CLOSING_CALL, POST_CLOSE),
    CLOSING_CALL: (POST_CLOSE,),
    POST_CLOSE: (),
}

#                              place  cancel collects (orders rest without matching until the uncross)
ALLOWS: Final[tuple[tuple[bool, bool, bool], ...]] = (
    (False, False, False),  # closed
    (False, True, False),  # pre_open
    (True, True, True),  # opening_call
    (True, False, True),  # opening_call_no_cancel
    (True, True, False),  # continuous
    (False, True, False),  # break
    (True, True, True),  # closing_call
    (False, False, False),  # post_close
)


def is_call(phase: int) -> bool:
    """Whether orders are collected for a single-price uncross in this phase."""
    return phase in (OPENING_CALL, OPENING_CALL_NO_CANCEL, CLOSING_CALL)
