"""The read contract through which others see title: settlement implements it, the gateway is handed it. `Proofs` is the same for
what the exchange signs.

It lives with the engine's words because `gateway` and `settlement` do not import each other. Figures are settled facts of
the registry: tonnes and fen.
"""

from typing import Any, Protocol

import msgspec

from engine.core.commands import TradeFacts
from engine.public_notices import PublicNotice


class TitleHolding(msgspec.Struct, frozen=True):
    """Settled units of one instrument in one account: `locked` are bought too recently to be sold (T+N), `encumbered` are
    frozen, pledged or withdrawn from trading, `preallocated` wait for their true-up, `use_restricted` are only for the
    holder's own surrender."""

    instrument: int
    available: int
    locked: int
    encumbered: int = 0
    preallocated: int = 0
    use_restricted: int = 0

    @property
    def tonnes(self) -> int:
        """All of them."""
        return self.available + self.locked + self.encumbered + self.preallocated + self.use_restricted


class SerialRow(msgspec.Struct, frozen=True):
    """Serials of a project's offsets that an account holds, both ends included; project "": numbered by the registry.

    account 0: surrendered for `year`, or canceled (year 0). boundary: an account, 0 for none.
    """

    account: int
    instrument: int
    project: str
    project_type: str
    methodology: str
    origin: str
    first_serial: int
    last_serial: int
    proof: str
    boundary: int
    year: int = 0


class AuditSearch(msgspec.Struct, frozen=True):
    """Which lines of the audit trail: those before `before_line` that fit all that is given; 0 and "" fit every line.

    operator: who proposed or approved. act: the kind of act as the core calls it. document: a part of its number.
    """

    before_line: int
    account: int
    operator: int
    act: str
    document: str
    limit: int


class AuditLine(msgspec.Struct, frozen=True):
    """A line of the audit trail. event: proposed | taken | refused | rejected; approver 0: one person sufficed.

    content: the act (a proposal: with its hash; a refusal: its reason) as JSON. chain: SHA-256 over the line before's and
    this line.
    """

    line: int
    seq: int
    at_ns: int
    event: str
    proposal: int
    operator: int
    approver: int
    reason: str
    document: str
    content: str
    chain: bytes


class TradeStatus(msgspec.Struct, frozen=True):
    """How far a trade's settlement has come. trading_day: 0 while it waits in the backlog.

    status: clearing_hold | settled | failed | disputed | void; reason: catalogue number, 0 = none.
    """

    trade: int
    seq: int
    instrument: int
    buyer: int
    seller: int
    tonnes: int
    amount_fen: int
    status: str
    reason: int
    detail: str
    trading_day: int


class Break(msgspec.Struct, frozen=True):
    """One difference found by a reconciliation. asset: "cash" or an instrument's code."""

    account: int
    asset: str
    engine: int
    registry: int


class ReconciliationReport(msgspec.Struct, frozen=True):
    """Engine = registry = bank, at one seq. `ok` when there are no breaks and the ledgers sum to zero."""

    seq: int
    ok: bool
    accounts: int
    cash_fen: int  # all members' cash, fees included = what the bank must hold
    bank_fen: int
    units: dict[str, int]  # instrument code -> tonnes issued and not surrendered
    unsettled: int
    breaks: list[Break]
    trading_day: int = 0  # the day at that seq, yyyymmdd
    is_closed: bool = False  # whether it had been closed by then
    affected: list[int] = []  # accounts that have part in what is set aside, rising
    figures: tuple[int, int, int, str] = (
        0,
        0,
        0,
        "",
    )  # of a closed day: trades, tonnes, fen and SHA-256 (days.figures_of)


class BankComparison(msgspec.Struct, frozen=True):
    """The bank's file against the registry's ledger: (account, ledger fen, bank fen) of each that differs.

    Accounts below 0 are the exchange's own; account 0 is the total of the special account.
    """

    trading_day: int
    seq: int
    sha256: str
    breaks: list[tuple[int, int, int]]


class StatementAnswer(msgspec.Struct, frozen=True):
    """A step of a member's answer to a statement. step: confirmed | contested | upheld | dismissed; 0: no objection, no trade."""

    seq: int
    at_ns: int
    account: int
    trading_day: int
    step: str
    objection: int
    trade: int
    words: str


def statement_status(answers: list[StatementAnswer], trading_day: int) -> str:
    """How a day's statement ended, once its time was over: contested | confirmed | accepted (nothing was said)."""
    steps = {answer.step for answer in answers if answer.trading_day == trading_day}
    return "contested" if "contested" in steps else "confirmed" if "confirmed" in steps else "accepted"


class BulletinRow(msgspec.Struct, frozen=True):
    """A bulletin's place in the public list."""

    trading_day: int
    number: int
    sha256: str
    published: bool


class PublicationRow(msgspec.Struct, frozen=True):
    """A bulletin beside the days' first ones: a week's, a month's, a year's, or any kind's later version.

    kind: day | week | month | year; period: its name, such as 2026-W47; days are yyyymmdd; supersedes: SHA-256 or "".
    """

    number: int
    kind: str
    period: str
    version: int
    first_day: int
    last_day: int
    sha256: str
    supersedes: str
    published: bool


