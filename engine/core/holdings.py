"""The registry's acts on units: encumber and release, transfer, cancel; and how units of a position move at all.

States of a unit are the domain rules' B3: here *available*, *held* (open sells), *locked* (T+N), *encumbered* (court freeze,
pledge, or withdrawn to the registry account), *preallocated*, and *use-restricted* (bought for the holder's own surrender:
only that, a court's freeze and succession move it). A unit is in exactly one of them. Whatever leaves an account keeps the
retention floor; encumbered and use-restricted units are still in the registry and count for it, preallocated ones do not.
"""

from typing import Final

import msgspec

from engine.core import reasons
from engine.core.admission import ADMITTED, Verdict, judge_cover, judge_holders, judge_holding
from engine.core.commands import CancelUnits, EncumberUnits, EnforceEncumbrance, ReleaseUnits, TransferUnits
from engine.core.events import Event, UnitsCanceled, UnitsEncumbered, UnitsReleased, UnitsTransferred
from engine.core.positions import GOVERNMENT, group_of
from engine.core.records import Encumbrance
from engine.core.state import Account, Instrument, State
from engine.core.trading import cancel_open_orders
from engine.core.units import RESTRICT_TRANSFER, SELL, TONNES_MAX

FREEZE: Final = "freeze"  # 司法冻结: by court order; open sells give way
PLEDGE: Final = "pledge"  # 质押
SURRENDER: Final = "surrender"  # 待清缴确认: waits for the registry's decision on a filing, which alone releases it
DISPUTE: Final = "dispute"  # 争议冻结: units of a disputed trade; the decision alone releases them
WITHDRAWN: Final = "withdrawn"  # 转出至登记账户: kept in the registry, out of trading, at the owner's request
ENCUMBRANCE_KINDS: Final = (FREEZE, PLEDGE, WITHDRAWN)
TRANSFER_KINDS: Final = ("succession", "court", "gift", "reserve")  # 承继、强制执行、赠与、预留划拨
GIFT: Final = "gift"  # the only transfer that its parties choose, so the only one that a holding limit refuses
CANCEL_KINDS: Final = ("voluntary", "reserve")  # 自愿注销、预留注销
ENCUMBRANCES_MAX: Final = 100_000
TEXT_MAX: Final = 200


def move_available(account: Account, instrument: Instrument, tonnes: int) -> None:
    """Change available units (and what retention is measured on)."""
    position = account.position(instrument.number)
    position.available += tonnes
    if instrument.is_allowance:
        account.allowances_available += tonnes
    assert position.available >= 0


def move_encumbered(account: Account, instrument: Instrument, tonnes: int) -> None:
    """Change encumbered units, which stay in the registry and count for retention."""
    position = account.position(instrument.number)
    position.encumbered += tonnes
    if instrument.is_allowance:
        account.allowances_apart += tonnes
    assert position.encumbered >= 0


def move_use_restricted(account: Account, instrument: Instrument, tonnes: int) -> None:
    """Change use-restricted units (仅限本单位清缴), which count for retention too."""
    position = account.position(instrument.number)
    position.use_restricted += tonnes
    if instrument.is_allowance:
        account.allowances_apart += tonnes
    assert position.use_restricted >= 0


def move_free(account: Account, instrument: Instrument, tonnes: int, use_restricted: bool) -> None:
    """Change what an encumbrance takes from and gives back to: available units, or use-restricted ones."""
    if use_restricted:
        move_use_restricted(account, instrument, tonnes)
    else:
        move_available(account, instrument, tonnes)


# ---- judging --------------------------------------------------------------------------------------------


