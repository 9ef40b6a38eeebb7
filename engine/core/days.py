"""What the market remembers of its trading days: which stage of the day was reached when, by whom, and what it found.

Data only; the rules are in `stages` and `bank`. Only the newest days are kept: older ones are in the journal and the registry.
"""

from hashlib import sha256
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


class DayFigures(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What traded on a day, as one body counted it: trades, tonnes, fen; sha256 (hex) over each instrument's by method.

    Listed trading and block trades; government auctions stand beside trading. sha256 "": nobody has counted.
    """

    trading_day: int = 0
    trades: int = 0
    tonnes: int = 0
    amount_fen: int = 0
    sha256: str = ""


def figures_of(trading_day: int, rows: list[tuple[int, str, int, int, int]]) -> DayFigures:
    """Figures of rows (instrument, "listed" or another method, tonnes, fen, trades), several of one kind being added up."""
    summed: dict[tuple[int, str], list[int]] = {}
    for instrument, method, *figures in rows:
        if figures[2] > 0:
            before = summed.get((instrument, method), [0, 0, 0])
            summed[instrument, method] = [a + b for a, b in zip(before, figures, strict=True)]
    told = [[*key, *summed[key]] for key in sorted(summed)]
    tonnes, amount_fen, trades = (sum(found[place] for found in summed.values()) for place in range(3))
    digest = sha256(msgspec.json.encode([trading_day, told])).hexdigest()
    return DayFigures(trading_day, trades, tonnes, amount_fen, digest)


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
        "figures",
        "figures_settled",
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
        self.figures = DayFigures()  # the engine's, of the day that closed last
        self.figures_settled = DayFigures()  # settlement's of the same
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
