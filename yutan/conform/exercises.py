"""The exercises, one function each: what goes wrong, and what of the client's answer to it is right.

Each returns what the client did wrong, in words; "" where it did right. An exercise that asks the client to wait gives it
`pause_s`; one that asks it to do something gives it `patience_s`.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, NamedTuple

from engine.core import reasons
from gateway.protocol import frames, session, session_wire
from gateway.rehearsal import Message
from yutan.conform.examiner import Asked, ExaminedLine, Examiner, Trap
from yutan.conform.market import Market

IMPATIENCE_S: Final = 0.25  # orders that were on their way when the client was told to wait
REFUSED_MAX: Final = 3  # orders sent into a phase that takes none
RECONNECTS_A_SECOND_MAX: Final = 10
EARLY_PERCENT: Final = 90  # of the time that the client was asked to stay away
_ENQUIRIES: Final = frozenset(("order.get", "order.list", "order.explain"))


class Room(NamedTuple):
    """What an exercise works with.

    patience_s: how long it waits for what the client does anyway; reaction_s: for its answer to what went wrong.
    """

    examiner: Examiner
    market: Market
    patience_s: float
    reaction_s: float
    pause_s: float

    async def until(self, happened: Callable[[], Any]) -> bool:
        """Wait for the client; False where it does not come."""
        return await self.examiner.until(happened, self.patience_s)

    async def reacts(self, happened: Callable[[], Any]) -> bool:
        """Wait for the client's reaction; False where there is none."""
        return await self.examiner.until(happened, self.reaction_s)

    async def orders_again(self) -> bool:
        """Wait for a new order of the client from now on."""
        begin = len(self.examiner.notes)
        return await self.until(lambda: self.examiner.asked("order.place", begin))

    async def caught(self, trap: "Once") -> bool:
        """Meddle once; False where there was nothing to meddle with."""
        self.examiner.trap = trap
        found = await self.until(lambda: trap.line is not None)
        self.examiner.trap = None
        return found


class Once:
    """A trap that acts on the first message it is meant for, and remembers where."""

    def __init__(
        self,
        is_meant: Callable[[Message, Asked | None], bool],
        becomes: Callable[[ExaminedLine, Message], Sequence[Message]],
    ) -> None:
        self._is_meant = is_meant
        self._becomes = becomes
        self.line: ExaminedLine | None = None
        self.message: Message = {}
        self.asked: Asked | None = None
        self.begin = 0

    def __call__(self, line: ExaminedLine, message: Message, asked: Asked | None) -> list[Message] | None:
        """The trap: None for what it is not meant for."""
        if self.line is not None or not self._is_meant(message, asked):
            return None
        self.line, self.message, self.asked = line, message, asked
        return list(self._becomes(line, message))


def _is_update(channel: str) -> Callable[[Message, Asked | None], bool]:
    return lambda message, _asked: message.get("ch") == channel and message["kind"] == "update"


def _is_placed(message: Message, asked: Asked | None) -> bool:
    """The acceptance of an order under an id that was not used before."""
    if asked is None or asked.order is None:
        return False
    return "result" in message and not message["result"].get("duplicate", False)


def _lose(_line: ExaminedLine, _message: Message) -> Sequence[Message]:
    return ()


def _cut(line: ExaminedLine, _message: Message) -> Sequence[Message]:
    line.abort()
    return ()


async def login(room: Room) -> str:
    """The client logs in, follows its own orders and the book, and trades."""
    examiner, market = room.examiner, room.market
    if not await room.until(lambda: examiner.line is not None):
        return "it did not log in"
    wanted = {market.private, market.public}
    if not await room.until(lambda: examiner.line is not None and wanted <= examiner.line.channels):
        return f"it does not follow {' and '.join(sorted(wanted))}"
    return "" if await room.orders_again() else "it places no orders"


async def private_gap(room: Room) -> str:
    """An event of exec.ACCOUNT is lost: it has to be had again by channel.replay, a snapshot does not tell what happened."""
    return await _gap(room, room.market.private, ("channel.replay",))


