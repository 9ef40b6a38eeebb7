"""Every message of the wire, declared once: the server, the client and docs/protocol.md rest on these types.

Prices and money are decimal strings, quantities integer tonnes, times RFC 3339 in UTC, ids strings with a letter prefix.
Requests refuse unknown fields, and `null` for an absent one; clients must ignore unknown fields and kinds in what they receive.
"""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

from engine.core.units import TONNES_MAX
from gateway.protocol.obligation_rows import ObjectionRow as ObjectionRow
from gateway.protocol.obligation_rows import ObligationRow as ObligationRow
from gateway.protocol.obligation_rows import ObligationView as ObligationView

PROTOCOL_VERSION: Final = "1"
FRAME_BYTES_MAX: Final = 16_384
IMPORT_BYTES_MAX: Final = 262_144  # an operator's message in frames of that size: a file that is taken whole or not
CHANNELS_PER_CALL_MAX: Final = 64
REPLAY_EVENTS_MAX: Final = 1_000
LIST_ROWS_MAX: Final = 500

RequestId = Annotated[str, Meta(min_length=1, max_length=64)] | Annotated[int, Meta(ge=0, le=2**53)]
Code = Annotated[str, Meta(min_length=1, max_length=64)]  # looked up; one that is unknown is refused by the lookup
ChannelName = Annotated[str, Meta(max_length=128)]
Side = Literal["buy", "sell"]
TimeInForce = Literal["day", "ioc", "fok"]
Language = Literal["zh", "en"]
_PLAIN = {"pattern": "^[A-Za-z0-9._-]{1,36}$"}  # for readers of the schema; `codec` looks for it, faster than a pattern
ClientOrderId = Annotated[str, Meta(min_length=1, max_length=36, extra_json_schema=_PLAIN)]
OrderId = Annotated[str, Meta(pattern=r"^O-[1-9][0-9]{0,17}\Z")]
TradeId = Annotated[str, Meta(pattern=r"^T-[1-9][0-9]{0,17}\Z")]
ProposalId = Annotated[str, Meta(pattern=r"^P-[1-9][0-9]{0,17}\Z")]
EncumbranceId = Annotated[str, Meta(pattern=r"^N-[1-9][0-9]{0,17}\Z")]
Quantity = Annotated[int, Meta(ge=1, le=TONNES_MAX)]
Decimals = Annotated[str, Meta(max_length=64)]  # its grammar is protocol/prices.py
DayText = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Text = Annotated[str, Meta(max_length=500, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]*\Z")]
Reason = Annotated[
    str, Meta(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]+\Z")
]
ChannelSeq = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]  # outside the channel it is BAD_SEQ, not malformed


# ---- requests -------------------------------------------------------------------------------------------


