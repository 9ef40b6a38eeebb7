"""What operators do: acts are judged, wait for a second person where the rule book says so, and then take effect.

An act is judged when it is proposed and again when it is approved, since the market has moved on in between. The audit
trail is the `Act…` events: who, what, why, under which document, and who approved.
"""

from hashlib import sha256
from typing import Final

import msgspec

from engine.core import (
    adoption,
    allocation,
    auctions,
    bank,
    block_trading,
    calendar_acts,
    closing,
    compliance,
    day,
    disclosure_acts,
    disputes,
    identity,
    intentions,
    kill_switches,
    measures,
    membership,
    own_acts,
    phases,
    reasons,
    registry,
    risk_reserve,
    rulebook,
    sessions,
    stages,
    standing,
    statements,
    succession,
)
from engine.core.admission import ADMITTED, Verdict
from engine.core.commands import (
    AdoptHolidays,
    AdoptRuleBook,
    AllocateUnits,
    AnnounceAuction,
    AnnounceClosure,
    AnnounceOpening,
    AnyAct,
    Approve,
    CancelAuction,
    ChangePhase,
    CloseAuction,
    CloseBlockWindow,
    CloseDay,
    DepositCash,
    Halt,
    ListInstrument,
    OpenAccount,
    OpenAuction,
    OpenBlockWindow,
    OpenDay,
    Propose,
    PublishBulletin,
    RegisterOperator,
    Reject,
    Resume,
    RetrySettlement,
    SurrenderUnits,
    WithdrawCash,
)
from engine.core.control_acts import ControlAct
from engine.core.events import (
    AccountOpened,
    ActProposed,
    ActRefused,
    ActRejected,
    ActTaken,
    BlockWindowChanged,
    BulletinPublished,
    CashDeposited,
    CashWithdrawn,
    DayClosed,
    Event,
    Halted,
    InstrumentListed,
    OperatorRegistered,
    Resumed,
    SettlementRetryOrdered,
)
from engine.core.identity_acts import IdentityAct
from engine.core.participant_acts import ParticipantAct
from engine.core.remedy_acts import RemedyAct
from engine.core.state import Account, Instrument, Operator, Proposal, State
from engine.core.units import (
    CASH_FEN_MAX,
    PRICE_TICKS_MAX,
    RESTRICT_CASH_OUT,
    TONNES_MAX,
)

SYSTEM: Final = 0  # the exchange itself: timetable and settlement
SYSTEM_ACTS: Final = (
    "OpenDay",
    "ChangePhase",
    "CloseDay",
    "OpenBlockWindow",
    "CloseBlockWindow",
    "Halt",
    "Restrict",
    "OpenAuction",
    "CloseAuction",
    "FixDay",
    "RecordReconciliation",
    "RecordBankComparison",
    "PublishBulletin",
)
SYSTEM_ONLY_ACTS: Final = ("RecordReconciliation", "RecordBankComparison")  # what settlement found, no person may say
# no rule book can loosen how rule books change, nor let one person close or divide an account, pass over a failed check,
# speak for the exchange, say how much a year's allocation is, or whose certificates count
ALWAYS_TWO_PERSON_ACTS: Final = (
    "AdoptRuleBook",
    "MergeAccounts",
    "SplitAccount",
    "ExitToNationalMarket",
    "CloseAccount",
    "OverrideOpening",
    "ResolveBankBreak",
    "UseRiskReserve",
    "CorrectBulletin",
    "PublishNotice",
    "PublishReport",
    "SetAllocationPlan",
    "ImportAllocations",
    "ReleaseKillSwitch",
    "DecideStatementObjection",
    "VoidTrade",
    "StrikeCreditRecord",
    "TrustAuthority",
    "DistrustAuthority",
)
TEXT_MAX: Final = 200
PROPOSALS_MAX: Final = 1_000  # waiting for a second person
NUMBER_MAX: Final = 2**62

_encoder = msgspec.msgpack.Encoder()