def judge(
    state: State, act: EncumberUnits | ReleaseUnits | EnforceEncumbrance | TransferUnits | CancelUnits
) -> Verdict:
    """Whether the units are there and may move."""
    if not 0 < act.tonnes <= TONNES_MAX:
        return Verdict(reasons.ACT_INVALID, TONNES_MAX, max(-TONNES_MAX, min(act.tonnes, TONNES_MAX + 1)))
    if isinstance(act, ReleaseUnits | EnforceEncumbrance):
        return judge_encumbered(state, act)
    account = state.account(act.account)
    if account is None:
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    instrument = state.instrument(act.instrument)
    if instrument is None:
        return Verdict(reasons.UNKNOWN_INSTRUMENT)
    if isinstance(act, EncumberUnits):
        return judge_encumber(state, account, act)
    if isinstance(act, TransferUnits):
        to_account = state.account(act.to_account)
        if to_account is None:
            return Verdict(reasons.UNKNOWN_ACCOUNT)
        if act.kind not in TRANSFER_KINDS or act.to_account == act.account:
            return Verdict(reasons.ACT_INVALID)
        if act.kind == "reserve" and account.category != GOVERNMENT:
            return Verdict(reasons.NOT_RESERVE)
        if account.restriction & RESTRICT_TRANSFER:
            return Verdict(reasons.ACCOUNT_RESTRICTED, 0, account.restriction)
        if act.kind == GIFT:
            verdict = judge_gift(state, account, to_account, instrument, act.tonnes)
            if verdict.reason != 0:
                return verdict
    else:
        if act.kind not in CANCEL_KINDS:
            return Verdict(reasons.ACT_INVALID)
        if act.kind == "reserve" and account.category != GOVERNMENT:
            return Verdict(reasons.NOT_RESERVE)
    return judge_cover(account, instrument, SELL, 0, act.tonnes)


def judge_gift(state: State, account: Account, to_account: Account, instrument: Instrument, tonnes: int) -> Verdict:
    """What is given must fit the receiver's limit, unless both count as one; a holder more must fit in any case."""
    if to_account.leaving_until != 0:
        return Verdict(reasons.ACCOUNT_LEAVING, to_account.leaving_until, 0)
    if to_account.owner == account.owner:
        return ADMITTED
    if to_account.owner in group_of(state, account.owner):
        return judge_holders(state, to_account.owner, instrument)
    return judge_holding(state, to_account, instrument, tonnes)


def judge_encumber(state: State, account: Account, act: EncumberUnits) -> Verdict:
    """Available units may be encumbered; a court's freeze also takes what stands behind open sells, or use-restricted units."""
    if act.kind not in ENCUMBRANCE_KINDS or len(act.beneficiary) > TEXT_MAX:
        return Verdict(reasons.ACT_INVALID)
    if len(state.encumbrances) >= ENCUMBRANCES_MAX:
        return Verdict(reasons.ACT_INVALID, ENCUMBRANCES_MAX, len(state.encumbrances))
    position = account.position(act.instrument)
    use_restricted = int(position.use_restricted)
    if act.use_restricted:
        if act.kind != FREEZE:
            return Verdict(reasons.USE_RESTRICTED, 0, act.tonnes)
        is_there = act.tonnes <= use_restricted
        return ADMITTED if is_there else Verdict(reasons.INSUFFICIENT_ALLOWANCE, use_restricted, act.tonnes)
    within_reach = int(position.available)
    if act.kind == FREEZE:
        within_reach += behind_open_sells(account, act.instrument)
    if act.tonnes > within_reach:
        is_restricted = act.tonnes <= within_reach + use_restricted
        reason = reasons.USE_RESTRICTED if is_restricted else reasons.INSUFFICIENT_ALLOWANCE
        return Verdict(reason, within_reach, act.tonnes)
    return ADMITTED


def judge_encumbered(state: State, act: ReleaseUnits | EnforceEncumbrance) -> Verdict:
    """A known encumbrance with so much left; what leaves the account by it keeps the retention floor."""
    found = state.encumbrances.get(act.encumbrance)
    if found is None:
        return Verdict(reasons.UNKNOWN_ENCUMBRANCE)
    if found.kind == SURRENDER:
        return Verdict(reasons.FILING_OPEN)
    if found.kind == DISPUTE:
        return Verdict(reasons.TRADE_DISPUTED)
    if act.tonnes > found.tonnes:
        return Verdict(reasons.INSUFFICIENT_ALLOWANCE, found.tonnes, act.tonnes)
    if isinstance(act, ReleaseUnits):
        return ADMITTED
    if state.account(act.to_account) is None:
        return Verdict(reasons.UNKNOWN_ACCOUNT)
    if act.to_account == found.account or found.kind == WITHDRAWN:
        return Verdict(reasons.ACT_INVALID)
    account = state.held_account(found.account)
    if state.held_instrument(found.instrument).is_allowance and account.retention_floor > 0:
        left = int(account.allowances_available + account.allowances_apart) - act.tonnes
        if left < account.retention_floor:
            return Verdict(reasons.OBLIGATION_RESERVED, account.retention_floor, left)
    return ADMITTED


