"""Plays a recorded exchange day through the real gateway into a fresh market, settles it, and writes what it traded.

One connection, whose key may act for every account, keeps the order of the file; many requests are under way at once.
Sellers' units are issued before the day opens, so that T+1 locks nothing that the recorded day sold.
"""

import csv
import io
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from engine import disk
from engine.core import rulebook
from engine.core.units import BUY, amount_of, fee_of
from gateway.protocol.wire import OrderPlaced
from yutan import folder, founding, keys
from yutan.client import Changed, Client, ExecReport
from yutan.compose import Exchange
from yutan.flow import yuan
from yutan.flowfile import MILLIYUAN_PER_TICK, Cancel, Limit, Row, Uncross, read
from yutan.settings import Settings

RULEBOOK = "sse_auction_continuous"
OPERATORS = ("replay-one", "replay-two")
KEY_ID = "replay"
INSTRUMENT = "REPLAY"
PRODUCT = "SHARE"
TRADING_DAY = "2023-02-07"  # the market's first day; the log's own times are those of the replay
ACCOUNTS_EACH_SIDE = 8
IN_FLIGHT_MAX = 1_024
PROGRESS_ROWS = 500
PHASE_OF = {"open_auction": "opening_call", "continuous": "continuous", "close_auction": "closing_call"}
AFTER_UNCROSS = {"open_auction": "continuous", "close_auction": "post_close"}


class ReplayError(Exception):
    """The recorded day could not be carried out as recorded; the text says what differed."""


class ReplayedTrade(NamedTuple):
    """One trade in the file's words: `seq` of the row that caused it, ids, price in 0.001 yuan, quantity."""

    seq: int
    buy_id: str
    sell_id: str
    price: int
    qty: int


class Summary(NamedTuple):
    """How the replay went; seconds are from the first order to the last uncross."""

    orders: int
    cancels: int
    trades: int
    seconds: float
    settled_tonnes: int
    settled_cash: str
    reconciled: bool
    trades_file: str


class Plan(NamedTuple):
    """Who trades what: accounts by order id, and what each account needs to have."""

    account_of: dict[str, str]
    cash_fen: dict[str, int]
    tonnes: dict[str, int]


def plan(rows: list[Row], product: rulebook.ProductRules) -> Plan:
    """Spread the orders over buyers and sellers in turn and give each account what all its orders could need."""
    accounts: dict[str, str] = {}
    cash = {f"B{number:02}": 0 for number in range(1, ACCOUNTS_EACH_SIDE + 1)}
    units = {f"S{number:02}": 0 for number in range(1, ACCOUNTS_EACH_SIDE + 1)}
    fee_ppm = product.trading_fee_ppm + product.settlement_fee_ppm
    for index, row in enumerate(row for row in rows if isinstance(row, Limit)):
        number = index % ACCOUNTS_EACH_SIDE + 1
        account = f"B{number:02}" if row.side == BUY else f"S{number:02}"
        accounts[row.id] = account
        if row.side == BUY:
            amount = amount_of(row.price_ticks, row.qty, product.tick_fen)
            cash[account] += amount + fee_of(amount, fee_ppm) + 2
        else:
            units[account] += row.qty
    return Plan(accounts, cash, units)


class ReportedFill(NamedTuple):
    """One side of a trade as its member was told."""

    trade: int
    is_buy: bool
    id: str
    price_ticks: int
    qty: int
    is_auction: bool


class Matcher:
    """Pairs the two reports of each trade, one to the buyer and one to the seller, into the file's words."""

    def __init__(self, row_of: dict[str, int]) -> None:
        self._row_of = row_of
        self._half: dict[int, ReportedFill] = {}
        self._uncross_row = 0
        self.trades: dict[int, ReplayedTrade] = {}

    def uncrossing(self, row: int) -> None:
        """From here on auction trades were caused by this row."""
        self._uncross_row = row

    def take(self, fill: ReportedFill) -> None:
        """One side's report. Raises ReplayError where the two sides differ."""
        other = self._half.pop(fill.trade, None)
        if other is None:
            self._half[fill.trade] = fill
            return
        buy, sell = (fill, other) if fill.is_buy else (other, fill)
        if buy.is_buy == sell.is_buy or (buy.price_ticks, buy.qty) != (sell.price_ticks, sell.qty):
            raise ReplayError(f"trade T-{fill.trade} was reported differently: {buy} and {sell}")
        by_order = max(self._row_of[buy.id], self._row_of[sell.id])
        seq = self._uncross_row if fill.is_auction else by_order
        price = fill.price_ticks * MILLIYUAN_PER_TICK
        self.trades[fill.trade] = ReplayedTrade(seq, buy.id, sell.id, price, fill.qty)

    @property
    def unpaired(self) -> int:
        """Trades of which only one side has been reported."""
        return len(self._half)

    def in_order(self) -> list[ReplayedTrade]:
        """All trades by their number, which is the order in which they were made."""
        return [self.trades[number] for number in sorted(self.trades)]