class Params(Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Base of all params."""


class Simulate(Params, gc=False):
    """Faults on request, in a rehearsal market only: what goes wrong with the reply, or with a channel (docs/sandbox.md)."""

    drop_next: Annotated[int, Meta(ge=1, le=100)] | UnsetType = UNSET
    delay_ms: Annotated[int, Meta(ge=1, le=30_000)] | UnsetType = UNSET
    gap: Annotated[str, Meta(min_length=1, max_length=128)] | UnsetType = UNSET
    cut: bool = False
    reject: Annotated[str, Meta(min_length=1, max_length=64)] | UnsetType = UNSET


class Request(Struct, forbid_unknown_fields=True, omit_defaults=True, tag_field="method", gc=False, kw_only=True):
    """Base of all requests. `expires_at`: refused with EXPIRED_REQUEST when it arrives later; nothing else goes by time."""

    id: RequestId
    jsonrpc: Literal["2.0"] | UnsetType = UNSET
    expires_at: Annotated[datetime, Meta(tz=True)] | UnsetType = UNSET
    sim: Simulate | UnsetType = UNSET


class NoParams(Params, gc=False):
    """A method without params; `params` may be left out."""


class CancelOnDisconnect(Params, gc=False):
    """`grace_ms`: how long the connection may be gone; `resume`: an earlier session to go on with; `accounts`: whose orders end."""

    grace_ms: Annotated[int, Meta(ge=0, le=30_000)] | UnsetType = UNSET
    resume: Annotated[str, Meta(pattern=r"^L-[1-9][0-9]{0,17}\Z")] | UnsetType = UNSET
    accounts: Annotated[list[Code], Meta(min_length=1, max_length=LIST_ROWS_MAX)] | UnsetType = UNSET


class SessionAuthParams(Params, gc=False):
    """`key_id` is a member's key, on the ops door an operator's person id. `nonce` may repeat hello's, to name a stale login.

    A page sends a `ticket` of its session instead of key and signature. `heartbeat_ms`: how often the server is to say a heartbeat.
    """

    key_id: Code | UnsetType = UNSET
    signature: Annotated[str, Meta(max_length=256)] | UnsetType = UNSET
    nonce: Annotated[str, Meta(max_length=128)] | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    cancel_on_disconnect: CancelOnDisconnect | UnsetType = UNSET
    ticket: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    heartbeat_ms: Annotated[int, Meta(ge=1_000, le=30_000)] | UnsetType = UNSET


class SessionAuth(Request, tag="session.auth", gc=False, kw_only=True):
    """Log in: Ed25519 over `env|host|connection_id|nonce|key_id`, once per connection; or the ticket of a browser's session."""

    params: SessionAuthParams


class SessionPing(Request, tag="session.ping", gc=False, kw_only=True):
    """Say that one is there."""

    params: NoParams | UnsetType = UNSET


class SessionStatus(Request, tag="session.status", gc=False, kw_only=True):
    """Who one is, what one may do and follows."""

    params: NoParams | UnsetType = UNSET


class SessionLogout(Request, tag="session.logout", gc=False, kw_only=True):
    """End the connection in good order (close 1000)."""

    params: NoParams | UnsetType = UNSET


class TimeGet(Request, tag="time.get", gc=False, kw_only=True):
    """The server's time and the trading day."""

    params: NoParams | UnsetType = UNSET


class InstrumentList(Request, tag="instrument.list", gc=False, kw_only=True):
    """All instruments with their rules, today's band and figures."""

    params: NoParams | UnsetType = UNSET


class PhaseGet(Request, tag="phase.get", gc=False, kw_only=True):
    """Where the day is."""

    params: NoParams | UnsetType = UNSET


class ReferenceGet(Request, tag="reference.get", gc=False, kw_only=True):
    """The catalogue of refusals (Chinese and English), the enumerations and the close codes."""

    params: NoParams | UnsetType = UNSET


class ChannelNames(Params, gc=False):
    """Channels by name. A call accepts what it can and names what it refused."""

    channels: Annotated[list[ChannelName], Meta(min_length=1, max_length=CHANNELS_PER_CALL_MAX)]


class SubscribeParams(ChannelNames, gc=False):
    """`last_seqs`: of private streams, the last seq one has; what came after it is sent instead of a snapshot."""

    last_seqs: Annotated[dict[ChannelName, int], Meta(max_length=CHANNELS_PER_CALL_MAX)] | UnsetType = UNSET


class Subscribe(Request, tag="subscribe", gc=False, kw_only=True):
    """Follow channels, each from its snapshot, or from the seq that one has."""

    params: SubscribeParams


class Unsubscribe(Request, tag="unsubscribe", gc=False, kw_only=True):
    """Follow channels no longer."""

    params: ChannelNames


class ChannelParams(Params, gc=False):
    """One channel."""

    channel: Annotated[str, Meta(max_length=128)]


class ChannelSnapshot(Request, tag="channel.snapshot", gc=False, kw_only=True):
    """Send the channel's snapshot again, as an event after the reply."""

    params: ChannelParams


class ChannelReplayParams(Params, gc=False):
    """From this channel seq on, up to `limit` events."""

    channel: Annotated[str, Meta(max_length=128)]
    from_seq: ChannelSeq
    limit: Annotated[int, Meta(ge=1, le=REPLAY_EVENTS_MAX)] = REPLAY_EVENTS_MAX


class ChannelReplay(Request, tag="channel.replay", gc=False, kw_only=True):
    """Send past events again, unchanged, after the reply."""

    params: ChannelReplayParams


class OrderPlaceParams(Params, gc=False):
    """A limit order. `account` may be left out where the key has exactly one. `cancel_on_disconnect` false: it stays."""

    instrument: Code
    side: Side
    price: Decimals
    quantity: Quantity
    client_order_id: ClientOrderId
    account: Code | UnsetType = UNSET
    time_in_force: TimeInForce = "day"
    post_only: bool = False
    cancel_on_disconnect: bool = True


class OrderPlace(Request, tag="order.place", gc=False, kw_only=True):
    """Place an order. The same client_order_id with the same body gets the same answer, with `duplicate`."""

    params: OrderPlaceParams


class OrderNameParams(Params, gc=False):
    """One order, named by exactly one of `order_id` and `client_order_id`."""

    order_id: OrderId | UnsetType = UNSET
    client_order_id: ClientOrderId | UnsetType = UNSET
    account: Code | UnsetType = UNSET


class OrderCancel(Request, tag="order.cancel", gc=False, kw_only=True):
    """Cancel an open order."""

    params: OrderNameParams


class OrderReplaceParams(Params, gc=False):
    """The order and its new price and total quantity (filled part included)."""

    price: Decimals
    quantity: Quantity
    order_id: OrderId | UnsetType = UNSET
    client_order_id: ClientOrderId | UnsetType = UNSET
    account: Code | UnsetType = UNSET


class OrderReplace(Request, tag="order.replace", gc=False, kw_only=True):
    """Change an open order. Priority is kept only when nothing but the quantity goes down."""

    params: OrderReplaceParams


class OrderCancelAllParams(Params, gc=False):
    """All open orders of an account, or only those of an instrument and a side."""

    account: Code | UnsetType = UNSET
    instrument: Code | UnsetType = UNSET
    side: Side | UnsetType = UNSET


class OrderCancelAll(Request, tag="order.cancel_all", gc=False, kw_only=True):
    """Cancel all open orders."""

    params: OrderCancelAllParams | UnsetType = UNSET


class OrderGet(Request, tag="order.get", gc=False, kw_only=True):
    """The last report of an order, open or finished."""

    params: OrderNameParams


class OrderListParams(Params, gc=False):
    """Open orders, oldest first, after `after` (an order_id)."""

    account: Code | UnsetType = UNSET
    instrument: Code | UnsetType = UNSET
    after: OrderId | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=LIST_ROWS_MAX)] = LIST_ROWS_MAX


