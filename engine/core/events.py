"""What can happen in the market. Events are facts: frozen, complete, in order; one entry's events are one indivisible change.

`exec_seq` is the dense number, from 1, of the event in the account's private stream: it never restarts and is part
of the market's state, so it survives crashes and snapshots. An order's number is the seq of the command that placed
it. The folder rule: whoever follows the market (gateway, settlement) needs nothing but these and the entry's seq and time.
"""

from typing import Final

import msgspec

from engine.core.allocation_events import AllocationPlanSet as AllocationPlanSet
from engine.core.allocation_events import AllocationTruedUp as AllocationTruedUp
from engine.core.allocation_events import EmissionsRecorded as EmissionsRecorded
from engine.core.allocation_events import FilingChanged as FilingChanged
from engine.core.allocation_events import ObjectionDecided as ObjectionDecided
from engine.core.allocation_events import ObjectionFiled as ObjectionFiled
from engine.core.allocation_events import ReviewOpened as ReviewOpened
from engine.core.allocation_events import UnitsPreallocated as UnitsPreallocated
from engine.core.bases import Fact as Fact
from engine.core.commands import AnnounceAuction, AnyAct
from engine.core.control_events import KillSwitchEngaged as KillSwitchEngaged
from engine.core.control_events import KillSwitchReleased as KillSwitchReleased
from engine.core.control_events import OwnActProposed as OwnActProposed
from engine.core.control_events import OwnActRefused as OwnActRefused
from engine.core.control_events import OwnActRejected as OwnActRejected
from engine.core.control_events import OwnActTaken as OwnActTaken
from engine.core.control_events import OwnLimitsChanged as OwnLimitsChanged
from engine.core.days import BankBreak
from engine.core.identity_events import AuthorityDistrusted as AuthorityDistrusted
from engine.core.identity_events import AuthorityTrusted as AuthorityTrusted
from engine.core.identity_events import CertificatesRevoked as CertificatesRevoked
from engine.core.identity_events import KeyRegistered as KeyRegistered
from engine.core.identity_events import KeyRevoked as KeyRevoked
from engine.core.intention_events import IntentionEnded as IntentionEnded
from engine.core.intention_events import IntentionPosted as IntentionPosted
from engine.core.order_events import OrderAccepted as OrderAccepted
from engine.core.order_events import OrderCanceled as OrderCanceled
from engine.core.order_events import Traded as Traded
from engine.core.participant_events import AccountClosed as AccountClosed
from engine.core.participant_events import AccountLeaving as AccountLeaving
from engine.core.participant_events import AssociationRecorded as AssociationRecorded
from engine.core.participant_events import BanLifted as BanLifted
from engine.core.participant_events import ParticipantDisqualified as ParticipantDisqualified
from engine.core.participant_events import ParticipantQualified as ParticipantQualified
from engine.core.participant_events import ParticipantRecorded as ParticipantRecorded
from engine.core.participant_events import ParticipantReinstated as ParticipantReinstated
from engine.core.participant_events import ParticipantSuspended as ParticipantSuspended
from engine.core.participant_events import PersonBanned as PersonBanned
from engine.core.participant_events import UserAppointed as UserAppointed
from engine.core.participant_events import UserRemoved as UserRemoved
from engine.core.remedy_events import SettlementUnfinished as SettlementUnfinished
from engine.core.remedy_events import StatementConfirmed as StatementConfirmed
from engine.core.remedy_events import StatementContested as StatementContested
from engine.core.remedy_events import StatementObjectionDecided as StatementObjectionDecided
from engine.core.remedy_events import TradeVoided as TradeVoided
from engine.core.session_events import DeadManFired as DeadManFired
from engine.core.session_events import DeadManSet as DeadManSet
from engine.core.session_events import SessionEnded as SessionEnded
from engine.core.session_events import SessionOpened as SessionOpened
from engine.core.supervision_events import AccountsLinked as AccountsLinked
from engine.core.supervision_events import AccountsUnlinked as AccountsUnlinked
from engine.core.supervision_events import CaseChanged as CaseChanged
from engine.core.supervision_events import CreditRecordStruck as CreditRecordStruck
from engine.core.supervision_events import HolderNoted as HolderNoted
from engine.core.supervision_events import HolderReported as HolderReported
from engine.core.supervision_events import LinkedNearLimit as LinkedNearLimit
from engine.core.supervision_events import ReductionChanged as ReductionChanged
from engine.core.supervision_events import RestrictionReviewed as RestrictionReviewed
from engine.core.supervision_events import RestrictionScheduled as RestrictionScheduled
from engine.core.supervision_events import RetentionNear as RetentionNear