async def public_gap(room: Room) -> str:
    """An event of book.INSTRUMENT is lost: replay, or begin anew from a snapshot."""
    return await _gap(room, room.market.public, ("channel.replay", "channel.snapshot", "subscribe"))


async def _gap(room: Room, channel: str, mended_by: tuple[str, ...]) -> str:
    trap = Once(_is_update(channel), _lose)
    begin = len(room.examiner.notes)
    if not await room.caught(trap):
        return f"nothing was said on {channel} that could be lost"
    seq = trap.message["seq"]

    def is_mended() -> bool:
        if any(_wants_from(note, channel, seq) for note in room.examiner.notes[begin:]):
            return True
        asked = [note for note in room.examiner.notes[begin:] if _channel_of(note) == channel]
        return any(note.method in mended_by and getattr(note.params, "from_seq", seq) <= seq for note in asked)

    if await room.reacts(is_mended):
        return ""
    return f"it went on after {channel} had lost its event {seq}, and never asked for it by {' or '.join(mended_by)}"


def _wants_from(note: Asked, channel: str, seq: int) -> bool:
    """Whether a request is for the channel's event of this seq: a replay, or a subscription that names the last seq one has."""
    if note.method == "channel.replay":
        return _channel_of(note) == channel and note.params.from_seq <= seq
    last_seqs = getattr(note.params, "last_seqs", None)
    return isinstance(last_seqs, dict) and channel in last_seqs and last_seqs[channel] < seq


def _channel_of(note: Asked) -> str:
    named = getattr(note.params, "channels", None)
    return str(named[0] if named else getattr(note.params, "channel", ""))


async def repeated_event(room: Room) -> str:
    """An event comes twice under the same seq: the second is passed over."""
    examiner, channel = room.examiner, room.market.private
    trap = Once(_is_update(channel), lambda _line, message: (message, message))
    if not await room.caught(trap):
        return f"nothing was said on {channel} that could be repeated"
    begin, seq, line = len(examiner.notes), trap.message["seq"], trap.line
    went_on = await room.orders_again()
    if line is None or line.is_closing():
        return "it gave the connection up"
    replays = [note for note in examiner.asked("channel.replay", begin) if _channel_of(note) == channel]
    if any(note.params.from_seq <= seq for note in replays):
        return "it asked for events that it had"
    return "" if went_on else "it placed no order any more"


async def unknown_words(room: Room) -> str:
    """Fields and kinds of events that the client does not know are to be passed over."""

    def spoken(_line: ExaminedLine, message: Message) -> Sequence[Message]:
        strange = {**message, "weather": {"wind": 3}, "data": {**message["data"], "weather": "rain"}}
        return (strange, {**message, "ch": "$session", "kind": "weather", "data": {}})

    trap = Once(_is_update(room.market.private), spoken)
    if not await room.caught(trap):
        return f"nothing was said on {room.market.private}"
    went_on = await room.orders_again()
    if trap.line is None or trap.line.is_closing():
        return "it gave the connection up"
    return "" if went_on else "it placed no order any more"


async def lost_outcome(room: Room) -> str:
    """The connection is cut before an order's answer: find out what became of it before trading on."""
    trap = Once(_is_placed, _cut)
    if not await room.caught(trap):
        return "no order was accepted"
    return await _found_out(room, trap, "the connection was cut")


async def unknown_outcome(room: Room) -> str:
    """OUTCOME_UNKNOWN is answered though the order stands: the same order again, under the same id."""

    def unknown(_line: ExaminedLine, message: Message) -> Sequence[Message]:
        return (_refusal(message, reasons.OUTCOME_UNKNOWN),)

    trap = Once(_is_placed, unknown)
    if not await room.caught(trap):
        return "no order was accepted"
    return await _found_out(room, trap, "the outcome was unknown")


