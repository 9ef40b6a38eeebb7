"""What members do about themselves: stop, let go again, and set limits of their own (自设限额, domain rules C2, 13).

To stop, to revoke a key, or to make a limit tighter takes one key and is done at once. To let go, or to make a limit looser, takes
two users of the participant, two persons with the right `limits` each; a program's key has no person behind it and cannot. The acts
are judged when they are asked for and again, by the same key, when they are approved.
"""

from hashlib import sha256
from typing import Final

import msgspec

from engine.core import kill_switches, reasons, standing
from engine.core.admission import ADMITTED, Verdict
from engine.core.commands import ApproveOwn, AskOwn, EngageOwn, RejectOwn, ReleaseOwn, RevokeOwn
from engine.core.control_acts import OwnAct, SetOwnLimits
from engine.core.controls import ACCOUNT, NO_LIMITS, OWN_KINDS, KillSwitch, OwnLimits, OwnProposal
from engine.core.events import (
    Event,
    KeyRevoked,
    OwnActProposed,
    OwnActRefused,
    OwnActRejected,
    OwnActTaken,
    OwnLimitsChanged,
)
from engine.core.state import Key, State
from engine.core.units import AMOUNT_FEN_MAX, CASH_FEN_MAX, TONNES_MAX

LIMITS: Final = "limits"  # the right to set limits, to stop all accounts, and to let go
STOPPING_RIGHTS: Final = frozenset(("trade", "cancel", LIMITS))
PROPOSALS_MAX: Final = 20  # of one participant, waiting for a second user
TEXT_MAX: Final = 200
HOUR_NS: Final = 3_600_000_000_000


def sha256_of(act: OwnAct) -> bytes:
    """What an approval names: SHA-256 of the act's journal encoding."""
    return sha256(msgspec.msgpack.encode(act)).digest()


# ---- asking, approving, turning down --------------------------------------------------------------------


def ask(state: State, seq: int, at_ns: int, command: AskOwn, out: list[Event]) -> None:
    """Take the act at once where one key suffices; else keep it for the second user."""
    act = command.act
    verdict = judge(state, command.key_id, act)
    if verdict.reason == 0 and len(command.note) > TEXT_MAX:
        verdict = Verdict(reasons.ACT_INVALID, TEXT_MAX, len(command.note))
    if verdict.reason == 0 and needs_two(state, act):
        verdict = judge_first(state, state.keys[command.key_id])
        if verdict.reason == 0:
            propose(state, seq, at_ns, command, out)
            return
    if verdict.reason != 0:
        out.append(OwnActRefused(seq, command.key_id, verdict.reason, verdict.limit, verdict.actual))
        return
    out.append(OwnActTaken(seq, command.key_id, "", command.note, act))
    take(state, at_ns, command.key_id, command.note, act, out)


def propose(state: State, seq: int, at_ns: int, command: AskOwn, out: list[Event]) -> None:
    """Keep the act for another user of the same participant."""
    user = state.participants.users[state.keys[command.key_id].user]
    digest = sha256_of(command.act)
    state.controls.proposals[seq] = OwnProposal(
        seq, at_ns, command.key_id, user.user, user.participant, command.note, command.act, digest
    )
    out.append(OwnActProposed(seq, user.participant, command.key_id, command.note, command.act, digest))


def approve(state: State, at_ns: int, command: ApproveOwn, out: list[Event]) -> None:
    """A second user's consent: the act is judged once more and takes effect."""
    found = proposal_of(state, command.key_id, command.proposal)
    verdict = Verdict(reasons.UNKNOWN_PROPOSAL) if found is None else judge_second(state, at_ns, command, found)
    if found is not None and verdict.reason == 0:
        verdict = judge(state, found.key_id, found.act)
    if found is None or verdict.reason != 0:
        out.append(OwnActRefused(command.proposal, command.key_id, verdict.reason, verdict.limit, verdict.actual))
        if found is not None and verdict.reason == reasons.PROPOSAL_EXPIRED:
            drop(state, found.number, "", out)
        return
    del state.controls.proposals[found.number]
    out.append(OwnActTaken(found.number, found.key_id, command.key_id, found.note, found.act))
    take(state, at_ns, found.key_id, found.note, found.act, out)