Event = Fact | OrderAccepted | OrderCanceled | Traded


# ---- orders ---------------------------------------------------------------------------------------------


class OrderRefused(Fact, frozen=True, gc=False):
    """The order was refused: `reason` is a number of the catalogue; limit and actual are what it was measured against."""

    order: int
    account: int
    exec_seq: int
    client_order_id: str
    instrument: int
    side: int
    price_ticks: int
    tonnes: int
    time_in_force: int
    reason: int
    limit: int
    actual: int


class OrderRepeated(Fact, frozen=True, gc=False):
    """A client order id came again with the same body: nothing happened; the first answer was `order`, `reason` (0: accepted)."""

    account: int
    client_order_id: str
    order: int
    reason: int


class RequestRefused(Fact, frozen=True, gc=False):
    """A cancel, replace or conflicting client order id was refused. Not part of the private stream: only the asker is told."""

    account: int
    order: int
    client_order_id: str
    reason: int
    limit: int
    actual: int


class OrderReplaced(Fact, frozen=True, gc=False):
    """Price and total quantity changed. Depth: minus old_leaves at the old price, plus leaves at the new one; fills may follow."""

    order: int
    account: int
    exec_seq: int
    client_order_id: str
    instrument: int
    side: int
    old_price_ticks: int
    old_leaves: int
    price_ticks: int
    tonnes: int
    leaves: int
    cum: int


class AllCanceled(Fact, frozen=True, gc=False):
    """Closes a CancelAll: how many orders it ended."""

    account: int
    instrument: int
    side: int
    orders: int


# ---- block trades ---------------------------------------------------------------------------------------
# Only those named in an event may know of it, each by their own exec_seq; counterparties do not know of each other.


class BlockOffered(Fact, frozen=True, gc=False):
    """A block offer stands and is held for. `side` is the offerer's; `answers` is the offer it counters, 0 for none."""

    offer: int
    account: int
    exec_seq: int
    client_offer_id: str
    instrument: int
    side: int
    price_ticks: int
    tonnes: int
    answers: int
    counterparties: tuple[int, ...]
    counterparty_exec_seqs: tuple[int, ...]


class BlockRepeated(Fact, frozen=True, gc=False):
    """An offer or a confirmation came again with the same body: nothing happened. trade 0: it was an offer."""

    account: int
    client_offer_id: str
    offer: int
    trade: int


class BlockDeclined(Fact, frozen=True, gc=False):
    """A counterparty turned an offer down, or countered it (`reason`). `remaining` 0: nobody is left, the offer has ended."""

    offer: int
    account: int
    exec_seq: int
    client_offer_id: str
    instrument: int
    side: int
    price_ticks: int
    tonnes: int
    reason: int
    counterparty: int
    counterparty_exec_seq: int
    remaining: int


class BlockEnded(Fact, frozen=True, gc=False):
    """An offer ended without a trade; its hold is released. reason: catalogue number, 0 = withdrawn by who made it."""

    offer: int
    account: int
    exec_seq: int
    client_offer_id: str
    instrument: int
    side: int
    price_ticks: int
    tonnes: int
    reason: int
    counterparties: tuple[int, ...]
    counterparty_exec_seqs: tuple[int, ...]


class BlockTraded(Fact, frozen=True, gc=False):
    """One block trade, binding on both sides and outside of the day's quotes. `offer_side`: which side had offered.

    `client_offer_id` is that of the offer. Numbered with all other trades.
    """

    trade: int
    offer: int
    client_offer_id: str
    offer_side: int
    instrument: int
    price_ticks: int
    tonnes: int
    amount_fen: int
    buyer: int
    buy_exec_seq: int
    buy_fee_fen: int
    seller: int
    sell_exec_seq: int
    sell_fee_fen: int


