"""The audit trail of acts: its chain of hashes, and each line against the command of the journal that caused it.

Who proposed, who approved, why and under which document is in the journal's commands; so is the act, value for value. And
what the acts of members' title say must stand in the registry at the same seq: deposits, issues, accounts, instruments,
published bulletins.
"""

import hashlib
from collections import Counter
from typing import Any, Final, NamedTuple

import msgspec
import orjson

from yutan.verifier.findings import TRAIL, Report
from yutan.verifier.journal import APPROVE, CONFIRM_FILING, OBJECT, PROPOSE, REJECT, WITHDRAW_FILING, Journal, Word
from yutan.verifier.registry import FILE, Registry

SYSTEM: Final = 0  # the exchange itself: timetable, settlement
_EVENTS: Final = {
    PROPOSE: ("proposed", "taken", "refused"),
    APPROVE: ("taken", "refused"),
    REJECT: ("rejected", "refused"),
}
# how units move by what members ask
_OF_FILINGS: Final = {CONFIRM_FILING: "encumber", WITHDRAW_FILING: "release", OBJECT: "encumber"}


class Line(NamedTuple):
    """A line of the audit trail."""

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


class Head(NamedTuple):
    """Where the trail ends: how many lines, and the last link."""

    lines: int
    chain: str


def check(registry: Registry, journal: Journal, report: Report) -> dict[int, Head]:
    """Check every line; returns the head of the trail after each closed day, by the day's closing seq."""
    trail = _Trail(registry, journal, report)
    for row in registry.rows("SELECT {} FROM audit_trail ORDER BY line", Line):
        trail.line(Line(*row))
    return trail.finish()


