"""What every door answers: the session itself and reference data."""

from typing import TYPE_CHECKING, Final

from engine.core import phases, reasons
from engine.preflight import CHAIN
from engine.view import InstrumentView
from gateway.connection import Connection
from gateway.fees import fee_schedule
from gateway.protocol import fee_wire, session, session_wire, wire
from gateway.protocol.prices import money_text, price_text
from gateway.protocol.terms import TERMS
from gateway.protocol.times import day_text, time_text

if TYPE_CHECKING:
    from gateway.server import Gateway

_ENUMS: Final[dict[str, list[wire.EnumRow]]] = {
    "side": [wire.EnumRow(name, TERMS["side"][name].zh, name) for name in ("buy", "sell")],
    "time_in_force": [
        wire.EnumRow("day", "当日有效", "day"),
        wire.EnumRow("ioc", "立即成交剩余撤销", "immediate or cancel"),
        wire.EnumRow("fok", "全部成交否则撤销", "fill or kill"),
        wire.EnumRow("sealed_auction", "至竞价结束有效", "until the auction ends"),
    ],
    "order_status": [
        wire.EnumRow("new", "未成交", "new"),
        wire.EnumRow("partially_filled", "部分成交", "partially filled"),
        wire.EnumRow("filled", "全部成交", "filled"),
        wire.EnumRow("canceled", "已撤", "canceled"),
        wire.EnumRow("rejected", "废单", "rejected"),
        wire.EnumRow("expired", "已失效", "expired"),
    ],
    "exec_type": [
        wire.EnumRow("new", "已报", "new"),
        wire.EnumRow("trade", "成交", "trade"),
        wire.EnumRow("canceled", "已撤", "canceled"),
        wire.EnumRow("replaced", "已改", "replaced"),
        wire.EnumRow("rejected", "废单", "rejected"),
        wire.EnumRow("expired", "已失效", "expired"),
        wire.EnumRow("declined", "对手方拒绝", "declined by a counterparty"),
        wire.EnumRow("trade_cancel", "成交撤销", "a trade voided by the exchange (FIX ExecType H)"),
    ],
    "check": [wire.EnumRow(step.name, step.zh, step.en) for step in CHAIN],
    "method": [wire.EnumRow("block", "大宗协议", "block trade")],
    "liquidity": [
        wire.EnumRow("maker", "挂单方", "maker"),
        wire.EnumRow("taker", "吃单方", "taker"),
        wire.EnumRow("auction", "集合竞价", "call auction"),
        wire.EnumRow("sealed_auction", "有偿竞价或回购", "sealed auction"),
    ],
    "settlement_status": [wire.EnumRow(name, said.zh, said.en) for name, said in TERMS["settlement"].items()],
    "phase": [
        wire.EnumRow(name, zh, name.replace("_", " ")) for name, zh in zip(phases.NAMES, phases.NAMES_ZH, strict=True)
    ],
}


class CommonDesk:
    """Answers the methods that all doors have."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._reference = wire.Reference(
            [
                wire.ReasonRow(row.number, row.name, row.retry, row.fix, row.zh, row.en, row.article)
                for row in reasons.CATALOGUE
            ],
            _ENUMS,
            {str(code): words for code, words in session.CLOSE_CODES.items()},
        )
        gateway.handlers.update(
            {
                wire.SessionPing: self._ping,
                wire.SessionStatus: self._status,
                wire.SessionLogout: self._logout,
                wire.TimeGet: self._time,
                wire.InstrumentList: self._instruments,
                wire.PhaseGet: self._phase,
                wire.ReferenceGet: self._reference_get,
                fee_wire.FeesGet: self._fees,
            }
        )

    # ---- session and reference ----------------------------------------------------------------------------

    def _ping(self, connection: Connection, request: wire.SessionPing) -> None:
        connection.reply(request.id, self._time_view())

    def _time(self, connection: Connection, request: wire.TimeGet) -> None:
        connection.reply(request.id, self._time_view())

    def _time_view(self) -> wire.TimeView:
        view = self._gateway.founded_view()
        return wire.TimeView(self._gateway.now_text(), day_text(view.day().trading_day) if view is not None else "")

    def _status(self, connection: Connection, request: wire.SessionStatus) -> None:
        settings = self._gateway.settings
        limits = {
            "frame_bytes_max": wire.FRAME_BYTES_MAX,
            "requests_in_flight_max": settings.requests_in_flight_max,
            "key_orders_per_second_max": settings.key_orders_per_second_max,
            "participant_orders_per_second_max": settings.participant_orders_per_second_max,
            "key_cancels_per_second_max": settings.key_cancels_per_second_max,
            "channels_max": settings.channels_per_connection_max,
            "channels_per_participant_max": settings.channels_per_participant_max,
            "connections_per_key_max": settings.connections_per_key_max,
            "connections_per_participant_max": settings.connections_per_participant_max,
            "outbox_bytes_max": settings.outbox_bytes_max,
            "heartbeat_ms": connection.heartbeat_ms or settings.heartbeat_ms,
        }
        view = session_wire.SessionView(
            connection.session_id,
            connection.door,
            connection.state,
            connection.key_id,
            sorted(connection.accounts),
            list(connection.scopes),
            connection.language,
            self._gateway.last_seqs(connection),
            limits,
        )
        connection.reply(request.id, view)

    def _logout(self, connection: Connection, request: wire.SessionLogout) -> None:
        connection.reply(request.id, {})
        self._gateway.sessions.leave(connection)
        self._gateway.resuming.leave(connection)
        connection.end(session.LOGOUT)

    def _phase(self, connection: Connection, request: wire.PhaseGet) -> None:
        day = self._gateway.view().day()
        connection.reply(
            request.id,
            wire.PhaseView(
                day_text(day.trading_day),
                phases.NAMES[day.phase],
                phases.NAMES_ZH[day.phase],
                day.halted,
                day.seq,
                time_text(day.at_ns),
            ),
        )

    def _instruments(self, connection: Connection, request: wire.InstrumentList) -> None:
        connection.reply(request.id, [_instrument_row(found) for found in self._gateway.view().instruments()])

    def _reference_get(self, connection: Connection, request: wire.ReferenceGet) -> None:
        connection.reply(request.id, self._reference)

    def _fees(self, connection: Connection, request: fee_wire.FeesGet) -> None:
        connection.reply(request.id, fee_schedule(self._gateway.view()))


def _instrument_row(found: InstrumentView) -> wire.InstrumentRow:
    def price(ticks: int) -> str | None:
        return price_text(ticks, found.tick_fen) if ticks else None

    return wire.InstrumentRow(
        instrument=found.code,
        product=found.product,
        kind=found.kind,
        vintage=found.vintage,
        name_zh=found.name_zh,
        name_en=found.name_en,
        unit_zh=found.unit_zh,
        unit_en=found.unit_en,
        tick=money_text(found.tick_fen),
        lot=found.lot_tonnes,
        order_qty_min=found.order_tonnes_min,
        order_qty_max=found.order_tonnes_max,
        match_mode=found.match_mode,
        trading_fee_ppm=found.trading_fee_ppm,
        settlement_fee_ppm=found.settlement_fee_ppm,
        halted=found.halted,
        reference_price=price(found.reference_ticks),
        limit_down=price(found.low_limit_ticks),
        limit_up=price(found.high_limit_ticks),
        open=price(found.open_ticks),
        high=price(found.high_ticks),
        low=price(found.low_ticks),
        last=price(found.last_ticks),
        volume=found.tonnes,
        turnover=money_text(found.turnover_fen),
        trades=found.trades,
    )
