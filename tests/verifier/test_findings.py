"""The verifier names what was changed, where, and what it should be; a folder in order has no findings."""

import hashlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from tests.yutan.kit import answer
from yutan.verifier.findings import EXIT_SEVERAL, Finding, exit_code
from yutan.verifier.folder import Verification, verify
from yutan.verifier.registry import NotReadable, lock

MORE_FEES = 'replace(CAST(body AS TEXT), \'"fees":"\', \'"fees":"9\')'


def kinds(found: Verification) -> set[str]:
    return {finding.kind for finding in found.report.findings}


def sql(data: Path, *statements: str) -> None:
    """Change the registry as somebody with the file in hand would: constraints and triggers do not stop them."""
    with closing(sqlite3.connect(data / "registry.db")) as database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        for name, text in database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
            statements = (*statements, text)
        for statement in statements:
            database.execute(statement)
        database.commit()


def test_a_folder_in_order_has_no_findings(data: Path) -> None:
    found = verify(data)
    assert found.report.findings == []
    assert found.report.notes == []
    assert found.registry_seq == found.seq > 50
    assert (
        min(found.report.checks[kind] for kind in ("journal", "ledger", "audit trail", "documents", "snapshots")) > 10
    )


def test_the_day_has_everything_once(data: Path) -> None:
    with closing(sqlite3.connect(data / "registry.db")) as database:
        methods = {row[0] for row in database.execute("SELECT method FROM trades")}
        assert methods == {"opening_call", "continuous", "closing_call", "block"}
        for table in (
            "awards",
            "lockups",
            "registry_acts",
            "restrictions",
            "emissions",
            "retention",
            "statements",
            "voids",
            "statement_corrections",
        ):
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] > 0, table


@pytest.mark.parametrize(
    ("change", "kind", "place"),
    [
        ("UPDATE cash_balances SET amount_fen = amount_fen + 1 WHERE account = 3", "ledger", "cash_balances account 3"),
        ("UPDATE unit_balances SET locked = locked - 1 WHERE account = 4", "ledger", "unit_balances account 4"),
        ("UPDATE unit_postings SET tonnes = tonnes + 1 WHERE kind = 'trade'", "ledger", "trades 1 delivery"),
        ("DELETE FROM cash_postings WHERE posting = 3", "ledger", "cash_postings 4 number"),
        ("UPDATE trades SET price_ticks = price_ticks + 1, amount_fen = amount_fen + tonnes", "ledger", "price"),
        ("UPDATE trades SET at_ns = at_ns + 1 WHERE trade = 2", "ledger", "trades 2 at_ns"),
        ("UPDATE trades SET buy_fee_fen = 0 WHERE trade = 1", "ledger", "trades 1 payment and fees"),
        ("UPDATE awards SET payee = 3", "ledger", "payment and fees"),
        ("DELETE FROM lockups", "ledger", "lockups"),
        ("UPDATE voids SET buy_refund_fen = buy_refund_fen - 1", "ledger", "refund of the buyer"),
        ("UPDATE voids SET was_settled = 0", "ledger", "voided, was settled"),
        ("UPDATE unit_postings SET tonnes = tonnes - 1 WHERE kind = 'void'", "ledger", "tonnes back"),
        ("UPDATE cash_postings SET kind = 'void' WHERE kind = 'fee_return'", "ledger", "cash back"),
        ("UPDATE voids SET basis = 'another'", "audit trail", "basis"),
        ("DELETE FROM voids", "documents", "voided"),
        ("DELETE FROM statement_corrections WHERE account = 3", "documents", "statement_corrections, account, day"),
        ("UPDATE day_stats SET high_ticks = high_ticks + 1", "ledger", "day_stats 20260105"),
        ("UPDATE registry SET mark_seq = mark_seq + 1", "ledger", "registry mark_seq"),
        ("UPDATE audit_trail SET operator = 2, approver = 1 WHERE approver = 2", "audit trail", "operator, approver"),
        ("UPDATE audit_trail SET document = '文号-2' WHERE line = 7", "audit trail", "audit_trail 7 chain"),
        ("DELETE FROM audit_trail WHERE line = 9", "audit trail", "audit_trail 10 number"),
        ("UPDATE accounts SET name = 'somebody else' WHERE account = 3", "audit trail", "accounts opened at seq"),
        ("UPDATE bulletins SET published_seq = 0", "audit trail", "bulletins published at seq"),
        ("UPDATE bulletins SET sha256 = upper(sha256)", "documents", "sha256"),
        ("DELETE FROM statements WHERE account = 5", "documents", "statements of 20260105, accounts"),
        (f"UPDATE statements SET body = CAST({MORE_FEES} AS BLOB)", "documents", "account 4 cash"),
    ],
)  # fmt: skip
def test_a_change_of_the_registry_is_named_by_kind_and_place(data: Path, change: str, kind: str, place: str) -> None:
    sql(data, change)
    findings = verify(data).report.findings
    assert any(finding.kind == kind and place in finding.place for finding in findings), findings