def write_trades(path: Path, trades: list[ReplayedTrade]) -> None:
    """Write `seq,buy_id,sell_id,price,qty`; the whole file or none of it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(ReplayedTrade._fields)
    writer.writerows(trades)
    disk.write_file(path.absolute(), text.getvalue().encode())


Progress = Callable[[str, int, int], None]


async def replay(flow: Path, trades_file: Path, data: Path | None, on_progress: Progress) -> Summary:
    """Replay `flow` and write its trades; `data` is a fresh folder to keep, or None for a temporary one.

    Raises FlowError for a wrong file and ReplayError where the market did not take the day as recorded.
    """
    rows = read(flow)
    text = rulebook.shipped(RULEBOOK)
    scratch = None if data is not None else Path(tempfile.mkdtemp(prefix="yutan-replay-"))
    place = data if data is not None else scratch
    assert place is not None, "there is a folder either way"
    try:
        founding.found(place, text, OPERATORS)
        exchange = await Exchange.start(place, Settings(env="recorded", ws_port=0, http_port=0))
        try:
            return await _Day(exchange, rows, plan(rows, rulebook.parse(text).products[PRODUCT])).play(
                trades_file, on_progress
            )
        finally:
            await exchange.close()
    finally:
        if scratch is not None:
            shutil.rmtree(scratch)


class _Day:
    """One recorded day on its way through a running exchange."""

    def __init__(self, exchange: Exchange, rows: list[Row], needed: Plan) -> None:
        self._exchange = exchange
        self._rows = rows
        self._plan = needed
        self._sides = {row.id: row.side for row in rows if isinstance(row, Limit)}
        self._matcher = Matcher({row.id: row.seq for row in rows if isinstance(row, Limit)})
        self._failure: str | None = None

    async def play(self, trades_file: Path, on_progress: Progress) -> Summary:
        """The whole day: set-up, orders, close, settlement, comparison of the totals."""
        url, env = self._exchange.running.ws_url, self._exchange.settings.env
        place = folder.keys(self._exchange.data)
        member_key = keys.create(place / f"{KEY_ID}.pem")
        operator_key = keys.load(place / f"{OPERATORS[0]}.pem")
        async with Client.connect(
            url, key_id=OPERATORS[0], private_key=operator_key, door="ops", env=env, timeout_s=60
        ) as desk:
            await self._set_up(desk, keys.public_bytes(member_key).hex(), on_progress)
            async with Client.connect(url, key_id=KEY_ID, private_key=member_key, env=env, timeout_s=60) as member:
                member.on_report = self._on_report
                await member.subscribe(*(f"exec.{account}" for account in self._accounts()))
                started = time.perf_counter()
                await self._trade(desk, member, on_progress)
                seconds = time.perf_counter() - started
            await desk.act("close_day", {}, "the recorded day is over")
            return await self._settle(desk, trades_file, seconds, on_progress)

    def _accounts(self) -> list[str]:
        return [*self._plan.cash_fen, *self._plan.tonnes]

    async def _set_up(self, desk: Client, public_key: str, on_progress: Progress) -> None:
        on_progress("accounts", 0, 1)
        name = {"name_zh": "回放", "name_en": "Replay"}
        first_price = next((row.price_ticks for row in self._rows if isinstance(row, Limit)), 1)
        listing = {"code": INSTRUMENT, "product": PRODUCT, "vintage": 0, "base_price": yuan(first_price), **name}
        await desk.act("list_instrument", listing, "replay")
        for owner, account in enumerate(self._accounts(), 1):
            fields = {"code": account, "owner": owner, "name": account, "category": "institution"}
            await desk.act("open_account", fields, "replay")
        for account, fen in self._plan.cash_fen.items():
            if fen:
                await desk.act("deposit_cash", {"account": account, "amount": yuan(fen)}, "replay")
        for account, tonnes in self._plan.tonnes.items():
            if tonnes:
                fields = {
                    "account": account,
                    "instrument": INSTRUMENT,
                    "tonnes": tonnes,
                    "kind": "paid",
                    "year": int(TRADING_DAY[:4]),
                }
                await desk.act("allocate_units", fields, "replay")
        key = {"key_id": KEY_ID, "public_key": public_key, "accounts": self._accounts()}
        await desk.act("register_key", key, "replay")
        await desk.act("open_day", {"trading_day": TRADING_DAY}, "replay")

    async def _trade(self, desk: Client, member: Client, on_progress: Progress) -> None:
        phase = ""
        for done, row in enumerate(self._rows):
            if row.phase != phase:
                await self._enter(desk, member, row.phase)
                phase = row.phase
            if isinstance(row, Uncross):
                await self._wait_answers(member)
                self._matcher.uncrossing(row.seq)
                await self._change_phase(desk, member, AFTER_UNCROSS[row.phase])
            else:
                await member.wait_room(IN_FLIGHT_MAX)
                self._send(member, row)
            if self._failure is not None:
                raise ReplayError(self._failure)
            if done % PROGRESS_ROWS == 0:
                on_progress("orders (委托)", done, len(self._rows))
        await self._wait_answers(member)
        on_progress("orders (委托)", len(self._rows), len(self._rows))
        if self._matcher.unpaired:
            raise ReplayError(f"{self._matcher.unpaired} trades were reported to one side only")

    async def _enter(self, desk: Client, member: Client, phase: str) -> None:
        """Bring the market into the phase of the file's next row, unless the uncross before it has done so."""
        await self._wait_answers(member)
        wanted = PHASE_OF[phase]
        if (await desk.phase()).phase != wanted:
            await self._change_phase(desk, member, wanted)

    async def _change_phase(self, desk: Client, member: Client, phase: str) -> None:
        await desk.act("change_phase", {"phase": phase}, "replay")
        await member.ping()  # the reports of the uncross were written before this answer

    async def _wait_answers(self, member: Client) -> None:
        await member.wait_room(1)
        if self._failure is not None:
            raise ReplayError(self._failure)

    def _send(self, member: Client, row: Limit | Cancel) -> None:
        account = self._plan.account_of[row.id]

        def on_answer(said: OrderPlaced | Changed | Exception) -> None:
            if isinstance(said, Exception) and self._failure is None:
                self._failure = f"row {row.seq}: {said}"

        if isinstance(row, Limit):
            side = "buy" if row.side == BUY else "sell"
            price = yuan(row.price_ticks)
            member.place_nowait(INSTRUMENT, side, row.qty, price, row.id, on_answer, account=account)
        else:
            member.cancel_nowait(on_answer, client_order_id=row.id, account=account)

    def _on_report(self, _channel: str, _seq: int, report: ExecReport) -> None:
        if report.exec_type != "trade" or self._failure is not None:
            return
        assert report.last_price is not None, "a fill has a price"
        fill = ReportedFill(
            int(report.trade_id[2:]),
            self._sides[report.client_order_id] == BUY,
            report.client_order_id,
            int(report.last_price * 100),
            report.last_qty,
            report.liquidity == "auction",
        )
        try:
            self._matcher.take(fill)
        except ReplayError as error:
            self._failure = str(error)

    async def _settle(self, desk: Client, trades_file: Path, seconds: float, on_progress: Progress) -> Summary:
        trades = self._matcher.in_order()
        on_progress("settlement (交收)", 0, len(trades))
        status = await desk.ops_status()
        await self._exchange.settlement.wait_settled(status.seq)
        report = await self._exchange.settlement.reconcile()
        tonnes, cash_fen = report.units.get(INSTRUMENT, 0), report.cash_fen
        put_in = (sum(self._plan.tonnes.values()), sum(self._plan.cash_fen.values()))
        if not report.ok or report.unsettled or (tonnes, cash_fen) != put_in:
            raise ReplayError(
                f"the registry holds {tonnes} units and {yuan(cash_fen)} CNY, put in were {put_in[0]} and "
                f"{yuan(put_in[1])}; {report.unsettled} unsettled, {len(report.breaks)} breaks"
            )
        write_trades(trades_file, trades)
        on_progress("settlement (交收)", len(trades), len(trades))
        orders = sum(isinstance(row, Limit) for row in self._rows)
        cancels = sum(isinstance(row, Cancel) for row in self._rows)
        return Summary(
            orders, cancels, len(trades), round(seconds, 3), tonnes, yuan(cash_fen), report.ok, str(trades_file)
        )
