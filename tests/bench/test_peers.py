"""The comparison with other engines shows a wrong one as wrong, and gives each one that is installed a verdict."""

import marshal
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from bench import peers
from bench.peer_engines import FILLS_UNTOLD, PEERS, Levels, Peer, Session, summed
from bench.workload import PLACE, Flow, Row, mix
from engine.core.book import Book
from engine.core.units import BUY, SELL

FLOW: Flow = mix(3_000, 300, seed=5)


def ours(spoil: Callable[[Row], Row | None], tells_fills: bool = True) -> Peer:
    """Our own book as if it were another engine; `spoil` changes or drops what it is told."""

    def start(_module: ModuleType) -> Session:
        book = Book()

        def play(rows: list[Row | None]) -> tuple[int, int]:
            fills = traded = 0
            for row in rows:
                if row is not None and row.op == PLACE:
                    for fill in book.place(row.number, row.side, row.price_ticks, row.tonnes):
                        fills += 1
                        traded += fill.tonnes
                elif row is not None and row.number in book.orders:
                    book.cancel(row.number)
            return fills if tells_fills else FILLS_UNTOLD, traded

        def levels() -> tuple[Levels, Levels]:
            orders = list(book.orders.values())
            bids, asks = ([(o.price_ticks, o.leaves) for o in orders if o.side == side] for side in (BUY, SELL))
            return summed(bids), summed(asks)

        return spoil, play, levels

    return Peer("yutan", "engine.core.book", "Python", "integer ticks", 1.0, start)


def test_an_engine_that_does_the_same_is_right() -> None:
    outcome = peers.judge(ours(lambda row: row), FLOW.rows, FLOW.warm)
    assert outcome.wrong == []
    assert outcome.commands == FLOW.timed
    assert peers.remark(ours(lambda row: row), "1", outcome).endswith("; right")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda row: row if row.op == PLACE or row.number % 50 else None, "levels differ"),
        (lambda row: row._replace(tonnes=row.tonnes + (row.number == len(FLOW.rows) + 1)), "levels differ"),
        (lambda row: row._replace(tonnes=1) if row.side == BUY else row, "tonnes"),
    ],
    ids=["forgets-cancels", "one-tonne-too-much", "buys-of-one-tonne"],
)
def test_an_engine_with_other_results_is_wrong(spoil: Callable[[Row], Row | None], told: str) -> None:
    rows = [*FLOW.rows, Row(PLACE, len(FLOW.rows) + 1, 1, BUY, 3_600, 5, 0)]
    outcome = peers.judge(ours(spoil), rows, FLOW.warm)
    assert told in ", ".join(outcome.wrong)
    assert "WRONG" in peers.remark(ours(spoil), "1", outcome)


def test_an_engine_that_does_not_tell_its_fills_is_said_so() -> None:
    silent = ours(lambda row: row, tells_fills=False)
    assert peers.remark(silent, "1", peers.judge(silent, FLOW.rows, FLOW.warm)).endswith("does not tell its fills")


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_an_installed_engine_gets_a_verdict(peer: Peer, tmp_path: Path) -> None:
    if not peer.is_installed:
        pytest.skip(f"{peer.name} is not installed: pip install 'yutan[peers]'")
    rows = tmp_path / "rows"
    rows.write_bytes(marshal.dumps((FLOW.warm, 5, [tuple(row) for row in FLOW.rows])))
    outcome = peers.run_peer(peer, rows)
    if peer.name == "nanobook":  # an order that crosses a level with canceled orders in it never comes back
        assert "did not return" in str(outcome)
    else:
        assert isinstance(outcome, peers.Outcome), outcome
        assert outcome.wrong == []
