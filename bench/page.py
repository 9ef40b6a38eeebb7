"""How soon does the public page show the board, does it stay quick and lean under a busy feed, and how much of it is sent?

A real Chromium, without a window, before a running exchange whose members trade at a steady rate: the page follows everything
that it shows. First it is opened several times with an empty cache; then it stays open while the feed goes on (two minutes,
at `--scale 5` ten), and its memory is read after the collector ran.
"""

import asyncio
import gzip
import importlib.util
import shutil
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from bench import end_to_end, load, serving
from bench.journal import data_folder
from bench.measure import Figure, Measured, require
from bench.workload import scaled

DOUBTS: Final = (
    "Loopback: no network between page and exchange. Browser, exchange and members share the machine's cores.",
    "Chromium draws without a graphics card and without a window.",
    "First painted is the first frame drawn after the board has a price in it, from the start of the navigation.",
    "Long tasks are those the browser reports: 50 ms and longer on the page's main thread, by the wall. On a busy machine most of "
    "that is waiting for a processor; the longest task in the processor's own time, traced for some seconds at the end, is not.",
)
FORMS: Final = ("as built",)
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
MEMBERS: Final = 5
INSTRUMENTS: Final = 4
RATE: Final = 300  # orders a second
FEED_SECONDS: Final = 120
LOADS: Final = 5
_CHUNK_S: Final = 2
_TRACED_S_MAX: Final = 20
_WAIT_MS: Final = 120_000
_LONG_MS: Final = 50
_WATCH: Final = """
window.tasks = [];
new PerformanceObserver((seen) => { for (const one of seen.getEntries()) window.tasks.push([one.startTime, one.duration]); })
  .observe({ type: "longtask", buffered: true });
const look = () => {
  if (/\\d/.test(document.querySelector("#bids")?.textContent ?? "") &&
      /\\d+\\.\\d\\d/.test(document.querySelector("#big-last")?.textContent ?? ""))
    requestAnimationFrame(() => { window.painted = performance.now(); });
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""


def chromium() -> str:
    """Where Chromium is; "" where there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), "")


def is_there() -> bool:
    """Whether a page can be driven here."""
    return bool(chromium()) and importlib.util.find_spec("playwright") is not None


