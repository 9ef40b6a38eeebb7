"""A member's statement of a closed day: what they had, what moved and why, what they have now.

It covers everything after the previous close, so that each statement begins where the one before ended. Fields follow
the national day-end statement (domain rules (g), CN-UI). Sums are of postings, which are settled facts; trades that could
not settle are listed with their reason.
"""

from typing import Any, Final

import msgspec
import orjson

from engine.core.units import BLOCK
from engine.title import StatementAnswer, statement_status
from settlement.core import awards
from settlement.core.awards import AwardRow
from settlement.core.bulletin import TradeRow, sha256_hex
from settlement.core.clearing import DayClose
from settlement.core.dvp import VOID, SetAside, reason_name
from settlement.core.ledger import Ledger
from settlement.core.money import iso_day, yuan
from settlement.core.postings import STATE_PLACES
from settlement.core.remedies import VoidRow

FORMAT: Final = "yutan-statement-1"
STATEMENT_TRADES_MAX: Final = 10_000  # Lines; the sums are always of all trades.


# Words of a statement for postings by kind: what left the account, what came into it, what changed its state inside.
_GONE: Final = {
    "trade": "sold", "surrender": "surrendered", "cancel": "canceled", "transfer": "transferred_out",
    "true_up": "withdrawn", "void": "voided_out",
}  # fmt: skip
_CAME: Final = {"trade": "bought", "issue": "issued", "transfer": "transferred_in", "void": "voided_in"}
_INSIDE: Final = {"unlock": "unlocked", "encumber": "encumbered", "release": "released", "true_up": "trued_up"}
_CASH_GONE: Final = {
    "payment": "bought", "fee": "fees", "withdrawal": "withdrawn", "transfer": "transferred_out", "void": "voided_out",
}  # fmt: skip
_CASH_CAME: Final = {
    "payment": "sold", "deposit": "deposited", "transfer": "transferred_in", "void": "voided_in",
    "fee_return": "fees_returned",
}  # fmt: skip
MOVEMENTS: Final = (*_GONE.values(), *_CAME.values(), *_INSIDE.values())


class UnitPosting(msgspec.Struct, frozen=True, array_like=True):
    """A row of unit_postings, in the order of its columns."""

    posting: int
    seq: int
    kind: str
    trade: int
    instrument: int
    from_account: int
    from_state: str
    to_account: int
    to_state: str
    tonnes: int


class CashPosting(msgspec.Struct, frozen=True, array_like=True):
    """A row of cash_postings, in the order of its columns."""

    posting: int
    seq: int
    kind: str
    trade: int
    from_account: int
    to_account: int
    amount_fen: int


class _UnitFlow:
    __slots__ = ("moved", "net")

    def __init__(self) -> None:
        self.net = dict.fromkeys(STATE_PLACES, 0)
        self.moved = dict.fromkeys(MOVEMENTS, 0)


