"""What operators look at before they act: effects of proposals, files as they are read, bulletins before they are published."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from engine.alerts import Alert
from engine.core import commands, phases, units
from gateway.console_desk import FAULTS_SHOWN_MAX, FILES_HELD_MAX
from gateway.protocol import acts
from gateway.protocol.console_wire import PART_BYTES_MAX, EffectRow, FileKind
from tests.gateway.kit import PRODUCTS, SPOT, House
from tests.testkit.build import rulebook_text
from yutan import imports
from yutan.client import Refused

HEAD = "account,instrument,kind,tonnes\n"
ALL_TWO = (
    "SetAllocationPlan",
    "ImportAllocations",
    "AllocateUnits",
    "DepositCash",
    "Halt",
    "ChangePhase",
    "OpenDay",
    "Restrict",
)
DIGEST = "cd" * 32


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[House]:
    """A house that reads files, with two key emitters beside its institutions, where everything asks for two persons."""
    house = await House.start(
        tmp_path, two_person_acts=(*ALL_TWO, "LiftRestriction", "PublishBulletin", "SurrenderUnits")
    )
    house.gateway.operators.console.read_file = imports.read_file
    for number in (4, 5):
        await house.act(commands.OpenAccount(f"K00{number}", 10 + number, f"厂 {number}", "key_emitter"))
    yield house
    await house.stop()


async def effect(house: House, act: commands.AnyAct) -> list[tuple[str, str, str, str]]:
    """What the door says that a proposal of this act would change, without its Chinese words."""
    (proposed,) = await house.sequencer.submit(commands.Propose(1, "test", "", act))
    async with house.operator("li") as li:
        found = await li.console.effect(f"P-{proposed.proposal}")  # type: ignore[attr-defined]
    assert found.sha256 == hashlib.sha256(msgspec.json.encode(found.rows)).hexdigest()
    assert all(row.label_zh for row in found.rows)
    return [(row.subject, row.label_en, row.before, row.after) for row in found.rows]


async def test_a_proposal_says_what_it_would_change(two: House) -> None:
    await two.act(commands.SetAllocationPlan(2025, 90_000, 1_000, "渝环〔2025〕1号"))
    issues = ((4, 1, "free", 300), (5, 1, "preallocation", 50))
    assert await effect(two, commands.ImportAllocations(2025, issues, DIGEST)) == [
        ("2025", "Issued of the year", "60000 / 89000", "60350 / 89000"),
        ("K004", "Free allocation", "0", "300"),
        ("K005", "Preallocation", "0", "50"),
    ]
    assert await effect(two, commands.AllocateUnits(4, 1, 100, "free", 2024)) == [
        ("2024", "Issued of the year", "0", "100"),
        ("K004", "Free allocation", "0", "100"),
    ]
    assert await effect(two, commands.SetAllocationPlan(2025, 95_000, 1_000, "渝环〔2025〕9号")) == [
        ("2025", "Total", "90000", "95000"),
        ("2025", "Reserve", "1000", "1000"),
        ("2025", "Document", "渝环〔2025〕1号", "渝环〔2025〕9号"),
    ]
    assert await effect(two, commands.Halt(1)) == [(SPOT, "Trading", "正常 not halted", "暂停 halted")]
    assert await effect(two, commands.ChangePhase(phases.BREAK)) == [
        ("2026-11-20", "Phase", "连续交易 continuous", "午间休市 break")
    ]
    assert await effect(two, commands.DepositCash(1, 1234)) == [("A001", "Cash in", "", "+12.34")]
    restricted = commands.Restrict(1, units.RESTRICT_BUY, "渝环罚 3")
    assert await effect(two, restricted) == [("A001", "Restricted", "无 none", "buy")]
    await two.act(restricted, commands.Restrict(1, units.RESTRICT_SELL | units.RESTRICT_BUY, "渝环罚 4"))
    lifted = commands.LiftRestriction(1, units.RESTRICT_SELL | units.RESTRICT_BUY, 2)
    assert await effect(two, lifted) == [("A001", "Restricted", "buy、sell", "buy")]
    assert await effect(two, commands.LiftRestriction(1, units.RESTRICT_SELL)) == [
        ("A001", "Restricted", "buy、sell", "buy")
    ]
    assert await effect(two, commands.PublishBulletin(20261120, DIGEST)) == [
        ("2026-11-20", "Bulletin", "无此内容 no such content", "")
    ]
    assert (
        await effect(two, commands.PublishNotice("announcement", "题", "Title", "文", "Text")) == []
    )  # it says all itself


async def test_a_rule_book_shows_each_rule_that_changes(two: House) -> None:
    text = rulebook_text(PRODUCTS, two_person_acts=["Halt"], version=2)
    rows = await effect(two, commands.AdoptRuleBook(text, 2, 20261123, ("渝环〔2026〕5号",)))
    (changed,) = [row for row in rows if row[0].endswith("two_person_acts")]
    assert changed[3] == '["Halt"]'
    assert changed[2] != changed[3]


async def test_what_has_changed_since_it_was_shown_is_not_approved(two: House) -> None:
    async with two.operator("chen") as chen, two.operator("li") as li:
        fields = {"account": "K004", "instrument": SPOT, "tonnes": 300, "kind": "free", "year": 2025}
        proposed = await chen.act("allocate_units", fields, "notice")
        seen = await li.console.effect(proposed.proposal_id)
        await two.act(commands.AllocateUnits(5, 1, 10, "free", 2025))
        with pytest.raises(Refused, match="CONTENT_CHANGED") as refused:
            await li.approve(proposed.proposal_id, proposed.sha256, seen.sha256)
        assert refused.value.data.field == "effect_sha256"
        again = await li.console.effect(proposed.proposal_id)
        assert again.rows[0].before != seen.rows[0].before
        assert (await li.approve(proposed.proposal_id, proposed.sha256, again.sha256)).status == "done"
        with pytest.raises(Refused, match="UNKNOWN_PROPOSAL"):
            await li.console.effect(proposed.proposal_id)
        with pytest.raises(Refused, match="UNKNOWN_PROPOSAL"):
            await li.approve(proposed.proposal_id, proposed.sha256, again.sha256)


async def test_a_file_is_read_whole_and_done_by_one_act_or_not_at_all(two: House) -> None:
    async with two.operator("chen") as chen, two.operator("li") as li:
        wrong = (HEAD + f"K004,{SPOT},free,1\nK009,{SPOT},free,0\n").encode()
        told = await chen.console.read_file("allocations", wrong)
        assert (told.is_read, told.rows, told.fault_count) == (True, 0, 2)
        assert [(fault.line, fault.column, fault.value) for fault in told.faults] == [
            (3, "account", "K009"),
            (3, "tonnes", "0"),
        ]
        with pytest.raises(Refused, match="INVALID_FIELD"):
            await chen.console.file_act(told.sha256, {"year": 2025}, "notice")
        right = (HEAD + f"K004,{SPOT},free,1\nK005,{SPOT},free,2\n").encode()
        told = await chen.console.read_file("allocations", right)
        assert (told.rows, told.fault_count, told.sha256) == (2, 0, hashlib.sha256(right).hexdigest())
        with pytest.raises(Refused, match="CONTENT_CHANGED"):
            await chen.console.file_act(DIGEST, {"year": 2025}, "notice")
        with pytest.raises(Refused, match="CONTENT_CHANGED"):
            await li.console.file_act(told.sha256, {"year": 2025}, "notice")  # whose file it is proposes it
        with pytest.raises(Refused, match="UNKNOWN_FIELD"):
            await chen.console.file_act(told.sha256, {"yeer": 2025}, "notice")
        done = await chen.console.file_act(told.sha256, {"year": 2025, "issues": []}, "notice", "渝环〔2026〕5号")
        (row,) = await li.pending()
        assert (done.status, row.document, row.fields["sha256"]) == ("pending", "渝环〔2026〕5号", told.sha256)
        assert row.fields["issues"] == [["K004", SPOT, "free", 1], ["K005", SPOT, "free", 2]]
        assert (await li.approve(row.proposal_id, row.sha256)).status == "done"


@pytest.mark.parametrize(
    ("kind", "content", "rows", "problem"),
    [
        ("emissions", "account,emissions_t,reported_on\nK004,5,2026-04-20\n", 1, ""),
        ("emissions", "account,emissions_t,reported_on\nA001,5,2026-04-20\n", 0, "is a institution, not a key emitter"),
        (
            "bank",
            "account,opening,credit,debit,closing\n#fees,0.00,0.00,0.00,0.00\n#total,0.00,0.00,0.00,0.00\n",
            0,
            "",
        ),
        ("rulebook", "version = ", 0, "not TOML"),
        ("allocations", b"\xff\xfe", 0, "is not UTF-8"),
        ("rulebook", b"\xff\xfe", 0, "is not UTF-8"),
        ("allocations", "", 0, "the header must be"),
    ],
)
async def test_each_kind_of_file_says_what_is_wrong(
    two: House, kind: Any, content: str | bytes, rows: int, problem: str
) -> None:
    async with two.operator("chen") as chen:
        told = await chen.console.read_file(kind, content.encode() if isinstance(content, str) else content)
        assert told.is_read
        assert told.rows == rows
        assert [problem in fault.problem for fault in told.faults] == ([True] if problem else [])
        assert told.fault_count == bool(problem)


async def test_what_is_read_are_fields_of_its_act(two: House) -> None:
    files = {
        "allocations": HEAD + f"K004,{SPOT},free,1\n",
        "emissions": "account,emissions_t,reported_on\nK004,5,2026-04-20\n",
        "bank": "account,opening,credit,debit,closing\n#fees,0.00,0.00,0.00,0.00\n#total,0.00,0.00,0.00,0.00\n",
        "rulebook": rulebook_text(PRODUCTS, version=2),
    }
    for kind, text in files.items():
        found = imports.read_file(kind, text.encode(), two.sequencer.view)
        assert found.faults == []
        known = {form.name for form in acts.ACTS[found.act].forms.values()}
        assert set(found.fields) <= known, kind
        assert get_args(FileKind).count(kind) == 1
    assert len(files) == len(get_args(FileKind))


async def test_large_files_come_in_parts_and_parts_out_of_order_are_refused(two: House) -> None:
    async with two.operator("chen") as chen:
        lines = "".join(f"X{number:06},{SPOT},free,1\n" for number in range(FAULTS_SHOWN_MAX + 500))
        told = await chen.console.read_file("allocations", (HEAD + lines).encode())
        assert len(HEAD + lines) > 3 * PART_BYTES_MAX
        assert (told.fault_count, len(told.faults)) == (FAULTS_SHOWN_MAX + 500, FAULTS_SHOWN_MAX)
    peer = await two.raw("ops")
    await peer.log_in("chen", two.settings.env)
    part = {"kind": "allocations", "part": 2, "parts": 2, "content": "QQ=="}
    assert (await peer.ask("ops.file_part", part))["error"]["name"] == "INVALID_FIELD"
    assert (await peer.ask("ops.file_part", {**part, "part": 1}))["result"] == {"kind": "allocations"}
    assert (await peer.ask("ops.file_part", {**part, "kind": "bank"}))["error"]["name"] == "INVALID_FIELD"
    assert (await peer.ask("ops.file_part", part))["result"]["is_read"]
    assert (await peer.ask("ops.file_part", part))["error"]["name"] == "INVALID_FIELD"
    too_much = {**part, "part": 1, "content": "QUJD" * (PART_BYTES_MAX // 3 + 1)}
    assert (await peer.ask("ops.file_part", too_much))["error"]["name"] == "INVALID_FIELD"
    assert len(two.gateway.operators.console._files) <= FILES_HELD_MAX


async def test_a_bulletin_is_looked_at_signed_and_published_by_its_hash(two: House) -> None:
    async with two.operator("chen") as chen, two.operator("li") as li:
        await two.act(commands.CloseDay())
        await two.settlement.wait_settled(two.sequencer.view.day().seq)
        row = next(row for row in await chen.console.bulletins() if row.kind == "day")
        assert (row.period, row.version, row.is_published) == ("2026-11-20", 1, False)
        text = await chen.console.bulletin(row.period)
        assert hashlib.sha256(text.body.encode()).hexdigest() == text.sha256 == row.sha256
        with pytest.raises(Refused, match="UNKNOWN_DOCUMENT"):
            await chen.console.sign_bulletin(row.period, row.sha256)  # nothing to sign with in this house
        for period, version in (("2026-11-19", 1), ("2026-11-20", 2), ("2026-W01", 1), ("20--", 1)):
            with pytest.raises(Refused, match="UNKNOWN_DOCUMENT"):
                await chen.console.bulletin(period, version)
        proposed = await chen.act("publish_bulletin", {"trading_day": row.period, "sha256": row.sha256}, "end of day")
        seen = await li.console.effect(proposed.proposal_id)
        assert seen.rows == [EffectRow("2026-11-20", "公报", "Bulletin", "未公布 not published", "已公布 published")]
        await li.approve(proposed.proposal_id, proposed.sha256, seen.sha256)
        await two.settlement.wait_settled(two.sequencer.view.day().seq)
        assert next(row for row in await li.console.bulletins() if row.kind == "day").is_published


async def test_a_publication_of_what_was_never_made_is_refused_when_proposed_and_when_approved(two: House) -> None:
    async with two.operator("chen") as chen, two.operator("li") as li:
        await two.act(commands.CloseDay())
        await two.settlement.wait_settled(two.sequencer.view.day().seq)
        row = next(row for row in await chen.console.bulletins() if row.kind == "day")
        before = two.sequencer.view.day().seq
        for day, sha256 in ((row.period, DIGEST), ("2026-11-19", row.sha256)):
            with pytest.raises(Refused, match="UNKNOWN_DOCUMENT"):
                await chen.act("publish_bulletin", {"trading_day": day, "sha256": sha256}, "end of day")
        peer = await two.raw("ops")
        await peer.log_in("chen", two.settings.env)
        asked = {"act": "publish_bulletin", "fields": {"trading_day": row.period, "sha256": DIGEST}}
        refused = (await peer.ask("ops.check", asked))["error"]
        assert (refused["name"], refused["data"]["field"]) == ("UNKNOWN_DOCUMENT", "fields.sha256")
        assert two.sequencer.view.day().seq == before  # nothing was journaled
        # The core knows no bulletins: what was proposed to it before the door looked waits, and can only be rejected.
        act = commands.PublishBulletin(20261120, DIGEST)
        (waits,) = await two.sequencer.submit(commands.Propose(1, "end of day", "", act))
        (proposed,) = await li.pending()
        assert proposed.proposal_id == f"P-{waits.proposal}"  # type: ignore[attr-defined]
        seen = await li.console.effect(proposed.proposal_id)
        for effect_sha256 in ("", seen.sha256):
            with pytest.raises(Refused, match="UNKNOWN_DOCUMENT"):
                await li.approve(proposed.proposal_id, proposed.sha256, effect_sha256)
        assert [each.proposal_id for each in await li.pending()] == [proposed.proposal_id]
        await li.reject(proposed.proposal_id, "no such bulletin")
        assert await li.pending() == []


class OneAlert:
    """Somebody who has seen one thing."""

    seq = 1

    def __init__(self, *trades: int) -> None:
        self._alert = Alert(7, "wash_trade", 20261120, 1, 1, (1, 2), trades, (), {})

    def newest(self) -> list[Alert]:
        return [self._alert]


async def test_an_alerts_trades_are_shown_as_the_registry_has_them(house: House) -> None:
    async with house.operator("chen") as chen, house.member("a001") as a, house.member("b001") as b:
        sold = await a.place(SPOT, "sell", 10, "40.00")
        bought = await b.place(SPOT, "buy", 10, "40.00")
        await house.settlement.wait_settled(house.sequencer.view.day().seq)
        house.gateway.alerts.source = OneAlert(1, 99)
        (row,) = await chen.console.evidence("M-7")
        assert (row.trade_id, row.trading_day, row.instrument) == ("T-1", "2026-11-20", SPOT)
        assert (row.price, row.quantity, row.amount) == ("40.00", 10, "400.00")
        assert (row.buyer, row.seller, row.buy_order, row.sell_order) == (
            "B001",
            "A001",
            bought.order_id,
            sold.order_id,
        )
        with pytest.raises(Refused, match="UNKNOWN_DOCUMENT"):
            await chen.console.evidence("M-8")