async def _trade(port: int, data: Path, stop: threading.Event, seed: int) -> None:
    """Trade at the steady rate until told to stop."""
    members = [end_to_end.Member(number, "page", seed, INSTRUMENTS) for number in range(MEMBERS)]
    peers = []
    for number, member in enumerate(members):
        peer = await load.connect(f"ws://127.0.0.1:{port}/ws/v1/trade", b'"result"')
        await end_to_end.log_in(peer, port, data, number)
        peers.append(peer)
        await load.drive([peer], [[member.rest(1) for _ in range(50)]], 16)
    while not stop.is_set():
        frames = [[member.next(100) for _ in range(RATE * _CHUNK_S // MEMBERS)] for member in members]
        await load.drive_open(peers, frames, RATE)
    for peer in peers:
        peer.close()


@contextmanager
def trading(port: int, data: Path, seed: int) -> Iterator[None]:
    """Members trade in a thread of their own until the block ends."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(_trade(port, data, stop, seed))
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, name="members")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if failures:
        raise failures[0]


class Weight:
    """What a page's parts weigh: as they were sent, and pressed by gzip."""

    def __init__(self) -> None:
        self.sent = 0
        self.pressed = 0
        self.parts = 0

    def add(self, answer: Any) -> None:
        """One part has come."""
        sizes = answer.request.sizes()
        self.sent += sizes["responseBodySize"] + sizes["responseHeadersSize"]
        self.pressed += len(gzip.compress(answer.body())) + sizes["responseHeadersSize"]
        self.parts += 1


def open_page(browser: Any, url: str, weight: Weight | None = None) -> tuple[Any, float]:
    """A fresh profile with the page, its board painted; and after how many milliseconds that was."""
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(_WAIT_MS)
    page.add_init_script(_WATCH)
    answers: list[Any] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(url)
    page.wait_for_function("() => window.painted !== undefined")
    if weight is not None:
        for answer in answers:
            weight.add(answer)
    return page, float(page.evaluate("window.painted"))


class MainThread:
    """How busy the page's main thread is from now on."""

    def __init__(self, page: Any) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable")
        self._before = self._read()

    def _read(self) -> dict[str, float]:
        return {row["name"]: row["value"] for row in self._session.send("Performance.getMetrics")["metrics"]}

    def spent(self, name: str) -> float:
        """Seconds of this kind (TaskDuration, ScriptDuration) since it was made."""
        return self._read()[name] - self._before[name]


def longest_task_ms(browser: Any, page: Any, seconds: float, trace: Path) -> float:
    """The longest task of the page's main thread in the processor's time, traced for so long."""
    categories = ["devtools.timeline", "disabled-by-default-devtools.timeline"]
    browser.start_tracing(page=page, path=trace, categories=categories)
    page.wait_for_timeout(seconds * 1_000)
    browser.stop_tracing()
    events = msgspec.json.decode(trace.read_bytes())["traceEvents"]
    scripts = Counter((event["pid"], event["tid"]) for event in events if event["name"] == "FunctionCall")
    (main, _), *_ = scripts.most_common(1)
    tasks = [event for event in events if event["name"] == "RunTask" and (event["pid"], event["tid"]) == main]
    return max(event.get("tdur", 0) for event in tasks) / 1_000


def heap_bytes(page: Any) -> int:
    """The page's memory for scripts after the collector ran."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used = int(session.send("Runtime.getHeapUsage")["usedSize"])
    session.detach()
    return used


class Watched:
    """What a page went through while the feed went on."""

    def __init__(self, page: Any) -> None:
        self.updates = 0
        self.heaps: list[int] = []
        self._measured: list[tuple[float, float]] = []  # when the memory was read, which is a long task of our own
        self._page = page
        page.on("websocket", lambda socket: socket.on("framereceived", self._on_frame))

    def _on_frame(self, payload: Any) -> None:
        if '"kind":"update"' in (payload if isinstance(payload, str) else ""):
            self.updates += 1

    def stay(self, seconds: float) -> None:
        """Stay so long, reading the memory at each fifth of it."""
        for _ in range(5):
            end = time.perf_counter() + seconds / 5
            while (left := end - time.perf_counter()) > 0:
                self._page.wait_for_timeout(min(1_000, left * 1_000))
            begun = self._now()
            self.heaps.append(heap_bytes(self._page))
            self._measured.append((begun, self._now()))

    def _now(self) -> float:
        return float(self._page.evaluate("performance.now()"))

    def long_tasks(self) -> list[float]:
        """Milliseconds of each long task of the page's own."""
        return [
            duration
            for start, duration in self._page.evaluate("window.tasks")
            if not any(start + duration >= begun and start <= ended for begun, ended in self._measured)
        ]


def measure(scale: float, seed: int) -> Measured:
    """Open the page often, then stay on it."""
    from playwright.sync_api import sync_playwright

    seconds = max(1.0, FEED_SECONDS * scale)
    with data_folder() as name:
        data = Path(name)
        serving.found_exchange(data, MEMBERS, INSTRUMENTS)
        with (
            serving.exchange(data) as server,
            trading(server.port, data, seed),
            sync_playwright() as driver,
        ):
            browser = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
            try:
                loads = scaled(LOADS, min(scale, 1.0), 1)
                return _measure(browser, server.page, seconds, loads, data / "trace.json")
            finally:
                browser.close()


def _measure(browser: Any, url: str, seconds: float, loads: int, trace: Path) -> Measured:
    weight = Weight()
    page, first_ms = open_page(browser, url, weight)
    painted = [first_ms]
    for _ in range(loads - 1):
        page.context.close()
        page, painted_ms = open_page(browser, url)
        painted.append(painted_ms)
    page.context.close()
    page = browser.new_context(locale="zh-CN").new_page()
    page.set_default_timeout(_WAIT_MS)
    page.add_init_script(_WATCH)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    watched = Watched(page)
    page.goto(url)
    page.wait_for_function("() => window.painted !== undefined")
    page.evaluate("window.tasks.length = 0")  # those of loading are in the time until the board is painted
    thread, before, start = MainThread(page), watched.updates, time.perf_counter()
    watched.stay(seconds)
    stayed, updates = time.perf_counter() - start, watched.updates - before
    tasks = watched.long_tasks()
    busy_s, scripts_s = thread.spent("TaskDuration"), thread.spent("ScriptDuration")
    longest_ms = longest_task_ms(browser, page, min(_TRACED_S_MAX, seconds), trace)
    require("errors of the page's scripts", faults, [])
    require("live at the end", page.get_attribute("#link", "data-state"), "live")
    grown = watched.heaps[-1] - watched.heaps[0]
    return Measured(
        [
            Figure("board painted, first time", first_ms, "ms", "less"),
            Figure("board painted, median", statistics.median(painted), "ms", "less"),
            Figure("updates while it stays", updates / stayed, "updates/s"),
            Figure(f"tasks over {_LONG_MS} ms", len(tasks), "tasks", "less"),
            Figure("longest of them", max(tasks, default=0.0), "ms", "less"),
            Figure("longest task, processor", longest_ms, "ms", "less"),
            Figure("main thread, busy", busy_s / stayed * 1_000, "ms/s", "less"),
            Figure("main thread, in scripts", scripts_s / stayed * 1_000, "ms/s", "less"),
            Figure("memory at the first fifth", watched.heaps[0] / 2**20, "MiB", "less"),
            Figure("memory at the end", watched.heaps[-1] / 2**20, "MiB", "less"),
            Figure("memory grown between", max(0, grown) / 2**20, "MiB", "less"),
            Figure("page with all its parts, as sent", weight.sent / 1_000, "kB", "less"),
            Figure("page with all its parts, gzip", weight.pressed / 1_000, "kB", "less"),
        ],
        {
            "parts of the page": weight.parts,
            "seconds of feed": round(stayed),
            "updates": updates,
            "memory at each fifth, KiB": ", ".join(str(heap // 1_024) for heap in watched.heaps),
        },
    )