def sha256_of(act: AnyAct) -> bytes:
    """What an approval signs: SHA-256 of the act's journal encoding."""
    return sha256(_encoder.encode(act)).digest()


# ---- propose, approve, reject ---------------------------------------------------------------------------


def fit(value: int) -> int:
    """A number of a request, brought into 64 bits to be shown in a refusal."""
    return max(-NUMBER_MAX, min(value, NUMBER_MAX))


def propose(state: State, seq: int, at_ns: int, command: Propose, out: list[Event]) -> None:
    """Take the act at once where one person suffices; else keep it for the second."""
    name = type(command.act).__name__
    verdict = judge_proposer(state, command.operator, name)
    if verdict.reason == 0:
        verdict = judge(state, command.act, at_ns)
    if verdict.reason == 0 and (len(command.reason) > TEXT_MAX or len(command.document) > TEXT_MAX):
        verdict = Verdict(reasons.ACT_INVALID, TEXT_MAX, 0)
    if verdict.reason != 0:
        out.append(ActRefused(seq, command.operator, verdict.reason, verdict.limit, verdict.actual))
        return
    if command.operator != SYSTEM and (name in state.rulebook.two_person_acts or name in ALWAYS_TWO_PERSON_ACTS):
        if len(state.proposals) >= PROPOSALS_MAX:
            out.append(
                ActRefused(seq, command.operator, reasons.TOO_MANY_PROPOSALS, PROPOSALS_MAX, len(state.proposals))
            )
            return
        digest = sha256_of(command.act)
        state.proposals[seq] = Proposal(
            seq, at_ns, command.operator, command.reason, command.document, command.act, digest
        )
        out.append(ActProposed(seq, command.operator, command.reason, command.document, command.act, digest))
        return
    taken = ActTaken(seq, command.operator, 0, command.reason, command.document, command.act)
    out.append(taken)
    take_noted(state, at_ns, command.operator, taken, out)


def judge_proposer(state: State, operator: int, act_name: str) -> Verdict:
    """Whether this operator exists and may do this."""
    if operator == SYSTEM:
        return ADMITTED if act_name in SYSTEM_ACTS else Verdict(reasons.UNKNOWN_OPERATOR)
    if not 0 < operator < len(state.operators):
        return Verdict(reasons.UNKNOWN_OPERATOR)
    return Verdict(reasons.NOT_PERMITTED) if act_name in SYSTEM_ONLY_ACTS else ADMITTED


def approve(state: State, at_ns: int, command: Approve, out: list[Event]) -> None:
    """A second person's consent: the act is judged once more and takes effect."""
    proposal = state.proposals.get(command.proposal)
    if proposal is None or not 0 < command.operator < len(state.operators):
        reason = reasons.UNKNOWN_PROPOSAL if proposal is None else reasons.UNKNOWN_OPERATOR
        out.append(ActRefused(command.proposal, command.operator, reason, 0, 0))
        return
    verdict = judge_approval(state, at_ns, command, proposal)
    if verdict.reason == 0:
        verdict = judge(state, proposal.act, at_ns)
    if verdict.reason != 0:
        out.append(ActRefused(command.proposal, command.operator, verdict.reason, verdict.limit, verdict.actual))
        if verdict.reason == reasons.PROPOSAL_EXPIRED:
            del state.proposals[command.proposal]
            out.append(ActRejected(command.proposal, SYSTEM, "expired"))
        return
    del state.proposals[command.proposal]
    p = proposal
    taken = ActTaken(p.number, p.operator, command.operator, p.reason, p.document, p.act)
    out.append(taken)
    take_noted(state, at_ns, command.operator, taken, out)


def take_noted(state: State, at_ns: int, operator: int, taken: ActTaken, out: list[Event]) -> None:
    """Let the act take effect, and keep which stage of the day it reached; `operator` is whose word was the last."""
    day_before = int(state.trading_day)
    take(state, at_ns, taken, out)
    stages.note(state, at_ns, operator, taken.act, day_before)


