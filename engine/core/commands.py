"""What can be asked of the market. A command is a request not yet judged; `Entry` is one with its place and time.

Members ask with the first group. Everything an operator, a registry or the timetable does is an *act*, carried
by `Propose` and, where the rule book wants two persons, completed by `Approve`; so the journal holds who did what,
why, under which document and who approved. Accounts, instruments and operators are numbers from 1; 0 means "none"
or "all". The encoding (msgpack arrays) is the journal's: fields are only ever added at the end, with a default.
"""

from typing import Final

import msgspec

from engine.core import (
    allocation_acts,
    control_acts,
    filing_commands,
    identity_acts,
    intention_commands,
    participant_acts,
    remedy_acts,
    session_acts,
    supervision_acts,
)
from engine.core.allocation_acts import DecideObjection as DecideObjection
from engine.core.allocation_acts import FileObjection as FileObjection
from engine.core.allocation_acts import ImportAllocations as ImportAllocations
from engine.core.allocation_acts import ImportEmissions as ImportEmissions
from engine.core.allocation_acts import PreallocateUnits as PreallocateUnits
from engine.core.allocation_acts import SetAllocationPlan as SetAllocationPlan
from engine.core.allocation_acts import TrueUpAllocation as TrueUpAllocation
from engine.core.bases import Act as Act
from engine.core.bases import Command as Command
from engine.core.calendar import HolidayNotice
from engine.core.control_acts import ApproveOwn as ApproveOwn
from engine.core.control_acts import AskOwn as AskOwn
from engine.core.control_acts import EngageKillSwitch as EngageKillSwitch
from engine.core.control_acts import EngageOwn as EngageOwn
from engine.core.control_acts import OwnAct as OwnAct
from engine.core.control_acts import RejectOwn as RejectOwn
from engine.core.control_acts import ReleaseKillSwitch as ReleaseKillSwitch
from engine.core.control_acts import ReleaseOwn as ReleaseOwn
from engine.core.control_acts import RevokeOwn as RevokeOwn
from engine.core.control_acts import SetOwnLimits as SetOwnLimits
from engine.core.entry import Entry as Entry
from engine.core.filing_commands import ConfirmSurrender as ConfirmSurrender
from engine.core.filing_commands import DecideFiling as DecideFiling
from engine.core.filing_commands import FileSurrender as FileSurrender
from engine.core.filing_commands import WithdrawSurrender as WithdrawSurrender
from engine.core.identity_acts import DistrustAuthority as DistrustAuthority
from engine.core.identity_acts import RegisterKey as RegisterKey
from engine.core.identity_acts import RevokeCertificates as RevokeCertificates
from engine.core.identity_acts import RevokeKey as RevokeKey
from engine.core.identity_acts import TrustAuthority as TrustAuthority
from engine.core.intention_commands import PostIntention as PostIntention
from engine.core.intention_commands import WithdrawIntention as WithdrawIntention
from engine.core.participant_acts import AdmitParticipant as AdmitParticipant
from engine.core.participant_acts import AmendParticipant as AmendParticipant
from engine.core.participant_acts import AppointUser as AppointUser
from engine.core.participant_acts import Associate as Associate
from engine.core.participant_acts import BanPerson as BanPerson
from engine.core.participant_acts import CloseAccount as CloseAccount
from engine.core.participant_acts import Disqualify as Disqualify
from engine.core.participant_acts import Dissociate as Dissociate
from engine.core.participant_acts import ExitToNationalMarket as ExitToNationalMarket
from engine.core.participant_acts import LiftBan as LiftBan
from engine.core.participant_acts import Qualify as Qualify
from engine.core.participant_acts import ReinstateParticipant as ReinstateParticipant
from engine.core.participant_acts import RemoveUser as RemoveUser
from engine.core.participant_acts import SuspendParticipant as SuspendParticipant
from engine.core.remedy_acts import ConfirmStatement as ConfirmStatement
from engine.core.remedy_acts import DecideStatementObjection as DecideStatementObjection
from engine.core.remedy_acts import ObjectToStatement as ObjectToStatement
from engine.core.remedy_acts import TradeFacts as TradeFacts
from engine.core.remedy_acts import VoidTrade as VoidTrade
from engine.core.session_acts import EndSession as EndSession
from engine.core.session_acts import FireDeadMan as FireDeadMan
from engine.core.session_acts import OpenSession as OpenSession
from engine.core.session_acts import SetDeadMan as SetDeadMan
from engine.core.supervision_acts import AddCaseStep as AddCaseStep
from engine.core.supervision_acts import CloseCase as CloseCase
from engine.core.supervision_acts import LiftRestriction as LiftRestriction
from engine.core.supervision_acts import LinkAccounts as LinkAccounts
from engine.core.supervision_acts import OpenCase as OpenCase
from engine.core.supervision_acts import OrderReduction as OrderReduction
from engine.core.supervision_acts import Restrict as Restrict
from engine.core.supervision_acts import ReviewRestriction as ReviewRestriction
from engine.core.supervision_acts import StrikeCreditRecord as StrikeCreditRecord
from engine.core.supervision_acts import UnlinkAccounts as UnlinkAccounts