async def _found_out(room: Room, trap: Once, what: str) -> str:
    examiner, lost = room.examiner, trap.asked
    assert lost is not None
    assert lost.order is not None
    after = lost.number + 1
    name = lost.client_order_id

    def enquiry() -> tuple[str, str] | None:
        """The first of: asking about the order; or trading on, with what it did."""
        for note in examiner.notes[after:]:
            if note.order is not None and note.client_order_id == name:
                return ("", "") if note.order == lost.order else ("changed", note.client_order_id)
            if note.method in _ENQUIRIES and note.client_order_id in ("", name):
                return "", ""
            if _wants_from(note, room.market.private, room.market.exec_seq()):
                return "", ""
            if note.order is not None and (note.line is not lost.line or note.at > lost.at + IMPATIENCE_S):
                return "traded on", note.client_order_id
        return None

    if not await room.reacts(enquiry):
        return f"{what} in order {name}, and it never asked what had become of it"
    found = enquiry()
    assert found is not None
    if found[0] == "changed":
        return f"it sent another order under the id {name} of the one that was lost"
    if found[0] == "traded on":
        return f"{what} in order {name}, and it placed {found[1]} before it knew what had become of it"
    return ""


async def missed_events(room: Room) -> str:
    """The connection is cut and an order trades meanwhile: come back, not in a storm, and have what was missed."""
    examiner, market = room.examiner, room.market
    if not await room.until(lambda: examiner.line is not None and market.resting()):
        return "no order of it rests, so none can trade while it is away"
    line = examiner.line
    assert line is not None
    begin, lines, seq = len(examiner.notes), len(examiner.lines), market.exec_seq()
    examiner.is_shut = True
    line.abort()
    market.trade_with_the_resting()
    await examiner.until(lambda: False, room.pause_s)
    if market.exec_seq() == seq:
        await room.until(lambda: market.exec_seq() > seq)
    tries = len(examiner.lines) - lines
    examiner.is_shut = False
    if tries > max(1.0, room.pause_s) * RECONNECTS_A_SECOND_MAX:
        return f"it tried to connect {tries} times in {room.pause_s:g} s"
    if not await room.reacts(lambda: examiner.line is not None):
        return "it did not come back"

    def has_asked() -> bool:
        return any(_wants_from(note, market.private, seq + 1) for note in examiner.notes[begin:])

    if await room.reacts(has_asked):
        return ""
    return f"it came back and never asked for what {market.private} had said meanwhile, from seq {seq + 1} on"


async def refused_for_good(room: Room) -> str:
    """An order is refused with retry "never": it is not sent again as it was under the same id."""
    refused = await _refuse_one(room, reasons.INSUFFICIENT_CASH)
    if refused is None:
        return "it placed no order"
    after = refused.number + 1
    went_on = await room.reacts(
        lambda: any(note.client_order_id != refused.client_order_id for note in _placed(room, after))
    )
    again = [note for note in _placed(room, after) if note.client_order_id == refused.client_order_id]
    if again:
        return f"it sent order {refused.client_order_id} again {len(again)} times, though it was refused for good"
    return "" if went_on else "it placed no order any more"


async def _refuse_one(room: Room, reason: int) -> Asked | None:
    """Have the next order refused under an id that was not used before; None where none comes."""
    examiner = room.examiner
    caught: list[Asked] = []
    told: list[Asked] = []

    def gate(asked: Asked) -> int:
        is_new = all(note.client_order_id != asked.client_order_id for note in examiner.notes[:-1])
        if caught or asked.order is None or not is_new:
            return 0
        caught.append(asked)
        return reason

    def tell_pause(_line: ExaminedLine, message: Message, asked: Asked | None) -> list[Message] | None:
        if asked is not None and asked in caught:
            told.append(asked)
            if "retry_after_ms" in message["error"]["data"]:
                message["error"]["data"]["retry_after_ms"] = int(room.pause_s * 1000)
        return None

    examiner.gate, examiner.trap = gate, tell_pause
    await room.until(lambda: told)
    examiner.gate = examiner.trap = None
    return told[0] if told else None


