"""Delivery versus payment: the life of an instruction as a state table, and trying it again after it was set aside.

Both legs of a trade and its fees are postings of one transaction, so there is no state between the legs. A trade is
`matched` by the engine, in `clearing_hold` from when settlement has it until its transaction is committed, then
`settled`, or `failed` where the registry's own checks stood against it: then it is set aside whole and can be retried.
"""

from typing import Final

import msgspec

from engine.core import reasons
from settlement.core import checks
from settlement.core.ledger import InvariantBroken, Ledger
from settlement.core.postings import AVAILABLE, BANK, LOCKED, STATE_PLACES, USE_RESTRICTED, UnitMove, Writes

MATCHED: Final = "matched"
CLEARING_HOLD: Final = "clearing_hold"
SETTLED: Final = "settled"
FAILED: Final = "failed"
DISPUTED: Final = "disputed"
VOID: Final = "void"

TRANSITIONS: Final[dict[str, tuple[str, ...]]] = {
    MATCHED: (CLEARING_HOLD,),
    CLEARING_HOLD: (SETTLED, FAILED),
    FAILED: (CLEARING_HOLD, DISPUTED, VOID),  # by RetrySettlement; by an objection that names the trade; by VoidTrade
    DISPUTED: (FAILED, CLEARING_HOLD, VOID),  # once every objection to it is dismissed
    SETTLED: (VOID,),  # both legs go back by postings of their own
    VOID: (),
}

SET_ASIDE_MAX: Final = (
    1_000_000  # About 300 MB. A day's trades under `end_of_day`; far beyond what could be put right by retrying.
)


class Instruction(msgspec.Struct):
    """Something set aside. kind: trade | void | withdrawal | the kind of a movement of units.

    For a trade `account` is the seller, and `lock_day` the day number of the trade. lock_passed: the engine has
    released the buyer's T+N lock meanwhile, so a late delivery arrives free to be sold. payee, receiver: as in
    `Ledger.settle_trade`, for an award. Of locked units that go to a successor `lock_day` is the day they were bought on.
    A transfer with an amount is one of cash. A void is told as its trade; its fees are what goes back of them, and `from_state`
    is where the buyer has the units.
    """

    number: int
    kind: str
    seq: int
    trade: int
    account: int
    instrument: int
    tonnes: int
    amount_fen: int
    year: int
    reason: int
    detail: str
    attempts: int = 1
    lock_passed: bool = False
    buyer: int = 0
    buy_fee_fen: int = 0
    sell_fee_fen: int = 0
    lock_day: int = 0
    payee: int = 0
    receiver: int = 0
    from_state: str = AVAILABLE
    to_account: int = 0
    to_state: str = AVAILABLE


class SetAside:
    """The instructions that could not be carried out, oldest first."""

    def __init__(self) -> None:
        self.open: dict[int, Instruction] = {}
        self.next_number = 1
        self.disputes: dict[int, set[int]] = {}  # trade -> objections to it that were not dismissed

    def dispute(self, trade: int, objection: int) -> None:
        """A member disputes a trade: it is not delivered before the objection is dismissed. One that is settled stays so."""
        self.disputes.setdefault(trade, set()).add(objection)

    def dismiss(self, trade: int, objection: int) -> bool:
        """An objection was dismissed; returns whether the trade is disputed no more."""
        left = self.disputes.get(trade, set())
        left.discard(objection)
        if not left:
            self.disputes.pop(trade, None)
        return not left

    def add(self, writes: Writes, instruction: Instruction) -> None:
        """Set an instruction aside: nothing of it has moved."""
        if len(self.open) >= SET_ASIDE_MAX:
            raise InvariantBroken(f"more than {SET_ASIDE_MAX} instructions set aside")
        instruction.number = self.next_number
        self.next_number += 1
        self.open[instruction.number] = instruction
        i = instruction
        writes.changes.append(
            (
                "set_aside",
                (i.number, i.kind, i.seq, i.trade, i.account, i.instrument, i.tonnes, i.amount_fen, i.year, i.reason,
                 i.detail, i.attempts, int(i.lock_passed), 0, i.from_state, i.to_account, i.to_state,
                 0 if i.kind == "trade" else i.lock_day),
            )
        )  # fmt: skip

    def note_try(self, writes: Writes, instruction: Instruction, refusal: checks.Refusal) -> None:
        """Another try failed."""
        instruction.attempts += 1
        instruction.reason = refusal.reason
        instruction.detail = refusal.detail
        writes.changes.append(
            ("set_aside_again", (refusal.reason, refusal.detail, instruction.attempts, instruction.number))
        )

    def waiting_trade(self, trade: int) -> Instruction | None:
        """The instruction by which a trade or an award waits; None where it does not."""
        return next((i for i in self.open.values() if i.kind == "trade" and i.trade == trade), None)

    def drop(self, writes: Writes, instruction: Instruction, seq: int) -> None:
        """A trade that waited was voided: it is never carried out."""
        del self.open[instruction.number]
        writes.changes.append(("set_aside_done", (seq, instruction.number)))

    def note_done(self, writes: Writes, instruction: Instruction, seq: int) -> None:
        """The instruction was carried out."""
        del self.open[instruction.number]
        writes.changes.append(("set_aside_done", (seq, instruction.number)))
        if instruction.kind == "trade":
            name = "award_settled" if instruction.payee else "trade_settled"
            writes.changes.append((name, (seq, instruction.trade)))


