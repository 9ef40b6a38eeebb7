"""What the public channels carry, declared once. Prices and money are decimal strings in yuan, quantities tonnes.

A field that is UNSET is not sent. `epoch` is sent in snapshots only: the engine's seq when this process began to
publish; channel seqs of different epochs have nothing to do with each other.
"""

import msgspec
from msgspec import UNSET, UnsetType

from gateway.protocol.auction_wire import AuctionResult, AuctionView

Level = tuple[str, int]  # price, quantity: the new total at the price; 0 removes the level


class NextPhase(msgspec.Struct, frozen=True):
    """What the timetable has next for the day."""

    phase: str
    at: str


class NextRules(msgspec.Struct, frozen=True):
    """A change of the rules that is decided: in force from the opening of `effective_day`; approvals are document numbers."""

    version: int
    effective_day: str
    sha256: str
    approvals: list[str]


class PhaseData(msgspec.Struct, frozen=True):
    """`phase`: where the day is. `block_window_open`: whether block trades may be offered.

    `halted`: the whole market is; `halted_instruments` are alone.

    rulebook_version: the rules in force (0: no market yet); next_rulebook: those that are to follow.
    """

    trading_day: str | None
    phase: str
    phase_zh: str
    halted: bool
    halted_instruments: list[str]
    block_window_open: bool
    next: NextPhase | None
    rulebook_version: int
    next_rulebook: NextRules | None
    epoch: int | UnsetType = UNSET


class BookData(msgspec.Struct, frozen=True, omit_defaults=True):
    """`book.X`: every level in a snapshot, changed levels in an update. `withheld`: a call auction collects orders."""

    bids: list[Level]
    asks: list[Level]
    withheld: bool = False
    crc32: int | UnsetType = UNSET
    epoch: int | UnsetType = UNSET


class ResetData(msgspec.Struct, frozen=True):
    """Why the state of the channel is void: auction_began | auction_ended | new_day. A snapshot follows at once."""

    reason: str


class AuctionData(msgspec.Struct, frozen=True):
    """Where the call auction would end if it ended now; price null: nothing crosses. imbalance_side: buy | sell."""

    price: str | None
    quantity: int
    imbalance: int
    imbalance_side: str | None


class Book5Data(msgspec.Struct, frozen=True):
    """`book5.X`: the whole of the best levels each time. `auction` instead of levels while these are withheld."""

    bids: list[Level]
    asks: list[Level]
    auction: AuctionData | None
    epoch: int | UnsetType = UNSET


class TickerData(msgspec.Struct, frozen=True):
    """`ticker.X`: the day so far. Null: nothing traded yet, or there is no price limit.

    All figures are of listed trading. block_volume and block_turnover tell the day's block trades, once the day has closed.
    """

    trading_day: str | None
    last: str | None
    change: str | None
    change_pct: str | None
    open: str | None
    high: str | None
    low: str | None
    close: str | None
    prev_close: str | None
    volume: int
    turnover: str
    vwap: str | None
    trades: int
    limit_up: str | None
    limit_down: str | None
    halted: bool
    block_volume: int | None
    block_turnover: str | None
    epoch: int | UnsetType = UNSET


class TradeData(msgspec.Struct, frozen=True, gc=False):
    """One trade. taker_side: buy | sell | auction. kind is there only with `cancel`: the exchange voided the trade that
    `supersedes` names, at `time`; taker_side is then empty. voided is there, and true, where a trade was voided since."""

    trade_id: str
    price: str
    quantity: int
    amount: str
    taker_side: str
    time: str
    kind: str | UnsetType = UNSET
    supersedes: str | UnsetType = UNSET
    voided: bool | UnsetType = UNSET


class TradesData(msgspec.Struct, frozen=True):
    """`trades.X`: oldest first. A snapshot holds the day's latest."""

    trading_day: str | None
    trades: list[TradeData]
    epoch: int | UnsetType = UNSET


class BarData(msgspec.Struct, frozen=True):
    """One bar; `final` once its minute is over (sent again if a trade of that minute was still on its way)."""

    start: str
    open: str
    high: str
    low: str
    close: str
    volume: int
    turnover: str
    trades: int
    final: bool


class BarsData(msgspec.Struct, frozen=True):
    """`kline.X.1m`: the day's bars in a snapshot, the changed ones in an update."""

    trading_day: str | None
    bars: list[BarData]
    epoch: int | UnsetType = UNSET


class AuctionNews(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of an auction: notice | opened | result_1 (price and quantity) | result_2 (all figures) | canceled.

    result_3: with the statistics of the bids, where there were five bidders.
    """

    step: str
    auction: str
    notice: AuctionView | UnsetType = UNSET
    price: str | UnsetType | None = UNSET
    quantity: int | UnsetType = UNSET
    result: AuctionResult | UnsetType = UNSET
    reason: str | UnsetType = UNSET


class AuctionsData(msgspec.Struct, frozen=True):
    """The channel's snapshot: the newest auctions, newest first."""

    auctions: list[AuctionView]
    epoch: int


class NoticeView(msgspec.Struct, frozen=True):
    """A notice to the public (公告). effective_at null: at once; instrument null: the whole market."""

    notice_id: str
    at: str
    category: str
    category_zh: str
    instrument: str | None
    effective_at: str | None
    document: str
    title_zh: str
    title_en: str
    body_zh: str
    body_en: str


class NoticesData(msgspec.Struct, frozen=True):
    """The channel's snapshot: the newest notices, newest first. All there ever were: /api/v1/notices."""

    notices: list[NoticeView]
    epoch: int


class CheckpointData(msgspec.Struct, frozen=True):
    """`checkpoints`: the newest signed checkpoint; all null while there is none.

    checkpoint: the very text that `signature` (Ed25519, hex) is over; sha256: of that text; seq, chain: the journal's head in it.
    """

    number: int | None
    seq: int | None
    chain: str | None
    sha256: str | None
    checkpoint: str | None
    signature: str | None
    epoch: int | UnsetType = UNSET


Data = (
    PhaseData
    | BookData
    | ResetData
    | Book5Data
    | TickerData
    | TradesData
    | BarsData
    | AuctionNews
    | AuctionsData
    | NoticeView
    | NoticesData
    | CheckpointData
)


class Envelope(msgspec.Struct, frozen=True):
    """One event of a channel. `prev` is the seq that comes right before it; 0 in a snapshot that was asked for."""

    ch: str
    kind: str  # snapshot | update | reset
    seq: int
    prev: int
    ts: str
    data: Data
