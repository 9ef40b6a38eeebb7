"""The acts about participants: admitted, qualified, suspended; their users; and the list of the banned (CQ-M Art. 16, CN-R Art. 7).

Whoever loses a standing by an act loses what is open in the market in the same entry. A user who is removed loses their keys, and with
them their connections. A banned identity can be neither a user nor a participant.
"""

from typing import Final

from engine.core import closing, reasons, standing
from engine.core.admission import ADMITTED, Verdict
from engine.core.commands import (
    AdmitParticipant,
    AmendParticipant,
    AppointUser,
    Associate,
    BanPerson,
    CloseAccount,
    Disqualify,
    Dissociate,
    ExitToNationalMarket,
    LiftBan,
    Qualify,
    RegisterKey,
    ReinstateParticipant,
    RemoveUser,
    SuspendParticipant,
)
from engine.core.compliance import is_day
from engine.core.ending import end_what_is_open
from engine.core.events import (
    AssociationRecorded,
    BanLifted,
    Event,
    KeyRevoked,
    ParticipantDisqualified,
    ParticipantQualified,
    ParticipantRecorded,
    ParticipantReinstated,
    ParticipantSuspended,
    PersonBanned,
    UserAppointed,
    UserRemoved,
)
from engine.core.participant_acts import ParticipantAct
from engine.core.participants import (
    CREDIT_CODE_LENGTH,
    Association,
    Ban,
    Participant,
    Qualification,
    User,
    is_credit_code,
)
from engine.core.state import State
from engine.core.units import CASH_FEN_MAX

RIGHTS: Final = ("view", "trade", "cancel", "transfer", "file", "limits")  # of a user, and what a key's scopes may name
USERS_MAX: Final = 200  # of one participant, at one time
QUALIFICATIONS_MAX: Final = 32  # of one participant
BANS_MAX: Final = 100_000
PARTICIPANT_MAX: Final = 2**40
TEXT_MAX: Final = 200
HALF_BP: Final = 5_000  # control begins above
WHOLE_BP: Final = 10_000
ASSOCIATIONS_MAX: Final = 100_000


def is_word(text: str) -> bool:
    """Whether an id is printable ASCII without spaces, of at most 32 characters."""
    return 0 < len(text) <= 32 and text.isascii() and all(letter.isalnum() or letter in "-._" for letter in text)


# ---- judging --------------------------------------------------------------------------------------------


def judge(state: State, act: ParticipantAct) -> Verdict:
    """Whether the act may take effect in the present state."""
    if isinstance(act, ExitToNationalMarket | CloseAccount):
        return closing.judge(state, act)
    if isinstance(act, AdmitParticipant | AmendParticipant):
        return judge_record(state, act)
    if isinstance(act, AppointUser):
        return judge_user(state, act)
    if isinstance(act, BanPerson | LiftBan):
        return judge_ban(state, act)
    if isinstance(act, Associate | Dissociate):
        return judge_association(state, act)
    if len(act.basis if not isinstance(act, Qualify) else "") > TEXT_MAX:
        return Verdict(reasons.ACT_INVALID, TEXT_MAX, 0)
    if isinstance(act, RemoveUser):
        user = state.participants.users.get(act.user)
        return ADMITTED if user is not None and not user.is_removed else Verdict(reasons.UNKNOWN_USER)
    participant = state.participants.by_number.get(act.participant)
    if participant is None:
        return Verdict(reasons.UNKNOWN_PARTICIPANT)
    if isinstance(act, Qualify):
        return judge_qualification(participant, act)
    if isinstance(act, Disqualify):
        return ADMITTED if act.kind in participant.qualifications else Verdict(reasons.ACT_INVALID)
    if participant.is_suspended == isinstance(act, SuspendParticipant):
        return Verdict(reasons.ACT_NOT_ALLOWED_NOW)
    if isinstance(act, ReinstateParticipant) and participant.identity in state.participants.banned:
        return Verdict(reasons.PERSON_BANNED)
    return ADMITTED


def judge_record(state: State, act: AdmitParticipant | AmendParticipant) -> Verdict:
    """A participant is new, or known where it is amended; its identity is well formed, its own alone, and not banned."""
    known = state.participants.by_number.get(act.participant)
    is_new = isinstance(act, AdmitParticipant)
    if is_new != (known is None):
        return Verdict(reasons.ALREADY_EXISTS if is_new else reasons.UNKNOWN_PARTICIPANT)
    is_fit = 0 < act.participant < PARTICIPANT_MAX and is_word(act.identity)
    if not is_fit or not 0 < len(act.name) <= TEXT_MAX or len(act.home) > TEXT_MAX:
        return Verdict(reasons.ACT_INVALID)
    if len(act.identity) == CREDIT_CODE_LENGTH and not is_credit_code(act.identity):
        return Verdict(reasons.CREDIT_CODE_INVALID)
    holder = state.participants.by_identity.get(act.identity)
    if holder is not None and holder is not known:
        return Verdict(reasons.ALREADY_EXISTS, 0, holder.number)
    return Verdict(reasons.PERSON_BANNED) if act.identity in state.participants.banned else ADMITTED


