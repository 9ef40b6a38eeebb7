"""The market's state as canonical bytes, and back. What is hashed is what is stored: one format for both.

msgpack arrays of integers, strings and arrays, in the order of numbers; orders by side from the best price and the oldest
on, so that a load queues them as they stood. The rule book goes in as its text.
"""

from typing import Any

import msgspec
from msgspec.structs import astuple

from engine.core import standing
from engine.core.auction import Auction, Bid
from engine.core.blocks import Blocks, Offer
from engine.core.book import Half, Order
from engine.core.calendar import Announcement, HolidayNotice
from engine.core.commands import AnnounceAuction, AnyAct
from engine.core.controls import Controls, KillSwitch, OwnLimits, OwnProposal
from engine.core.days import BankBreak, BankFile, DayFigures, Days, Mark
from engine.core.events import AuctionMeasured, AuctionReported, Composite
from engine.core.participants import Association, Ban, Participant, Participants, Qualification, User
from engine.core.records import (
    AllocationPlan,
    ComplianceYear,
    DisputeHold,
    Encumbrance,
    Filing,
    Intention,
    Objection,
    OffsetProject,
    RiskReserve,
    StatementObjection,
    Statements,
)
from engine.core.rulebook import parse
from engine.core.session_records import DeadMan, Session
from engine.core.state import Account, Answer, Instrument, Key, Operator, PendingRuleBook, Proposal, State, answer_of
from engine.core.supervision import Supervision
from engine.core.trust import Authority

FORMAT = 24

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder()


def dump(seq: int, at_ns: int, state: State | None) -> bytes:
    """The state after entry `seq` as bytes."""
    return _encoder.encode([FORMAT, seq, at_ns, None if state is None else _state(state)])


def load(data: bytes) -> tuple[int, int, State | None]:
    """Seq, time and state from `dump`'s bytes. Raises ValueError."""
    try:
        version, seq, at_ns, body = _decoder.decode(data)
    except (msgspec.DecodeError, TypeError, ValueError) as error:
        raise ValueError(f"not a dump of a market: {error}") from error
    if version != FORMAT:
        raise ValueError(f"dump format {version}, this program reads {FORMAT}")
    try:
        return seq, at_ns, None if body is None else _load_state(body)
    except (AssertionError, IndexError, KeyError, TypeError, ValueError, msgspec.MsgspecError) as error:
        raise ValueError(f"a dump of another version: {error}") from error


def _state(state: State) -> list[Any]:
    return [
        state.rulebook_text,
        [
            state.trading_day,
            state.day_number,
            state.phase,
            state.halted,
            state.trade_number,
            state.cash_deposited,
            state.cash_withdrawn,
            state.fees,
        ],
        [_account(account) for account in state.accounts if account is not None],
        [_instrument(instrument) for instrument in state.instruments if instrument is not None],
        state.issued,
        state.surrendered,
        [_key(key) for key in state.keys.values()],
        [[op.person, op.name, op.public_key] for op in state.operators if op is not None],
        [
            [p.number, p.at_ns, p.operator, p.reason, p.document, _encoder.encode(p.act), p.act_sha256]
            for p in state.proposals.values()
        ],
        [state.rulebook_since, _pending_rulebook(state.pending_rulebook)],
        [sorted(state.composites.items()), [list(astuple(row)) for row in state.closed_composites]],
        [state.blocks.is_window_open, [_offer(offer) for offer in state.blocks.offers.values()]],
        [list(state.holiday_notices.values()), state.announcements],
        [
            [account, year, *_compliance(record)]
            for account, years in sorted(state.compliance.items())
            for year, record in sorted(years.items())
        ],
        [_auction(auction) for auction in state.auctions.values()],
        [
            state.canceled,
            state.encumbrance_number,
            list(state.encumbrances.values()),
            _plans(state),
            list(state.filings.values()),
            list(state.intentions.values()),
        ],
        list(state.offset_projects.values()),
        [_days(state.days), _statements(state.statements)],
        state.supervision,
        [state.risk_reserve.balance_fen, state.risk_reserve.fees_kept, sorted(state.risk_reserve.claims.items())],
        _participants(state.participants),
        _controls(state.controls),
        [list(state.sessions.values()), state.lost_sessions, list(state.dead_men.values())],
        [
            list(state.trust.authorities.values()),
            [[authority, list(known.items())] for authority, known in sorted(state.trust.revoked.items())],
        ],
    ]