def _placed(room: Room, after: int) -> list[Asked]:
    return room.examiner.asked("order.place", after)


async def told_to_wait(room: Room) -> str:
    """An order is refused with retry "after": no new order before retry_after_ms are over; then it goes on."""
    refused = await _refuse_one(room, reasons.RATE_LIMITED)
    if refused is None:
        return "it placed no order"
    pause_ms = int(room.pause_s * 1000)
    after = refused.number + 1
    excused_until = refused.at + IMPATIENCE_S * room.pause_s
    if not await room.until(lambda: any(note.at > excused_until for note in _placed(room, after))):
        return "it placed no order any more"
    first = next(note for note in _placed(room, after) if note.at > excused_until)
    waited_ms = int((first.at - refused.at) * 1000)
    if waited_ms * 100 < pause_ms * EARLY_PERCENT:
        return f"it was told to wait {pause_ms} ms and placed an order after {waited_ms} ms"
    return ""


async def phase_change(room: Room) -> str:
    """The market goes into its midday break: no more orders until it trades again, then they come again."""
    begin = len(room.examiner.notes)
    await room.market.enter("break")
    refused: list[str | int] = []

    def count(_line: ExaminedLine, message: Message, asked: Asked | None) -> list[Message] | None:
        if asked is not None and message.get("error", {}).get("name") == "PHASE_FORBIDS":
            refused.append(asked.request_id)
        return None

    trap: Trap = count
    room.examiner.trap = trap
    await room.examiner.until(lambda: False, room.pause_s)
    tried = len(_placed(room, begin))
    room.examiner.trap = None
    await room.market.enter("continuous")
    if len(refused) > REFUSED_MAX:
        return f"it sent {len(refused)} of {tried} orders into a phase that takes none"
    return "" if await room.orders_again() else "it did not trade again when the market did"


async def planned_restart(room: Room) -> str:
    """going_away, then close 1012: stay away for reconnect_after_ms, then come back."""
    examiner = room.examiner
    if not await room.until(lambda: examiner.line is not None):
        return "it is not there"
    line, lines = examiner.line, len(examiner.lines)
    assert line is not None
    assert line.connection is not None
    gateway = room.market.exchange.gateway
    goodbye = gateway.session_event("going_away", session_wire.GoingAway(int(room.pause_s * 1000), gateway.now_text()))
    line.connection.send_frame(frames.text_frame(goodbye))
    line.connection.end(session.GOING_AWAY)
    away_at = time.monotonic()
    if not await room.reacts(lambda: len(examiner.lines) > lines):
        return "it did not come back"
    away_ms, pause_ms = int((time.monotonic() - away_at) * 1000), int(room.pause_s * 1000)
    if away_ms * 100 < pause_ms * EARLY_PERCENT:
        return f"it was asked to stay away for {pause_ms} ms and came back after {away_ms} ms"
    return "" if await room.orders_again() else "it came back and placed no orders"


async def whole_run(room: Room) -> str:
    """Throughout: frames that the protocol allows, and no order under an id that another one has."""
    if room.examiner.malformed:
        return f"{len(room.examiner.malformed)} frames were malformed: {room.examiner.malformed[0]}"
    if room.examiner.conflicts:
        return f"it used the id {room.examiner.conflicts[0]} for two different orders"
    return ""


def _refusal(message: Message, reason: int) -> Message:
    row = reasons.BY_NUMBER[reason]
    data: dict[str, Any] = {"retry": row.retry}
    return {
        "id": message["id"],
        "error": {"code": row.number, "name": row.name, "message": row.en, "data": data},
        "env": message["env"],
    }


Exercise = Callable[[Room], Awaitable[str]]
EXERCISES: Final[tuple[Exercise, ...]] = (
    login,
    private_gap,
    public_gap,
    repeated_event,
    unknown_words,
    lost_outcome,
    unknown_outcome,
    missed_events,
    refused_for_good,
    told_to_wait,
    phase_change,
    planned_restart,
    whole_run,
)