class OrderList(Request, tag="order.list", gc=False, kw_only=True):
    """Open orders of an account."""

    params: OrderListParams | UnsetType = UNSET


class AccountParams(Params, gc=False):
    """One account; may be left out where the key has exactly one."""

    account: Code | UnsetType = UNSET


class AccountCash(Request, tag="account.cash", gc=False, kw_only=True):
    """Cash: free, behind open buy orders, and as settled in the registry."""

    params: AccountParams | UnsetType = UNSET


class AccountAllowances(Request, tag="account.allowances", gc=False, kw_only=True):
    """Units by instrument: available, behind open sell orders, bought too recently; and as settled in the registry."""

    params: AccountParams | UnsetType = UNSET


class ObligationParams(Params, gc=False):
    """One account and, where named, one compliance year."""

    account: Code | UnsetType = UNSET
    year: Annotated[int, Meta(ge=2000, le=2999)] | UnsetType = UNSET


class AccountObligation(Request, tag="account.obligation", gc=False, kw_only=True):
    """Compliance years: allocation, verified emissions, what was surrendered with which offsets, what is still owed."""

    params: ObligationParams | UnsetType = UNSET


class TradeGetParams(Params, gc=False):
    """One of one's own trades."""

    trade_id: TradeId


class TradeGet(Request, tag="trade.get", gc=False, kw_only=True):
    """How far a trade's settlement has come."""

    params: TradeGetParams


class OpsActParams(Params, gc=False):
    """An act by name with its fields (protocol/acts.py), why, and under which document."""

    act: Annotated[str, Meta(max_length=64)]
    reason: Reason
    fields: Raw = field(default_factory=lambda: Raw(b"{}"))  # no plain default: a schema could not show it
    document: Text = ""


class OpsAct(Request, tag="ops.act", gc=False, kw_only=True):
    """Do an act, or propose it where the rule book wants two persons."""

    params: OpsActParams


class OpsApproveParams(Params, gc=False):
    """The proposal and the SHA-256 of the content one has read; `effect_sha256`: of what it would change (`ops.effect`)."""

    proposal_id: ProposalId
    sha256: Sha256
    effect_sha256: Sha256 | UnsetType = UNSET


class OpsApprove(Request, tag="ops.approve", gc=False, kw_only=True):
    """Consent to another person's proposal: the act is done."""

    params: OpsApproveParams


class OpsRejectParams(Params, gc=False):
    """The proposal and why it is turned down."""

    proposal_id: ProposalId
    reason: Reason