def _key(key: Key) -> list[Any]:
    kept = [key.key_id, key.public_key, key.accounts, key.scopes, key.revoked, key.user]
    return [*kept, key.expires_day, key.networks, key.certificate]


def _plans(state: State) -> list[Any]:
    return [
        [year, plan.total, plan.reserve, plan.basis, plan.allocated, plan.reserved]
        for year, plan in sorted(state.allocation_plans.items())
    ]


def _days(known: Days) -> list[Any]:
    return [
        [[day, sorted(marks.items())] for day, marks in sorted(known.marks.items())],
        [known.fixed_day, known.override_day, known.override_basis],
        known.bank_file,
        known.break_number,
        list(known.breaks.values()),
        sorted(known.unfinished.items()),
        [known.figures, known.figures_settled],
    ]


def _statements(known: Statements) -> list[Any]:
    return [
        [known.trading_day, known.accounts, known.deadline_ns, known.number],
        sorted(known.confirmed.items()),
        list(known.objections.values()),
        list(known.holds.values()),
        list(known.voided.items()),
    ]


def _participants(found: Participants) -> list[Any]:
    return [
        [
            [p.number, p.identity, p.name, p.home, p.is_suspended, list(p.qualifications.values())]
            for p in found.by_number.values()
        ],
        list(found.users.values()),
        list(found.banned.values()),
        list(found.associations.values()),
    ]


def _controls(found: Controls) -> list[Any]:
    return [
        found.kill_number,
        list(found.kills.values()),
        sorted(found.limits.items()),
        list(found.proposals.values()),
    ]


def _auction(auction: Auction) -> list[Any]:
    return [
        _encoder.encode(auction.terms),
        auction.status,
        auction.closed_market,
        auction.is_named,
        auction.reason,
        None if auction.result is None else msgspec.structs.astuple(auction.result),
        None if auction.measured is None else msgspec.structs.astuple(auction.measured),
        auction.carried,
        auction.carry_tonnes,
        auction.carry_auctions,
        list(auction.bids.values()),
        [[*who, *said] for who, said in auction.answers.items()],
    ]


def _offer(offer: Offer) -> list[Any]:
    return [
        [
            offer.number,
            offer.account,
            offer.instrument,
            offer.side,
            offer.price_ticks,
            offer.tonnes,
            offer.addressed,
            offer.client_offer_id,
            offer.answers,
        ],
        [offer.counterparties, offer.status, offer.reason, offer.trade, offer.confirmer],
    ]


def _pending_rulebook(pending: PendingRuleBook | None) -> list[Any] | None:
    return None if pending is None else [pending.text, pending.effective_day, pending.approvals]


def _account(account: Account) -> list[Any]:
    return [
        account.code,
        account.owner,
        account.name,
        account.category,
        account.restriction,
        account.exec_seq,
        account.free,
        account.held,
        account.pending,
        account.allowances_available,
        sorted(account.retention.items()),
        [
            [
                number,
                p.available,
                p.held,
                p.locked,
                p.lock_days,
                p.lock_tonnes,
                p.encumbered,
                p.preallocated,
                p.use_restricted,
            ]
            for number, p in enumerate(account.positions)
            if p is not None and p.tonnes() > 0
        ],
        account.answer_days,
        [_answer(client_order_id, answer_of(known)) for client_order_id, known in account.answers.items()],
        account.allowances_apart,
        account.successor,
        account.split_into,
        [account.leaving_until, account.last_year, account.is_closed],
    ]


def _answer(client_order_id: str, answer: Answer) -> list[Any]:
    return [client_order_id, answer.number, answer.reason, answer.body, answer.terms, answer.is_filled]


def _compliance(record: ComplianceYear) -> list[Any]:
    return [
        record.free,
        record.paid,
        record.emissions,
        record.reported_on,
        record.objection_until,
        record.surrendered,
        sorted(record.offsets.items()),
        record.is_final,
        sorted(record.preallocated.items()),
        record.allocation_objection_until,
        [record.objections[subject] for subject in sorted(record.objections)],
    ]