def reject(state: State, command: RejectOwn, out: list[Event]) -> None:
    """Turn a proposal of the member's down."""
    found = proposal_of(state, command.key_id, command.proposal)
    if found is None or LIMITS not in state.keys[command.key_id].scopes:
        reason = reasons.UNKNOWN_PROPOSAL if found is None else reasons.NOT_PERMITTED
        out.append(OwnActRefused(command.proposal, command.key_id, reason, 0, 0))
        return
    drop(state, found.number, command.key_id, out)


def drop(state: State, number: int, key_id: str, out: list[Event]) -> None:
    """Forget a proposal."""
    found = state.controls.proposals.pop(number)
    out.append(OwnActRejected(number, found.participant, key_id))


def lapse(state: State, at_ns: int, out: list[Event]) -> None:
    """Drop what has waited too long, oldest first; done as each day opens."""
    for number in [found.number for found in state.controls.proposals.values() if has_lapsed(state, at_ns, found)]:
        drop(state, number, "", out)


def has_lapsed(state: State, at_ns: int, found: OwnProposal) -> bool:
    """Whether a proposal has waited as long as an operator's may."""
    return (at_ns - found.at_ns) // HOUR_NS >= state.rulebook.proposal_hours_max


# ---- judging --------------------------------------------------------------------------------------------


def judge(state: State, key_id: str, act: OwnAct) -> Verdict:
    """Whether a key may do this now."""
    key = state.keys.get(key_id)
    if key is None or key.revoked:
        return Verdict(reasons.KEY_REVOKED)
    if isinstance(act, ReleaseOwn):
        switch = state.controls.kills.get(act.kill_switch)
        if switch is None or owner_of(state, switch) not in owners_of(state, key):
            return Verdict(reasons.UNKNOWN_KILL_SWITCH)
        return ADMITTED if switch.is_members and LIMITS in key.scopes else Verdict(reasons.NOT_PERMITTED)
    if isinstance(act, RevokeOwn):
        return judge_revoking(state, key, act)
    if act.account not in key.accounts:
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    if isinstance(act, EngageOwn):
        if act.kind not in OWN_KINDS:
            return Verdict(reasons.INVALID_FIELD)
        needed = STOPPING_RIGHTS if act.kind == ACCOUNT else {LIMITS}
        return kill_switches.judge_room(state) if needed & set(key.scopes) else Verdict(reasons.NOT_PERMITTED)
    return judge_limits(state, key, act)


def judge_revoking(state: State, key: Key, act: RevokeOwn) -> Verdict:
    """A key that acts for nobody else: one's own, one of the same person's, or any of them with the right to limit."""
    found = state.keys.get(act.key_id)
    if found is None or not owners_of(state, found) <= owners_of(state, key):
        return Verdict(reasons.UNKNOWN_KEY)
    if found.revoked:
        return Verdict(reasons.KEY_REVOKED)
    is_own = found is key or (key.user != "" and found.user == key.user)
    return ADMITTED if is_own or LIMITS in key.scopes else Verdict(reasons.NOT_PERMITTED)


def judge_limits(state: State, key: Key, act: SetOwnLimits) -> Verdict:
    """Limits that can be limits, and are not those already in force."""
    if LIMITS not in key.scopes:
        return Verdict(reasons.NOT_PERMITTED)
    for limit, most in (
        (act.order_value_max_fen, AMOUNT_FEN_MAX),
        (act.order_tonnes_max, TONNES_MAX),
        (act.open_value_max_fen, CASH_FEN_MAX),
    ):
        if not 0 <= limit <= most:
            return Verdict(reasons.INVALID_FIELD, most, 0)
    is_same = limits_of(act) == state.controls.limits.get(act.account, NO_LIMITS)
    return Verdict(reasons.NO_CHANGE) if is_same else ADMITTED