class OpsReject(Request, tag="ops.reject", gc=False, kw_only=True):
    """Turn a proposal down, or withdraw one's own."""

    params: OpsRejectParams


class OpsList(Request, tag="ops.list", gc=False, kw_only=True):
    """Pending proposals with their content and its SHA-256."""

    params: NoParams | UnsetType = UNSET


class OpsUnsettledParams(Params, gc=False):
    """How many rows at most."""

    limit: Annotated[int, Meta(ge=1, le=LIST_ROWS_MAX)] = LIST_ROWS_MAX


class OpsUnsettled(Request, tag="ops.unsettled", gc=False, kw_only=True):
    """Instructions that settlement set aside, oldest first."""

    params: OpsUnsettledParams | UnsetType = UNSET


class OpsReconcile(Request, tag="ops.reconcile", gc=False, kw_only=True):
    """Compare engine, registry and bank now."""

    params: NoParams | UnsetType = UNSET


class OpsStatus(Request, tag="ops.status", gc=False, kw_only=True):
    """Where the day is, the journal's seq, and the gateway's counters."""

    params: NoParams | UnsetType = UNSET


class OpsEncumbrancesParams(Params, gc=False):
    """One account, or all."""

    account: Code | UnsetType = UNSET


class OpsEncumbrances(Request, tag="ops.encumbrances", gc=False, kw_only=True):
    """Units that are frozen, pledged or withdrawn from trading, oldest first."""

    params: OpsEncumbrancesParams | UnsetType = UNSET


class OpsObligationParams(Params, gc=False):
    """Any account, and, where named, one compliance year."""

    account: Code
    year: Annotated[int, Meta(ge=2000, le=2999)] | UnsetType = UNSET


class OpsObligation(Request, tag="ops.obligation", gc=False, kw_only=True):
    """A key emitter's compliance years."""

    params: OpsObligationParams


class OpsAccounts(Request, tag="ops.accounts", gc=False, kw_only=True):
    """All accounts with their state."""

    params: NoParams | UnsetType = UNSET


CommonRequest = (
    SessionPing
    | SessionStatus
    | SessionLogout
    | TimeGet
    | InstrumentList
    | PhaseGet
    | ReferenceGet
    | Subscribe
    | Unsubscribe
    | ChannelSnapshot
    | ChannelReplay
)
TradeRequest = (
    CommonRequest
    | SessionAuth
    | OrderPlace
    | OrderCancel
    | OrderReplace
    | OrderCancelAll
    | OrderGet
    | OrderList
    | AccountCash
    | AccountAllowances
    | AccountObligation
    | TradeGet
)
OpsRequest = (
    CommonRequest
    | SessionAuth
    | OpsAct
    | OpsApprove
    | OpsReject
    | OpsList
    | OpsUnsettled
    | OpsReconcile
    | OpsStatus
    | OpsAccounts
    | OpsObligation
    | OpsEncumbrances
)
MarketRequest = CommonRequest


# ---- replies --------------------------------------------------------------------------------------------


class Reply(Struct, omit_defaults=True, gc=False):
    """The answer to a request that was carried out. `env`: in a rehearsal market alone; `limits`: what is left of the rates."""

    id: str | int | None
    result: Any
    jsonrpc: str | UnsetType = UNSET
    env: str | UnsetType = UNSET
    limits: dict[str, list[int]] | UnsetType = UNSET


class ErrorData(Struct, omit_defaults=True, gc=False):
    """What a program needs: `retry` class, the field, the limit and what was measured, the rule, the journal's place."""

    retry: str
    field: str = ""
    limit: str | int | None = None
    actual: str | int | None = None
    rule: str = ""
    ref: str = ""
    order_id: str = ""
    duplicate: bool = False
    retry_after_ms: int = 0


class Error(Struct, omit_defaults=True, gc=False):
    """A refusal: number and name of the catalogue, the sentence in the session's language."""

    code: int
    name: str
    message: str
    data: ErrorData


class Refusal(Struct, omit_defaults=True, gc=False):
    """The answer to a request that was refused; `id` is null where none could be read. `limits` as in a reply."""

    id: str | int | None
    error: Error
    jsonrpc: str | UnsetType = UNSET
    env: str | UnsetType = UNSET
    limits: dict[str, list[int]] | UnsetType = UNSET


class OrderPlaced(Struct, omit_defaults=True, gc=False):
    """The order is in the journal and was accepted."""

    order_id: str
    client_order_id: str
    account: str
    duplicate: bool = False