def _instrument(i: Instrument) -> list[Any]:
    return [
        i.code,
        i.product,
        i.vintage,
        i.name_zh,
        i.name_en,
        i.halted,
        [i.reference, i.previous_close, i.low_limit, i.high_limit, i.open, i.high, i.low, i.last],
        [i.tonnes, i.turnover_fen, i.value_ticks, i.trades, i.last_five],
        _orders(i.book.bids),
        _orders(i.book.asks),
    ]


def _orders(half: Half) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for level in half.sorted_levels():
        order = level.head
        while order is not None:
            rows.append(
                [
                    order.number,
                    order.account,
                    order.side,
                    order.price_ticks,
                    order.tonnes,
                    order.leaves,
                    order.filled_value,
                    order.body,
                    order.terms,
                    order.client_order_id,
                    order.session,
                ]
            )
            order = order.newer
    return rows


def _load_state(body: list[Any]) -> State:
    (
        text,
        day,
        accounts,
        instruments,
        issued,
        surrendered,
        keys,
        operators,
        proposals,
        change,
        composites,
        blocks,
        calendar,
        compliance,
        auctions,
        encumbrances,
        offset_projects,
        days,
        supervision,
        reserve,
        participants,
        controls,
        sessions,
        trust,
    ) = body
    state = State(parse(text), text)
    state.rulebook_since, pending = change
    state.composites = dict(composites[0])
    state.closed_composites = tuple(Composite(*row) for row in composites[1])
    if pending is not None:
        state.pending_rulebook = PendingRuleBook(pending[0], parse(pending[0]), pending[1], tuple(pending[2]))
    state.trading_day, state.day_number, state.phase, state.halted, *sums = day
    state.trade_number, state.cash_deposited, state.cash_withdrawn, state.fees = sums
    state.participants = _load_participants(participants)
    state.controls = _load_controls(controls)
    _load_sessions(state, sessions)
    authorities, revoked = trust
    state.trust.authorities = {each.authority: each for each in msgspec.convert(authorities, list[Authority])}
    state.trust.revoked = {authority: dict(known) for authority, known in revoked}
    for row in accounts:
        state.add_account(_load_account(len(state.accounts), row))
    state.days, state.statements = _load_days(days[0]), _load_statements(days[1])
    standing.refresh_all(state)
    for row in instruments:
        instrument = _load_instrument(state, len(state.instruments), row)
        state.instruments.append(instrument)
        state.instrument_numbers[instrument.code] = len(state.instruments) - 1
    state.issued = issued
    state.surrendered = surrendered
    _load_people(state, keys, operators)
    for number, at_ns, operator, reason, document, act, digest in proposals:
        decoded: AnyAct = msgspec.msgpack.decode(act, type=AnyAct)
        state.proposals[number] = Proposal(number, at_ns, operator, reason, document, decoded, digest)
    state.blocks = _load_blocks(blocks)
    state.holiday_notices = {notice.year: notice for notice in msgspec.convert(calendar[0], list[HolidayNotice])}
    state.announcements = msgspec.convert(calendar[1], list[Announcement])
    for account, year, *row in compliance:
        state.compliance.setdefault(account, {})[year] = _load_compliance(row)
    for row in auctions:
        auction = _load_auction(len(state.auctions) + 1, row)
        state.auctions[auction.number] = auction
        state.auction_numbers[auction.terms.code] = auction.number
    _load_registry(state, encumbrances)
    state.offset_projects = {found.code: found for found in msgspec.convert(offset_projects, list[OffsetProject])}
    state.supervision = msgspec.convert(supervision, Supervision)
    state.risk_reserve = _load_reserve(reserve)
    return state


def _load_reserve(row: list[Any]) -> RiskReserve:
    reserve = RiskReserve()
    reserve.balance_fen, reserve.fees_kept, claims = row
    reserve.claims = dict(claims)
    return reserve


