"""Every invariant of a market, checked the slow way: after each command in tests, at snapshots and on demand.

The numbers in the messages are those of the reliability catalogue (INV-1 …). Raises AssertionError with what was seen.
"""

from engine.core import auctions, block_trading, filings, kill_switches, phases, standing
from engine.core.adoption import keeps_what_is_fixed
from engine.core.auction import cap_of, money_of, side_of
from engine.core.blocks import OPEN, TRADED
from engine.core.book import Half, Order
from engine.core.controls import INSTRUMENT, MARKET
from engine.core.holdings import DISPUTE, SURRENDER
from engine.core.state import Account, Instrument, State
from engine.core.succession import MERGED
from engine.core.trading import may_cancel
from engine.core.units import BUY


def audit(state: State) -> None:
    """Check the whole state."""
    in_auctions = AuctionHolds(state)
    for instrument in state.instruments:
        if instrument is not None:
            audit_book(state, instrument)
            audit_units(state, instrument, in_auctions)
    for account in state.accounts:
        if account is not None:
            audit_account(state, account, in_auctions)
    audit_cash(state)
    audit_rules(state)
    audit_blocks(state)
    audit_compliance(state)
    audit_plans(state)
    audit_filings(state)
    audit_intentions(state)
    audit_auctions(state)
    audit_units_apart(state)
    audit_merged(state)
    audit_split(state)
    audit_supervision(state)
    audit_projects(state)
    audit_participants(state)
    audit_controls(state)
    audit_statements(state)


def check(is_true: bool, message: str) -> None:
    """`assert` that survives every interpreter flag."""
    if not is_true:
        raise AssertionError(message)


def audit_controls(state: State) -> None:
    """INV-20: nothing is open where a kill switch is, unless a phase makes it wait; what is stopped as a whole is halted."""
    controls = state.controls
    listed = sorted(number for numbers in controls.engaged.values() for number in numbers)
    check(listed == sorted(controls.kills), f"kill switches {sorted(controls.kills)}, engaged {listed}")
    for switch in controls.kills.values():
        check(switch.number in controls.engaged[switch.kind, switch.target], f"kill switch {switch.number}: its target")
        if switch.kind == INSTRUMENT:
            instrument = state.held_instrument(switch.target)
            check(
                instrument.halted and not instrument.book.best_bid() | instrument.book.best_ask(), f"{instrument.code}"
            )
        elif switch.kind == MARKET:
            check(state.halted and not any(a.orders for a in state.accounts if a is not None), "INV-20: market stopped")
        elif not switch.is_waiting:
            stopped = kill_switches.accounts_of(state, switch.kind, switch.target)
            check(not any(account.orders for account in stopped), f"INV-20: orders under kill switch {switch.number}")
    for session in (*state.sessions.values(), *state.lost_sessions):
        check(session.key_id in state.keys, f"session {session.number}: key {session.key_id}")
    check(not (state.lost_sessions and may_cancel(state)), "lost sessions wait for nothing")
    for timer in state.dead_men.values():
        check(state.account(timer.account) is not None and timer.seconds > 0, f"dead-man timer of {timer.account}")
        check(not (timer.is_fired and may_cancel(state)), f"dead-man timer of {timer.account} waits for nothing")
    for number in controls.limits:
        check(state.account(number) is not None, f"limits of account {number}")


def audit_statements(state: State) -> None:
    """INV-12 for answers to statements: agreed or contested, not both; objections numbered, of trades that there were."""
    known = state.statements
    for number, found in known.objections.items():
        where = f"INV-12 objection {number}"
        check(number == found.number <= known.number, f"{where}: newest {known.number}")
        check(0 <= found.trade <= state.trade_number and found.trading_day <= known.trading_day, f"{where}: {found}")
        is_newest = found.trading_day == known.trading_day
        check(not is_newest or found.account not in known.confirmed, f"{where}: account {found.account} agreed too")
    held = {hold.encumbrance: hold for hold in known.holds.values() if hold.encumbrance}
    apart = {number: found for number, found in state.encumbrances.items() if found.kind == DISPUTE}
    check(
        sorted(held) == sorted(apart), f"INV-1 disputed trades: encumbrances {sorted(held)}, there are {sorted(apart)}"
    )
    for trade, hold in known.holds.items():
        where = f"INV-12 hold of trade {trade}"
        check(trade == hold.trade <= state.trade_number and trade not in known.voided, f"{where}: {hold}")
        is_locked = hold.encumbrance == 0 and hold.until_day > state.day_number
        check(is_locked or hold.encumbrance in held, f"{where}: nothing is held")
    check(all(0 < trade <= state.trade_number for trade in known.voided), "INV-12 voided trades: of the future")