class BlockTaken(Fact, frozen=True, gc=False):
    """An offer of `account` to a group was taken by another: it is gone for these."""

    offer: int
    account: int
    instrument: int
    side: int
    price_ticks: int
    tonnes: int
    counterparties: tuple[int, ...]
    counterparty_exec_seqs: tuple[int, ...]


class BlockWindowChanged(Fact, frozen=True, gc=False):
    """The hours of block trading began or ended."""

    is_open: bool


# ---- the day --------------------------------------------------------------------------------------------


class Band(msgspec.Struct, frozen=True, gc=False):
    """One instrument's reference price and price limits for the day, in ticks."""

    instrument: int
    reference_ticks: int
    low_ticks: int
    high_ticks: int


class MethodStats(msgspec.Struct, frozen=True, gc=False):
    """What traded on a day by a method other than listed trading (units.BLOCK); turnover in fen."""

    method: str
    tonnes: int
    turnover_fen: int
    trades: int


class DayStats(msgspec.Struct, frozen=True, gc=False):
    """One instrument's day. Prices in ticks (open, high, low 0 where nothing traded); turnover in fen.

    All figures are of listed trading; `by_method` has what traded otherwise, and only that.
    """

    instrument: int
    previous_close_ticks: int
    open_ticks: int
    high_ticks: int
    low_ticks: int
    last_ticks: int
    close_ticks: int
    tonnes: int
    turnover_fen: int
    trades: int
    by_method: tuple[MethodStats, ...] = ()


class MarketFounded(Fact, frozen=True, gc=False):
    """The market exists, under this rule book."""

    market: str
    rulebook_version: int


class RuleBookAdopted(Fact, frozen=True, gc=False):
    """A change of the rules is decided and public: in force from the opening of `effective_day` (yyyymmdd) or the next that opens."""

    version: int
    effective_day: int
    sha256: str
    approvals: tuple[str, ...]


class RuleBookTookEffect(Fact, frozen=True, gc=False):
    """From this opening on another rule book is in force: trades are bound to the version of their trading day."""

    version: int
    trading_day: int
    sha256: str
    rulebook: str


class DayOpened(Fact, frozen=True, gc=False):
    """A trading day began; `day_number` counts trading days from 1. settles_at_close: its trades wait for the close."""

    trading_day: int
    day_number: int
    bands: tuple[Band, ...]
    settles_at_close: bool = False


class PhaseChanged(Fact, frozen=True, gc=False):
    """The market entered a phase (phases.NAMES)."""

    phase: int


class CallUncrossed(Fact, frozen=True, gc=False):
    """A call auction ended for an instrument. price 0: nothing crossed. Its trades precede this event."""

    instrument: int
    price_ticks: int
    tonnes: int
    imbalance: int


class CalendarChanged(Fact, frozen=True, gc=False):
    """Which of these days are traded or worked has been announced anew; `basis` names the notice or announcement."""

    first_day: int
    last_day: int
    basis: str


class Halted(Fact, frozen=True, gc=False):
    """Trading in the instrument (0: all) is halted."""

    instrument: int


class Resumed(Fact, frozen=True, gc=False):
    """The halt is lifted."""

    instrument: int


class Composite(msgspec.Struct, frozen=True, gc=False):
    """One price over all vintages of a product, in ticks; tonnes: what all of them traded."""

    product: str
    previous_close_ticks: int
    open_ticks: int
    close_ticks: int
    tonnes: int


class DayClosed(Fact, frozen=True, gc=False):
    """The day ended; day orders expired before this event. composites: for products whose rules publish such a price.

    periods: of week, month and year those whose last trading day this was, by the calendar of that moment.
    """

    trading_day: int
    stats: tuple[DayStats, ...]
    composites: tuple[Composite, ...] = ()
    periods: tuple[str, ...] = ()


# ---- government auctions --------------------------------------------------------------------------------


class AuctionAnnounced(Fact, frozen=True, gc=False):
    """The notice is out; the government's units or cash are held. `terms.reserve_ticks` is not for the public."""

    auction: int
    terms: AnnounceAuction
    cap_tonnes: int  # the most that one bidder's bids may come to
    carried: tuple[
        tuple[int, int], ...
    ] = ()  # (earlier auction, tonnes of what it left over) that are part of the volume
    is_named: bool = False  # whether the public may know which participant applied for it