def judge_approval(state: State, at_ns: int, command: Approve, proposal: Proposal) -> Verdict:
    """Another person, the same content, in time."""
    if command.operator == proposal.operator:
        return Verdict(reasons.SELF_APPROVAL)
    if command.act_sha256 != proposal.act_sha256:
        return Verdict(reasons.CONTENT_CHANGED)
    if has_lapsed(state, at_ns, proposal):
        return Verdict(reasons.PROPOSAL_EXPIRED, state.rulebook.proposal_hours_max, 0)
    return ADMITTED


def has_lapsed(state: State, at_ns: int, proposal: Proposal) -> bool:
    """Whether a proposal has waited longer than the rule book lets it."""
    return (at_ns - proposal.at_ns) // 3_600_000_000_000 >= state.rulebook.proposal_hours_max


def lapse(state: State, at_ns: int, out: list[Event]) -> None:
    """Drop what has lapsed, oldest first; done as each day opens."""
    for number in [p.number for p in state.proposals.values() if has_lapsed(state, at_ns, p)]:
        del state.proposals[number]
        out.append(ActRejected(number, SYSTEM, "expired"))


def reject(state: State, command: Reject, out: list[Event]) -> None:
    """Turn a pending proposal down."""
    known = command.proposal in state.proposals
    if not known or not 0 < command.operator < len(state.operators):
        reason = reasons.UNKNOWN_OPERATOR if known else reasons.UNKNOWN_PROPOSAL
        out.append(ActRefused(command.proposal, command.operator, reason, 0, 0))
        return
    del state.proposals[command.proposal]
    out.append(ActRejected(command.proposal, command.operator, command.reason[:TEXT_MAX]))


# ---- judging --------------------------------------------------------------------------------------------


def judge(state: State, act: AnyAct, at_ns: int) -> Verdict:
    """Whether the act may take effect in the present state."""
    verdict = succession.judge_ended(state, act)
    if verdict.reason == 0:
        verdict = stages.judge_hours(state, act, at_ns)
    if verdict.reason != 0:
        return verdict
    if isinstance(act, OpenAccount | ListInstrument | RegisterOperator):
        return judge_registration(state, act)
    if isinstance(act, IdentityAct):
        return identity.judge(state, act)
    if isinstance(act, AllocateUnits):
        return allocation.judge_issue(state, act)
    if isinstance(act, SurrenderUnits):
        return judge_surrender(state, act)
    if isinstance(act, registry.RegistryAct):
        return registry.judge(state, act)
    if isinstance(act, ParticipantAct):
        return membership.judge(state, act)
    if isinstance(act, DepositCash | WithdrawCash):
        return judge_cash(state, act)
    if isinstance(act, measures.Measure):
        return measures.judge(state, act)
    if isinstance(act, OpenDay | ChangePhase | CloseDay):
        return judge_day(state, act)
    if isinstance(act, stages.StageAct):
        return stages.judge(state, act)
    if isinstance(act, bank.BankAct):
        return bank.judge(state, act)
    if isinstance(act, risk_reserve.ReserveAct):
        return risk_reserve.judge(state, act)
    if isinstance(act, RemedyAct):
        return statements.judge(state, act)
    if isinstance(act, OpenBlockWindow | CloseBlockWindow):
        return judge_block_window(state, act)
    if isinstance(act, AdoptHolidays | AnnounceClosure | AnnounceOpening):
        return calendar_acts.judge(state, act)
    if isinstance(act, Halt | Resume):
        if act.instrument != 0 and state.instrument(act.instrument) is None:
            return Verdict(reasons.UNKNOWN_INSTRUMENT)
        return kill_switches.judge_resume(state, act) if isinstance(act, Resume) else ADMITTED
    if isinstance(act, ControlAct):
        return kill_switches.judge(state, act)
    if isinstance(act, AdoptRuleBook):
        return adoption.judge_adoption(state, act)
    if isinstance(act, RetrySettlement):
        return ADMITTED if 0 <= act.trade <= NUMBER_MAX else Verdict(reasons.ACT_INVALID)
    if isinstance(act, AnnounceAuction | OpenAuction | CloseAuction | CancelAuction):
        return auctions.judge_act(state, act, at_ns)
    if isinstance(act, disclosure_acts.DisclosureAct):
        return disclosure_acts.judge(state, act)
    assert isinstance(act, PublishBulletin)
    if len(act.sha256) != 64 or not 0 < act.trading_day <= int(state.trading_day):
        return Verdict(reasons.UNKNOWN_DOCUMENT)
    return ADMITTED