def audit_participants(state: State) -> None:
    """Standings are what they would be worked out to be; who may not trade has nothing open; the banned take no part."""
    for account in state.accounts:
        if account is not None:
            kept = int(account.bars)
            standing.refresh(state, account)
            check(kept == int(account.bars), f"{account.code}: bars {kept}, worked out {account.bars}")
            check(standing.may_trade(account) or not account.orders, f"{account.code}: barred with open orders")
            is_empty = account.free + account.held + account.pending == 0 and not account.orders
            check(not account.is_closed or is_empty, f"{account.code}: closed and not empty")
    kept_groups = state.participants.groups
    state.participants.regroup(int(state.trading_day))
    check(kept_groups == state.participants.groups, "groups are not what the associations make them")
    for user in state.participants.users.values():
        check(user.is_removed or user.identity not in state.participants.banned, f"user {user.user} is banned")
    for key in state.keys.values():
        check(key.user == "" or key.revoked or not state.participants.users[key.user].is_removed, f"key {key.key_id}")
    for participant in state.participants.by_number.values():
        is_banned = participant.identity in state.participants.banned
        check(participant.is_suspended or not is_banned, f"participant {participant.number} is banned")
        check(state.participants.by_identity.get(participant.identity) is participant, f"{participant.identity}")


def audit_book(state: State, instrument: Instrument) -> None:
    """INV-8: not crossed outside a call. INV-12: the structure agrees with itself."""
    best_bid = instrument.book.best_bid()
    best_ask = instrument.book.best_ask()
    if best_bid and best_ask and not phases.is_call(int(state.phase)):
        check(best_bid < best_ask, f"INV-8 {instrument.code} crossed: {best_bid} >= {best_ask}")
    for half in (instrument.book.bids, instrument.book.asks):
        audit_half(state, instrument, half)


def audit_half(state: State, instrument: Instrument, half: Half) -> None:
    """INV-12 for one side: levels, totals, links, the best price, and every order known to its account."""
    dead = 0
    check(sorted(half.heap) == sorted(half.levels), f"INV-12 {instrument.code}: heap and levels differ")
    for key, level in half.levels.items():
        check(key == level.key == half.sign * level.price_ticks, f"INV-12 {instrument.code}: key of level {key}")
        tonnes = 0
        count = 0
        previous: Order | None = None
        order = level.head
        while order is not None:
            check(order.level is level and order.older is previous, f"INV-12 order {order.number}: links")
            check(order.leaves > 0 and order.price_ticks == level.price_ticks, f"INV-12 order {order.number}: terms")
            check(
                state.held_account(order.account).orders.get(order.number) is order,
                f"INV-12 order {order.number}: lost",
            )
            tonnes += order.leaves
            count += 1
            previous = order
            order = order.newer
        check(level.tail is previous, f"INV-12 {instrument.code}: tail of level {key}")
        check((tonnes, count) == (level.tonnes, level.count), f"INV-12 {instrument.code}: totals of level {key}")
        dead += count == 0
    check(dead == half.dead, f"INV-12 {instrument.code}: {dead} dead levels, {half.dead} counted")
    live = half.sorted_levels()
    best = half.best
    check((live[0] if live else None) is best, f"INV-12 {instrument.code}: best level")


