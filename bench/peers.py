"""How fast is the bare book beside other engines that Python can call, on the same commands in the same run?

The canonical mix goes to each engine through its own interface (`peer_engines.py`), in a process of its own with a limit on
processor time, because one that never returns is an answer too. An engine has a speed only if the fills, the tonnes and
the tonnes that rest at each price in the end are those of our book; what it got wrong is said in its row.
"""

import argparse
import marshal
import resource
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Final

import msgspec

from bench import core
from bench.book import play, run_flow
from bench.measure import Figure, Measured, cpu_seconds, rate, steady
from bench.peer_engines import FILLS_UNTOLD, PEERS, Levels, Peer, summed
from bench.report import ROOT
from bench.workload import FLOWS, PLACE, Row, mix
from engine.core.book import Book
from engine.core.units import BUY

DOUBTS: Final = (
    "The loop that feeds an engine is Python and in the figure; for the fastest it is a good part of it.",
    "A slow engine gets the first part of the flow only (given in its row), after the whole warm part.",
    "Engines differ in what they do besides: some keep a history of trades, some write timestamps; none checks an account.",
    "An engine is right if fills, tonnes and final levels are; which maker was met first is compared only where that changes them.",
    "matching-engine 0.1.1 needs Python 3.12, pyclob knows prices from 1 to 99, order-matching takes batches of one "
    "timestamp: none of them can be driven here.",
)
FORMS: Final = ("plain", "compiled")
PROBE_COMMANDS: Final = 4_000
PROBE_SECONDS_MAX: Final = 5  # of processor time; the slowest engine needs a tenth of it
SECONDS_MAX: Final = 40
WALL_SECONDS_MAX: Final = 600


class Outcome(msgspec.Struct, frozen=True):
    """What one engine's process reports: its speed, and what of its results differs from our book's."""

    commands: int
    seconds: float
    wrong: list[str]
    tells_fills: bool


def expected_of(rows: list[Row], warm: int) -> tuple[int, int, Levels, Levels]:
    """What our book does with the rows: fills and tonnes of those after the warm ones, and the levels at the end."""
    book = Book()
    play(book, rows[:warm])
    fills = traded = 0
    for op, number, _, side, price_ticks, tonnes, time_in_force in rows[warm:]:
        if op == PLACE:
            for fill in book.place(number, side, price_ticks, tonnes, time_in_force):
                fills += 1
                traded += fill.tonnes
        else:
            book.cancel(number)
    orders = list(book.orders.values())
    bids = summed((order.price_ticks, order.leaves) for order in orders if order.side == BUY)
    return fills, traded, bids, summed((order.price_ticks, order.leaves) for order in orders if order.side != BUY)


def judge(peer: Peer, rows: list[Row], warm: int) -> Outcome:
    """Play the rows on a fresh engine and compare."""
    translate, play_peer, levels = peer.session()
    translated = [translate(row) for row in rows]
    play_peer(translated[:warm])
    timed = translated[warm:]
    with steady():
        start = cpu_seconds()
        fills, traded = play_peer(timed)
        seconds = cpu_seconds() - start
    bids, asks = levels()
    tells_fills = fills != FILLS_UNTOLD
    want_fills, want_traded, want_bids, want_asks = expected_of(rows, warm)
    wrong = [
        f"{name} {got} instead of {want}"
        for name, got, want in (
            ("fills", fills if tells_fills else want_fills, want_fills),
            ("tonnes", traded, want_traded),
        )
        if got != want
    ]
    wrong += [
        f"{name}: {sum(1 for price in got.keys() | want.keys() if got.get(price) != want.get(price))} levels differ"
        for name, got, want in (("bids", bids, want_bids), ("asks", asks, want_asks))
        if got != want
    ]
    return Outcome(len(timed), seconds, wrong, tells_fills)


