"""What every door answers: the session itself, reference data, channels."""

from typing import TYPE_CHECKING, Final

from engine.core import phases, reasons
from engine.preflight import CHAIN
from engine.view import InstrumentView
from gateway.connection import Connection
from gateway.fees import fee_schedule
from gateway.protocol import fee_wire, frames, session, session_wire, wire
from gateway.protocol.codec import Refused, encode
from gateway.protocol.prices import money_text, price_text
from gateway.protocol.times import day_text, time_text

if TYPE_CHECKING:
    from gateway.server import Gateway

_ENUMS: Final[dict[str, list[wire.EnumRow]]] = {
    "side": [wire.EnumRow("buy", "买", "buy"), wire.EnumRow("sell", "卖", "sell")],
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
    ],
    "check": [wire.EnumRow(step.name, step.zh, step.en) for step in CHAIN],
    "method": [wire.EnumRow("block", "大宗协议", "block trade")],
    "liquidity": [
        wire.EnumRow("maker", "挂单方", "maker"),
        wire.EnumRow("taker", "吃单方", "taker"),
        wire.EnumRow("auction", "集合竞价", "call auction"),
        wire.EnumRow("sealed_auction", "有偿竞价或回购", "sealed auction"),
    ],
    "settlement_status": [
        wire.EnumRow("matched", "已成交待清算", "matched"),
        wire.EnumRow("clearing_hold", "清算中", "in a clearing hold"),
        wire.EnumRow("settled", "已交收", "settled"),
        wire.EnumRow("failed", "交收失败", "failed"),
        wire.EnumRow("disputed", "争议暂缓", "disputed"),
    ],
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
                wire.Subscribe: self._subscribe,
                wire.Unsubscribe: self._unsubscribe,
                wire.ChannelSnapshot: self._snapshot,
                wire.ChannelReplay: self._replay,
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
            "outbox_bytes_max": settings.outbox_bytes_max,
            "heartbeat_ms": settings.heartbeat_ms,
        }
        view = session_wire.SessionView(
            connection.connection_id,
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

    # ---- channels -----------------------------------------------------------------------------------------

    def _subscribe(self, connection: Connection, request: wire.Subscribe) -> None:
        accepted: list[wire.ChannelAccepted] = []
        refused: list[wire.ChannelRefused] = []
        first_events: list[bytes] = []
        public = set(connection.public)
        for channel in dict.fromkeys(request.params.channels):
            try:
                room = self._gateway.settings.channels_per_connection_max
                if len(public) + len(connection.exec_accounts) >= room and channel not in public:
                    raise Refused(reasons.RATE_LIMITED)
                seq, first_event = self._snapshot_of(connection, channel)
            except Refused as error:
                refused.append(wire.ChannelRefused(channel, error.reason, error.args[0]))
                continue
            accepted.append(wire.ChannelAccepted(channel, seq))
            first_events.append(first_event)
            if channel.startswith("exec."):
                self._gateway.follow_exec(connection, connection.accounts[channel[5:]])
            else:
                public.add(channel)
        self._gateway.follow_public(connection, frozenset(public))
        connection.reply(request.id, wire.Subscribed(accepted, refused))
        for first_event in first_events:
            connection.send_frame(frames.text_frame(first_event))

    def _unsubscribe(self, connection: Connection, request: wire.Unsubscribe) -> None:
        names = set(request.params.channels)
        known = set(self._gateway.last_seqs(connection))
        for channel in names & known:
            if channel.startswith("exec."):
                self._gateway.unfollow_exec(connection, connection.accounts[channel[5:]])
        self._gateway.follow_public(connection, connection.public - names)
        unknown = sorted(names - known)
        name = reasons.BY_NUMBER[reasons.UNKNOWN_CHANNEL].name
        refused = [wire.ChannelRefused(channel, reasons.UNKNOWN_CHANNEL, name) for channel in unknown]
        connection.reply(request.id, wire.Subscribed([], refused))

    def _snapshot(self, connection: Connection, request: wire.ChannelSnapshot) -> None:
        channel = request.params.channel
        seq, event = self._snapshot_of(connection, channel)
        connection.reply(request.id, wire.ChannelAccepted(channel, seq))
        connection.send_frame(frames.text_frame(event))

    def _snapshot_of(self, connection: Connection, channel: str) -> tuple[int, bytes]:
        """Last seq of a channel and its state there. Raises `Refused` for what is not there or not theirs."""
        if channel.startswith("exec."):
            account = self._exec_account(connection, channel)
            seq = self._gateway.reports.last_seqs[account]
            data = wire.ExecSnapshot(channel[5:], self._gateway.open_orders(account))
            return seq, encode(wire.Event(channel, "snapshot", seq, self._gateway.market_time(), data))
        self._check_public(channel)
        event = self._gateway.feed.snapshot(channel)
        return self._gateway.feed.last_seq(channel), event

    def _exec_account(self, connection: Connection, channel: str) -> int:
        account = connection.accounts.get(channel[5:])
        if account is None:
            raise Refused(reasons.UNKNOWN_CHANNEL, "channel")
        return account

    def _check_public(self, channel: str) -> None:
        if not self._gateway.is_public(channel):
            raise Refused(reasons.UNKNOWN_CHANNEL, "channel")

    def _replay(self, connection: Connection, request: wire.ChannelReplay) -> None:
        params = request.params
        if params.channel.startswith("exec."):
            account = self._exec_account(connection, params.channel)
            last = self._gateway.reports.last_seqs[account]
            _check_seq(params.from_seq, last)
            to_seq = min(last, params.from_seq + params.limit - 1)
            if to_seq < params.from_seq:
                connection.reply(request.id, wire.Replayed(params.channel, params.from_seq, to_seq, False))
            else:
                self._gateway.query(connection, request.id, self._replay_exec(connection, request, account, to_seq))
            return
        self._check_public(params.channel)
        last = self._gateway.feed.last_seq(params.channel)
        _check_seq(params.from_seq, last)
        found = self._gateway.feed.replay(params.channel, params.from_seq)
        if found is None:
            connection.refuse(request.id, Refused(reasons.SEQ_TOO_OLD, "from_seq"))
            connection.send_frame(frames.text_frame(self._gateway.feed.snapshot(params.channel)))
            return
        events = found[: params.limit]
        to_seq = params.from_seq + len(events) - 1
        connection.reply(request.id, wire.Replayed(params.channel, params.from_seq, to_seq, len(found) > len(events)))
        for event in events:
            connection.send_frame(frames.text_frame(event))

    async def _replay_exec(
        self, connection: Connection, request: wire.ChannelReplay, account: int, to_seq: int
    ) -> None:
        params = request.params
        found = await self._gateway.history.reports(account, params.from_seq, to_seq)
        is_more = to_seq < self._gateway.reports.last_seqs[account]
        connection.reply(request.id, wire.Replayed(params.channel, params.from_seq, to_seq, is_more))
        for report in found:
            connection.send_frame(frames.text_frame(self._gateway.reports.text(report)))


def _check_seq(from_seq: int, last: int) -> None:
    if not 1 <= from_seq <= last + 1:
        raise Refused(reasons.BAD_SEQ, "from_seq", limit=last + 1, actual=from_seq)


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