class AuctionHolds:
    """What live auctions hold, each bid looked at once: tonnes by (account, instrument), fen by account."""

    def __init__(self, state: State) -> None:
        self.tonnes: dict[tuple[int, int], int] = {}
        self.fen: dict[int, int] = {}
        for auction in state.auctions.values():
            terms = auction.terms
            if not auction.is_live:
                continue
            is_sale = side_of(terms) == BUY
            instrument = state.held_instrument(terms.instrument)
            if is_sale:
                self._add_tonnes(terms.unit_account, terms.instrument, terms.tonnes)
            else:
                self._add_fen(terms.cash_account, money_of(terms, int(instrument.tick_fen)))
            for bid in auction.bids.values():
                if is_sale:
                    self._add_fen(bid.account, auctions.hold_of(terms, instrument, bid.price_ticks, bid.tonnes))
                else:
                    self._add_tonnes(bid.account, terms.instrument, bid.tonnes)

    def _add_tonnes(self, account: int, instrument: int, tonnes: int) -> None:
        self.tonnes[account, instrument] = self.tonnes.get((account, instrument), 0) + tonnes

    def _add_fen(self, account: int, amount_fen: int) -> None:
        self.fen[account] = self.fen.get(account, 0) + amount_fen


def audit_units(state: State, instrument: Instrument, in_auctions: AuctionHolds) -> None:
    """INV-1: units are neither made nor lost. INV-6: units held are those behind open sells."""
    total = 0
    for account in state.accounts:
        if account is None or len(account.positions) <= instrument.number:
            continue
        position = account.positions[instrument.number]
        if position is None:
            continue
        where = f"{account.code} {instrument.code}"
        check(min(position.available, position.held, position.locked) >= 0, f"INV-3 {where}: negative")
        check(min(position.encumbered, position.preallocated, position.use_restricted) >= 0, f"INV-3 {where}: negative")
        check(sum(position.lock_tonnes) == position.locked, f"INV-7 {where}: locks")
        check(all(day > state.day_number for day in position.lock_days), f"INV-7 {where}: overdue lock")
        behind = sum(
            order.leaves
            for order in account.orders.values()
            if order.instrument == instrument.number and order.side != BUY
        ) + sum(
            offer.tonnes
            for offer in state.blocks.open_by(account.number)
            if offer.instrument == instrument.number and offer.side != BUY
        )
        behind += in_auctions.tonnes.get((int(account.number), int(instrument.number)), 0)
        check(behind == position.held, f"INV-6 {where}: held {position.held}, open sells, offers, auctions {behind}")
        total += position.tonnes()
    number = int(instrument.number)
    expected = state.issued[number] - state.surrendered[number] - state.canceled[number]
    check(total == expected, f"INV-1 {instrument.code}: {total} in accounts, {expected} issued and still there")


def audit_auctions(state: State) -> None:
    """INV-6: an auction that ended holds no bid. INV-20: bidders' totals agree with their bids and stay below the cap;
    a participant does not bid in its own."""
    for auction in state.auctions.values():
        code = auction.terms.code
        check(auction.is_live or not auction.bids, f"INV-6 auction {code}: {len(auction.bids)} bids after its end")
        left = auction.carry_tonnes
        fits = (left > 0) == (auction.carry_auctions > 0) and not (left and auction.is_live)
        check(fits and 0 <= left <= auction.terms.tonnes, f"INV-20 auction {code}: {left} t left to carry over")
        tonnes: dict[int, int] = {}
        for bid in auction.bids.values():
            tonnes[bid.owner] = tonnes.get(bid.owner, 0) + bid.tonnes
            is_own = auction.applicant != 0 and state.held_account(auction.applicant).owner == bid.owner
            check(not is_own, f"INV-20 auction {code}: bid {bid.number} is its applicant's")
        for owner, together in tonnes.items():
            check(together == auction.bids_of(owner)[0], f"INV-20 auction {code}: owner {owner}, bids of {together} t")
            check(together <= cap_of(auction.terms), f"INV-20 auction {code}: owner {owner} above the cap")