def settle_cycle(ledger: Ledger, aside: SetAside, writes: Writes, seq: int) -> None:
    """The day closes: what waits for it is delivered and paid in the order of the trades, with what came in between."""
    retry(ledger, aside, writes, seq, 0, is_cycle=True)


def retry(ledger: Ledger, aside: SetAside, writes: Writes, seq: int, trade: int, is_cycle: bool = False) -> None:
    """Try set-aside instructions again, oldest first: the named trade and what is not a trade, or all (0).

    What is not a trade failed only because an earlier trade did, so it is always worth another try. A disputed trade waits,
    and so does one that is to be settled when the day closes.
    """
    for instruction in list(aside.open.values()):
        if instruction.reason == reasons.AWAITS_CYCLE and not is_cycle:
            continue
        if instruction.kind == "trade" and trade and instruction.trade != trade:
            continue
        if instruction.kind == "trade" and instruction.trade in aside.disputes:
            continue
        refusal = carry_out(ledger, writes, seq, instruction)
        if refusal is None:
            aside.note_done(writes, instruction, seq)
        else:
            aside.note_try(writes, instruction, refusal)


def carry_out(ledger: Ledger, writes: Writes, seq: int, i: Instruction) -> checks.Refusal | None:
    """Carry an instruction out, whole; or say what stands against it, and nothing has moved."""
    if i.kind == "void":
        locked = ledger.lots.get((i.buyer, i.instrument), {}).get(i.lock_day, 0)
        refusal = checks.void_refusal(ledger, i, locked)
        if refusal is None:
            ledger.void_trade(
                writes, seq, i.trade, i.instrument, i.tonnes, i.amount_fen, i.buyer, i.buy_fee_fen, i.account,
                i.sell_fee_fen, i.lock_day if locked else 0, min(locked, i.tonnes),
            )  # fmt: skip
        return refusal
    if i.kind == "trade":
        refusal = checks.trade_refusal(
            ledger, i.instrument, i.tonnes, i.amount_fen, i.buyer, i.buy_fee_fen, i.account, i.sell_fee_fen
        )
        if refusal is None:
            lock_day = 0 if i.lock_passed else i.lock_day
            ledger.settle_trade(
                writes, seq, i.trade, i.instrument, i.tonnes, i.amount_fen, i.buyer, i.buy_fee_fen, i.account,
                i.sell_fee_fen, lock_day, i.payee, i.receiver, i.to_state == USE_RESTRICTED,
            )  # fmt: skip
        return refusal
    if i.kind == "transfer" and i.amount_fen:
        refusal = checks.succession_refusal(ledger, i.account, i.amount_fen)
        if refusal is None:
            ledger.move_cash(writes, seq, "transfer", 0, i.account, i.to_account, i.amount_fen)
        return refusal
    if i.kind != "withdrawal":
        move = UnitMove(
            i.kind, i.instrument, i.account, i.from_state, i.to_account, _arrives_as(i), i.tonnes, i.lock_day
        )
        refusal = checks.move_refusal(ledger, move)
        if refusal is None:
            ledger.move(writes, seq, move)
        return refusal
    refusal = checks.withdrawal_refusal(ledger, i.account, i.amount_fen)
    if refusal is None:
        ledger.move_cash(writes, seq, "withdrawal", 0, i.account, BANK, i.amount_fen)
    return refusal