class AuctionOpened(Fact, frozen=True, gc=False):
    """The window is open."""

    auction: int


class BidPlaced(Fact, frozen=True, gc=False):
    """A sealed bid was taken and is held in full. Only its account may be told. replaces: the bid it ended, 0 for none."""

    bid: int
    auction: int
    account: int
    exec_seq: int
    client_bid_id: str
    instrument: int
    side: int
    price_ticks: int
    tonnes: int
    replaces: int


class BidRepeated(Fact, frozen=True, gc=False):
    """A client bid id came again with the same body: nothing happened; it is bid `bid`."""

    bid: int
    auction: int
    account: int


class BidRefused(Fact, frozen=True, gc=False):
    """A bid or withdrawal was refused. Not part of the private stream: only the asker is told."""

    account: int
    auction: int
    bid: int
    reason: int
    limit: int
    actual: int


class BidEnded(Fact, frozen=True, gc=False):
    """A bid ended with `tonnes` not awarded; their hold is released. reason: catalogue number, 0 = asked by the bidder.

    cum, amount_fen: what was awarded of it, and for how much.
    """

    bid: int
    auction: int
    account: int
    exec_seq: int
    client_bid_id: str
    instrument: int
    side: int
    price_ticks: int
    tonnes: int
    cum: int
    amount_fen: int
    reason: int


class BidAwarded(Fact, frozen=True, gc=False):
    """A bid won: a binding trade. side: the bidder's; price_ticks: what is paid, limit_ticks: what was bid.

    The units' other side is `unit_account`, the money's `cash_account`; fee_fen is the bidder's. use_restricted: the units
    are only for the bidder's own surrender. In a one-way auction `applicant_fee_fen` is its applicant's fee and
    `applicant_exec_seq` the award's place in the applicant's private stream; else both are 0.
    """

    trade: int
    auction: int
    bid: int
    account: int
    exec_seq: int
    client_bid_id: str
    instrument: int
    side: int
    price_ticks: int
    limit_ticks: int
    bid_tonnes: int
    tonnes: int
    amount_fen: int
    fee_fen: int
    unit_account: int
    cash_account: int
    use_restricted: bool = False
    applicant_fee_fen: int = 0
    applicant_exec_seq: int = 0


class AuctionCleared(Fact, frozen=True, gc=False):
    """Result 1: volume and clearing price. tonnes 0: nothing was sold. The awards precede it."""

    auction: int
    instrument: int
    price_ticks: int
    tonnes: int


class AuctionReported(Fact, frozen=True, gc=False):
    """Result 2: what was bid, by how many, and what it brought (domain rules (g)); prices of the lowest and highest bid.

    revenue_fen: what all winners pay, or in a buy-back are paid, without fees. cover_hundredths: bid over offered tonnes.
    carry_tonnes: unsold, and carried over to later auctions. applicant_fee_fen: of all awards of a one-way auction.
    """

    auction: int
    price_ticks: int
    tonnes: int
    bid_tonnes: int
    cover_hundredths: int
    bids: int
    bidders: int
    winners: int
    revenue_fen: int
    low_ticks: int
    high_ticks: int
    carry_tonnes: int = 0
    applicant_fee_fen: int = 0


EXTREMES_BIDDERS_MIN: Final = 3  # with fewer, a single bid could be told from the lowest or the highest
STATISTICS_BIDDERS_MIN: Final = 5  # with fewer, extremes and moments together could tell the bids between


class AuctionMeasured(Fact, frozen=True, gc=False):
    """Result 3: statistics of the bids (`auction_statistics`); told where there was a bid, and public only with many bidders.

    Prices in hundredths of a tick, tonnes in hundredths, shares in 1/10,000; `at_limit`: bids at exactly the published limit.
    """

    auction: int
    price_mean: int
    price_median: int
    price_deviation: int
    bid_mean: int
    bid_deviation: int
    won_mean: int
    won_deviation: int
    bid_largest_bp: int
    won_largest_bp: int
    won_concentration: int
    at_limit_bids: int
    at_limit_tonnes: int