def audit_account(state: State, account: Account, in_auctions: AuctionHolds) -> None:
    """INV-3, INV-4, INV-6 and INV-16 for one account."""
    check(min(account.free, account.held, account.pending) >= 0, f"INV-3 {account.code}: negative cash")
    needed = 0
    for number, order in account.orders.items():
        check(number == order.number and order.account == account.number, f"INV-12 {account.code}: order {number}")
        check(order.level is not None, f"INV-12 {account.code}: order {number} rests nowhere")
        if order.side == BUY:
            needed += state.held_instrument(order.instrument).hold_of(order.price_ticks, order.leaves)
    for offer in state.blocks.open_by(account.number):
        if offer.side == BUY:
            needed += state.held_instrument(offer.instrument).hold_of(offer.price_ticks, offer.tonnes)
    needed += in_auctions.fen.get(int(account.number), 0)
    check(needed == account.held, f"INV-6 {account.code}: held {account.held}, buys, offers, auctions need {needed}")
    allowances = sum(
        position.available
        for number, position in enumerate(account.positions)
        if position is not None and state.held_instrument(number).is_allowance
    )
    check(allowances == account.allowances_available, f"INV-7 {account.code}: {allowances} available allowances")
    apart = sum(
        position.encumbered + position.use_restricted
        for number, position in enumerate(account.positions)
        if position is not None and state.held_instrument(number).is_allowance
    )
    check(apart == account.allowances_apart, f"INV-7 {account.code}: {apart} allowances encumbered or use-restricted")
    check(sum(account.retention.values()) == account.retention_floor, f"INV-7 {account.code}: floor")
    befores = [before for _, before in account.answer_days]
    check(
        befores[0] == 0 and befores == sorted(befores) and befores[-1] <= len(account.answers),
        f"INV-16 {account.code}: {len(account.answers)} client order ids, days begin at {befores}",
    )
    for order in account.orders.values():
        known = account.answers.get(order.client_order_id)
        check(known is order, f"INV-16 {account.code}: order {order.number} is not its id's answer")


def audit_cash(state: State) -> None:
    """INV-2: members' cash, fees and the risk reserve are what came in less what went out."""
    total = sum(a.free + a.held + a.pending for a in state.accounts if a is not None) + state.fees
    total += state.risk_reserve.balance_fen
    check(state.risk_reserve.balance_fen >= 0, f"INV-3 risk reserve: {state.risk_reserve.balance_fen} fen")
    check(all(owed > 0 for owed in state.risk_reserve.claims.values()), "INV-3 risk reserve: a claim of nothing")
    expected = state.cash_deposited - state.cash_withdrawn
    check(total == expected, f"INV-2: {total} fen inside, {expected} paid in and not out")


def audit_rules(state: State) -> None:
    """INV-18: every listed product has rules, and a change that waits is newer, later, and keeps what is fixed."""
    for instrument in state.instruments:
        if instrument is not None:
            check(instrument.product in state.rulebook.products, f"INV-18 {instrument.code}: no rules for its product")
    pending = state.pending_rulebook
    if pending is not None:
        versions = f"{state.rulebook.version} -> {pending.rulebook.version}"
        check(pending.rulebook.version > state.rulebook.version, f"INV-18 versions {versions}")
        check(pending.effective_day > state.trading_day, f"INV-18 version {versions}: overdue")
        check(keeps_what_is_fixed(state, pending.rulebook), f"INV-18 version {versions}: changes what is fixed")


def audit_blocks(state: State) -> None:
    """INV-12 for block offers: indexes agree, who may confirm was addressed, terms are the rule book's, nothing outlives its day."""
    blocks = state.blocks
    for number, offer in blocks.offers.items():
        where = f"INV-12 offer {number}"
        check(number == offer.number and offer in blocks.made[offer.account], f"{where}: lost")
        check(
            all(offer in blocks.received[account] for account in offer.addressed), f"{where}: lost by who received it"
        )
        check(blocks.numbers[offer.account, offer.client_offer_id] == number, f"{where}: id")
        check(set(offer.counterparties) <= set(offer.addressed), f"{where}: counterparties")
        check((offer.status == OPEN) == bool(offer.counterparties), f"{where}: open to {offer.counterparties}")
        check((offer.status == TRADED) == (offer.trade > 0) == (offer.confirmer in offer.addressed), f"{where}: trade")
        owner = state.held_account(offer.account).owner
        check(all(state.held_account(a).owner != owner for a in offer.addressed), f"{where}: with its own owner")
        if offer.status != OPEN:
            continue
        low, high = block_trading.band_of(state, state.held_instrument(offer.instrument))
        check(low <= offer.price_ticks <= high, f"{where}: price {offer.price_ticks} outside {low} to {high}")
    check(len(blocks.numbers) == len(blocks.offers), "INV-12 block offers: ids")
    if state.phase == phases.CLOSED:
        check(not blocks.open_offers() and not blocks.is_window_open, "INV-12 block offers are open after the close")