def _arrives_as(i: Instruction) -> str:
    """The state in which set-aside units arrive: free where their lock has passed meanwhile."""
    return AVAILABLE if i.to_state == LOCKED and i.lock_passed else i.to_state


def release_lock(
    ledger: Ledger, aside: SetAside, writes: Writes, seq: int, account: int, instrument: int, tonnes: int
) -> None:
    """T+N passed for `tonnes` of an account: oldest day first, over settled lots and lots whose trade is set aside.

    The engine counts both; of the set-aside ones only the passing of the lock is noted, for their later delivery.
    """
    lots = ledger.lots.get((account, instrument), {})
    waiting = [
        i
        for i in aside.open.values()
        if account == (i.buyer if i.kind == "trade" else i.to_account)
        and i.instrument == instrument
        and i.lock_day
        and not i.lock_passed
    ]
    left = tonnes
    for day in sorted({*lots, *(i.lock_day for i in waiting)}):
        settled = min(left, lots.get(day, 0))
        if settled:
            ledger.unlock(writes, seq, account, instrument, day, settled)
            left -= settled
        for i in waiting:
            if i.lock_day == day and 0 < i.tonnes <= left:
                i.lock_passed = True
                left -= i.tonnes
                writes.changes.append(("set_aside_lock_passed", (i.number,)))
        if left == 0:
            return
    raise InvariantBroken(
        f"seq {seq}: {tonnes} t unlocked for account {account}, instrument {instrument}, but {left} t of them not locked"
    )


def pending_effects(aside: SetAside) -> tuple[dict[int, int], dict[tuple[int, int], list[int]]]:
    """What the engine has and the registry not yet: cash by account, tonnes by STATE_PLACES by (account, instrument)."""
    cash: dict[int, int] = {}
    held: dict[tuple[int, int], list[int]] = {}
    for i in aside.open.values():
        if i.kind == "withdrawal":
            cash[i.account] = cash.get(i.account, 0) - i.amount_fen
            continue
        if i.kind == "transfer" and i.amount_fen:
            cash[i.account] = cash.get(i.account, 0) - i.amount_fen
            cash[i.to_account] = cash.get(i.to_account, 0) + i.amount_fen
            continue
        if i.kind == "void":
            cash[i.buyer] = cash.get(i.buyer, 0) + i.amount_fen + i.buy_fee_fen
            cash[i.account] = cash.get(i.account, 0) - i.amount_fen + i.sell_fee_fen
            held.setdefault((i.buyer, i.instrument), [0, 0, 0, 0, 0])[STATE_PLACES[i.from_state]] -= i.tonnes
            held.setdefault((i.account, i.instrument), [0, 0, 0, 0, 0])[0] += i.tonnes
            continue
        held.setdefault((i.account, i.instrument), [0, 0, 0, 0, 0])[STATE_PLACES[i.from_state]] -= i.tonnes
        if i.kind == "trade":
            cash[i.buyer] = cash.get(i.buyer, 0) - i.amount_fen - i.buy_fee_fen
            cash[i.payee or i.account] = cash.get(i.payee or i.account, 0) + i.amount_fen - i.sell_fee_fen
            bought = held.setdefault((i.receiver or i.buyer, i.instrument), [0, 0, 0, 0, 0])
            bought[1 if i.lock_day and not i.lock_passed else STATE_PLACES[i.to_state]] += i.tonnes
        elif i.to_account > 0:
            held.setdefault((i.to_account, i.instrument), [0, 0, 0, 0, 0])[STATE_PLACES[_arrives_as(i)]] += i.tonnes
    return cash, held


def reason_name(number: int) -> str:
    """The catalogue's name of a reason, "" for none."""
    return reasons.BY_NUMBER[number].name if number in reasons.BY_NUMBER else ""