def _load_registry(state: State, row: list[Any]) -> None:
    state.canceled, state.encumbrance_number, encumbrances, plans, filings, adverts = row
    state.encumbrances = {found.number: found for found in msgspec.convert(encumbrances, list[Encumbrance])}
    state.allocation_plans = {year: _load_plan(plan) for year, *plan in plans}
    state.intentions = {found.number: found for found in msgspec.convert(adverts, list[Intention])}
    state.filings = {found.number: found for found in msgspec.convert(filings, list[Filing])}


def _load_plan(row: list[Any]) -> AllocationPlan:
    plan = AllocationPlan()
    plan.total, plan.reserve, plan.basis, plan.allocated, plan.reserved = row
    return plan


def _load_statements(row: list[Any]) -> Statements:
    known = Statements()
    (known.trading_day, known.accounts, known.deadline_ns, known.number), confirmed, objections, holds, voided = row
    known.confirmed = dict(confirmed)
    known.objections = {found.number: found for found in msgspec.convert(objections, list[StatementObjection])}
    known.holds = {found.trade: found for found in msgspec.convert(holds, list[DisputeHold])}
    known.voided = dict(voided)
    return known


def _load_days(row: list[Any]) -> Days:
    days = Days()
    (
        marks,
        (days.fixed_day, days.override_day, days.override_basis),
        bank_file,
        days.break_number,
        breaks,
        unfinished,
        figures,
    ) = row
    days.marks = {day: {stage: msgspec.convert(mark, Mark) for stage, mark in rows} for day, rows in marks}
    days.bank_file = msgspec.convert(bank_file, BankFile | None)
    days.breaks = {found.number: found for found in msgspec.convert(breaks, list[BankBreak])}
    days.unfinished = dict(unfinished)
    days.figures, days.figures_settled = msgspec.convert(figures, list[DayFigures])
    return days


def _load_participants(row: list[Any]) -> Participants:
    found = Participants()
    for number, identity, name, home, is_suspended, qualifications in row[0]:
        participant = Participant(number, identity, name, home)
        participant.is_suspended = is_suspended
        participant.qualifications = {q.kind: q for q in msgspec.convert(qualifications, list[Qualification])}
        found.record(participant)
    found.users = {user.user: user for user in msgspec.convert(row[1], list[User])}
    found.banned = {each.identity: each for each in msgspec.convert(row[2], list[Ban])}
    found.associations = {each.number: each for each in msgspec.convert(row[3], list[Association])}
    return found


def _load_sessions(state: State, row: list[Any]) -> None:
    state.sessions = {found.number: found for found in msgspec.convert(row[0], list[Session])}
    state.lost_sessions = msgspec.convert(row[1], list[Session])
    state.dead_men = {found.account: found for found in msgspec.convert(row[2], list[DeadMan])}


def _load_people(state: State, keys: list[Any], operators: list[Any]) -> None:
    for key_id, public_key, held, scopes, revoked, user, expires_day, networks, certificate in keys:
        state.keys[key_id] = key = Key(key_id, public_key, tuple(held), tuple(scopes), user)
        key.revoked, key.expires_day, key.networks, key.certificate = revoked, expires_day, tuple(networks), certificate
    for person, name, public_key in operators:
        number = state.operator_numbers[person] = len(state.operators)
        state.operators.append(Operator(number, person, name, public_key))


def _load_controls(row: list[Any]) -> Controls:
    found = Controls()
    found.kill_number = row[0]
    for switch in msgspec.convert(row[1], list[KillSwitch]):
        found.keep(switch)
    found.limits = {account: msgspec.convert(limits, OwnLimits) for account, limits in row[2]}
    found.proposals = {each.number: each for each in msgspec.convert(row[3], list[OwnProposal])}
    return found


def _load_blocks(row: list[Any]) -> Blocks:
    blocks = Blocks()
    blocks.is_window_open = row[0]
    for (number, account, instrument, side, price, tonnes, addressed, client_offer_id, answers), now in row[1]:
        offer = Offer(number, account, instrument, side, price, tonnes, tuple(addressed), client_offer_id, answers)
        offer.counterparties, offer.status, offer.reason, offer.trade, offer.confirmer = now
        blocks.add(offer)
    return blocks