def audit_compliance(state: State) -> None:
    """INV-1: what the compliance years say was surrendered is what was. INV-7: a closed year keeps no floor."""
    allowances = 0
    offsets: dict[str, int] = {}
    for account, years in state.compliance.items():
        for year, record in years.items():
            allowances += record.surrendered
            for product, tonnes in record.offsets.items():
                offsets[product] = offsets.get(product, 0) + tonnes
            if record.is_final:
                check(year not in state.held_account(account).retention, f"INV-7 account {account}: floor of {year}")
                check(record.shortfall == 0, f"INV-7 account {account}: {year} is closed with a shortfall")
    surrendered = 0
    of_products: dict[str, int] = {}
    for instrument in state.instruments:
        if instrument is not None and instrument.is_allowance:
            surrendered += state.surrendered[int(instrument.number)]
        elif instrument is not None:
            gone = state.surrendered[int(instrument.number)]
            of_products[instrument.product] = of_products.get(instrument.product, 0) + gone
    check(allowances == surrendered, f"INV-1: {allowances} t surrendered by year, {surrendered} t by instrument")
    of_products = {product: tonnes for product, tonnes in of_products.items() if tonnes}
    offsets = {product: tonnes for product, tonnes in offsets.items() if tonnes}
    check(offsets == of_products, f"INV-1: offsets {offsets} by year, {of_products} by instrument")


def audit_plans(state: State) -> None:
    """INV-1: a year's plan counts at least what the accounts' records have of it, and no share is above a plan that is set."""
    recorded: dict[int, int] = {}
    for years in state.compliance.values():
        for year, record in years.items():
            recorded[year] = recorded.get(year, 0) + record.allocated + sum(record.preallocated.values())
    for year, plan in state.allocation_plans.items():
        where = f"INV-1 allocation plan {year}"
        check(recorded.pop(year, 0) <= plan.allocated and plan.reserved >= 0, f"{where}: {plan.allocated} t counted")
        is_within = plan.allocated <= plan.total - plan.reserve and plan.reserved <= plan.reserve
        check(is_within or not plan.is_set, f"{where}: {plan.allocated} t and {plan.reserved} t issued")
    check(not any(recorded.values()), f"INV-1 allocation plans: nothing counted for {sorted(recorded)}")


def audit_intentions(state: State) -> None:
    """INV-12: each advert is known by its number and has an account that lives."""
    for number, found in state.intentions.items():
        check(number == found.number, f"INV-12 intention {number}")
        check(not state.held_account(found.account).is_closed, f"INV-12 intention {number}: of a closed account")


def audit_filings(state: State) -> None:
    """INV-1: what waits for the decision on a filing is what it names. INV-12: one filing of an account and year is open."""
    waiting: dict[tuple[str, int, int], int] = {}
    for found in state.encumbrances.values():
        if found.kind == SURRENDER:
            key = found.beneficiary, found.account, found.instrument
            waiting[key] = waiting.get(key, 0) + found.tonnes
    open_years: set[tuple[int, int]] = set()
    for number, filing in state.filings.items():
        check(number == filing.number, f"INV-12 filing {number}")
        if filing.is_open:
            check((filing.account, filing.year) not in open_years, f"INV-12 filing {number}: not the only open one")
            open_years.add((filing.account, filing.year))
        if filing.status == "pending":
            for instrument, tonnes in filing.lines:
                apart = waiting.pop((filings.name_of(filing), filing.account, instrument), 0)
                check(apart == tonnes, f"INV-1 filing {number}: {apart} t of instrument {instrument} wait")
    check(not waiting, f"INV-1: units wait for no filing: {sorted(waiting)}")