def is_name(text: str) -> bool:
    """Whether a code is printable ASCII without spaces, of at most 32 characters."""
    return 0 < len(text) <= 32 and text.isascii() and all(c.isalnum() or c in "-._" for c in text)


def judge_registration(state: State, act: OpenAccount | ListInstrument | RegisterOperator) -> Verdict:
    """Accounts, instruments and operators: well-formed names that are new."""
    invalid = Verdict(reasons.ACT_INVALID)
    if isinstance(act, OpenAccount):
        if act.code in state.account_numbers:
            return Verdict(reasons.ALREADY_EXISTS)
        is_fit = (
            is_name(act.code)
            and 0 < act.owner < 2**40
            and act.category in rulebook.CATEGORIES
            and len(act.name) <= TEXT_MAX
        )
        if is_fit and state.participants.is_suspended(act.owner):
            return Verdict(reasons.PARTICIPANT_SUSPENDED)
        return ADMITTED if is_fit else invalid
    if isinstance(act, ListInstrument):
        if act.code in state.instrument_numbers:
            return Verdict(reasons.ALREADY_EXISTS)
        is_fit = (
            is_name(act.code)
            and act.product in state.rulebook.products
            and 0 < act.base_price_ticks <= PRICE_TICKS_MAX
            and 0 <= act.vintage < 10_000
            and max(len(act.name_zh), len(act.name_en)) <= TEXT_MAX
        )
        if is_fit and not adoption.may_list(state, act.product):
            return Verdict(reasons.RULEBOOK_FIXED_RULE)
        return ADMITTED if is_fit else invalid
    if act.person in state.operator_numbers:
        return Verdict(reasons.ALREADY_EXISTS)
    is_fit = is_name(act.person) and len(act.public_key) == 32 and len(act.name) <= TEXT_MAX
    return ADMITTED if is_fit else invalid


def judge_surrender(state: State, act: SurrenderUnits) -> Verdict:
    """Surrender within bounds, as the compliance year allows."""
    account = state.account(act.account)
    if account is None:
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    instrument = state.instrument(act.instrument)
    if instrument is None:
        return Verdict(reasons.UNKNOWN_INSTRUMENT)
    # a final filing may be of nothing: it confirms what was filed before
    if not (0 if act.final else 1) <= act.tonnes <= TONNES_MAX or not compliance.is_year(act.year):
        return Verdict(reasons.ACT_INVALID, TONNES_MAX, fit(act.tonnes))
    return compliance.judge_surrender(state, account, instrument, act)


def judge_cash(state: State, act: DepositCash | WithdrawCash) -> Verdict:
    """Deposits within bounds; withdrawals of free cash, where no restriction forbids them."""
    account = state.account(act.account)
    if account is None:
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    if not 0 < act.amount_fen <= CASH_FEN_MAX:
        return Verdict(reasons.ACT_INVALID)
    if isinstance(act, DepositCash):
        inside = int(state.cash_deposited) + act.amount_fen <= CASH_FEN_MAX
        return ADMITTED if inside else Verdict(reasons.ACT_INVALID)
    if act.account in state.days.unfinished:
        return Verdict(reasons.SETTLEMENT_UNFINISHED, 0, state.days.unfinished[act.account])
    if account.restriction & RESTRICT_CASH_OUT:
        return Verdict(reasons.ACCOUNT_RESTRICTED, 0, account.restriction)
    if act.amount_fen > account.free:
        return Verdict(reasons.INSUFFICIENT_CASH, account.free, act.amount_fen)
    return ADMITTED


