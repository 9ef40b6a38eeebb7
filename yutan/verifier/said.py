"""What members said to their statements and were answered, and what the bank's file said, against the journal and the ledger."""

from collections import defaultdict
from typing import Any, Final

import orjson

from yutan.verifier.findings import LEDGER, TRAIL, Report
from yutan.verifier.journal import CONFIRM, OBJECT, Journal
from yutan.verifier.registry import FILE, Registry

FEES: Final = -3
RESERVE: Final = -4


def check(registry: Registry, journal: Journal, report: Report) -> None:
    """All answers, those since the last close too; all bank files."""
    acts = {
        seq: orjson.loads(content)
        for seq, content in registry.query("SELECT seq, content FROM audit_trail WHERE event = 'taken'")
    }
    if journal.is_whole:
        _answers(registry, journal, acts, report)
    _bank(registry, acts, report)


def _answers(registry: Registry, journal: Journal, acts: dict[int, Any], report: Report) -> None:
    of: dict[int, tuple[int, int, int]] = {}  # objection -> account, day, trade
    for seq, at_ns, account, day, step, objection, trade, words in registry.query(
        "SELECT seq, at_ns, account, trading_day, step, objection, trade, words FROM statement_answers ORDER BY seq"
    ):
        place = f"statement_answers {seq}"
        report.expect(TRAIL, FILE, f"{place} at_ns", journal.at_ns(seq), at_ns)
        if step in ("confirmed", "contested"):
            told = [CONFIRM, account, day] if step == "confirmed" else [OBJECT, account, day, words, trade]
            said = journal.answers.get(seq, [])
            report.expect(TRAIL, FILE, f"{place} as the member said it", told, said[: len(told)])
            of[objection] = account, day, trade
            continue
        act = acts.get(seq, {})
        decided = (act.get("act"), act.get("objection"), act.get("upheld"), act.get("answer"))
        expected = ("DecideStatementObjection", objection, step == "upheld", words)
        report.expect(TRAIL, FILE, f"{place} as it was decided", expected, decided)
        report.expect(TRAIL, FILE, f"{place} of the objection", of.get(objection), (account, day, trade))


def _bank(registry: Registry, acts: dict[int, Any], report: Report) -> None:
    """Each file's balances are those of its act, and its differences those to the ledger as it stood there."""
    cash: dict[int, int] = defaultdict(int)
    postings = registry.query("SELECT seq, from_account, to_account, amount_fen FROM cash_postings ORDER BY posting")
    ahead = next(postings, None)
    members = dict(registry.query("SELECT account, opened_seq FROM accounts"))
    for day, seq, total, count, body in registry.query(
        "SELECT trading_day, seq, total_fen, breaks, body FROM bank_files ORDER BY seq"
    ):
        while ahead is not None and ahead[0] <= seq:
            cash[ahead[1]] -= ahead[3]
            cash[ahead[2]] += ahead[3]
            ahead = next(postings, None)
        act, content = acts.get(seq, {}), orjson.loads(body)
        place = f"bank_files {day}, seq {seq}"
        own = [[FEES, act.get("fees_fen")], [RESERVE, act.get("reserve_fen")]]
        report.expect(LEDGER, FILE, f"{place} balances", [*act.get("balances", []), *own], content["balances"])
        report.expect(LEDGER, FILE, f"{place} total", act.get("total_fen"), total)
        bank = {account: fen for account, fen in content["balances"]}
        known = {account for account, opened in members.items() if opened <= seq} | {FEES, RESERVE}
        sums = {0: (sum(cash[account] for account in known), total)}
        sums |= {account: (cash[account], bank.get(account, 0)) for account in known | bank.keys()}
        expected = sorted([account, *pair] for account, pair in sums.items() if pair[0] != pair[1])
        report.expect(LEDGER, FILE, f"{place} differences", expected, sorted(content["breaks"]))
        report.expect(LEDGER, FILE, f"{place} how many", len(expected), count)