def audit_units_apart(state: State) -> None:
    """INV-1: encumbered units are those of the encumbrances, preallocated ones those that years wait for."""
    encumbered: dict[tuple[int, int], int] = {}
    for number, found in state.encumbrances.items():
        check(number == found.number and found.tonnes > 0, f"INV-12 encumbrance {number}")
        key = found.account, found.instrument
        encumbered[key] = encumbered.get(key, 0) + found.tonnes
    preallocated: dict[tuple[int, int], int] = {}
    for account, years in state.compliance.items():
        for record in years.values():
            for instrument, tonnes in record.preallocated.items():
                preallocated[account, instrument] = preallocated.get((account, instrument), 0) + tonnes
    for owner in state.accounts:
        for instrument, position in enumerate(owner.positions if owner is not None else ()):
            if owner is None or position is None:
                continue
            key = int(owner.number), instrument
            is_kept = (
                encumbered.pop(key, 0) == position.encumbered and preallocated.pop(key, 0) == position.preallocated
            )
            check(is_kept, f"INV-1 account {key[0]}, instrument {instrument}: units set apart")
    check(not encumbered and not preallocated, f"INV-1: set apart but in no account: {encumbered} {preallocated}")


def audit_projects(state: State) -> None:
    """INV-1 for serials: no number of a project is issued twice, and projects issued no more than the instruments have."""
    issued: dict[int, int] = {}
    for code, project in state.offset_projects.items():
        before = 0
        for first, tonnes, instrument in sorted(project.issues):
            check(before < first, f"INV-1 project {code}: serial {first} twice")
            before = first + tonnes - 1
            issued[instrument] = issued.get(instrument, 0) + tonnes
    for instrument, tonnes in issued.items():
        check(tonnes <= state.issued[instrument], f"INV-1 instrument {instrument}: projects issued {tonnes} t")


def audit_split(state: State) -> None:
    """INV-12 for split accounts: each successor is another account, named once."""
    for account in state.accounts:
        if account is not None and account.split_into:
            others = {number for number in account.split_into if number != account.number and state.account(number)}
            check(len(others) == len(account.split_into), f"INV-12 split account {account.code}: {account.split_into}")


def audit_merged(state: State) -> None:
    """INV-1 for merged accounts: they have nothing, owe nothing, may do nothing, and lead to one that is alive."""
    for account in state.accounts:
        if account is None or account.successor == 0:
            continue
        where = f"INV-1 merged account {account.code}"
        check(account.restriction == MERGED, f"{where}: restriction {account.restriction}")
        check(account.free + account.held + account.pending == 0 and not account.orders, f"{where}: cash or orders")
        for position in account.positions:
            if position is not None:
                check(position.tonnes() == 0, f"{where}: units")
        years = state.compliance.get(int(account.number), {})
        check(all(record.is_final for record in years.values()) and not account.retention, f"{where}: an open year")
        seen = {int(account.number)}
        following = account
        while following.successor != 0:
            following = state.held_account(following.successor)
            check(int(following.number) not in seen, f"{where}: successors go in a circle")
            seen.add(int(following.number))


def audit_supervision(state: State) -> None:
    """INV-20: an account may not do exactly what its restrictions in force say; records are numbered without a gap."""
    for account in state.accounts:
        if account is not None and account.successor == 0:
            bits = state.supervision.in_force(int(account.number))
            check(bits == account.restriction, f"INV-20 account {account.number}: restricted in {account.restriction}")
    kept = state.supervision
    for kind in (kept.restrictions, kept.cases, kept.reductions, kept.links):
        check([found.number for found in kind] == list(range(1, len(kind) + 1)), "INV-12 numbers of supervision")
    for record, strike in kept.strikes.items():
        check(strike.record == record and state.account(strike.account) is not None, f"INV-12 strike of {record}")