class AuctionCanceled(Fact, frozen=True, gc=False):
    """The auction will not be cleared; everything it held is released. reason: catalogue number; carry_tonnes: as in a result."""

    auction: int
    reason: int
    carry_tonnes: int = 0


# ---- title and participants -----------------------------------------------------------------------------


class AccountOpened(Fact, frozen=True, gc=False):
    """An account exists from now on."""

    account: int
    code: str
    owner: int
    name: str
    category: str


class InstrumentListed(Fact, frozen=True, gc=False):
    """An instrument exists from now on. kind: allowance | offset (or another class of the rule book); tick in fen."""

    instrument: int
    code: str
    product: str
    kind: str
    vintage: int
    name_zh: str
    name_en: str
    tick_fen: int
    base_price_ticks: int


class OperatorRegistered(Fact, frozen=True, gc=False):
    """A person is an operator."""

    operator: int
    person: str
    name: str
    public_key: bytes


class UnitsIssued(Fact, frozen=True, gc=False):
    """Units were issued to an account (available at once)."""

    account: int
    instrument: int
    tonnes: int
    kind: str
    year: int


class OffsetsIssued(Fact, frozen=True, gc=False):
    """Certified reductions of a project were issued to an account under serials from `first_serial` on (available at once)."""

    account: int
    instrument: int
    tonnes: int
    project: str
    project_type: str
    methodology: str
    origin: str
    first_serial: int
    proof: str
    boundary: int


class RetentionChanged(Fact, frozen=True, gc=False):
    """The account must keep `floor_tonnes` of allowances for the year (0: released)."""

    account: int
    year: int
    floor_tonnes: int


class UnitsUnlocked(Fact, frozen=True, gc=False):
    """T+N passed: these units became available."""

    account: int
    instrument: int
    tonnes: int


class UnitsSurrendered(Fact, frozen=True, gc=False):
    """Units left the account for the surrender account of the year; `use_restricted` of them were only for that."""

    account: int
    instrument: int
    tonnes: int
    year: int
    final: bool
    use_restricted: int = 0


class UnitsCanceled(Fact, frozen=True, gc=False):
    """Units left the account for the cancellation account, for good."""

    account: int
    instrument: int
    tonnes: int
    kind: str


class UnitsEncumbered(Fact, frozen=True, gc=False):
    """Available or use-restricted units of the account were set apart under a number."""

    encumbrance: int
    account: int
    instrument: int
    tonnes: int
    kind: str
    beneficiary: str
    use_restricted: bool = False


class UnitsReleased(Fact, frozen=True, gc=False):
    """Units of an encumbrance are available again, or use-restricted as they were before."""

    encumbrance: int
    account: int
    instrument: int
    tonnes: int
    use_restricted: bool = False


class UnitsTransferred(Fact, frozen=True, gc=False):
    """Units went to another account, out of an encumbrance or (0) of what was available. They are available there, or
    use-restricted where they were that before."""

    account: int
    to_account: int
    instrument: int
    tonnes: int
    kind: str
    encumbrance: int
    use_restricted: bool = False


class HoldingTransferred(Fact, frozen=True, gc=False):
    """Units went to the account's successor in its state: available | locked | encumbered | use_restricted | preallocated.

    bought_day: the number of the day on which locked ones were bought, else 0; encumbrance: the number that goes along, or 0.
    kind: merger | split.
    """

    account: int
    to_account: int
    instrument: int
    state: str
    tonnes: int
    bought_day: int
    encumbrance: int
    kind: str = "merger"


class CashTransferred(Fact, frozen=True, gc=False):
    """Cash went to the account's successor."""

    account: int
    to_account: int
    amount_fen: int


class AccountMerged(Fact, frozen=True, gc=False):
    """The account was merged into its successor; it is history from here on."""

    account: int
    successor: int


class AccountSplit(Fact, frozen=True, gc=False):
    """Parts of the account went to these successors; it lives on with what is left."""

    account: int
    successors: tuple[int, ...]


class CashDeposited(Fact, frozen=True, gc=False):
    """Cash came in."""

    account: int
    amount_fen: int