class OrderChanged(Struct, omit_defaults=True, gc=False):
    """The order after a cancel or a replace."""

    order_id: str
    client_order_id: str
    account: str
    order_status: str
    price: str
    order_qty: int
    cum_qty: int
    leaves_qty: int


class OrdersCanceled(Struct, gc=False):
    """How many orders a cancel_all ended."""

    account: str
    canceled: int


class ReasonView(Struct, gc=False):
    """A reason inside a report: number and name of the catalogue."""

    code: int
    name: str


class ExecReport(Struct, omit_defaults=True, gc=False):
    """One event of an order, in FIX words. A fill and the status after it travel in one report."""

    # new | trade | canceled | replaced | rejected | expired | declined | trade_cancel (FIX H: the exchange voided a trade;
    # last_price, last_qty and trade_id are the trade's, fee is what goes back of it, order_status is empty)
    exec_type: str
    order_status: str  # new | partially_filled | filled | canceled | rejected | expired
    order_id: str
    client_order_id: str
    account: str
    instrument: str
    side: str
    time_in_force: str
    price: str
    order_qty: int
    cum_qty: int
    leaves_qty: int
    transact_time: str
    trading_day: str
    avg_price: str = ""
    last_price: str = ""
    last_qty: int = 0
    trade_id: str = ""
    liquidity: str = ""  # maker | taker | auction
    fee: str = ""
    reason: ReasonView | None = None
    origin: str = ""  # who ended it: member | system | expiry | counterparty | exchange
    method: str = ""  # block; absent for listed trading
    counterparties: list[str] = []  # of a block offer: for its offerer all, for each of them the offerer
    answers: str = ""  # the block offer that this one counters
    auction: str = ""  # of a bid: its auction's code
    replaces: str = ""  # of a bid: the bid that it took the place of


class OrderState(Struct, omit_defaults=True, gc=False):
    """One open order."""

    order_id: str
    client_order_id: str
    account: str
    instrument: str
    side: str
    time_in_force: str
    price: str
    order_qty: int
    cum_qty: int
    leaves_qty: int
    order_status: str
    avg_price: str = ""


class OrderRows(Struct, gc=False):
    """Open orders; `more`: ask again with `after`."""

    account: str
    orders: list[OrderState]
    more: bool


class CashView(Struct, gc=False):
    """Cash in CNY: free, behind open buys, settled in the registry. `exec_seq`: the last event of `exec.{account}` in it."""

    account: str
    available: str
    held: str
    settled: str
    seq: int
    exec_seq: int


class HoldingView(Struct, gc=False):
    """Tonnes of one instrument: free to sell, held behind open sells, locked (T+N), encumbered (frozen, pledged or
    withdrawn), preallocated (until the true-up), use-restricted (only for own surrender); all as settled in the registry."""

    instrument: str
    available: int
    held: int
    locked: int
    settled: int
    encumbered: int
    preallocated: int
    use_restricted: int


class EncumbranceRow(Struct, gc=False):
    """Units that cannot be traded: kind freeze | pledge | withdrawn, and in whose favour."""

    encumbrance_id: str
    account: str
    instrument: str
    kind: str
    tonnes: int
    beneficiary: str


class AllowancesView(Struct, gc=False):
    """An account's units. `retention_floor`: tonnes not to be sold before surrender. `exec_seq`: as for cash."""

    account: str
    holdings: list[HoldingView]
    encumbrances: list[EncumbranceRow]
    retention_floor: int
    seq: int
    exec_seq: int


class TradeView(Struct, omit_defaults=True, gc=False):
    """One's own trade. status: matched | clearing_hold | settled | failed | disputed | void."""

    trade_id: str
    status: str
    instrument: str = ""
    side: str = ""
    quantity: int = 0
    amount: str = ""
    reason: ReasonView | None = None
    detail: str = ""


class ChannelAccepted(Struct, omit_defaults=True, gc=False):
    """A channel one now follows, and its last seq. With `from_seq` the events from there follow; without it, a snapshot."""

    channel: str
    seq: int
    from_seq: int = 0


class ChannelRefused(Struct, gc=False):
    """A channel that was refused, and why."""

    channel: str
    code: int
    name: str


class Subscribed(Struct, gc=False):
    """What subscribe took and what it refused."""

    subscribed: list[ChannelAccepted]
    refused: list[ChannelRefused]


