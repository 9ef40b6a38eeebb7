"""The audit trail at the operators' door: who, what, why, second person, document, in the words of the acts."""

import hashlib
from pathlib import Path

import orjson
import pytest

from engine.journal import segments
from tests.gateway.kit import House
from yutan.client import Refused


async def test_each_line_says_who_what_why_second_person_and_document(tmp_path: Path) -> None:
    house = await House.start(tmp_path, two_person_acts=("DepositCash",))
    async with house.operator("chen") as chen, house.operator("li") as li:
        fields = {"account": "A001", "amount": "12.34"}
        proposed = await chen.act("deposit_cash", fields, "bank statement 7", "渝环〔2026〕7号")
        with pytest.raises(Refused):
            await chen.approve(proposed.proposal_id, proposed.sha256)
        await li.approve(proposed.proposal_id, proposed.sha256)
        withdrawn = await chen.act("deposit_cash", {"account": "B001", "amount": "1.00"}, "a slip")
        await li.reject(withdrawn.proposal_id, "typed wrong")
        await house.settlement.wait_settled(house.sequencer.view.day().seq)

        taken, first = await li.audit.lines(account="A001", act="deposit_cash", document="渝环")
        assert (taken.event, first.event) == ("taken", "proposed")
        assert (taken.operator, taken.approver) == ("chen", "li")
        assert (first.operator, first.approver) == ("chen", "")
        assert taken.act == first.act == "deposit_cash"
        assert taken.fields == first.fields == fields
        assert (taken.reason, taken.document) == ("bank statement 7", "渝环〔2026〕7号")
        assert taken.proposal_id == first.proposal_id == proposed.proposal_id
        assert taken.seq > first.seq

        rejected = (await chen.audit.lines(person="li", limit=1))[0]
        assert (rejected.event, rejected.reason, rejected.operator) == ("rejected", "typed wrong", "li")
        assert [row.document for row in await chen.audit.lines(document="〔2026〕7")] == ["渝环〔2026〕7号"] * 2
        assert await chen.audit.lines(document="〔2027〕") == []
    await house.stop()


async def test_pages_join_up_and_their_chain_can_be_counted_again(house: House) -> None:
    async with house.operator("chen") as chen:
        for tonnes in range(1, 6):
            await chen.act("deposit_cash", {"account": "A001", "amount": f"{tonnes}.00"}, "advice")
        await house.settlement.wait_settled(house.sequencer.view.day().seq)
        rows = await chen.audit.lines(limit=500)
        paged = await chen.audit.lines(limit=2)
        while page := await chen.audit.lines(before_line=paged[-1].line, limit=2):
            paged += page
        assert paged == rows
        assert [row.line for row in rows] == list(range(len(rows), 0, -1))
        stored = await house.settlement.audit_head()
        assert (rows[0].line, rows[0].chain) == (stored[0], stored[1].hex())
        older, newer = rows[1], rows[0]
        person = next(o.number for o in house.sequencer.view.operators() if o.person == newer.operator)
        content = {"act": "DepositCash", "account": 1, "amount_fen": 500}
        line = [
            newer.line,
            newer.seq,
            at_ns(house, newer.seq),
            "taken",
            int(newer.proposal_id[2:]),
            person,
            0,
            "advice",
            "",
        ]
        line.append(orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode())
        assert hashlib.sha256(bytes.fromhex(older.chain) + orjson.dumps(line)).hexdigest() == newer.chain


async def test_a_search_for_what_is_not_there_is_refused_with_its_field(house: House) -> None:
    async with house.operator("chen") as chen:
        for name, told in (("account", "UNKNOWN_ACCOUNT"), ("person", "UNKNOWN_OPERATOR"), ("act", "ACT_INVALID")):
            with pytest.raises(Refused, match=told) as refused:
                await chen.audit.lines(**{name: "nobody"})
            assert refused.value.data.field == name
    async with house.member("a001") as member:
        with pytest.raises(Refused, match="UNKNOWN_METHOD"):
            await member.audit.lines()


def at_ns(house: House, seq: int) -> int:
    """When an entry was journaled."""
    (entries,) = [e for e in segments.read_entries(house.folder / "journal", seq, seq)]
    return entries[0].at_ns
