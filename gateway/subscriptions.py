"""Following channels: whose they are, the snapshot that each begins with, going on from a seq, and events said again."""

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import UNSET

from engine.core import reasons
from gateway.connection import Connection
from gateway.protocol import frames, session, wire
from gateway.protocol.codec import Refused, encode

if TYPE_CHECKING:
    from gateway.server import Gateway

GO_ON_EVENTS_MAX: Final = 4_000  # of private streams, sent by one call that goes on with them
_PAGE: Final = 1_000


class Following(NamedTuple):
    """What became of channels that somebody wanted to follow."""

    accepted: list[wire.ChannelAccepted]
    refused: list[wire.ChannelRefused]
    first_events: list[bytes]
    behind: dict[int, int]  # account: the first report it has not had


class SubscriptionDesk:
    """Answers subscribe, unsubscribe, channel.snapshot and channel.replay, on all doors."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        gateway.handlers.update(
            {
                wire.Subscribe: self._subscribe,
                wire.Unsubscribe: self._unsubscribe,
                wire.ChannelSnapshot: self._snapshot,
                wire.ChannelReplay: self._replay,
            }
        )

    def follow(self, connection: Connection, last_seqs: dict[str, int | None], is_same_life: bool) -> Following:
        """Follow channels from now on, each after the seq that the peer has (None: from a snapshot).

        Public seqs begin anew with each process: `is_same_life` says that these are of the present one.
        """
        made = Following([], [], [], {})
        public = set(connection.public)
        room = self._gateway.capacity.channels_for(connection)
        for channel, last in last_seqs.items():
            try:
                count = len(public) + len(connection.exec_accounts) + len(connection.awaited)
                if count >= room and channel not in public:
                    raise Refused(reasons.RATE_LIMITED, limit=room)
                if channel.startswith("exec."):
                    self._follow_exec(connection, channel, last, made)
                else:
                    self._follow_public(channel, last if is_same_life else None, made)
                    public.add(channel)
            except Refused as error:
                made.refused.append(wire.ChannelRefused(channel, error.reason, error.args[0]))
        self._gateway.follow_public(connection, frozenset(public))
        return made

    def begin(self, connection: Connection, request_id: str | int, made: Following) -> None:
        """After the reply: the first event of each channel, or all that the peer has not had."""
        for event in made.first_events:
            connection.send_frame(frames.text_frame(event))
        if made.behind:
            self._gateway.query(connection, request_id, self._go_on(connection, made.behind))

    def _follow_exec(self, connection: Connection, channel: str, last: int | None, made: Following) -> None:
        account = self._exec_account(connection, channel)
        seq = self._gateway.reports.last_seqs[account]
        if last is not None:
            _check_seq(last + 1, seq)
            if not self._gateway.has_room_to_query(connection):
                raise Refused(reasons.RATE_LIMITED)
            waiting = sum(self._gateway.reports.last_seqs[other] + 1 - first for other, first in made.behind.items())
            is_new = account not in connection.exec_accounts and account not in connection.awaited
            if is_new and seq - last <= GO_ON_EVENTS_MAX - waiting:
                connection.awaited.add(account)
                made.behind[account] = last + 1
                made.accepted.append(wire.ChannelAccepted(channel, seq, last + 1))
                return
        made.accepted.append(wire.ChannelAccepted(channel, seq))
        made.first_events.append(self._snapshot_of(connection, channel)[1])
        connection.awaited.discard(account)
        self._gateway.follow_exec(connection, account)

    def _follow_public(self, channel: str, last: int | None, made: Following) -> None:
        self._check_public(channel)
        feed = self._gateway.feed
        seq = feed.last_seq(channel)
        missed = feed.replay(channel, last + 1) if last is not None else None
        if missed is None:
            made.accepted.append(wire.ChannelAccepted(channel, seq))
            made.first_events.append(feed.snapshot(channel))
        else:
            made.accepted.append(wire.ChannelAccepted(channel, seq, seq - len(missed) + 1))
            made.first_events.extend(missed)

    async def _go_on(self, connection: Connection, behind: dict[int, int]) -> None:
        """Send what was missed, and follow each stream from the moment on that nothing is missing."""
        reports = self._gateway.reports
        for account, first in behind.items():
            while account in connection.awaited and first <= reports.last_seqs[account]:
                upto = min(reports.last_seqs[account], first + _PAGE - 1)
                found = await self._gateway.history.reports(account, first, upto)
                if account in connection.awaited:
                    for report in found:
                        connection.send_frame(frames.text_frame(reports.text(report)))
                first = upto + 1
            if account in connection.awaited and connection.state != session.ENDED:
                self._gateway.follow_exec(connection, account)
            connection.awaited.discard(account)

    def _subscribe(self, connection: Connection, request: wire.Subscribe) -> None:
        params = request.params
        known = {} if params.last_seqs is UNSET else params.last_seqs
        if not known.keys() <= set(params.channels):
            raise Refused(reasons.INVALID_FIELD, "last_seqs")
        last_seqs = {channel: known.get(channel) for channel in params.channels}
        made = self.follow(connection, last_seqs, is_same_life=False)
        connection.reply(request.id, wire.Subscribed(made.accepted, made.refused))
        self.begin(connection, request.id, made)

    def _unsubscribe(self, connection: Connection, request: wire.Unsubscribe) -> None:
        names = set(request.params.channels)
        known = set(self._gateway.last_seqs(connection))
        known |= {f"exec.{code}" for code, account in connection.accounts.items() if account in connection.awaited}
        for channel in names & known:
            if channel.startswith("exec."):
                connection.awaited.discard(connection.accounts[channel[5:]])
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