class StatementMaker:
    """Gathers a period's postings and trades, then writes one statement for each account."""

    def __init__(self, ledger: Ledger, voided: frozenset[int] = frozenset()) -> None:
        self._ledger = ledger
        self._voided = voided  # trades of the period
        self._cash: dict[int, dict[str, int]] = {}
        self._units: dict[tuple[int, int], _UnitFlow] = {}
        self._trades: dict[int, list[dict[str, Any]]] = {}
        self._trades_count: dict[int, int] = {}

    def add_cash(self, row: CashPosting) -> None:
        """Count a cash posting of the period."""
        if row.from_account > 0:
            self._count_cash(row.from_account, _CASH_GONE[row.kind], row.amount_fen)
        if row.to_account > 0:
            self._count_cash(row.to_account, _CASH_CAME[row.kind], row.amount_fen)

    def _count_cash(self, account: int, name: str, amount_fen: int) -> None:
        flows = self._cash.setdefault(account, {})
        flows[name] = flows.get(name, 0) + amount_fen

    def add_units(self, row: UnitPosting) -> None:
        """Count a unit posting of the period."""
        if row.from_account > 0:
            flow = self._flow(row.from_account, row.instrument)
            flow.net[row.from_state] -= row.tonnes
            if (word := _GONE.get(row.kind)) and row.to_account != row.from_account:
                flow.moved[word] += row.tonnes
            elif row.kind in _INSIDE:
                flow.moved[_INSIDE[row.kind]] += row.tonnes
        if row.to_account > 0:
            flow = self._flow(row.to_account, row.instrument)
            flow.net[row.to_state] += row.tonnes
            if (word := _CAME.get(row.kind)) and row.to_account != row.from_account:
                flow.moved[word] += row.tonnes

    def _flow(self, account: int, instrument: int) -> _UnitFlow:
        found = self._units.get((account, instrument))
        if found is None:
            found = self._units[account, instrument] = _UnitFlow()
        return found

    def add_trade(self, row: TradeRow) -> None:
        """List a trade of the day in both sides' statements."""
        letter = "B" if row.method == BLOCK else "O"
        self._list_trade(row.buyer, "buy", f"{letter}-{row.buy_order}", row.buy_fee_fen, row.method, row)
        self._list_trade(row.seller, "sell", f"{letter}-{row.sell_order}", row.sell_fee_fen, row.method, row)

    def add_award(self, row: AwardRow) -> None:
        """List an award of the day in the statements of the bidder and of whose auction it was."""
        bid = f"A-{row.bid}"
        self._list_trade(row.receiver, "buy", bid, row.buy_fee_fen, awards.METHOD, row)
        self._list_trade(row.seller, "sell", bid, row.sell_fee_fen, awards.METHOD, row)

    def _list_trade(
        self, account: int, side: str, order_id: str, fee_fen: int, method: str, row: TradeRow | AwardRow
    ) -> None:
        count = self._trades_count.get(account, 0) + 1
        self._trades_count[account] = count
        if count > STATEMENT_TRADES_MAX:
            return
        instrument = self._ledger.instruments[row.instrument]
        self._trades.setdefault(account, []).append(
            {
                "amount": yuan(row.amount_fen),
                "at_ns": row.at_ns,
                "fee": yuan(fee_fen),
                "instrument": instrument.code,
                "method": method,
                "order_id": order_id,
                "price": yuan(row.price_ticks * instrument.tick_fen),
                "side": side,
                "status": VOID if row.trade in self._voided else row.status,
                "tonnes": row.tonnes,
                "trade_id": f"T-{row.trade}",
            }
        )

    def make(self, account: int, market: str, close: DayClose, aside: SetAside) -> bytes:
        """The statement of one account, as JSON with sorted keys."""
        who = self._ledger.accounts[account]
        cash = self._cash.get(account, {})
        closing = self._ledger.cash[account]
        into = sum(cash.get(name, 0) for name in _CASH_CAME.values())
        out = sum(cash.get(name, 0) for name in _CASH_GONE.values())
        answers = close.answers.get(account, [])
        content = {
            "account": who.code,
            "answers": [_answer_row(answer) for answer in answers],
            "cash": {
                "closing": yuan(closing),
                "opening": yuan(closing - into + out),
                **{name: yuan(cash.get(name, 0)) for name in (*_CASH_GONE.values(), *_CASH_CAME.values())},
            },
            "category": who.category,
            "currency": "CNY",
            "day_number": close.day_number,
            "format": FORMAT,
            "made_at_ns": close.at_ns,
            "market": market,
            "name": who.name,
            "period": {"after_seq": close.period.after_seq, "to_seq": close.seq},
            "previous": _previous(close, answers),
            "trades": self._trades.get(account, []),
            "trades_count": self._trades_count.get(account, 0),
            "trading_day": iso_day(close.trading_day),
            "units": [row for number in sorted(self._ledger.instruments) if (row := self._units_row(account, number))],
            "unsettled": [
                {"detail": i.detail, "disputed": i.trade in aside.disputes,
                 "kind": i.kind, "reason": i.reason, "reason_name": reason_name(i.reason),
                 "tonnes": i.tonnes, "trade_id": f"T-{i.trade}" if i.trade else None}
                for i in aside.open.values()
                if account in (i.account, i.buyer)
            ],
        }  # fmt: skip
        return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)

    def _units_row(self, account: int, instrument: int) -> dict[str, Any] | None:
        held = self._ledger.units.get((account, instrument), [0] * len(STATE_PLACES))
        flow = self._units.get((account, instrument))
        if flow is None:
            if not any(held):
                return None
            flow = _UnitFlow()
        closing = {state: held[place] for state, place in STATE_PLACES.items()}
        return {
            **flow.moved,
            "closing": closing,
            "instrument": self._ledger.instruments[instrument].code,
            "opening": {state: tonnes - flow.net[state] for state, tonnes in closing.items()},
        }


def correct_statement(
    superseded: bytes, void: VoidRow, trade: TradeRow, account: int, ledger: Ledger
) -> tuple[bytes, int, str, str]:
    """A closed day's statement anew, because one of its trades was voided: its bytes, version, SHA-256, and whose place it takes.

    Figures stay those of the close; what the void moved is told beside them in `voided`, and moves the next statement.
    """
    content = orjson.loads(superseded)
    before = content.get("correction") or {"version": 1}
    supersedes = sha256_hex(superseded)
    number = f"T-{trade.trade}"
    for row in content["trades"]:
        if row["trade_id"] == number:
            row["status"] = VOID
    is_buyer = account == trade.buyer
    refund = void.buy_refund_fen if is_buyer else void.sell_refund_fen
    instrument = ledger.instruments[trade.instrument]
    told = {
        "amount": yuan(trade.amount_fen),
        "basis": void.basis,
        "fee_returned": yuan(refund if void.was_settled else 0),
        "instrument": instrument.code,
        "side": "buy" if is_buyer else "sell",
        "tonnes": trade.tonnes,
        "trade_id": number,
        "voided_at_ns": void.at_ns,
        "was_settled": bool(void.was_settled),
    }
    version = before["version"] + 1
    content |= {
        "correction": {"basis": void.basis, "supersedes": supersedes, "version": version},
        "voided": [*content.get("voided", []), told],
    }
    body = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return body, version, sha256_hex(body), supersedes


def _previous(close: DayClose, answers: list[StatementAnswer]) -> dict[str, Any] | None:
    if not close.previous_day:
        return None
    return {"status": statement_status(answers, close.previous_day), "trading_day": iso_day(close.previous_day)}


def _answer_row(answer: StatementAnswer) -> dict[str, Any]:
    return {
        "at_ns": answer.at_ns,
        "objection_id": f"S-{answer.objection}" if answer.objection else None,
        "step": answer.step,
        "to": iso_day(answer.trading_day),
        "trade_id": f"T-{answer.trade}" if answer.trade else None,
        "words": answer.words,
    }
