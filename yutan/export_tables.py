"""The tables of a member's export, made of the private stream's reports and of the days' statements."""

from collections.abc import Iterator
from typing import Any, Final

from gateway.tables import Column, Row, Table

Statements = dict[str, dict[str, Any]]  # by trading day
_ORDER: Final = (
    Column("order_id", "委托编号", ("order_id",), "string"),
    Column("client_order_id", "客户委托号", ("client_order_id",), "string"),
    Column("account", "交易账户", ("account",), "string"),
    Column("instrument", "品种代码", ("instrument",), "string"),
    Column("side", "买卖方向", ("side",), "string"),
    Column("time_in_force", "有效方式", ("time_in_force",), "string"),
    Column("price", "委托价", ("price",), "yuan"),
    Column("order_qty", "委托量", ("order_qty",), "integer"),
    Column("cum_qty", "已成交量", ("cum_qty",), "integer"),
    Column("leaves_qty", "未成交量", ("leaves_qty",), "integer"),
    Column("order_status", "委托状态", ("order_status",), "string"),
    Column("trading_day", "交易日", ("trading_day",), "date"),
    Column("transact_time", "回报时间", ("transact_time",), "datetime"),
    Column("reason", "原因", ("reason", "name"), "string"),
)
_FILL: Final = (
    Column("last_price", "成交价", ("last_price",), "yuan"),
    Column("last_qty", "成交量", ("last_qty",), "integer"),
    Column("trade_id", "成交编号", ("trade_id",), "string"),
    Column("liquidity", "挂单或吃单", ("liquidity",), "string"),
    Column("fee", "费用", ("fee",), "yuan"),
    Column("method", "成交方式", ("method",), "string"),
)
_SEQ: Final = Column("seq", "回报序号", ("seq",), "integer")
_REPORTS: Final = (_SEQ, Column("exec_type", "回报类型", ("exec_type",), "string"), *_ORDER, *_FILL)
_FILLS: Final = (
    _SEQ,
    *(column for column in _ORDER if column.name not in ("order_status", "reason", "leaves_qty", "cum_qty")),
    *_FILL,
)
_DAY: Final = Column("trading_day", "交易日", ("trading_day",), "date")
_LEDGER: Final = (
    _DAY,
    Column("asset", "资产", ("asset",), "string"),
    Column("movement", "变动", ("movement",), "string"),
    Column("quantity", "数量", ("quantity",), "integer"),
    Column("amount", "金额", ("amount",), "yuan"),
)
_HOLDINGS: Final = (
    _DAY,
    Column("instrument", "品种代码", ("instrument",), "string"),
    Column("state", "状态", ("state",), "string"),
    Column("opening", "期初", ("opening",), "integer"),
    Column("closing", "期末", ("closing",), "integer"),
)
_TRADES: Final = (
    _DAY,
    Column("trade_id", "成交编号", ("trade_id",), "string"),
    Column("side", "买卖方向", ("side",), "string"),
    Column("order_id", "委托编号", ("order_id",), "string"),
    Column("instrument", "品种代码", ("instrument",), "string"),
    Column("price", "成交价", ("price",), "yuan"),
    Column("quantity", "成交量", ("tonnes",), "integer"),
    Column("amount", "成交额", ("amount",), "yuan"),
    Column("fee", "费用", ("fee",), "yuan"),
    Column("method", "成交方式", ("method",), "string"),
    Column("status", "交收状态", ("status",), "string"),
)
CASH_IN: Final = ("deposited", "sold", "transferred_in")
CASH_OUT: Final = ("withdrawn", "bought", "fees", "transferred_out")
CNY: Final = "CNY"


def tables_of(reports: list[Row], statements: Statements) -> list[Table]:
    """All tables of an export; rows in the order in which things happened."""
    orders = {row["order_id"]: row for row in reports}  # the last report of each
    fills = [row for row in reports if row["exec_type"] == "trade"]
    return [
        Table("orders", "委托 Orders", _ORDER, ("order_id",), list(orders.values())),
        Table("reports", "执行回报 Execution reports", _REPORTS, ("seq",), reports),
        Table("fills", "成交 Fills", _FILLS, ("seq",), fills),
        Table("ledger", "资金与持有变动 Ledger", _LEDGER, _keys(_LEDGER, 3), list(_ledger(statements))),
        Table("holdings", "持有 Holdings", _HOLDINGS, _keys(_HOLDINGS, 3), list(_holdings(statements))),
        Table(
            "settled_trades", "结算单成交 Trades of statements", _TRADES, _keys(_TRADES, 3), list(_trades(statements))
        ),
    ]


def _keys(columns: tuple[Column, ...], count: int) -> tuple[str, ...]:
    return tuple(column.name for column in columns[:count])


def _ledger(statements: Statements) -> Iterator[Row]:
    for day, statement in statements.items():
        for movement in ("opening", *CASH_IN, *CASH_OUT, "closing"):
            yield {"trading_day": day, "asset": CNY, "movement": movement, "amount": statement["cash"][movement]}
        for unit in statement["units"]:
            moved = {name: value for name, value in unit.items() if type(value) is int and value}
            for movement, quantity in moved.items():
                yield {"trading_day": day, "asset": unit["instrument"], "movement": movement, "quantity": quantity}


def _holdings(statements: Statements) -> Iterator[Row]:
    for day, statement in statements.items():
        for unit in statement["units"]:
            for state, closing in unit["closing"].items():
                yield {
                    "trading_day": day,
                    "instrument": unit["instrument"],
                    "state": state,
                    "opening": unit["opening"][state],
                    "closing": closing,
                }


def _trades(statements: Statements) -> Iterator[Row]:
    for day, statement in statements.items():
        for trade in statement["trades"]:
            yield {"trading_day": day, **trade}