class Replayed(Struct, gc=False):
    """These events follow the reply. `to_seq` < `from_seq`: none. `more`: ask again from to_seq + 1."""

    channel: str
    from_seq: int
    to_seq: int
    more: bool


class TimeView(Struct, gc=False):
    """The server's time."""

    server_time: str
    trading_day: str


class PhaseView(Struct, gc=False):
    """Where the day is. `seq` is the journal's."""

    trading_day: str
    phase: str
    phase_zh: str
    halted: bool
    seq: int
    time: str


class InstrumentRow(Struct, omit_defaults=True, gc=False):
    """One instrument. Prices are absent where nothing traded or no band applies, the unit of quantities where it is tonnes."""

    instrument: str
    product: str
    kind: str
    vintage: int
    name_zh: str
    name_en: str
    tick: str
    lot: int
    order_qty_min: int
    order_qty_max: int
    match_mode: str
    trading_fee_ppm: int
    settlement_fee_ppm: int
    halted: bool
    volume: int
    turnover: str
    trades: int
    reference_price: str | None = None
    limit_down: str | None = None
    limit_up: str | None = None
    open: str | None = None
    high: str | None = None
    low: str | None = None
    last: str | None = None
    unit_zh: str = "吨"
    unit_en: str = "t"


class ReasonRow(Struct, gc=False):
    """One row of the catalogue."""

    code: int
    name: str
    retry: str
    fix: int
    zh: str
    en: str
    rule: str


class EnumRow(Struct, gc=False):
    """One word of an enumeration with its labels."""

    value: str
    zh: str
    en: str


class Reference(Struct, gc=False):
    """What a client can show and decide by."""

    errors: list[ReasonRow]
    enums: dict[str, list[EnumRow]]
    close_codes: dict[str, str]


class ActOutcome(Struct, omit_defaults=True, gc=False):
    """status: done | pending | rejected. A pending act names what its approver must sign."""

    status: str
    proposal_id: str
    sha256: str = ""


class ProposalRow(Struct, gc=False):
    """A pending proposal."""

    proposal_id: str
    operator: str
    act: str
    fields: dict[str, Any]
    reason: str
    document: str
    sha256: str


class UnsettledRow(Struct, gc=False):
    """An instruction that settlement set aside; `trade_id` is empty where it is no trade."""

    trade_id: str
    status: str
    instrument: str
    buyer: str
    seller: str
    quantity: int
    amount: str
    reason: ReasonView | None
    detail: str
    seq: int


class BreakRow(Struct, gc=False):
    """One difference between engine and registry; cash in CNY, units in tonnes."""

    account: str
    asset: str
    engine: str
    registry: str


class Reconciliation(Struct, gc=False):
    """Engine = registry = bank, at one seq."""

    seq: int
    ok: bool
    accounts: int
    cash: str
    bank: str
    units: dict[str, int]
    unsettled: int
    breaks: list[BreakRow]


class AccountRow(Struct, gc=False):
    """One account as an operator sees it; restriction in the words of protocol/acts.py.

    successor: the account into which it was merged, "" for one that lives on. split_into: where parts of it went. standing:
    why it may not trade as it likes (suspended, unqualified, by_class, leaving, left, closed).
    """

    account: str
    name: str
    category: str
    owner: int
    restriction: list[str]
    available: str
    held: str
    retention_floor: int
    successor: str
    split_into: list[str]
    standing: list[str]


class OpsStatusView(Struct, gc=False):
    """The market and the gateway at a glance."""

    env: str
    trading_day: str
    day_number: int
    phase: str
    halted: bool
    seq: int
    time: str
    pending: int
    counters: dict[str, int]


# ---- events ---------------------------------------------------------------------------------------------


class Event(Struct, omit_defaults=True, gc=False):
    """Anything the server says unasked. `ch` `$session` is about the connection itself and has no `prev`."""

    ch: str
    kind: str  # snapshot | update | reset; on $session: hello | heartbeat | going_away
    seq: int
    ts: str
    data: Any
    prev: int = -1


class ExecEvent(Struct, gc=False):
    """One report in its private stream `exec.{account}`: seq is dense from 1, for ever."""

    ch: str
    kind: str
    seq: int
    prev: int
    ts: str
    data: ExecReport


class ExecSnapshot(Struct, gc=False):
    """The first event of a private stream after subscribe: the open orders as of `seq`."""

    account: str
    orders: list[OrderState]
