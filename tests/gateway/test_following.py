"""The client's rule for gaps, alone: whatever is lost on the way, each event is handed on once and in order."""

import random

import msgspec
import pytest

from yutan.following import Following, Incoming


class Server:
    """A channel that remembers everything, and a wire that loses some of it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.last = 0
        self.told: list[int] = []
        self.wire: list[object] = []  # what is on its way: events, and the answers to replays
        self.following = Following(self.hand_on, self.ask, self.lost, self.begin_anew)
        self.following.follow("exec.A")

    def hand_on(self, said: Incoming) -> None:
        if said.kind == "update":
            self.told.append(said.seq)

    def ask(self, name: str, from_seq: int) -> None:
        to_seq = min(self.last, from_seq + 4)
        self.wire.append(to_seq)
        self.wire += [event(seq) for seq in range(from_seq, to_seq + 1)]

    def lost(self, name: str, from_seq: int) -> None:
        raise AssertionError("a private stream loses nothing")

    def begin_anew(self, name: str) -> None:
        raise AssertionError("a private stream need not begin anew")

    def say(self) -> None:
        self.last += 1
        if self.random.random() < 0.6:
            self.wire.append(event(self.last))

    def deliver(self) -> None:
        if self.wire:
            said = self.wire.pop(0)
            if isinstance(said, Incoming):
                self.following.on_event(said)
            else:
                assert isinstance(said, int)
                self.following.on_replayed("exec.A", said)


def event(seq: int, kind: str = "update", channel: str = "exec.A") -> Incoming:
    return Incoming(ch=channel, kind=kind, seq=seq, data=msgspec.Raw(b"{}"))


@pytest.mark.parametrize("seed", range(200))
def test_every_event_is_handed_on_once_and_in_order(seed: int) -> None:
    server = Server(seed)
    server.following.on_event(event(0, "snapshot"))
    for _ in range(200):
        server.random.choice((server.say, server.deliver))()
    while server.wire:
        server.deliver()
    server.following.on_heartbeat({"exec.A": server.last})
    while server.wire:
        server.deliver()
    assert server.told == list(range(1, server.last + 1))


def test_a_new_connection_hands_on_what_lies_between() -> None:
    server = Server(1)
    server.following.on_event(event(0, "snapshot"))
    server.last = 1
    server.following.on_event(event(1))
    server.following.on_new_link()
    server.last = 9
    server.following.on_event(event(9, "snapshot"))
    while server.wire:
        server.deliver()
    assert server.told == list(range(1, 10))


def test_a_known_seq_is_where_one_goes_on() -> None:
    server = Server(1)
    server.following.leave("exec.A")
    server.following.follow("exec.A", 5)
    server.last = 7
    server.following.on_event(event(7, "snapshot"))
    while server.wire:
        server.deliver()
    assert server.told == [6, 7]


def test_what_cannot_be_had_again_is_said_and_a_snapshot_begins_anew() -> None:
    said: list[object] = []
    following = Following(
        lambda event: said.append((event.kind, event.seq)),
        lambda name, from_seq: said.append(("ask", from_seq)),
        lambda name, from_seq: said.append(("lost", from_seq)),
        lambda name: said.append(("anew", 0)),
    )
    following.follow("book.X")
    following.on_event(event(3, "update", "book.X"))
    following.on_event(event(3, "snapshot", "book.X"))
    following.on_event(event(9, "update", "book.X"))
    following.on_replay_refused("book.X", is_snapshot_coming=False)
    following.on_event(event(10, "update", "book.X"))
    following.on_event(event(10, "snapshot", "book.X"))
    following.on_event(event(11, "update", "book.X"))
    assert said == [("snapshot", 3), ("ask", 4), ("lost", 4), ("anew", 0), ("snapshot", 10), ("update", 11)]
