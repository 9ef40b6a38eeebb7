"""Following channels without gaps: which events to hand on, which to have again. Pure: the client supplies the wire.

The rule is docs/protocol.md, "Channels": an update is next when its seq is the last plus one; anything later is kept while
what lies between is replayed; what cannot be had again is said, and a snapshot begins anew.
"""

from collections.abc import Callable
from typing import Final

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from gateway.protocol import wire
from yutan.answers import Event, ExecReport, Limits

decode_report: Final = msgspec.json.Decoder(ExecReport).decode
HELD_EVENTS_MAX: Final = 10_000  # beyond, events after a gap are let go and replayed as well


class Incoming(Struct, gc=False):
    """Anything the server sends: a reply has an id, an event a channel."""

    id: str | int | UnsetType | None = UNSET
    result: Raw | UnsetType = UNSET
    error: wire.Error | UnsetType = UNSET
    limits: Limits | UnsetType = UNSET
    ch: str = ""
    kind: str = ""
    seq: int = 0
    ts: str = ""
    data: Raw = Raw(b"null")


class _Channel:
    """One channel: the last seq handed on (None: waits for a snapshot), and what came after a gap."""

    def __init__(self, last: int | None) -> None:
        self.last = last
        self.target = 0  # the highest seq known to exist
        self.held: dict[int, Incoming] = {}
        self.asked_from = 0  # 0: no replay is under way
        self.replay_to = 0  # 0: its extent is not known yet


class Following:
    """All channels of a client.

    `hand_on` gets each event in its turn; `ask` shall replay a channel from a seq and report by `on_replayed` or
    `on_replay_refused`; `lost` is told where events could not be had; `begin_anew` shall ask for a snapshot.
    """

    def __init__(
        self,
        hand_on: Callable[[Incoming], None],
        ask: Callable[[str, int], None],
        lost: Callable[[str, int], None],
        begin_anew: Callable[[str], None],
    ) -> None:
        self._hand_on = hand_on
        self._ask = ask
        self._lost = lost
        self._begin_anew = begin_anew
        self._channels: dict[str, _Channel] = {}

    @property
    def names(self) -> list[str]:
        """The channels that are followed."""
        return list(self._channels)

    def follow(self, name: str, after: int | None = None) -> None:
        """Follow a channel; `after`: the last seq that is known already."""
        self._channels.setdefault(name, _Channel(after))

    def leave(self, name: str) -> None:
        """Follow a channel no longer."""
        self._channels.pop(name, None)

    def on_new_link(self) -> None:
        """A new connection: replays under way are gone, and public channels may count anew."""
        for name, channel in self._channels.items():
            channel.held.clear()
            channel.asked_from = channel.replay_to = 0
            if not name.startswith("exec."):
                channel.last = None

    def begin_anew(self, name: str) -> None:
        """What was made of the channel is wrong: nothing counts until the next snapshot."""
        channel = self._channels.get(name)
        if channel is not None:
            channel.last = None
            channel.asked_from = channel.replay_to = 0
            channel.held.clear()
            self._begin_anew(name)

    def last_seqs(self) -> dict[str, int]:
        """The last seq of each channel that has begun, to go on from."""
        return {name: channel.last for name, channel in self._channels.items() if channel.last is not None}

    def on_resumed(self, subscribed: list[wire.ChannelAccepted]) -> set[str]:
        """The session goes on over a new connection with these channels: after their last seq, or anew. Their names."""
        going_on = {row.channel for row in subscribed if row.from_seq}
        for name, channel in self._channels.items():
            channel.held.clear()
            channel.asked_from = channel.replay_to = 0
            if name not in going_on and not name.startswith("exec."):
                channel.last = None
        return {row.channel for row in subscribed}

    def on_event(self, said: Incoming) -> None:
        """An event came."""
        channel = self._channels.get(said.ch)
        if channel is None:
            return
        if said.kind == "snapshot":
            self._on_snapshot(said, channel)
        elif said.kind == "reset":
            channel.last = None
            channel.held.clear()
            self._hand_on(said)
        elif channel.last is not None:
            self._on_update(said, channel)

    def on_heartbeat(self, last_seqs: dict[str, int]) -> None:
        """The last seq of each channel: what is not here by now was lost, since frames keep their order."""
        for name, last in last_seqs.items():
            channel = self._channels.get(name)
            if channel is not None and channel.last is not None and last > channel.last:
                self._want(name, channel, last)

    def on_replayed(self, name: str, to_seq: int) -> None:
        """The replay reaches to this seq; its events follow."""
        channel = self._channels.get(name)
        if channel is None or not channel.asked_from:
            return
        if to_seq < channel.asked_from:
            channel.asked_from = 0
        else:
            channel.replay_to = to_seq

    def on_replay_refused(self, name: str, is_snapshot_coming: bool) -> None:
        """The events cannot be had again."""
        channel = self._channels.get(name)
        if channel is None or channel.last is None:
            return
        from_seq, channel.last = channel.last + 1, None
        channel.asked_from = channel.replay_to = 0
        channel.held.clear()
        self._lost(name, from_seq)
        if not is_snapshot_coming:
            self._begin_anew(name)

    def _on_snapshot(self, said: Incoming, channel: _Channel) -> None:
        if channel.last is not None and said.ch.startswith("exec."):
            if said.seq > channel.last:  # the reports of the meantime are wanted, not only what they led to
                self._want(said.ch, channel, said.seq)
            return
        channel.last = said.seq
        channel.held.clear()
        channel.asked_from = channel.replay_to = 0
        self._hand_on(said)

    def _on_update(self, said: Incoming, channel: _Channel) -> None:
        assert channel.last is not None, "the snapshot came first"
        if said.seq <= channel.last:
            return
        if said.seq > channel.last + 1:
            if len(channel.held) < HELD_EVENTS_MAX:
                channel.held[said.seq] = said
            self._want(said.ch, channel, said.seq)
            return
        following: Incoming | None = said
        while following is not None:
            channel.last = following.seq
            self._hand_on(following)
            following = channel.held.pop(channel.last + 1, None) if channel.held else None
        if 0 < channel.replay_to <= channel.last:
            channel.asked_from = channel.replay_to = 0
            if channel.target > channel.last:
                self._want(said.ch, channel, channel.target)

    def _want(self, name: str, channel: _Channel, seq: int) -> None:
        """Events up to `seq` exist and are missing."""
        channel.target = max(channel.target, seq)
        if not channel.asked_from and channel.last is not None:
            channel.asked_from = channel.last + 1
            self._ask(name, channel.asked_from)


def event_of(said: Incoming) -> Event:
    """An event as the client hands it on."""
    if said.kind == "update" and said.ch.startswith("exec."):
        return Event(said.ch, said.kind, said.seq, said.ts, decode_report(said.data))
    return Event(said.ch, said.kind, said.seq, said.ts, msgspec.json.decode(said.data))
