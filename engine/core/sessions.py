"""Cancel-on-disconnect and dead-man timers, owned by the engine (reliability F43, C22): a dead gateway counts as a disconnect.

A session is a login that asked for it; each order says on which it was entered. A lost session ends its own orders and nothing else, a
dead-man timer those of one account. Both obey the phase: where nobody may cancel, orders stay until the next phase that allows it.
"""

from itertools import pairwise
from typing import Final

from msgspec.structs import replace

from engine.core import reasons
from engine.core.events import DeadManFired, DeadManSet, Event, RequestRefused, SessionEnded, SessionOpened
from engine.core.session_acts import EndSession, FireDeadMan, OpenSession, SetDeadMan
from engine.core.session_records import DeadMan, Session
from engine.core.state import State
from engine.core.trading import cancel_open_orders, end, may_cancel

SESSIONS_MAX: Final = 20_000  # open at one time
GRACE_MS_MAX: Final = 30_000
DEAD_MAN_SECONDS_MAX: Final = 3_600


def refuse(account: int, number: int, reason: int, limit: int, actual: int, out: list[Event]) -> None:
    """Tell the asker, and only the asker, why not."""
    out.append(RequestRefused(account, number, "", reason, limit, actual))


# ---- sessions -------------------------------------------------------------------------------------------


def open_session(state: State, seq: int, command: OpenSession, out: list[Event]) -> None:
    """Keep the session, for a key that may trade."""
    key = state.keys.get(command.key_id)
    if key is None or key.revoked:
        refuse(0, seq, reasons.KEY_REVOKED, 0, 0, out)
    elif "trade" not in key.scopes:
        refuse(0, seq, reasons.NOT_PERMITTED, 0, 0, out)
    elif not 0 <= command.grace_ms <= GRACE_MS_MAX:
        refuse(0, seq, reasons.INVALID_FIELD, GRACE_MS_MAX, 0, out)
    elif any(number not in key.accounts for number in command.accounts):
        refuse(0, seq, reasons.UNKNOWN_ACCOUNT, 0, 0, out)
    elif any(number >= after for number, after in pairwise(command.accounts)):
        refuse(0, seq, reasons.INVALID_FIELD, 0, 0, out)
    elif len(state.sessions) + len(state.lost_sessions) >= SESSIONS_MAX:
        refuse(0, seq, reasons.SESSION_LIMIT, SESSIONS_MAX, len(state.sessions), out)
    else:
        state.sessions[seq] = Session(seq, command.key_id, command.grace_ms, command.accounts)
        out.append(SessionOpened(seq, command.key_id, command.grace_ms, command.accounts))


def end_session(state: State, command: EndSession, out: list[Event]) -> None:
    """Forget a session; of a lost one, end the orders that were entered on it."""
    found = state.sessions.pop(command.session, None)
    if found is None:
        refuse(0, command.session, reasons.UNKNOWN_SESSION, 0, 0, out)
        return
    is_waiting = command.is_lost and not may_cancel(state)
    out.append(SessionEnded(found.number, found.key_id, command.is_lost, is_waiting))
    if is_waiting:
        state.lost_sessions.append(found)
    elif command.is_lost:
        cancel_session(state, found, out)


def cancel_session(state: State, found: Session, out: list[Event]) -> None:
    """End the orders that were entered on a session, account by account, the oldest first."""
    for number in found.accounts or state.keys[found.key_id].accounts:
        account = state.held_account(number)
        for order in [order for order in account.orders.values() if order.session == found.number]:
            state.held_instrument(order.instrument).book.take_out(order)
            end(state, order, reasons.SESSION_LOST, out)


# ---- dead-man timers ------------------------------------------------------------------------------------


def set_dead_man(state: State, command: SetDeadMan, out: list[Event]) -> None:
    """Arm an account's timer, change it, or take it away."""
    if state.account(command.account) is None:
        refuse(command.account, 0, reasons.UNKNOWN_ACCOUNT, 0, 0, out)
        return
    if not 0 <= command.seconds <= DEAD_MAN_SECONDS_MAX:
        refuse(command.account, 0, reasons.INVALID_FIELD, DEAD_MAN_SECONDS_MAX, 0, out)
        return
    if command.seconds:
        state.dead_men[command.account] = DeadMan(command.account, command.seconds)
    else:
        state.dead_men.pop(command.account, None)
    out.append(DeadManSet(command.account, command.seconds))


def fire(state: State, command: FireDeadMan, out: list[Event]) -> None:
    """The timer is used up; all orders of the account end."""
    found = state.dead_men.get(command.account)
    if found is None or found.is_fired:
        refuse(command.account, 0, reasons.NO_DEAD_MAN, 0, 0, out)
        return
    is_waiting = not may_cancel(state)
    out.append(DeadManFired(command.account, is_waiting))
    if is_waiting:
        state.dead_men[command.account] = replace(found, is_fired=True)
        return
    del state.dead_men[command.account]
    cancel_open_orders(state, state.held_account(command.account), 0, 0, reasons.DEAD_MAN_FIRED, out)


# ---- the day --------------------------------------------------------------------------------------------


def begin_phase(state: State, out: list[Event]) -> None:
    """A phase has begun: where it lets members cancel, end what has waited for it."""
    if not (state.lost_sessions or state.dead_men) or not may_cancel(state):
        return
    lost, state.lost_sessions = state.lost_sessions, []
    for session in lost:
        cancel_session(state, session, out)
    for timer in [found for found in state.dead_men.values() if found.is_fired]:
        del state.dead_men[timer.account]
        cancel_open_orders(state, state.held_account(timer.account), 0, 0, reasons.DEAD_MAN_FIRED, out)