def judge_day(state: State, act: OpenDay | ChangePhase | CloseDay) -> Verdict:
    """Days only go forward, one at a time; phases follow the table."""
    if isinstance(act, OpenDay):
        if state.phase != phases.CLOSED:
            return Verdict(reasons.ACT_NOT_ALLOWED_NOW, 0, state.phase)
        if not int(state.trading_day) < act.trading_day < 100_000_000:
            return Verdict(reasons.ACT_INVALID, state.trading_day, 0)
        verdict = calendar_acts.judge_trading_day(state, act.trading_day)
        return stages.judge_opening(state, act.trading_day) if verdict.reason == 0 else verdict
    if isinstance(act, ChangePhase):
        if act.phase in phases.TRANSITIONS[state.phase]:
            return ADMITTED
        return Verdict(reasons.ACT_NOT_ALLOWED_NOW, 0, state.phase)
    if state.phase == phases.CLOSED:
        return Verdict(reasons.ACT_NOT_ALLOWED_NOW, 0, state.phase)
    return ADMITTED


def judge_block_window(state: State, act: OpenBlockWindow | CloseBlockWindow) -> Verdict:
    """The window opens only while something is traded, and only what is open closes."""
    is_fit = state.blocks.is_window_open == isinstance(act, CloseBlockWindow)
    if isinstance(act, OpenBlockWindow):
        is_fit = is_fit and int(state.phase) not in block_trading.SHUT_PHASES
    return ADMITTED if is_fit else Verdict(reasons.ACT_NOT_ALLOWED_NOW, 0, state.phase)


# ---- taking effect --------------------------------------------------------------------------------------


def take(state: State, at_ns: int, taken: ActTaken, out: list[Event]) -> None:
    """Let a judged act take effect. Nothing here can fail."""
    act = taken.act
    if isinstance(act, OpenAccount):
        open_account(state, act, out)
    elif isinstance(act, ListInstrument):
        list_instrument(state, act, out)
    elif isinstance(act, IdentityAct):
        identity.take(state, act, out)
    elif isinstance(act, RegisterOperator):
        register_operator(state, act.person, act.name, act.public_key, out)
    elif isinstance(act, AllocateUnits):
        allocation.issue(state, act, out)
    elif isinstance(act, SurrenderUnits):
        compliance.surrender(state, act, out)
    elif isinstance(act, registry.RegistryAct):
        registry.take(state, act, out)
    elif isinstance(act, ParticipantAct):
        membership.take(state, act, out)
    elif isinstance(act, DepositCash):
        state.held_account(act.account).free += act.amount_fen
        state.cash_deposited += act.amount_fen
        out.append(CashDeposited(act.account, act.amount_fen))
    elif isinstance(act, WithdrawCash):
        state.held_account(act.account).free -= act.amount_fen
        state.cash_withdrawn += act.amount_fen
        out.append(CashWithdrawn(act.account, act.amount_fen))
    elif isinstance(act, measures.Measure):
        measures.take(state, at_ns, act, taken, out)
    elif isinstance(act, OpenDay):
        begin_day(state, at_ns, act.trading_day, out)
    elif isinstance(act, ChangePhase):
        day.change_phase(state, act.phase, out)
        kill_switches.begin_phase(state, out)
        sessions.begin_phase(state, out)
    elif isinstance(act, CloseDay):
        end_day(state, at_ns, out)
    elif isinstance(act, stages.StageAct):
        stages.take(state, act, out)
    elif isinstance(act, bank.BankAct):
        bank.take(state, act, out)
    elif isinstance(act, risk_reserve.ReserveAct):
        risk_reserve.take(state, act, out)
    elif isinstance(act, RemedyAct):
        statements.take(state, at_ns, act, out)
    elif isinstance(act, OpenBlockWindow | CloseBlockWindow):
        state.blocks.is_window_open = isinstance(act, OpenBlockWindow)
        out.append(BlockWindowChanged(state.blocks.is_window_open))
    elif isinstance(act, AdoptHolidays | AnnounceClosure | AnnounceOpening):
        calendar_acts.take(state, at_ns, act, out)
    elif isinstance(act, Halt | Resume):
        set_halt(state, act, out)
    elif isinstance(act, ControlAct):
        kill_switches.take(state, at_ns, act, taken, out)
    elif isinstance(act, AdoptRuleBook):
        adoption.adopt(state, act, out)
    elif isinstance(act, AnnounceAuction | OpenAuction | CloseAuction | CancelAuction):
        auctions.take_act(state, act, out)
    elif isinstance(act, RetrySettlement):
        out.append(SettlementRetryOrdered(act.trade))
    elif isinstance(act, disclosure_acts.DisclosureAct):
        disclosure_acts.take(state, act, out)
    else:
        assert isinstance(act, PublishBulletin)
        out.append(BulletinPublished(act.trading_day, act.sha256))