def _load_auction(number: int, row: list[Any]) -> Auction:
    (
        terms,
        status,
        closed_market,
        is_named,
        reason,
        result,
        measured,
        carried,
        carry_tonnes,
        carry_auctions,
        bids,
        answers,
    ) = row
    auction = Auction(number, msgspec.msgpack.decode(terms, type=AnnounceAuction))
    auction.status = status
    auction.closed_market = closed_market
    auction.is_named = is_named
    auction.reason = reason
    auction.result = None if result is None else AuctionReported(*result)
    auction.measured = None if measured is None else AuctionMeasured(*measured)
    auction.carried = tuple([(earlier, tonnes) for earlier, tonnes in carried])
    auction.carry_tonnes = carry_tonnes
    auction.carry_auctions = carry_auctions
    for bid in bids:
        auction.add(Bid(*bid))
    auction.answers = {
        (account, name): (bid, price, tonnes, replaces) for account, name, bid, price, tonnes, replaces in answers
    }
    return auction


def _load_account(number: int, row: list[Any]) -> Account:
    (
        code,
        owner,
        name,
        category,
        restriction,
        exec_seq,
        free,
        held,
        pending,
        allowances,
        retention,
        positions,
        answer_days,
        answers,
        allowances_apart,
        successor,
        split_into,
        ending,
    ) = row
    account = Account(number, code, owner, name, category)
    account.restriction = restriction
    account.successor = successor
    account.split_into = split_into
    account.leaving_until, account.last_year, account.is_closed = ending
    account.exec_seq = exec_seq
    account.free = free
    account.held = held
    account.pending = pending
    account.allowances_available = allowances
    account.allowances_apart = allowances_apart
    account.retention = {year: floor for year, floor in retention}
    account.retention_floor = sum(account.retention.values())
    for number, available, held, locked, lock_days, lock_tonnes, *apart in positions:
        position = account.position(number)
        position.available, position.held, position.locked = available, held, locked
        position.lock_days, position.lock_tonnes = lock_days, lock_tonnes
        position.encumbered, position.preallocated, position.use_restricted = apart
    account.answer_days = [(day, before) for day, before in answer_days]
    account.answers.update({row[0]: Answer(row[1], row[2], row[3], row[4], row[5]) for row in answers})
    return account


def _load_compliance(row: list[Any]) -> ComplianceYear:
    record = ComplianceYear()
    record.free, record.paid, record.emissions, record.reported_on, record.objection_until = row[:5]
    record.surrendered, record.is_final = row[5], row[7]
    record.offsets = {product: tonnes for product, tonnes in row[6]}
    record.preallocated = {instrument: tonnes for instrument, tonnes in row[8]}
    record.allocation_objection_until = row[9]
    record.objections = {found.subject: found for found in msgspec.convert(row[10], list[Objection])}
    return record


def _load_instrument(state: State, number: int, row: list[Any]) -> Instrument:
    code, product, vintage, name_zh, name_en, halted, prices, volumes, bids, asks = row
    instrument = Instrument(number, code, product, vintage, state.rulebook)
    instrument.name_zh = name_zh
    instrument.name_en = name_en
    instrument.halted = halted
    instrument.reference, instrument.previous_close = prices[0], prices[1]
    instrument.low_limit, instrument.high_limit = prices[2], prices[3]
    instrument.open, instrument.high, instrument.low, instrument.last = prices[4], prices[5], prices[6], prices[7]
    instrument.tonnes, instrument.turnover_fen = volumes[0], volumes[1]
    instrument.value_ticks, instrument.trades = volumes[2], volumes[3]
    instrument.last_five = [(price, tonnes) for price, tonnes in volumes[4]]
    for order_row in bids + asks:
        order = _load_order(state, number, order_row)
        instrument.book.rest(order)
        account = state.held_account(order.account)
        account.orders[order.number] = order
        account.answers[order.client_order_id] = order
    return instrument


def _load_order(state: State, instrument: int, row: list[Any]) -> Order:
    number, account, side, price, tonnes, leaves, filled_value, body, terms, client_order_id, session = row
    owner = state.held_account(account).owner
    order = Order()
    order.belong(number, owner, side, price, tonnes, account, instrument, body, terms, client_order_id)
    order.leaves = leaves
    order.filled_value = filled_value
    order.session = session
    return order
