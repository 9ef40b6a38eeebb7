"""`yutan conform`: who does right passes, and each way of erring is named."""

import asyncio
import ssl
import sys
from pathlib import Path

import pytest

from tests.conform.bot import Bot
from tests.yutan.kit import DEADLINE_S, answer
from yutan.client import Client, Refused
from yutan.conform import run
from yutan.conform.market import Tls
from yutan.conform.run import Finding, Waits

PAUSE_S = 0.4


async def examined(tmp_path: Path, errs: tuple[str, ...], only: tuple[str, ...], reaction_s: float) -> list[Finding]:
    async with run.opened(tmp_path / "market", 0) as market:
        bot = asyncio.create_task(Bot(run.invitation(market), errs).run())
        try:
            return await run.examine(
                market, run.chosen(only), Waits(DEADLINE_S, reaction_s, PAUSE_S), lambda _finding: None
            )
        finally:
            bot.cancel()
            await asyncio.wait([bot])


def test_our_own_client_does_everything_right() -> None:
    program = (sys.executable, "-m", "docs.examples.member_client")
    report = answer("conform", "--pause", "0.4", "--patience", "120", "--json", "--", *program)
    assert [row["exercise"] for row in report["findings"]] == list(run.NAMES)
    assert {row["verdict"] for row in report["findings"]} == {"right"}, report


@pytest.mark.parametrize("tls", ["server", "mutual"])
async def test_a_client_is_examined_over_tls(tmp_path: Path, tls: Tls) -> None:
    async with run.opened(tmp_path / "market", 0, tls) as market:
        invited = run.invitation(market)
        assert invited.url.startswith("wss:")
        assert bool(invited.client_certificate) == (tls == "mutual")
        if tls == "mutual":
            bare = ssl.create_default_context(cafile=invited.certificate)
            with pytest.raises(Refused, match="CERTIFICATE_REQUIRED"):
                await Client.connect(invited.url, key_id=invited.key_id, private_key=invited.key, tls=bare).open()
        program = (sys.executable, "-m", "docs.examples.member_client")
        async with run.client(program, invited) as has_ended:
            waits = Waits(DEADLINE_S, DEADLINE_S, PAUSE_S)
            chosen = run.chosen(("lost_outcome",))
            findings = await run.examine(market, chosen, waits, lambda _finding: None, has_ended)
    assert [finding.wrong for finding in findings] == [""] * 2


async def test_a_client_written_from_the_protocol_alone_does_everything_right(tmp_path: Path) -> None:
    findings = await examined(tmp_path, (), (), DEADLINE_S)
    assert [finding.wrong for finding in findings] == [""] * len(run.NAMES)


@pytest.mark.parametrize(
    ("errs", "exercise", "words"),
    [
        ("deaf", "private_gap", "never asked for it"),
        ("hasty", "private_gap", "never asked for it by channel.replay"),
        ("deaf", "public_gap", "never asked for it"),
        ("strict", "repeated_event", "gave the connection up"),
        ("strict", "unknown_words", "gave the connection up"),
        ("forgets deaf", "lost_outcome", "before it knew what had become of it"),
        ("stays_away", "lost_outcome", "never asked what had become of it"),
        ("alters deaf", "lost_outcome", "another order under the id"),
        ("forgets", "unknown_outcome", "before it knew what had become of it"),
        ("storms", "missed_events", "times in"),
        ("stays_away", "missed_events", "did not come back"),
        ("deaf", "missed_events", "never asked for what exec.C001 had said"),
        ("stubborn", "refused_for_good", "though it was refused for good"),
        ("impatient", "told_to_wait", "was told to wait 400 ms"),
        ("impatient", "phase_change", "into a phase that takes none"),
        ("impatient", "planned_restart", "was asked to stay away"),
        ("scribbles", "whole_run", "malformed: UNKNOWN_FIELD mood"),
    ],
)
async def test_each_way_to_err_is_named(tmp_path: Path, errs: str, exercise: str, words: str) -> None:
    findings = await examined(tmp_path, tuple(errs.split()), (exercise,), 2.0)
    assert [finding.verdict for finding in findings] == ["right", "wrong"], findings
    assert words in findings[-1].wrong


async def test_who_does_not_come_is_not_examined(tmp_path: Path) -> None:
    async with run.opened(tmp_path / "market", 0) as market:
        findings = await run.examine(market, run.chosen(()), Waits(0.2, 0.2, PAUSE_S), lambda _finding: None)
    assert [(finding.exercise, finding.wrong) for finding in findings] == [("login", "it did not log in")]


def test_a_program_that_ends_fails_and_names_are_checked() -> None:
    report = answer("conform", "--json", "--", sys.executable, "-c", "pass", code=65)
    assert report["wrong"] == 1
    answer("conform", "--only", "juggling", "--json", code=2)
