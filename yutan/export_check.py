"""An export against its statements: each fill stands in its day's statement, and each day begins where the one before ended."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from gateway.tables import Row
from yutan.export_tables import CASH_IN, CASH_OUT, Statements

DIFFERENCES_MAX: Final = 100  # told; one is enough to look closer
_INTO: Final = ("bought", "issued", "transferred_in")
_OUT: Final = ("sold", "surrendered", "canceled", "transferred_out", "withdrawn")


def differences(reports: list[Row], statements: Statements) -> list[str]:
    """What does not fit, in words; at most `DIFFERENCES_MAX`."""
    found: list[str] = []
    fills: dict[str, dict[tuple[str, str], tuple[Any, ...]]] = {}
    for row in reports:
        if row["exec_type"] == "trade":
            fills.setdefault(row["trading_day"], {})[row["trade_id"], row["side"]] = _fill(row)
    before: dict[str, Any] | None = None
    for day, statement in statements.items():
        found += [f"{day}: {words}" for words in _of_day(statement, fills.get(day, {}))]
        if before is not None:
            found += [f"{day}: {words}" for words in _of_two_days(before, statement)]
        before = statement
    return found[:DIFFERENCES_MAX]


def _fill(row: Row) -> tuple[Any, ...]:
    return row["instrument"], row["last_qty"], Decimal(row["last_price"]), Decimal(row["fee"])


def _of_day(statement: dict[str, Any], fills: dict[tuple[str, str], tuple[Any, ...]]) -> Iterator[str]:
    cash = {name: Decimal(text) for name, text in statement["cash"].items()}
    moved = sum(cash[name] for name in CASH_IN) - sum(cash[name] for name in CASH_OUT)
    if cash["opening"] + moved != cash["closing"]:
        yield f"cash opens with {cash['opening']}, moves by {moved} and closes with {cash['closing']}"
    for unit in statement["units"]:
        change = sum(unit["closing"].values()) - sum(unit["opening"].values())
        if change != sum(unit[name] for name in _INTO) - sum(unit[name] for name in _OUT):
            yield f"{unit['instrument']} changes by {change}, which is not what moved"
    listed = {
        (row["trade_id"], row["side"]): (row["instrument"], row["tonnes"], Decimal(row["price"]), Decimal(row["fee"]))
        for row in statement["trades"]
    }
    if len(statement["trades"]) < statement["trades_count"]:  # a statement lists so many and sums them all
        fills = {key: fill for key, fill in fills.items() if key in listed}
    for key in sorted(fills.keys() | listed.keys()):
        if fills.get(key) != listed.get(key):
            yield f"{key[0]} ({key[1]}) is {fills.get(key)} in the fills and {listed.get(key)} in the statement"


def _of_two_days(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    if before["cash"]["closing"] != after["cash"]["opening"]:
        yield f"cash opens with {after['cash']['opening']}; it closed with {before['cash']['closing']}"
    closed = {unit["instrument"]: unit["closing"] for unit in before["units"]}
    for unit in after["units"]:
        opening = {state: quantity for state, quantity in unit["opening"].items() if quantity}
        held = {state: quantity for state, quantity in closed.get(unit["instrument"], {}).items() if quantity}
        if opening != held:
            yield f"{unit['instrument']} opens with {opening}; it closed with {held}"
