"""Kill switches (紧急停止): who pulls one is obeyed at once, and letting go takes two (reliability, INV-20; domain rules (h)).

While one is in force nothing new is taken where it is; what is open there ends. Cancels, surrender and everything that gives back stay
possible. A market or an instrument is halted by its switch, and resumed by an act of its own after the release. A member's switch
obeys the phase: where nobody may cancel, its orders stay until the next phase that lets members cancel, and sealed bids stay
always, since the auction's notice alone says whether a bid may be taken back.
"""

from typing import Final

from msgspec.structs import replace

from engine.core import block_trading, reasons, standing
from engine.core.admission import ADMITTED, Verdict
from engine.core.commands import EngageKillSwitch, ReleaseKillSwitch, Resume
from engine.core.control_acts import ControlAct
from engine.core.controls import ACCOUNT, INSTRUMENT, KILL_SWITCHES_MAX, KINDS, MARKET, PARTICIPANT, KillSwitch
from engine.core.ending import end_what_is_open
from engine.core.events import ActTaken, Event, Halted, KillSwitchEngaged, KillSwitchReleased
from engine.core.state import Account, State
from engine.core.trading import cancel_open_orders, may_cancel

TEXT_MAX: Final = 200


# ---- judging --------------------------------------------------------------------------------------------


def target_of(act: EngageKillSwitch) -> int:
    """The number of what the act stops, 0 for the market."""
    return {ACCOUNT: act.account, INSTRUMENT: act.instrument, PARTICIPANT: act.participant}.get(act.kind, 0)


def judge(state: State, act: ControlAct) -> Verdict:
    """What is stopped exists, is named by its kind alone, and may be stopped again; what is released is in force."""
    if isinstance(act, ReleaseKillSwitch):
        is_known = act.kill_switch in state.controls.kills
        return ADMITTED if is_known else Verdict(reasons.UNKNOWN_KILL_SWITCH)
    target = target_of(act)
    named = [number for number in (act.account, act.instrument, act.participant) if number != 0]
    if act.kind not in KINDS or len(act.basis) > TEXT_MAX or named != ([] if act.kind == MARKET else [target]):
        return Verdict(reasons.ACT_INVALID)
    if act.kind == ACCOUNT and state.account(target) is None:
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    if act.kind == INSTRUMENT and state.instrument(target) is None:
        return Verdict(reasons.UNKNOWN_INSTRUMENT)
    if act.kind == PARTICIPANT and target not in state.owners and target not in state.participants.by_number:
        return Verdict(reasons.UNKNOWN_PARTICIPANT)
    return judge_room(state)


def judge_room(state: State) -> Verdict:
    """Whether one more can be kept."""
    kept = len(state.controls.kills)
    return ADMITTED if kept < KILL_SWITCHES_MAX else Verdict(reasons.TOO_MANY_RECORDS, KILL_SWITCHES_MAX, kept)


def judge_resume(state: State, act: Resume) -> Verdict:
    """A halt stays while a kill switch is engaged on the same thing."""
    number = state.controls.first(INSTRUMENT if act.instrument else MARKET, act.instrument)
    return Verdict(reasons.KILL_SWITCH_ENGAGED, 0, number) if number else ADMITTED


# ---- taking effect --------------------------------------------------------------------------------------


def take(state: State, at_ns: int, act: ControlAct, taken: ActTaken, out: list[Event]) -> None:
    """Let a judged act of the operators take effect. Nothing here can fail."""
    if isinstance(act, ReleaseKillSwitch):
        release(state, act.kill_switch, out)
        return
    engage(state, at_ns, act.kind, target_of(act), act.basis or taken.reason, out, operator=taken.operator)


def engage(
    state: State,
    at_ns: int,
    kind: str,
    target: int,
    why: str,
    out: list[Event],
    *,
    operator: int = 0,
    key_id: str = "",
) -> None:
    """Stop it, and end what is open there. Engaged again by the same side, the switch there is stays as it was."""
    controls = state.controls
    is_waiting = operator == 0 and not may_cancel(state)
    found = controls.found(kind, target, operator == 0)
    if found is None:
        controls.kill_number += 1
        day = int(state.trading_day)
        found = KillSwitch(controls.kill_number, kind, target, operator, key_id, at_ns, day, why, is_waiting)
    controls.keep(replace(found, is_waiting=is_waiting))
    out.append(KillSwitchEngaged(found.number, kind, target, operator, key_id, why, is_waiting))
    halt(state, kind, target, out)
    for account in accounts_of(state, kind, target):
        standing.refresh(state, account)
    if not is_waiting:
        end_open(state, found, out)


def halt(state: State, kind: str, target: int, out: list[Event]) -> None:
    """A market or an instrument that is stopped is halted, unless it is already."""
    if kind == MARKET and not state.halted:
        state.halted = True
        out.append(Halted(0))
    elif kind == INSTRUMENT and not state.held_instrument(target).halted:
        state.held_instrument(target).halted = True
        out.append(Halted(target))


def accounts_of(state: State, kind: str, target: int) -> list[Account]:
    """The accounts whose standing depends on the switch."""
    if kind == ACCOUNT:
        return [state.held_account(target)]
    return state.owners.get(target, []) if kind == PARTICIPANT else []


def end_open(state: State, switch: KillSwitch, out: list[Event]) -> None:
    """End orders and block offers there; of accounts that an operator stops also offers to them and sealed bids."""
    reason = reasons.KILL_SWITCH_PULLED
    if switch.kind in (MARKET, INSTRUMENT):
        for account in state.accounts:
            if account is not None and account.orders:
                cancel_open_orders(state, account, switch.target, 0, reason, out)
        for offer in state.blocks.open_offers():
            if switch.target in (0, offer.instrument):
                block_trading.end(state, offer, reason, out)
        return
    for account in accounts_of(state, switch.kind, switch.target):
        if switch.is_members:
            cancel_open_orders(state, account, 0, 0, reason, out)
            for offer in state.blocks.open_by(int(account.number)):
                block_trading.end(state, offer, reason, out)
        else:
            end_what_is_open(state, account, reason, out)


def release(state: State, number: int, out: list[Event]) -> None:
    """Let go. Another switch on the same thing goes on stopping it, and a halt stays."""
    found = state.controls.kills[number]
    state.controls.drop(found)
    for account in accounts_of(state, found.kind, found.target):
        standing.refresh(state, account)
    out.append(KillSwitchReleased(number, found.kind, found.target))


def begin_phase(state: State, out: list[Event]) -> None:
    """A phase has begun: where it lets members cancel, end what the members' switches have waited for."""
    if state.controls.kills and may_cancel(state):
        for found in [found for found in state.controls.kills.values() if found.is_waiting]:
            state.controls.keep(replace(found, is_waiting=False))
            end_open(state, found, out)