def judge_qualification(participant: Participant, act: Qualify) -> Verdict:
    """A name, days that are days and in order, an amount that fits."""
    is_fit = is_word(act.kind) and is_day(act.from_day) and 0 <= act.assets_fen <= CASH_FEN_MAX
    if not is_fit or (act.until_day != 0 and not (is_day(act.until_day) and act.from_day <= act.until_day)):
        return Verdict(reasons.ACT_INVALID)
    count = len(participant.qualifications)
    if act.kind not in participant.qualifications and count >= QUALIFICATIONS_MAX:
        return Verdict(reasons.ACT_INVALID, QUALIFICATIONS_MAX, count)
    return ADMITTED


def judge_user(state: State, act: AppointUser) -> Verdict:
    """A participant that is there, an id that was never given, rights that exist, and a person who is not banned."""
    if act.participant not in state.participants.by_number:
        return Verdict(reasons.UNKNOWN_PARTICIPANT)
    if act.user in state.participants.users:
        return Verdict(reasons.ALREADY_EXISTS)
    is_fit = is_word(act.user) and is_word(act.identity) and 0 < len(act.name) <= TEXT_MAX
    if not is_fit or not act.rights or any(right not in RIGHTS for right in act.rights):
        return Verdict(reasons.ACT_INVALID)
    if act.identity in state.participants.banned:
        return Verdict(reasons.PERSON_BANNED)
    count = len(state.participants.users_of(act.participant))
    return ADMITTED if count < USERS_MAX else Verdict(reasons.ACT_INVALID, USERS_MAX, count)


def judge_ban(state: State, act: BanPerson | LiftBan) -> Verdict:
    """Nobody is banned twice, and only who is banned is let off."""
    is_banned = act.identity in state.participants.banned
    if isinstance(act, LiftBan):
        return ADMITTED if is_banned and len(act.basis) <= TEXT_MAX else Verdict(reasons.ACT_INVALID)
    if is_banned:
        return Verdict(reasons.ALREADY_EXISTS)
    count = len(state.participants.banned)
    is_fit = is_word(act.identity) and len(act.name) <= TEXT_MAX and 0 < len(act.basis) <= TEXT_MAX
    return ADMITTED if is_fit and count < BANS_MAX else Verdict(reasons.ACT_INVALID, BANS_MAX, count)


def judge_association(state: State, act: Associate | Dissociate) -> Verdict:
    """Two participants, control of more than half, days in order, and no second record of the same while one has no end."""
    if len(act.basis) > TEXT_MAX or (act.until_day != 0 and not is_day(act.until_day)):
        return Verdict(reasons.ACT_INVALID)
    if isinstance(act, Dissociate):
        if act.association not in state.participants.associations:
            return Verdict(reasons.UNKNOWN_ASSOCIATION)
        return ADMITTED if act.until_day != 0 else Verdict(reasons.ACT_INVALID)
    for number in (act.controller, act.controlled):
        if number not in state.participants.by_number:
            return Verdict(reasons.UNKNOWN_PARTICIPANT)
    if act.controller == act.controlled or not is_day(act.from_day) or 0 < act.until_day < act.from_day:
        return Verdict(reasons.ACT_INVALID)
    if not HALF_BP < act.share_bp <= WHOLE_BP:
        return Verdict(reasons.ACT_INVALID, HALF_BP, max(0, min(act.share_bp, PARTICIPANT_MAX)))
    for found in state.participants.associations.values():
        if (found.controller, found.controlled) == (act.controller, act.controlled) and found.until_day == 0:
            return Verdict(reasons.ALREADY_EXISTS, 0, found.number)
    count = len(state.participants.associations)
    return ADMITTED if count < ASSOCIATIONS_MAX else Verdict(reasons.ACT_INVALID, ASSOCIATIONS_MAX, count)


def judge_key(state: State, act: RegisterKey) -> Verdict:
    """A user's key opens the accounts of the user's participant, with the user's rights or fewer."""
    user = state.participants.users.get(act.user)
    if user is None or user.is_removed:
        return Verdict(reasons.UNKNOWN_USER)
    for number in act.accounts:
        account = state.account(number)
        if account is None or account.owner != user.participant:
            return Verdict(reasons.UNKNOWN_ACCOUNT)
    return ADMITTED if all(scope in user.rights for scope in act.scopes) else Verdict(reasons.RIGHT_NOT_HELD)


# ---- taking effect --------------------------------------------------------------------------------------