def behind_open_sells(account: Account, instrument: int) -> int:
    """Units held by open sell orders (not by block offers, which bind the other side too)."""
    return sum(
        order.leaves for order in account.orders.values() if order.instrument == instrument and order.side == SELL
    )


# ---- taking effect --------------------------------------------------------------------------------------


def take(
    state: State,
    act: EncumberUnits | ReleaseUnits | EnforceEncumbrance | TransferUnits | CancelUnits,
    out: list[Event],
) -> None:
    """Let a judged act take effect."""
    if isinstance(act, EncumberUnits):
        encumber(state, act, out)
    elif isinstance(act, ReleaseUnits):
        release(state, state.encumbrances[act.encumbrance], act.tonnes, out)
    elif isinstance(act, EnforceEncumbrance):
        found = state.encumbrances[act.encumbrance]
        take_off(state, found, act.tonnes)
        account, instrument = state.held_account(act.to_account), state.held_instrument(found.instrument)
        move_free(account, instrument, act.tonnes, found.use_restricted)
        out.append(
            UnitsTransferred(
                found.account,
                act.to_account,
                found.instrument,
                act.tonnes,
                found.kind,
                found.number,
                found.use_restricted,
            )
        )
    elif isinstance(act, TransferUnits):
        instrument = state.held_instrument(act.instrument)
        move_available(state.held_account(act.account), instrument, -act.tonnes)
        move_available(state.held_account(act.to_account), instrument, act.tonnes)
        out.append(UnitsTransferred(act.account, act.to_account, act.instrument, act.tonnes, act.kind, 0))
    else:
        move_available(state.held_account(act.account), state.held_instrument(act.instrument), -act.tonnes)
        state.canceled[act.instrument] += act.tonnes
        out.append(UnitsCanceled(act.account, act.instrument, act.tonnes, act.kind))


def encumber(state: State, act: EncumberUnits, out: list[Event]) -> None:
    """Set units apart under the next number; where a freeze needs them, open sells of the instrument are canceled."""
    account = state.held_account(act.account)
    instrument = state.held_instrument(act.instrument)
    if not act.use_restricted and act.tonnes > account.position(act.instrument).available:
        cancel_open_orders(state, account, act.instrument, SELL, reasons.RESTRICTION_IMPOSED, out)
    state.encumbrance_number += 1
    number = state.encumbrance_number
    move_free(account, instrument, -act.tonnes, act.use_restricted)
    move_encumbered(account, instrument, act.tonnes)
    state.encumbrances[number] = Encumbrance(
        number, act.account, act.instrument, act.kind, act.tonnes, act.beneficiary, act.use_restricted
    )
    out.append(
        UnitsEncumbered(number, act.account, act.instrument, act.tonnes, act.kind, act.beneficiary, act.use_restricted)
    )


def release(state: State, found: Encumbrance, tonnes: int, out: list[Event]) -> None:
    """Give units of an encumbrance back to what they were."""
    take_off(state, found, tonnes)
    account, instrument = state.held_account(found.account), state.held_instrument(found.instrument)
    move_free(account, instrument, tonnes, found.use_restricted)
    out.append(UnitsReleased(found.number, found.account, found.instrument, tonnes, found.use_restricted))


def take_off(state: State, found: Encumbrance, tonnes: int) -> None:
    """Take units out of an encumbrance, which ends with its last one."""
    move_encumbered(state.held_account(found.account), state.held_instrument(found.instrument), -tonnes)
    left = found.tonnes - tonnes
    if left == 0:
        del state.encumbrances[found.number]
    else:
        state.encumbrances[found.number] = msgspec.structs.replace(found, tonnes=left)