class MonitorReportRow(msgspec.Struct, frozen=True):
    """A published report of the monitor: what it is of, and the SHA-256 (hex) of its bytes."""

    seq: int
    at_ns: int
    subject: str
    sha256: str


class DispatchRow(msgspec.Struct, frozen=True):
    """What was sent to an authority, as which document. kind: bureau | finance | regulator | matter."""

    seq: int
    at_ns: int
    trading_day: int
    kind: str
    subject: str
    sent_as: str
    sha256: str


class ClosedFigure(msgspec.Struct, frozen=True):
    """An instrument's closed day: prices in ticks, listed trades."""

    trading_day: int
    instrument: int
    previous_close_ticks: int
    close_ticks: int
    trades: int


class RecentFacts(msgspec.Struct, frozen=True):
    """What the last closed days say that an authority may have to be told at once; days oldest first.

    incidents: (name, trading day, Chinese title, English title) of the notices of halts, and of reconciliations that found
    differences, which have no titles.
    """

    figures: list[ClosedFigure]
    incidents: list[tuple[str, int, str, str]]


class Title(Protocol):
    """What the gateway may ask of settlement. Every answer is of committed facts."""

    async def cash(self, account: int) -> int:
        """Settled cash in fen."""

    async def holdings(self, account: int) -> list[TitleHolding]:
        """Settled units."""

    async def trade(self, trade: int) -> TradeStatus | None:
        """One trade's settlement, or None where settlement has not seen it yet (status "matched")."""

    async def trade_facts(self, trade: int) -> TradeFacts | None:
        """What a trade was, with its fees; None for an award, or where the registry has none of this number."""

    async def unsettled(self, limit: int) -> list[TradeStatus]:
        """Trades and other instructions set aside, oldest first."""

    async def serials(self, account: int) -> list[SerialRow]:
        """Blocks of serials of offsets that an account holds, or (0) all; lowest first."""

    async def audit_lines(self, search: AuditSearch) -> list[AuditLine]:
        """Lines of the audit trail, newest first."""

    async def statement_days(self, account: int) -> list[int]:
        """Trading days (yyyymmdd) for which the account has a statement, newest first."""

    async def statement(self, account: int, trading_day: int) -> bytes | None:
        """The statement as JSON (sorted keys)."""

    async def statement_answers(self, account: int) -> list[StatementAnswer]:
        """What an account said to its statements and was answered, oldest first, of at most the newest thousand steps."""

    async def bulletins(self) -> list[BulletinRow]:
        """All bulletins made, newest first."""

    async def bulletin(self, trading_day: int) -> bytes | None:
        """The bulletin as JSON: exactly the bytes whose SHA-256 is its name."""

    async def notices(self, before_seq: int, category: str, instrument: str, limit: int) -> list[PublicNotice]:
        """Notices to the public of entries before `before_seq`, newest first; "" for every category or instrument."""

    async def notice(self, seq: int, line: int) -> PublicNotice | None:
        """One notice."""

    async def publications(self) -> list[PublicationRow]:
        """Weekly, monthly and yearly bulletins and corrections, newest first."""

    async def publication(self, period: str, version: int) -> bytes | None:
        """One of them as JSON: exactly the bytes whose SHA-256 is its name."""

    async def monitor_reports(self) -> list[MonitorReportRow]:
        """Published reports of the monitor, newest first."""

    async def monitor_report(self, sha256: str) -> bytes | None:
        """One of them by the SHA-256 of its bytes."""

    async def dispatches(self, limit: int) -> list[DispatchRow]:
        """What was sent to authorities, newest first."""

    async def recent_facts(self, days: int) -> RecentFacts:
        """Closing figures and incidents of the last closed days."""

    async def report(self, kind: str, period: str) -> dict[str, Any] | None:
        """A report (bureau | finance | monitor) on the closed days of a period; None where there is nothing of it."""

    async def reconcile(self) -> ReconciliationReport:
        """Compare engine, registry and bank at one seq, with everything up to it settled."""

    async def wait_settled(self, seq: int) -> None:
        """Wait until everything up to `seq` is committed in the registry."""


class CheckpointRow(msgspec.Struct, frozen=True):
    """A signed checkpoint as it is published: its very bytes, the Ed25519 signature over them, and what a list tells of it."""

    number: int
    at_ns: int
    seq: int
    chain: str
    sha256: str
    body: bytes
    signature: bytes


class KeyRow(msgspec.Struct, frozen=True):
    """A public key of the exchange (hex), and the number of the first checkpoint that it signs."""

    public_key: str
    first_checkpoint: int


class Proofs(Protocol):
    """What the gateway may publish so that anyone can check the exchange."""

    def checkpoint(self, number: int) -> CheckpointRow | None:
        """One checkpoint; None where there is none of this number."""

    def newest_number(self) -> int:
        """Number of the newest checkpoint; 0 where there is none."""

    def exchange_keys(self) -> list[KeyRow]:
        """All keys the exchange has signed with, and the one it signs with next, oldest first."""

    def sign(self, body: bytes) -> bytes:
        """The exchange's Ed25519 signature over the bytes of something published."""