def begin_day(state: State, at_ns: int, trading_day: int, out: list[Event]) -> None:
    """Open a day: what has lapsed goes, rules that have waited take effect, and whatever began or ended with the day does."""
    lapse(state, at_ns, out)
    own_acts.lapse(state, at_ns, out)
    adoption.take_effect(state, trading_day, out)
    day.open_day(state, trading_day, out)
    disputes.begin_day(state, out)
    standing.refresh_all(state)
    measures.begin_day(state, out)
    kill_switches.begin_phase(state, out)
    sessions.begin_phase(state, out)
    auctions.begin_day(state, out)
    intentions.begin_day(state, out)


def end_day(state: State, at_ns: int, out: list[Event]) -> None:
    """End the day: what is open ends, closing prices are fixed, and its statements can be answered."""
    auctions.end_day(state, out)
    day.close_day(state, out)
    closing.end_day(state, out)
    intentions.end_day(state, out)
    stages.count(state, next(event for event in out if isinstance(event, DayClosed)))
    statements.begin(state, at_ns)


def open_account(state: State, act: OpenAccount, out: list[Event]) -> None:
    """Give the account the next number."""
    number = len(state.accounts)
    account = Account(number, act.code, act.owner, act.name, act.category)
    account.answer_days = [(state.day_number, 0)]
    state.add_account(account)
    standing.refresh(state, account)
    out.append(AccountOpened(number, act.code, act.owner, act.name, act.category))


def list_instrument(state: State, act: ListInstrument, out: list[Event]) -> None:
    """Give the instrument the next number; listed in the middle of a day, it trades inside its base price's band at once."""
    number = len(state.instruments)
    instrument = Instrument(number, act.code, act.product, act.vintage, state.rulebook)
    instrument.name_zh = act.name_zh
    instrument.name_en = act.name_en
    instrument.reference = act.base_price_ticks
    day.begin_day(instrument)
    state.instruments.append(instrument)
    state.instrument_numbers[act.code] = number
    state.issued.append(0)
    state.surrendered.append(0)
    state.canceled.append(0)
    rules = state.rulebook.products[act.product]
    out.append(
        InstrumentListed(
            number,
            act.code,
            act.product,
            rules.kind,
            act.vintage,
            act.name_zh,
            act.name_en,
            rules.tick_fen,
            act.base_price_ticks,
        )
    )


def register_operator(state: State, person: str, name: str, public_key: bytes, out: list[Event]) -> None:
    """Give the operator the next number."""
    number = len(state.operators)
    state.operators.append(Operator(number, person, name, public_key))
    state.operator_numbers[person] = number
    out.append(OperatorRegistered(number, person, name, public_key))


def set_halt(state: State, act: Halt | Resume, out: list[Event]) -> None:
    """Halt or resume one instrument or the market."""
    is_halt = isinstance(act, Halt)
    if act.instrument == 0:
        state.halted = is_halt
    else:
        state.held_instrument(act.instrument).halted = is_halt
    out.append(Halted(act.instrument) if is_halt else Resumed(act.instrument))


__all__ = ["approve", "propose", "register_operator", "reject", "sha256_of"]
