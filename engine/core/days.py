"""What the market remembers of its trading days: which stage of the day was reached when, by whom, and what it found.

Data only; the rules are in `stages` and `bank`. Only the newest days are kept: older ones are in the journal and the registry.
"""

from typing import Final, final

import msgspec

FIXING: Final = "fixing"  # 固定当日参数
CHECKS: Final = "checks"  # 开市前检查
CONTEST: Final = "contest"  # 异议截止
OPENING: Final = "opening"  # 开市
CLOSE: Final = "close"  # 闭市
CLEARING: Final = "clearing"  # 清算交收
STATEMENTS: Final = "statements"  # 结算单
DISCLOSURE: Final = "disclosure"  # 信息披露
BANK: Final = "bank"  # 银行对账
RECONCILIATION: Final = "reconciliation"  # 对账
STAGES: Final = (
    FIXING,
    CHECKS,
    CONTEST,
    OPENING,
    CLOSE,
    CLEARING,
    STATEMENTS,
    DISCLOSURE,
    BANK,
    RECONCILIATION,
)
TIMED: Final = tuple(
    name for name in STAGES if name not in (OPENING, CLOSE)
)  # the timetable has the times of these two
OPENING_CHECKS: Final = (FIXING, BANK, RECONCILIATION)
DAYS_KEPT: Final = 16
BANK_ROWS_MAX: Final = 2_000  # sub-accounts in a bank's file
BANK_BREAKS_MAX: Final = 4_000


class Mark(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A stage was reached: when, by whom (0: the exchange itself), whether it was right, and how many it counted."""

    at_ns: int
    operator: int
    is_ok: bool = True
    count: int = 0


class BankBreak(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A balance of the bank's file that is not the ledger's. account below 0: one of the exchange's own, 0: the total.

    state: open | explained (解释) | corrected (更正) | carried (结转). since_day: the first file in a row that had it.
    """

    number: int
    trading_day: int
    account: int
    ledger_fen: int
    bank_fen: int
    state: str
    since_day: int


class BankFile(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The bank's newest file: of which day, its SHA-256 (hex), and whether it was compared with the ledger yet."""

    trading_day: int
    sha256: str
    is_compared: bool


@final
class Days:
    """The newest trading days by yyyymmdd, the day whose values are fixed ahead, and the bank's newest file."""

    __slots__ = (
        "bank_file",
        "break_number",
        "breaks",
        "fixed_day",
        "marks",
        "override_basis",
        "override_day",
        "unfinished",
    )

    def __init__(self) -> None:
        self.marks: dict[int, dict[str, Mark]] = {}
        self.fixed_day = 0
        self.override_day = 0  # the day that may open whatever the checks say
        self.override_basis = ""
        self.bank_file: BankFile | None = None
        self.break_number = 0
        self.breaks: dict[int, BankBreak] = {}  # of the newest file
        self.unfinished: dict[int, int] = {}  # account of which something was not settled in time -> since which day

    def mark(self, trading_day: int, stage: str) -> Mark | None:
        """How a stage of a day ended; None where it has not been reached."""
        return self.marks.get(trading_day, {}).get(stage)

    def note(self, trading_day: int, stage: str, mark: Mark) -> None:
        """A stage was reached, or reached again."""
        self.marks.setdefault(trading_day, {})[stage] = mark

    def forget(self) -> None:
        """Keep the newest days only."""
        for trading_day in sorted(self.marks)[:-DAYS_KEPT]:
            del self.marks[trading_day]

    @property
    def open_breaks(self) -> int:
        """How many differences wait for a remedy."""
        return sum(1 for found in self.breaks.values() if found.state == "open")