# ---- members --------------------------------------------------------------------------------------------


class PlaceOrder(Command, frozen=True, array_like=True, gc=False, tag=1):
    """A new limit order. The order's number is the seq of this command. session: that ends it when it is lost, 0 for none."""

    account: int
    instrument: int
    side: int
    price_ticks: int
    tonnes: int
    time_in_force: int
    client_order_id: str
    post_only: bool = False
    session: int = 0


class CancelOrder(Command, frozen=True, array_like=True, gc=False, tag=2):
    """Cancel one open order, named by `order` or, where that is 0, by `client_order_id`."""

    account: int
    order: int
    client_order_id: str


class ReplaceOrder(Command, frozen=True, array_like=True, gc=False, tag=3):
    """Set an open order's price and total quantity. Priority is kept only when nothing but the quantity goes down."""

    account: int
    order: int
    client_order_id: str
    price_ticks: int
    tonnes: int


class CancelAll(Command, frozen=True, array_like=True, gc=False, tag=4):
    """Cancel all open orders of an account, of one instrument and side where these are not 0."""

    account: int
    instrument: int
    side: int


class BlockOffer(Command, frozen=True, array_like=True, gc=False, tag=10):
    """Offer a block trade (大宗协议) to one account (定向) or a group (群组). The offer's number is the seq of this command.

    The whole of `tonnes` or nothing: the first counterparty that confirms has it. It lasts until the day's end.
    """

    account: int
    instrument: int
    side: int
    price_ticks: int
    tonnes: int
    counterparties: tuple[int, ...]
    client_offer_id: str


class BlockCounter(Command, frozen=True, array_like=True, gc=False, tag=11):
    """Answer an offer with another price or quantity: an offer back to whoever made it; the answered one is declined."""

    account: int
    offer: int
    price_ticks: int
    tonnes: int
    client_offer_id: str


class BlockConfirm(Command, frozen=True, array_like=True, gc=False, tag=12):
    """Accept an offer that is addressed to the account: the trade is made."""

    account: int
    offer: int


class BlockDecline(Command, frozen=True, array_like=True, gc=False, tag=13):
    """Turn down an offer that is addressed to the account."""

    account: int
    offer: int


class BlockWithdraw(Command, frozen=True, array_like=True, gc=False, tag=14):
    """Take back the account's own open offer, named by `offer` or, where that is 0, by `client_offer_id`."""

    account: int
    offer: int
    client_offer_id: str


