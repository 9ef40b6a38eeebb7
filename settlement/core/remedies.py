"""How events of remedies change the registry: answers to statements, and trades that are disputed.

The functions take the registry's state (`Clearing`) as `clearing.HANDLERS` hands it over.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from engine.core import events
from engine.title import StatementAnswer
from settlement.core import dvp
from settlement.core.postings import AVAILABLE, LOCKED, Writes

if TYPE_CHECKING:
    from settlement.core.clearing import Clearing


class VoidRow(msgspec.Struct, frozen=True, array_like=True):
    """A voided trade (table voids, in the order of its columns). was_settled 0: it waited, so nothing goes back."""

    trade: int
    seq: int
    at_ns: int
    was_settled: int
    buy_refund_fen: int
    sell_refund_fen: int
    basis: str


def confirmed(clearing: "Clearing", event: events.StatementConfirmed, writes: Writes) -> None:
    """A member agreed with a statement."""
    _note(clearing, writes, event.account, event.trading_day, "confirmed", 0, 0, "")


def contested(clearing: "Clearing", event: events.StatementContested, writes: Writes) -> None:
    """A member objected to a statement."""
    e = event
    _note(clearing, writes, e.account, e.trading_day, "contested", e.objection, e.trade, e.words)
    if e.trade:
        clearing.aside.dispute(e.trade, e.objection)


def decided(clearing: "Clearing", event: events.StatementObjectionDecided, writes: Writes) -> None:
    """An objection was decided; a trade that nobody disputes any more is tried at once, one that is rightly disputed waits."""
    e = event
    step = "upheld" if e.upheld else "dismissed"
    _note(clearing, writes, e.account, e.trading_day, step, e.objection, e.trade, e.answer)
    if e.trade and not e.upheld and clearing.aside.dismiss(e.trade, e.objection):
        dvp.retry(clearing.ledger, clearing.aside, writes, clearing.seq, e.trade)


def voided(clearing: "Clearing", event: events.TradeVoided, writes: Writes) -> None:
    """A trade was voided: what waited is dropped; what was settled goes back whole, or is set aside with the reason."""
    e, seq = event, clearing.seq
    waiting = clearing.aside.waiting_trade(e.trade)
    if waiting is not None:
        clearing.aside.drop(writes, waiting, seq)
    else:
        instruction = dvp.Instruction(
            0, "void", seq, e.trade, e.seller, e.instrument, e.tonnes, e.amount_fen, 0, 0, "", buyer=e.buyer,
            buy_fee_fen=e.buy_refund_fen, sell_fee_fen=e.sell_refund_fen, lock_day=e.day_number,
            from_state=LOCKED if e.locked_tonnes else AVAILABLE,
        )  # fmt: skip
        refusal = dvp.carry_out(clearing.ledger, writes, seq, instruction)
        if refusal is not None:
            instruction.reason, instruction.detail = refusal
            clearing.aside.add(writes, instruction)
    clearing.voided.append(
        VoidRow(e.trade, seq, clearing.at_ns, int(waiting is None), e.buy_refund_fen, e.sell_refund_fen, e.basis)
    )
    writes.changes.append(("void", msgspec.structs.astuple(clearing.voided[-1])))


def _note(
    clearing: "Clearing",
    writes: Writes,
    account: int,
    trading_day: int,
    step: str,
    objection: int,
    trade: int,
    words: str,
) -> None:
    row = (clearing.seq, clearing.at_ns, account, trading_day, step, objection, trade, words)
    clearing.answers.setdefault(account, []).append(StatementAnswer(*row))
    writes.changes.append(("statement_answer", row))


HANDLERS: Final[dict[type[events.Event], Callable[["Clearing", Any, Writes], None]]] = {
    events.StatementConfirmed: confirmed,
    events.StatementContested: contested,
    events.StatementObjectionDecided: decided,
    events.TradeVoided: voided,
}
