"""The audit trail holds every act that was taken, also one whose field is a whole document."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from engine import notices
from engine.core import commands
from tests.settlement.kit import Exchange, Watch


async def test_acts_on_the_calendar_are_kept_whole(tmp_path: Path) -> None:
    watch, notice = Watch(), notices.shipped()[-1]
    exchange = await Exchange.start(tmp_path, watch, lambda: 1_795_138_200_000_000_000)
    await exchange.found()
    await exchange.act(commands.AdoptHolidays(notice))
    await exchange.act(commands.AnnounceClosure(20270301, 20270302, "渝交所〔2027〕1号"))
    await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
    await exchange.stop()
    assert watch.failures == []
    with closing(sqlite3.connect(tmp_path / "registry.db")) as database:
        rows = database.execute("SELECT content FROM audit_trail WHERE event = 'taken' ORDER BY line").fetchall()
    adopted, closure = (json.loads(content) for (content,) in rows)
    assert adopted["holidays"]["source"] == notice.source
    assert adopted["holidays"]["holidays"][1]["name_zh"] == "春节"
    assert adopted["holidays"]["workdays"] == list(notice.workdays)
    assert closure == {
        "act": "AnnounceClosure",
        "first_day": 20270301,
        "last_day": 20270302,
        "basis": "渝交所〔2027〕1号",
    }


async def test_a_line_says_which_act_it_was_also_where_the_act_has_a_name(tmp_path: Path) -> None:
    watch = Watch()
    exchange = await Exchange.start(tmp_path, watch, lambda: 1_795_138_200_000_000_000)
    await exchange.found()
    await exchange.act(commands.OpenAccount("K01", 1, "企业一", "key_emitter"))
    await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
    await exchange.stop()
    with closing(sqlite3.connect(tmp_path / "registry.db")) as database:
        (content,) = database.execute("SELECT content FROM audit_trail WHERE event = 'taken'").fetchone()
    assert json.loads(content) == {
        "act": "OpenAccount",
        "category": "key_emitter",
        "code": "K01",
        "name": "企业一",
        "owner": 1,
    }