def run_peer(peer: Peer, rows_file: Path) -> Outcome | str:
    """Judge an engine in a process of its own; a text where that process did not come to its end."""
    command = [sys.executable, "-m", "bench.peers", peer.name, str(rows_file)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=WALL_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        return f"did not come back within {WALL_SECONDS_MAX} s"
    if done.returncode < 0:
        return f"killed by signal {-done.returncode}: a command did not return within the limit of processor time"
    if done.returncode != 0:
        return done.stderr.strip().splitlines()[-1][:120]
    return msgspec.json.decode(done.stdout.splitlines()[-1], type=Outcome)


def remark(peer: Peer, version: str, outcome: Outcome | str) -> str:
    """What stands beside an engine's speed: how it holds prices, and whether its results are right."""
    what = f"{version}, {peer.made_of}, {peer.prices}"
    part = "" if peer.share == 1 else f"; {peer.share:.0%} of the flow"
    if isinstance(outcome, str):
        return f"{what}; WRONG: {outcome}"
    if outcome.wrong:
        return f"{what}{part}; WRONG: {', '.join(outcome.wrong)}"
    return f"{what}{part}; right" + ("" if outcome.tells_fills else ", but does not tell its fills")


def measure(scale: float, seed: int) -> Measured:
    """Our book and our whole core on the mix, then each installed engine on the same."""
    flow = FLOWS["mix"](scale, seed)
    seconds, _ = run_flow(flow)
    ours = flow.timed / seconds
    core_seconds, _ = core.run_flow(flow)
    figures = [
        Figure("our book", ours, "commands/s", note="limit, IOC and FOK; the judge of the others"),
        Figure(
            "our whole core", flow.timed / core_seconds, "commands/s", note="with accounts, holds, rules and events"
        ),
    ]
    skipped: dict[str, str] = {}
    fastest = ("", 0.0)
    with tempfile.TemporaryDirectory() as folder:
        rows_file = Path(folder) / "rows"
        rows_file.write_bytes(marshal.dumps((flow.warm, seed, [tuple(row) for row in flow.rows])))
        for peer in PEERS:
            if not peer.is_installed:
                skipped[peer.name] = "not installed (make bench installs what can be)"
                continue
            outcome = run_peer(peer, rows_file)
            note = remark(peer, metadata.version(peer.name), outcome)
            if isinstance(outcome, str):
                skipped[peer.name] = note
                continue
            figure = rate(peer.name, outcome.commands, outcome.seconds, "commands/s")
            figures.append(msgspec.structs.replace(figure, note=note))
            if not outcome.wrong:
                fastest = max(fastest, (peer.name, figure.value), key=lambda named: named[1])
    if fastest[0]:
        note = f"the fastest right one is {fastest[0]}"
        figures.append(Figure("our book to the fastest right peer", ours / fastest[1], "×", note=note))
    return Measured(figures, {"commands": flow.timed, "fills": flow.timed_fills}, skipped)


def main(arguments: list[str] | None = None) -> int:
    """`python -m bench.peers NAME FILE`: judge one engine on the rows of a file; its JSON is the last line of stdout."""
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=main.__doc__)
    parser.add_argument("name", choices=[peer.name for peer in PEERS])
    parser.add_argument("rows", type=Path)
    options = parser.parse_args(arguments)
    peer = next(peer for peer in PEERS if peer.name == options.name)
    warm, seed, tuples = marshal.loads(options.rows.read_bytes())
    rows = [Row(*each) for each in tuples]
    timed = round((len(rows) - warm) * peer.share)
    start = int(cpu_seconds())
    resource.setrlimit(resource.RLIMIT_CPU, (start + PROBE_SECONDS_MAX, resource.RLIM_INFINITY))
    probe = mix(PROBE_COMMANDS, seed=seed)
    judge(peer, probe.rows, probe.warm)
    resource.setrlimit(resource.RLIMIT_CPU, (start + SECONDS_MAX, resource.RLIM_INFINITY))
    print(msgspec.json.encode(judge(peer, rows[: warm + timed], warm)).decode(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