class CashWithdrawn(Fact, frozen=True, gc=False):
    """Cash went out."""

    account: int
    amount_fen: int


class RestrictionChanged(Fact, frozen=True, gc=False):
    """The account's restriction is now `scope` (0: none)."""

    account: int
    scope: int
    basis: str


class DayFixed(Fact, frozen=True, gc=False):
    """The values of a day to come are fixed: its rule book (version, SHA-256 of the text) and each instrument's band."""

    trading_day: int
    version: int
    sha256: str
    bands: tuple[Band, ...]


class OpeningOverridden(Fact, frozen=True, gc=False):
    """Two people let this day open whatever the checks of the day before say; `basis` is the document."""

    trading_day: int
    basis: str


class DayReconciled(Fact, frozen=True, gc=False):
    """Engine and registry were compared after the close: differences, what is set aside, statements made."""

    trading_day: int
    at_seq: int
    breaks: int
    unsettled: int
    statements: int


class BankFileImported(Fact, frozen=True, gc=False):
    """The bank's balances after a closed day are known: (account, fen), the exchange's own, and the whole."""

    trading_day: int
    balances: tuple[tuple[int, int], ...]
    fees_fen: int
    reserve_fen: int
    total_fen: int
    sha256: str


class BankCompared(Fact, frozen=True, gc=False):
    """The bank's file was held against the ledger. What the file before had left open is superseded by these differences."""

    trading_day: int
    sha256: str
    breaks: tuple[BankBreak, ...]


class BankBreakResolved(Fact, frozen=True, gc=False):
    """A difference with the bank was explained, corrected or carried; a correction's posting follows in the same entry."""

    bank_break: int
    trading_day: int
    account: int
    remedy: str
    basis: str


class ReserveMoved(Fact, frozen=True, gc=False):
    """Money went into or out of the risk reserve. purpose: contribution | use | recovery | funding; accounts below 0: the
    registry's own. balance_fen: what is in it now."""

    purpose: str
    from_account: int
    to_account: int
    amount_fen: int
    balance_fen: int


class SettlementRetryOrdered(Fact, frozen=True, gc=False):
    """Settlement shall try a failed instruction again (0: all)."""

    trade: int


class BulletinPublished(Fact, frozen=True, gc=False):
    """The bulletin of the day, or of the period with this last day, that has this content is public."""

    trading_day: int
    sha256: str


class NoticePublished(Fact, frozen=True, gc=False):
    """The exchange tells the public something; effective_at_ns 0: at once, instrument 0: all."""

    category: str
    title_zh: str
    title_en: str
    body_zh: str
    body_en: str
    effective_at_ns: int
    instrument: int


class BulletinCorrected(Fact, frozen=True, gc=False):
    """A period's bulletin is issued again, with what it says why; the ones before stay as they were published."""

    period: str
    basis: str


class ReportPublished(Fact, frozen=True, gc=False):
    """The monitor's report on a subject is public from now on: its bytes, and their SHA-256 (hex)."""

    subject: str
    sha256: str
    body: str


class DispatchRecorded(Fact, frozen=True, gc=False):
    """Something was sent to an authority under a document number; `sha256` (hex) of what was sent, or ""."""

    kind: str
    subject: str
    sent_as: str
    sha256: str
    trading_day: int


# ---- who did what ---------------------------------------------------------------------------------------


class ActProposed(Fact, frozen=True, gc=False):
    """An act waits for a second person; `proposal` is the seq of the command."""

    proposal: int
    operator: int
    reason: str
    document: str
    act: AnyAct
    act_sha256: bytes


class ActTaken(Fact, frozen=True, gc=False):
    """An act took effect; its effects follow in the same entry. approver 0: one person sufficed."""

    proposal: int
    operator: int
    approver: int
    reason: str
    document: str
    act: AnyAct


class ActRefused(Fact, frozen=True, gc=False):
    """An act, approval or rejection was refused."""

    proposal: int
    operator: int
    reason: int
    limit: int
    actual: int


class ActRejected(Fact, frozen=True, gc=False):
    """A pending proposal was turned down or has lapsed (operator 0)."""

    proposal: int
    operator: int
    reason: str