class PlaceBid(Command, frozen=True, array_like=True, gc=False, tag=5):
    """A sealed bid in a government auction, or an offer in a buy-back. The bid's number is the seq of this command.

    replaces: the account's bid that this one takes the place of, all or nothing; 0 for none.
    """

    account: int
    auction: int
    price_ticks: int
    tonnes: int
    client_bid_id: str
    replaces: int = 0


class WithdrawBid(Command, frozen=True, array_like=True, gc=False, tag=6):
    """Take a bid back, where the notice allows it and the window is open."""

    account: int
    bid: int


class FileHolderReport(Command, frozen=True, array_like=True, gc=False, tag=30):
    """A large holder's own report (大户报告): what it holds the product for, with whose money, and who is related to it."""

    account: int
    product: str
    purpose: str
    funds: str
    related: str


# ---- operators ------------------------------------------------------------------------------------------


class OpenAccount(Act, frozen=True, array_like=True, gc=False, tag=101):
    """Admit a participant's trading account (交易账户). `owner` is the beneficial owner: self-trades are judged by it."""

    code: str
    owner: int
    name: str
    category: str  # key_emitter | institution | individual | government | treasury


class ListInstrument(Act, frozen=True, array_like=True, gc=False, tag=102):
    """Admit an instrument to trading: one product and vintage. `base_price_ticks` is its first reference price."""

    code: str
    product: str
    vintage: int
    name_zh: str
    name_en: str
    base_price_ticks: int


class RegisterOperator(Act, frozen=True, array_like=True, gc=False, tag=105):
    """Register a person as operator, with their Ed25519 public key."""

    person: str
    name: str
    public_key: bytes


class AllocateUnits(Act, frozen=True, array_like=True, gc=False, tag=110):
    """Issue units to an account. kind: free (counts for retention) | paid | offset | reserve (to the government) | right."""

    account: int
    instrument: int
    tonnes: int
    kind: str
    year: int
    notified_on: int = 0  # day of the bureau's written notice: seven working days to object begin; 0: none


class DepositCash(Act, frozen=True, array_like=True, gc=False, tag=111):
    """Money that the settlement bank has received for an account, in fen."""

    account: int
    amount_fen: int


class WithdrawCash(Act, frozen=True, array_like=True, gc=False, tag=112):
    """Pay free cash out of an account, in fen."""

    account: int
    amount_fen: int


class SurrenderUnits(Act, frozen=True, array_like=True, gc=False, tag=113):
    """Surrender (清缴) units for a compliance year; `final` confirms the year and ends its retention."""

    account: int
    instrument: int
    tonnes: int
    year: int
    final: bool


class IssueOffsets(Act, frozen=True, array_like=True, gc=False, tag=196):
    """Issue certified reductions (CCER, CQCER) of one project to an account, by their serial numbers (序列号).

    Serials `first_serial` and on, one a tonne, of the project. proof: number of the certificate, of a CCER that of its retirement
    in the national registry. boundary: the account of the unit in whose own boundary the project lies, and which may not
    surrender them; 0 for none.
    """

    account: int
    instrument: int
    tonnes: int
    project: str
    project_type: str
    methodology: str
    origin: str
    first_serial: int
    proof: str
    boundary: int = 0


class CancelUnits(Act, frozen=True, array_like=True, gc=False, tag=119):
    """Cancel (注销) available units for good. kind: voluntary | reserve (the government's unused reserve)."""

    account: int
    instrument: int
    tonnes: int
    kind: str


class EncumberUnits(Act, frozen=True, array_like=True, gc=False, tag=190):
    """Set units apart from trading. kind: freeze (by a court) | pledge | withdrawn (to the registry account).

    use_restricted: take units that are only for the holder's own surrender, which a court alone may freeze.
    """

    account: int
    instrument: int
    tonnes: int
    kind: str
    beneficiary: str
    use_restricted: bool = False


class ReleaseUnits(Act, frozen=True, array_like=True, gc=False, tag=191):
    """Release units of an encumbrance: they can be traded again."""

    encumbrance: int
    tonnes: int