def limits_of(act: SetOwnLimits) -> OwnLimits:
    """The limits that the act sets."""
    return OwnLimits(act.order_value_max_fen, act.order_tonnes_max, act.open_value_max_fen)


def needs_two(state: State, act: OwnAct) -> bool:
    """Whether something is let go or made looser."""
    if isinstance(act, SetOwnLimits):
        return not limits_of(act).is_within(state.controls.limits.get(act.account, NO_LIMITS))
    return isinstance(act, ReleaseOwn)


def judge_first(state: State, key: Key) -> Verdict:
    """Who proposes is a person, and their participant has not too much waiting."""
    if key.user == "":
        return Verdict(reasons.TWO_USERS_NEEDED)
    participant = state.participants.users[key.user].participant
    waiting = sum(found.participant == participant for found in state.controls.proposals.values())
    return ADMITTED if waiting < PROPOSALS_MAX else Verdict(reasons.TOO_MANY_PROPOSALS, PROPOSALS_MAX, waiting)


def judge_second(state: State, at_ns: int, command: ApproveOwn, found: OwnProposal) -> Verdict:
    """Another person with the right, the same content, in time."""
    key = state.keys[command.key_id]
    if key.user == "":
        return Verdict(reasons.TWO_USERS_NEEDED)
    if LIMITS not in key.scopes:
        return Verdict(reasons.NOT_PERMITTED)
    users = state.participants.users
    if users[key.user].identity == users[found.user].identity:
        return Verdict(reasons.SELF_APPROVAL)
    if command.act_sha256 != found.act_sha256:
        return Verdict(reasons.CONTENT_CHANGED)
    if has_lapsed(state, at_ns, found):
        return Verdict(reasons.PROPOSAL_EXPIRED, state.rulebook.proposal_hours_max, 0)
    return ADMITTED


def proposal_of(state: State, key_id: str, number: int) -> OwnProposal | None:
    """A proposal as this key may know of it: of its own participant."""
    key = state.keys.get(key_id)
    found = state.controls.proposals.get(number)
    if key is None or key.revoked or found is None or found.participant not in owners_of(state, key):
        return None
    return found


def owners_of(state: State, key: Key) -> set[int]:
    """The participants for whom a key acts."""
    return {int(state.held_account(number).owner) for number in key.accounts}


def owner_of(state: State, switch: KillSwitch) -> int:
    """The participant that an account's or a participant's switch stops, 0 for others."""
    if switch.kind == ACCOUNT:
        return int(state.held_account(switch.target).owner)
    return switch.target if switch.kind in OWN_KINDS else 0


# ---- taking effect --------------------------------------------------------------------------------------


def take(state: State, at_ns: int, key_id: str, note: str, act: OwnAct, out: list[Event]) -> None:
    """Let a judged act take effect. Nothing here can fail."""
    if isinstance(act, ReleaseOwn):
        kill_switches.release(state, act.kill_switch, out)
        return
    if isinstance(act, RevokeOwn):
        state.keys[act.key_id].revoked = True
        out.append(KeyRevoked(act.key_id))
        return
    account = state.held_account(act.account)
    if isinstance(act, EngageOwn):
        target = act.account if act.kind == ACCOUNT else int(account.owner)
        kill_switches.engage(state, at_ns, act.kind, target, note, out, key_id=key_id)
        return
    limits = limits_of(act)
    if limits == NO_LIMITS:
        del state.controls.limits[act.account]
    else:
        state.controls.limits[act.account] = limits
    standing.refresh(state, account)
    out.append(OwnLimitsChanged(act.account, act.order_value_max_fen, act.order_tonnes_max, act.open_value_max_fen))