ONLY_BY_THE_RULES = (
    (  # a fee that is one fen too high everywhere: in the trade, its posting, the balances
        "trades 1 fees by the rule book",
        "UPDATE trades SET buy_fee_fen = buy_fee_fen + 1 WHERE trade = 1",
        "UPDATE cash_postings SET amount_fen = amount_fen + 1 WHERE trade = 1 AND kind = 'fee' AND from_account = 4",
        "UPDATE cash_balances SET amount_fen = amount_fen - 1 WHERE account = 4",
        "UPDATE cash_balances SET amount_fen = amount_fen + 1 WHERE account = -3",
        "DELETE FROM bank_files",
    ),
    (
        "reserve_movements, contribution of 20260105",
        "UPDATE reserve_movements SET amount_fen = amount_fen + 1 WHERE purpose = 'contribution' AND seq = (SELECT min(seq) "
        "FROM reserve_movements)",
        "UPDATE cash_postings SET amount_fen = amount_fen + 1 WHERE from_account = -3 AND to_account = -4 AND seq = (SELECT "
        "min(seq) FROM reserve_movements)",
        "UPDATE cash_balances SET amount_fen = amount_fen - 1 WHERE account = -3",
        "UPDATE cash_balances SET amount_fen = amount_fen + 1 WHERE account = -4",
        "DELETE FROM bank_files",
    ),
    (
        "reserve_movements and postings of the reserve",
        "UPDATE reserve_movements SET to_account = 4 WHERE purpose = 'use'",
    ),
    (
        "differences",
        """UPDATE bank_files SET breaks = 0, body = CAST(json_set(CAST(body AS TEXT), '$.breaks', json('[]')) AS BLOB)""",
    ),
)


@pytest.mark.parametrize("case", ONLY_BY_THE_RULES, ids=lambda case: case[0])
def test_figures_that_agree_with_each_other_are_held_against_the_rules(data: Path, case: tuple[str, ...]) -> None:
    place, *changes = case
    sql(data, *changes)
    found = [finding for finding in verify(data).report.findings if finding.kind == "ledger"]
    assert found
    assert all(place in finding.place or "how many" in finding.place for finding in found), found


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE statement_answers SET words = 'never mind' WHERE seq = (SELECT max(seq) FROM statement_answers)",
        "UPDATE statement_answers SET step = 'contested', objection = 9 WHERE step = 'confirmed'",
        "UPDATE statement_answers SET account = 3 WHERE step = 'confirmed'",
    ],
)
def test_answers_after_the_last_close_are_what_members_said(data: Path, change: str) -> None:
    sql(data, change)
    found = [finding for finding in verify(data).report.findings if finding.kind == "audit trail"]
    assert [finding.place for finding in found if "statement_answers" not in finding.place] == []
    assert found


def test_a_document_rewritten_with_its_hash_is_told_by_its_figures(data: Path) -> None:
    """Whoever edits a statement also puts its SHA-256 right; the figures and the bulletin's Merkle root still tell."""
    with closing(sqlite3.connect(data / "registry.db")) as database:
        (body,) = database.execute(
            "SELECT body FROM statements WHERE account = 4 AND trading_day = 20260105"
        ).fetchone()
    content = orjson.loads(body)
    content["name"] = "another"
    changed = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    with closing(sqlite3.connect(data / "registry.db")) as database:
        database.execute(
            "UPDATE statements SET body = ?, sha256 = ? WHERE account = 4 AND trading_day = 20260105",
            (changed, hashlib.sha256(changed).hexdigest()),
        )
        database.commit()
    places = [finding.place for finding in verify(data).report.findings]
    assert places == ["bulletins 20260105 statements_merkle_root", "statements of checkpoint 1, rows and SHA-256"]


def test_a_changed_byte_of_the_journal_is_found_at_its_record(data: Path) -> None:
    (segment,) = (data / "journal").glob("*.segment")
    content = bytearray(segment.read_bytes())
    content[400] ^= 1
    segment.write_bytes(content)
    found = verify(data)
    assert "journal" in kinds(found)
    assert f"journal/{segment.name}" in {finding.file for finding in found.report.findings}


def test_a_journal_cut_short_is_behind_the_registry(data: Path) -> None:
    (segment,) = (data / "journal").glob("*.segment")
    segment.write_bytes(segment.read_bytes()[:-20])
    findings = verify(data).report.findings
    assert any(finding.place == "registry mark_seq" for finding in findings), findings


def test_an_exchange_that_runs_is_not_verified(data: Path) -> None:
    held = lock(data / "registry.db")
    with pytest.raises(NotReadable, match="stop the exchange"):
        verify(data)
    os.close(held)
    assert verify(data).report.findings == []


def test_exit_codes_tell_the_kind() -> None:
    ledger, trail = Finding("ledger", "f", "p", "1", "2"), Finding("audit trail", "f", "p", "1", "2")
    assert [exit_code(found) for found in ([], [ledger, ledger], [trail], [ledger, trail])] == [0, 82, 83, EXIT_SEVERAL]


def test_the_command_replays_too_and_says_what_is_wrong(data: Path) -> None:
    verified = answer("verify", str(data))
    assert verified["findings"] == []
    assert len(verified["state_hash"]) == 64
    assert "all invariants kept" in verified["registry"]
    sql(data, "UPDATE cash_balances SET amount_fen = amount_fen + 1 WHERE account = 3")
    wrong = answer("verify", str(data), "--no-replay", code=EXIT_SEVERAL)
    assert wrong["state_hash"] == ""
    places = [finding["place"] for finding in wrong["findings"]]
    assert places == ["cash_balances account 3", "cash_balances of checkpoint 4, rows and SHA-256"]