class EnforceEncumbrance(Act, frozen=True, array_like=True, gc=False, tag=192):
    """Move frozen or pledged units to another account (司法扣划, 质押实现)."""

    encumbrance: int
    tonnes: int
    to_account: int


class TransferUnits(Act, frozen=True, array_like=True, gc=False, tag=193):
    """Move available units between accounts without a trade. kind: succession | court | gift | reserve."""

    account: int
    to_account: int
    instrument: int
    tonnes: int
    kind: str


class MergeAccounts(Act, frozen=True, array_like=True, gc=False, tag=194):
    """Merge (合并) an account into another, which takes over all it has and owes; `account` stays as history, closed for good.

    CQ-M Art. 14: on the bureau's notice; always takes two persons. Both are of one category, key emitter or institution.
    """

    account: int
    to_account: int


class SplitYear(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A share of a compliance year, in tonnes; offsets by product, preallocated by instrument."""

    year: int
    free: int = 0
    paid: int = 0
    emissions: int = 0
    surrendered: int = 0
    offsets: tuple[tuple[str, int], ...] = ()
    preallocated: tuple[tuple[int, int], ...] = ()


class SplitPart(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What goes to one successor. units: (instrument, state, tonnes); states: available | locked | use_restricted."""

    to_account: int
    cash_fen: int
    units: tuple[tuple[int, str, int], ...]
    years: tuple[SplitYear, ...]


class SplitAccount(Act, frozen=True, array_like=True, gc=False, tag=195):
    """Split (分立) an account: parts of what it has and owes go to its successors, and what no part names stays.

    CQ-M Art. 14: on the bureau's notice; always takes two persons. All are key emitters; what the account has open ends.
    """

    account: int
    parts: tuple[SplitPart, ...]


class OpenDay(Act, frozen=True, array_like=True, gc=False, tag=130):
    """Begin a trading day (yyyymmdd): release T+N locks, fix price bands, enter pre_open."""

    trading_day: int


class ChangePhase(Act, frozen=True, array_like=True, gc=False, tag=131):
    """Enter another phase of the day; leaving a call auction uncrosses it."""

    phase: int


class CloseDay(Act, frozen=True, array_like=True, gc=False, tag=132):
    """End the trading day: expire orders, release holds, fix closing prices."""


class AdoptHolidays(Act, frozen=True, array_like=True, gc=False, tag=180):
    """Take a year's State Council notice (节假日安排) into the calendar; one of the same year is replaced."""

    holidays: HolidayNotice


class AnnounceClosure(Act, frozen=True, array_like=True, gc=False, tag=181):
    """Announce that the market stays closed (休市公告) on these days to come, both ends included; `basis` is shown to all."""

    first_day: int
    last_day: int
    basis: str


class AnnounceOpening(Act, frozen=True, array_like=True, gc=False, tag=182):
    """Announce that the market opens on a day to come that would not be a trading day (开市公告); `basis` is shown to all."""

    trading_day: int
    basis: str


class Halt(Act, frozen=True, array_like=True, gc=False, tag=133):
    """Halt one instrument, or all (0). Cancels stay possible."""

    instrument: int


class Resume(Act, frozen=True, array_like=True, gc=False, tag=134):
    """Lift a halt."""

    instrument: int


class AdoptRuleBook(Act, frozen=True, array_like=True, gc=False, tag=135):
    """Adopt a later version of the rule book (规则变更), in force from the opening of a trading day; always takes two persons.

    The whole text travels, so that a replay needs no file. version: the text's own, said again so that people see what
    they sign. approvals: numbers of the documents that allow the change (CQ-M Art. 5: reviewed by the authorities).
    """

    rulebook: str
    version: int
    effective_day: int
    approvals: tuple[str, ...]


class FixDay(Act, frozen=True, array_like=True, gc=False, tag=220):
    """Fix the values (固定参数) by which a trading day to come is traded: rule book, price bands, fees; done the evening before."""

    trading_day: int


class OverrideOpening(Act, frozen=True, array_like=True, gc=False, tag=221):
    """Let a trading day open although a check of the day before stands against it; always two persons.

    basis: number of the document that allows it.
    """

    trading_day: int
    basis: str


class RecordReconciliation(Act, frozen=True, array_like=True, gc=False, tag=222):
    """What settlement found after the close: only the exchange itself records it, once engine and registry were compared.

    at_seq: the seq at which both stood. breaks: differences; unsettled: instructions set aside; statements: how many were made;
    affected: accounts that have part in what is set aside, rising. figures: trades, tonnes, fen and SHA-256 of the day as the
    registry counts them (days.figures_of).
    """

    trading_day: int
    at_seq: int
    breaks: int
    unsettled: int
    statements: int
    affected: tuple[int, ...] = ()
    figures: tuple[int, int, int, str] = (0, 0, 0, "")


class ImportBankFile(Act, frozen=True, array_like=True, gc=False, tag=223):
    """The settlement bank's file (银行对账文件) of a closed day: what stands in each participant's sub-account, whole or not at all.

    balances: (account, fen); an account that is not named has nothing. fees_fen: the exchange's own fee account;
    reserve_fen: the risk reserve's; total_fen: the special account's (结算专户). sha256: the file's, hex. A later file of the
    same day replaces an earlier one.
    """

    trading_day: int
    balances: tuple[tuple[int, int], ...]
    fees_fen: int
    reserve_fen: int
    total_fen: int
    sha256: str


class RecordBankComparison(Act, frozen=True, array_like=True, gc=False, tag=224):
    """What settlement found in the bank's file: only the exchange itself records it.

    differences: (account, ledger fen, bank fen); account below 0: one of the exchange's own, 0: the total.
    """

    trading_day: int
    sha256: str
    differences: tuple[tuple[int, int, int], ...]


class ResolveBankBreak(Act, frozen=True, array_like=True, gc=False, tag=225):
    """Deal with a difference between ledger and bank; always two persons. basis: what it rests on.

    remedy: explained (as by a movement under way) | corrected (the ledger takes the bank's balance, by a deposit or a
    withdrawal) | carried (it stays on the list for the next file).
    """

    bank_break: int
    remedy: str
    basis: str


class UseRiskReserve(Act, frozen=True, array_like=True, gc=False, tag=226):
    """Pay from the risk reserve (动用风险准备金) for an account that cannot; it owes the amount from then on; always two persons."""

    account: int
    amount_fen: int
    basis: str


class RecoverRiskReserve(Act, frozen=True, array_like=True, gc=False, tag=227):
    """Take back from an account's free cash what the risk reserve paid for it (追偿)."""

    account: int
    amount_fen: int
    basis: str


class FundRiskReserve(Act, frozen=True, array_like=True, gc=False, tag=228):
    """Money of the exchange that the settlement bank has received for the risk reserve (补足)."""

    amount_fen: int
    basis: str


class RetrySettlement(Act, frozen=True, array_like=True, gc=False, tag=140):
    """Order settlement to try a failed instruction again (0: all)."""

    trade: int


class PublishBulletin(Act, frozen=True, array_like=True, gc=False, tag=141):
    """Publish the bulletin whose content has this SHA-256 (hex); `trading_day` is the last day that it covers."""

    trading_day: int
    sha256: str


class CorrectBulletin(Act, frozen=True, array_like=True, gc=False, tag=142):
    """Issue a past period's bulletin again from the registry as it stands now (更正公报); always takes two persons.

    period: 2026-11-20, 2026-W47, 2026-11 or 2026; `basis` says why, and is shown to all. Every earlier version stays.
    """

    period: str
    basis: str


class PublishReport(Act, frozen=True, array_like=True, gc=False, tag=147):
    """Sign the monitor's report (监测报告) off for publication, as its very bytes; always takes two persons.

    subject: the auction's code or the period that it is of; body: the report as JSON, as `yutan operator report monitor` writes it.
    """

    subject: str
    body: str


class RecordDispatch(Act, frozen=True, array_like=True, gc=False, tag=148):
    """Record that something was sent to an authority (报送), as what document, so that what is due is seen to be done.

    kind: bureau | finance | regulator | matter; subject: its period or the matter's id; sha256: of what was sent (hex), or "".
    """

    kind: str
    subject: str
    sent_as: str
    sha256: str = ""


class OpenBlockWindow(Act, frozen=True, array_like=True, gc=False, tag=150):
    """Open the hours of block trading (大宗协议交易时段). The day's end closes them."""


class CloseBlockWindow(Act, frozen=True, array_like=True, gc=False, tag=151):
    """Close the hours of block trading. Open offers stay until the day's end and can be withdrawn or declined."""


CARRY_OVER_MAX: Final = 100  # later auctions that one leaves its rest to, and earlier ones that one takes over from


class AnnounceAuction(Act, frozen=True, array_like=True, gc=False, tag=160):
    """The notice (公告) of a sealed auction (有偿竞价, 单向竞价) or buy-back (回购), to be held on `trading_day`.

    From now on the government's `unit_account` holds the tonnes of a sale, its `cash_account` the budget of a buy-back.
    All proceeds of a sale go whole to `cash_account`, the treasury's (收支两条线, CQ-M Art. 19); fees are the bidders' own.
    One-way (单向竞价), a participant sells or buys: both accounts are its own. A purchase holds volume x ceiling, and the fee.
    """

    code: str
    direction: str  # sale | buy_back | purchase
    method: str  # sealed_uniform | sealed_pay_as_bid
    instrument: int
    tonnes: int
    unit_account: int
    cash_account: int
    trading_day: int
    categories: tuple[str, ...]  # who may bid: accounts of these categories, and those in `bidders`
    bid_tonnes_min: int
    lot_tonnes: int
    tie: str  # at the last price: time | pro_rata
    undersubscribed: str  # fewer tonnes bid than offered: partial (what is bid is sold) | cancel
    bidders: tuple[int, ...] = ()
    opens_at_ns: int = 0  # the window opens no earlier; 0: by the operator's act
    closes_at_ns: int = 0  # the window takes no bid from here on, and is not cleared before; 0: by the operator's act
    limit_ticks: int = 0  # published floor (底价) of a sale, ceiling of a buy-back or purchase; 0: none
    reserve_ticks: int = 0  # confidential floor or ceiling (保密底价), never published; 0: none
    budget_fen: int = 0  # of a buy-back; else 0
    cap_tonnes: int = 0  # per bidder (beneficial owner), all its bids together; 0: none
    cap_bp: int = 0  # the same as a share of the volume; 0: none
    fee_ppm: int = 0  # of the winner's amount
    withdrawable: bool = False
    closes_market: bool = False  # whether the instrument is halted for the whole trading day
    notice: str = ""
    use_restricted: bool = False  # what is bought is only for the bidder's own surrender (仅限本单位清缴)
    carry_over: int = 0  # what a sale leaves over, or all of a canceled one, is spread over so many later ones; 0: kept
    carries: tuple[int, ...] = ()  # earlier auctions whose share of what they left over is part of `tonnes`
    seller_fee_ppm: int = 0  # of what each award brings, out of it; 0 unless a participant sells
    buyer_fee_ppm: int = 0  # of what each award costs, beside it; 0 unless a participant buys


class OpenAuction(Act, frozen=True, array_like=True, gc=False, tag=161):
    """Open the window: from now on bids are taken."""

    auction: int


class CloseAuction(Act, frozen=True, array_like=True, gc=False, tag=162):
    """Close the window and clear: awards settle, results are published, deposits of losers are released."""

    auction: int


class CancelAuction(Act, frozen=True, array_like=True, gc=False, tag=163):
    """Cancel an auction that is not cleared: every bid and hold is released."""

    auction: int


class PublishNotice(Act, frozen=True, array_like=True, gc=False, tag=143):
    """Tell the public something in the exchange's own words (公告); always takes two persons. Texts are plain.

    category: announcement | material_information | risk_warning. effective_at_ns: UTC, 0 for at once; instrument: 0 for all.
    """

    category: str
    title_zh: str
    title_en: str
    body_zh: str
    body_en: str
    effective_at_ns: int = 0
    instrument: int = 0


AnyAct = (
    OpenAccount
    | ListInstrument
    | identity_acts.IdentityAct
    | RegisterOperator
    | AllocateUnits
    | DepositCash
    | WithdrawCash
    | SurrenderUnits
    | allocation_acts.AllocationAct
    | IssueOffsets
    | DecideFiling
    | CancelUnits
    | EncumberUnits
    | ReleaseUnits
    | EnforceEncumbrance
    | TransferUnits
    | MergeAccounts
    | SplitAccount
    | OpenDay
    | ChangePhase
    | CloseDay
    | AdoptHolidays
    | AnnounceClosure
    | AnnounceOpening
    | Halt
    | Resume
    | AdoptRuleBook
    | FixDay
    | OverrideOpening
    | RecordReconciliation
    | ImportBankFile
    | RecordBankComparison
    | ResolveBankBreak
    | UseRiskReserve
    | RecoverRiskReserve
    | FundRiskReserve
    | RetrySettlement
    | PublishBulletin
    | CorrectBulletin
    | PublishReport
    | RecordDispatch
    | PublishNotice
    | OpenBlockWindow
    | CloseBlockWindow
    | AnnounceAuction
    | OpenAuction
    | CloseAuction
    | CancelAuction
    | participant_acts.ParticipantAct
    | control_acts.ControlAct
    | remedy_acts.RemedyAct
    | supervision_acts.SupervisionAct
)


class Found(Command, frozen=True, array_like=True, gc=False, tag=20):
    """Found the market: always entry 1. `rulebook` is the whole text of the rule book, so that a replay needs no file.

    operators: (person, name, Ed25519 public key) of at least two people. holidays: what the calendar that the rule book
    names is known to hold, at most one notice a year.
    """

    rulebook: str
    operators: tuple[tuple[str, str, bytes], ...]
    holidays: tuple[HolidayNotice, ...] = ()


class Propose(Command, frozen=True, array_like=True, gc=False, tag=21):
    """An operator's act with reason and document number.

    Takes effect at once where one person suffices; otherwise waits for `Approve`. operator 0 is the exchange
    itself (timetable, settlement) and may only do what `market.SYSTEM_ACTS` names.
    """

    operator: int
    reason: str
    document: str
    act: AnyAct


class Approve(Command, frozen=True, array_like=True, gc=False, tag=22):
    """A second operator's consent to a proposal, bound to the SHA-256 of the act's encoding."""

    operator: int
    proposal: int
    act_sha256: bytes


class Reject(Command, frozen=True, array_like=True, gc=False, tag=23):
    """Turn a pending proposal down (also the proposer's way to withdraw it)."""

    operator: int
    proposal: int
    reason: str


AnyBlockCommand = BlockOffer | BlockCounter | BlockConfirm | BlockDecline | BlockWithdraw
AnyCommand = (
    PlaceOrder
    | CancelOrder
    | ReplaceOrder
    | CancelAll
    | AnyBlockCommand
    | PlaceBid
    | WithdrawBid
    | FileHolderReport
    | control_acts.OwnCommand
    | ConfirmStatement
    | ObjectToStatement
    | filing_commands.FilingCommand
    | session_acts.SessionCommand
    | intention_commands.IntentionCommand
    | Found
    | Propose
    | Approve
    | Reject
)