def take(state: State, act: ParticipantAct, out: list[Event]) -> None:
    """Let a judged act take effect. Nothing here can fail."""
    if isinstance(act, ExitToNationalMarket | CloseAccount):
        closing.take(state, act, out)
    elif isinstance(act, AdmitParticipant | AmendParticipant):
        record(state, act, out)
    elif isinstance(act, Qualify):
        participant = state.participants.by_number[act.participant]
        participant.qualifications[act.kind] = Qualification(act.kind, act.from_day, act.until_day, act.assets_fen)
        out.append(ParticipantQualified(act.participant, act.kind, act.from_day, act.until_day, act.assets_fen))
        end_what_is_barred(state, act.participant, reasons.NOT_QUALIFIED, out)
    elif isinstance(act, Disqualify):
        del state.participants.by_number[act.participant].qualifications[act.kind]
        out.append(ParticipantDisqualified(act.participant, act.kind, act.basis))
        end_what_is_barred(state, act.participant, reasons.NOT_QUALIFIED, out)
    elif isinstance(act, SuspendParticipant):
        suspend(state, act.participant, act.basis, out)
    elif isinstance(act, ReinstateParticipant):
        state.participants.by_number[act.participant].is_suspended = False
        standing.refresh_of(state, act.participant)
        out.append(ParticipantReinstated(act.participant, act.basis))
    elif isinstance(act, AppointUser):
        user = User(act.user, act.participant, act.name, act.identity, act.rights)
        state.participants.users[act.user] = user
        out.append(UserAppointed(act.user, act.participant, act.name, act.rights))
    elif isinstance(act, RemoveUser):
        remove(state, state.participants.users[act.user], act.basis, out)
    elif isinstance(act, BanPerson):
        ban(state, act, out)
    elif isinstance(act, Associate | Dissociate):
        associate(state, act, out)
    else:
        del state.participants.banned[act.identity]
        out.append(BanLifted(act.identity, act.basis))


def record(state: State, act: AdmitParticipant | AmendParticipant, out: list[Event]) -> None:
    """Take in a participant, or what has changed about it."""
    participant = state.participants.by_number.get(act.participant)
    if participant is None:
        participant = Participant(act.participant, act.identity, act.name, act.home)
    else:
        del state.participants.by_identity[participant.identity]
        participant.identity, participant.name, participant.home = act.identity, act.name, act.home
    state.participants.record(participant)
    out.append(ParticipantRecorded(act.participant, act.identity, act.name, act.home))


def suspend(state: State, participant: int, basis: str, out: list[Event]) -> None:
    """None of its accounts trades from now on, and what they have open ends."""
    state.participants.by_number[participant].is_suspended = True
    out.append(ParticipantSuspended(participant, basis))
    end_what_is_barred(state, participant, reasons.PARTICIPANT_SUSPENDED, out)


def end_what_is_barred(state: State, participant: int, reason: int, out: list[Event]) -> None:
    """Work out the standing of a participant's accounts; those that may not trade any more have nothing open afterwards."""
    standing.refresh_of(state, participant)
    for account in state.owners.get(participant, []):
        if not standing.may_trade(account):
            end_what_is_open(state, account, reason, out)


def remove(state: State, user: User, basis: str, out: list[Event]) -> None:
    """Revoke the user's keys, which ends their connections; the id stays known."""
    for key in state.keys.values():
        if key.user == user.user and not key.revoked:
            key.revoked = True
            out.append(KeyRevoked(key.key_id))
    state.participants.users[user.user] = User(
        user.user, user.participant, user.name, user.identity, user.rights, is_removed=True
    )
    out.append(UserRemoved(user.user, basis))


def ban(state: State, act: BanPerson, out: list[Event]) -> None:
    """Put an identity on the list: as a user they are removed at once, as a participant suspended."""
    state.participants.banned[act.identity] = Ban(act.identity, act.name, act.basis)
    out.append(PersonBanned(act.identity, act.name, act.basis))
    for user in list(state.participants.users.values()):
        if user.identity == act.identity and not user.is_removed:
            remove(state, user, act.basis, out)
    participant = state.participants.by_identity.get(act.identity)
    if participant is not None and not participant.is_suspended:
        suspend(state, participant.number, act.basis, out)


def associate(state: State, act: Associate | Dissociate, out: list[Event]) -> None:
    """Record an association or its last day, and work out who counts as one from now on."""
    if isinstance(act, Associate):
        number = len(state.participants.associations) + 1
        found = Association(
            number, act.controller, act.controlled, act.share_bp, act.from_day, act.until_day, act.basis
        )
    else:
        number = act.association
        old = state.participants.associations[number]
        found = Association(
            number, old.controller, old.controlled, old.share_bp, old.from_day, act.until_day, act.basis
        )
    state.participants.associations[number] = found
    state.participants.regroup(int(state.trading_day))
    out.append(
        AssociationRecorded(
            number, found.controller, found.controlled, found.share_bp, found.from_day, found.until_day, found.basis
        )
    )