class _Trail:
    def __init__(self, registry: Registry, journal: Journal, report: Report) -> None:
        self.registry, self.journal, self.report = registry, journal, report
        self.chain = bytes(32)
        self.last = 0
        self.seqs: Counter[int] = Counter()
        self.acts: dict[int, dict[str, Any]] = {}
        self.closes = [day.closed_seq for day in registry.days]
        self.heads: dict[int, Head] = {}

    def expect(self, place: str, expected: object, found: object) -> bool:
        return self.report.expect(TRAIL, FILE, place, expected, found)

    def line(self, line: Line) -> None:
        place = f"audit_trail {line.line}"
        self._pass_closes(line.seq)
        self.last += 1
        self.expect(f"{place} number", self.last, line.line)
        self.chain = hashlib.sha256(self.chain + orjson.dumps(line[:-1])).digest()
        if not self.expect(f"{place} chain", self.chain, line.chain):
            self.chain = line.chain  # each broken link is told once
        self.expect(f"{place} approver is its proposer", False, line.approver == line.operator and line.approver > 0)
        self.seqs[line.seq] += 1
        if line.seq > self.journal.last_seq and not self.journal.is_whole:
            return
        self.expect(f"{place} at_ns", self.journal.at_ns(line.seq), line.at_ns)
        word = self.journal.words.get(line.seq)
        if line.event == "rejected" and line.operator == SYSTEM:
            self.expect(f"{place} lapsed", ("expired", "", "{}"), (line.reason, line.document, line.content))
        elif word is None:
            self.report.wrong(TRAIL, FILE, f"{place} seq {line.seq}", "an operator's command in the journal", "another")
        else:
            self._against(place, line, word)

    def _pass_closes(self, seq: int) -> None:
        while self.closes and self.closes[0] < seq:
            self.heads[self.closes.pop(0)] = Head(self.last, self.chain.hex())

    def _against(self, place: str, line: Line, word: Word) -> None:
        events = _EVENTS[word.tag]
        self.report.require(TRAIL, FILE, f"{place} event", line.event in events, " or ".join(events), line.event)
        self.expect(f"{place} proposal", word.proposal, line.proposal)
        content = orjson.loads(line.content)
        if line.event == "refused":
            told = (word.operator, 0, "")
            self.expect(f"{place} operator, approver, document", told, (line.operator, line.approver, line.document))
        elif line.event == "rejected":
            found = (line.operator, line.approver, line.document, content)
            self.expect(f"{place} operator", (word.operator, 0, "", {}), found)
            self.report.require(
                TRAIL, FILE, f"{place} reason", word.reason.startswith(line.reason), word.reason, line.reason
            )
        else:
            self._act(place, line, word, content)

    def _act(self, place: str, line: Line, word: Word, content: dict[str, Any]) -> None:
        """An act that was proposed or taken, in the words of its proposal."""
        proposed = self.journal.words.get(word.proposal)
        if proposed is None or proposed.tag != PROPOSE:
            self.report.wrong(TRAIL, FILE, f"{place} proposal", "a proposal of the journal", word.proposal)
            return
        approver = word.operator if word.tag == APPROVE else 0
        self.expect(
            f"{place} operator, approver, reason, document",
            (proposed.operator, approver, proposed.reason, proposed.document),
            (line.operator, line.approver, line.reason, line.document),
        )
        act = content
        if line.event == "proposed":
            act = content.get("act", {})
            digest = hashlib.sha256(msgspec.msgpack.encode(proposed.act)).hexdigest()
            self.expect(f"{place} act_sha256", digest, content.get("act_sha256"))
        else:
            self.acts[line.seq] = act
        missing = _values(proposed.act[1:]) - _values([value for name, value in act.items() if name != "act"])
        self.expect(f"{place} values of the act that are not in its line", [], sorted(missing))

    def finish(self) -> dict[int, Head]:
        """What can be said when all lines are read."""
        self._pass_closes(2**63)
        for seq in self.journal.words:
            if seq <= self.registry.mark_seq:
                lines = self.seqs[seq]
                self.report.require(TRAIL, FILE, f"lines of seq {seq}", lines >= 1, "at least 1", lines)
        self._effects()
        self._causes()
        return self.heads

    def _effects(self) -> None:
        """What an act did stands in the registry at its seq."""
        published: set[tuple[object, object]] = set()
        for seq, act in self.acts.items():
            name = act.get("act")
            if name == "DepositCash":
                rows = self._rows("SELECT kind, to_account, amount_fen FROM cash_postings WHERE seq = ?", seq)
                self.expect(f"cash_postings of seq {seq}", [("deposit", act["account"], act["amount_fen"])], rows)
            elif name == "OpenAccount":
                rows = self._rows("SELECT code, owner, name, category FROM accounts WHERE opened_seq = ?", seq)
                expected = [(act["code"], act["owner"], act["name"], act["category"])]
                self.expect(f"accounts opened at seq {seq}", expected, rows)
            elif name == "ListInstrument":
                rows = self._rows(
                    "SELECT code, product, vintage, name_zh, name_en, base_price_ticks FROM instruments WHERE listed_seq = ?",
                    seq,
                )
                names = ("code", "product", "vintage", "name_zh", "name_en", "base_price_ticks")
                self.expect(f"instruments listed at seq {seq}", [tuple(act[each] for each in names)], rows)
            elif name == "PublishBulletin":
                content = act["trading_day"], act["sha256"]
                if content in published:
                    continue  # what is published again stays so since the first time
                published.add(content)
                rows = self._rows(
                    "SELECT trading_day, sha256 FROM bulletins WHERE published_seq = ?1 UNION ALL "
                    "SELECT last_day, sha256 FROM publications WHERE published_seq = ?1",
                    seq,
                )
                self.expect(f"bulletins published at seq {seq}", [content], rows)

    def _causes(self) -> None:
        """What stands in the registry was caused by an act, or by trading."""
        for table, key, condition in (
            ("cash_postings", "posting", "seq > 0 AND trade = 0"),
            ("unit_postings", "posting", "seq > 0 AND trade = 0"),
        ):
            for number, seq, kind in self.registry.query(f"SELECT {key}, seq, kind FROM {table} WHERE {condition}"):
                asked = self.journal.filings.get(seq, self.journal.answers.get(seq, [0])[0])
                if kind == _OF_FILINGS.get(asked):
                    continue  # a unit's own request, which is no act
                self.report.require(TRAIL, FILE, f"{table} {number}", seq in self.acts, "an act taken at its seq", seq)
        for number, seq in self.registry.query("SELECT account, opened_seq FROM accounts"):
            self._caused(f"accounts {number}", seq, "OpenAccount")
        for number, seq in self.registry.query("SELECT instrument, listed_seq FROM instruments"):
            self._caused(f"instruments {number}", seq, "ListInstrument")
        for day, seq in self.registry.query("SELECT trading_day, published_seq FROM bulletins WHERE published_seq > 0"):
            self._caused(f"bulletins {day}", seq, "PublishBulletin")
        for number, seq, made in self.registry.query("SELECT number, published_seq, made_seq FROM publications"):
            if seq:
                self._caused(f"publications {number}", seq, "PublishBulletin")
            causes = ("OpenDay", "CloseDay", "CorrectBulletin", "VoidTrade")
            cause = self.acts.get(made, {}).get("act")
            self.report.require(TRAIL, FILE, f"publications {number} made", cause in causes, "an act of the day", cause)
        for void in self.registry.voids.values():
            self._caused(f"voids {void.trade}", void.seq, "VoidTrade")
            act = self.acts.get(void.seq, {})
            self.expect(f"voids {void.trade}, what was voided", act.get("trade"), void.trade)
            self.expect(f"voids {void.trade}, basis", act.get("basis"), void.basis)
            deal, facts = self.registry.deals.get(void.trade), act.get("facts", {})
            names = (
                "instrument",
                "price_ticks",
                "tonnes",
                "amount_fen",
                "buyer",
                "buy_fee_fen",
                "seller",
                "sell_fee_fen",
            )
            told = [getattr(deal, name) for name in names] if deal else None
            self.expect(f"voids {void.trade}, the trade as it was", told, [facts.get(name) for name in names])
        for (seq,) in self.registry.query("SELECT seq FROM monitor_reports"):
            self._caused(f"monitor_reports {seq}", seq, "PublishReport")
        for (seq,) in self.registry.query("SELECT seq FROM dispatches"):
            self._caused(f"dispatches {seq}", seq, "RecordDispatch")
        for day in self.registry.days:
            self._caused(f"days {day.trading_day}", day.closed_seq, "CloseDay")

    def _caused(self, place: str, seq: int, name: str) -> None:
        self.expect(f"{place}, the act of seq {seq}", name, self.acts.get(seq, {}).get("act"))

    def _rows(self, sql: str, seq: int) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.registry.query(sql, seq)]


def _values(of: Any) -> Counter[str]:
    """All values inside, however deep, as texts, with how often each occurs: names and nesting do not count."""
    if isinstance(of, bytes):
        return Counter([of.hex()])
    if isinstance(of, dict):
        of = list(of.values())
    if isinstance(of, list):
        return sum((_values(each) for each in of), Counter())
    return Counter([str(of)])
