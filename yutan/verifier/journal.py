"""The journal, read by its description alone (docs/journal.md): segment heads, records, checksums, chain, commands.

A journal whose reading stopped at a fault says so in `is_whole`; what follows is then judged as far as it was read.
"""

import hashlib
import struct
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from yutan.verifier.findings import JOURNAL, SNAPSHOTS, Report

_HEAD: Final = struct.Struct("<8sIIQ32sI")
_RECORD: Final = struct.Struct("<IIQQII")
_SNAPSHOT: Final = struct.Struct("<8sIIQQ32s32s")
_CHAIN_BYTES: Final = 32
_SECTOR: Final = 512

PLACE: Final = 1
REPLACE: Final = 3
OFFER: Final = 10
COUNTER: Final = 11
BID: Final = 5
BUY: Final = 1
SELL: Final = 2
FOUND: Final = 20
PROPOSE: Final = 21
APPROVE: Final = 22
REJECT: Final = 23
CONFIRM: Final = 41
OBJECT: Final = 42
CONFIRM_FILING: Final = 61
WITHDRAW_FILING: Final = 62


class Order(NamedTuple):
    """An order as its owner asked for it: the worst price and the largest quantity it ever allowed."""

    account: int
    instrument: int
    side: int
    price_ticks: int
    tonnes: int


class Word(NamedTuple):
    """An operator's command: a proposal (with its act), an approval or a rejection of `proposal`."""

    tag: int
    operator: int
    proposal: int
    reason: str
    document: str
    act: list[Any]


class Journal:
    """What the other checks ask of the journal."""

    def __init__(self) -> None:
        self.last_seq = 0
        self.is_whole = True
        self.torn_bytes = 0
        self.head_chain = ""  # behind the last record
        self.founding: list[Any] = []
        self.orders: dict[int, Order] = {}
        self.offers: dict[int, Order] = {}  # price and side as offered; of a counter-offer as countered
        self.bids: dict[int, Order] = {}  # `instrument` is the auction's number, side 0: the auction has it
        self.words: dict[int, Word] = {}
        self.filings: dict[int, int] = {}  # tag of a member's own request that sets units apart or frees them
        self.answers: dict[int, list[Any]] = {}  # what members said to their statements, as they said it
        self.chains: dict[int, str] = {}  # behind the records that end with a wanted seq
        self._by_id: dict[tuple[int, str], list[int]] = {}
        self._first_seqs = array("Q")
        self._times = array("Q")

    def at_ns(self, seq: int) -> int:
        """The time of an entry; 0 where the journal does not hold it."""
        if not 1 <= seq <= self.last_seq:
            return 0
        return self._times[bisect_right(self._first_seqs, seq) - 1]

    def note(self, first_seq: int, at_ns: int, commands: list[Any]) -> None:
        """Take one record's commands."""
        self._first_seqs.append(first_seq)
        self._times.append(at_ns)
        for seq, command in enumerate(commands, first_seq):
            self._note(seq, command)
        self.last_seq = first_seq + len(commands) - 1

    def _note(self, seq: int, command: list[Any]) -> None:
        tag = command[0]
        if tag == PLACE:
            self.orders[seq] = Order(*command[1:6])
            self._by_id.setdefault((command[1], command[7]), []).append(seq)
        elif tag == REPLACE:
            self._widen(command)
        elif tag == OFFER:
            self.offers[seq] = Order(*command[1:6])
        elif tag == COUNTER:
            answered = self.offers.get(command[2], Order(0, 0, 0, 0, 0))
            side = 3 - answered.side if answered.side else 0
            self.offers[seq] = Order(command[1], answered.instrument, side, command[3], command[4])
        elif tag == BID:
            self.bids[seq] = Order(command[1], command[2], 0, command[3], command[4])
        elif tag == FOUND:
            self.founding = command
        elif tag == PROPOSE:
            self.words[seq] = Word(tag, command[1], seq, command[2], command[3], command[4])
        elif tag in (CONFIRM, OBJECT):
            self.answers[seq] = command
        elif tag in (CONFIRM_FILING, WITHDRAW_FILING):
            self.filings[seq] = tag
        elif tag in (APPROVE, REJECT):
            self.words[seq] = Word(tag, command[1], command[2], command[3] if tag == REJECT else "", "", [])

    def _widen(self, command: list[Any]) -> None:
        """A replace allows another price and total quantity; which of several it was granted only a replay knows."""
        account, order, client_order_id, price, tonnes = command[1:6]
        for number in [order] if order else self._by_id.get((account, client_order_id), []):
            old = self.orders.get(number)
            if old is not None and old.account == account:
                worst = max(old.price_ticks, price) if old.side == BUY else min(old.price_ticks, price)
                self.orders[number] = old._replace(price_ticks=worst, tonnes=max(old.tonnes, tonnes))


def read(folder: Path, wanted: frozenset[int], report: Report) -> Journal:
    """Read all segments in order, noting the chain behind each record that ends with a `wanted` seq."""
    found = Journal()
    chain, at_ns = bytes(_CHAIN_BYTES), 0
    paths = sorted(folder.glob("*.segment"))
    if not paths:
        report.wrong(JOURNAL, folder.name, "segments", "at least one", "none")
        found.is_whole = False
    for path in paths:
        reader = _Segment(path, report, is_last=path == paths[-1])
        if reader.begins(found.last_seq + 1, chain):
            for record_at_ns, commands, record_chain in reader.records(found.last_seq + 1, chain, at_ns):
                found.note(found.last_seq + 1, record_at_ns, commands)
                chain, at_ns = record_chain, record_at_ns
                if found.last_seq in wanted:
                    found.chains[found.last_seq] = chain.hex()
        if reader.fault:
            found.is_whole = False
            report.wrong(JOURNAL, f"journal/{path.name}", reader.fault[0], reader.fault[1], reader.fault[2])
            break
        if reader.torn_bytes:
            found.torn_bytes = reader.torn_bytes
            report.notes.append(
                f"journal/{path.name}: {reader.torn_bytes} bytes at its end belong to a record that was never finished"
            )
    found.head_chain = chain.hex()
    if not found.founding and found.is_whole:
        report.wrong(JOURNAL, "journal", "seq 1", "the founding of a market", "none")
    return found


class _Segment:
    """One segment. `fault`: (place, expected, found) of the first thing wrong in it."""

    def __init__(self, path: Path, report: Report, *, is_last: bool) -> None:
        self.fault: tuple[str, str, object] | None = None
        self.torn_bytes = 0
        self._path = path
        self._data = path.read_bytes()
        self._report = report
        self._is_last = is_last

    def begins(self, seq: int, chain: bytes) -> bool:
        """Whether the head is right and goes on from what came before."""
        data = self._data
        if len(data) < _HEAD.size:
            return self._fail("byte 0", f"a head of {_HEAD.size} bytes", len(data))
        magic, version, zero, first_seq, before, crc = _HEAD.unpack_from(data)
        if crc != zlib.crc32(data[: _HEAD.size - 4]):
            return self._fail("byte 56, the head's CRC-32", str(zlib.crc32(data[: _HEAD.size - 4])), crc)
        if (magic, version, zero) != (b"YUTANJNL", 1, 0):
            return self._fail("byte 0", "YUTANJNL, form 1", (magic, version, zero))
        if first_seq != seq or self._path.name != f"{seq:020d}.segment":
            return self._fail("byte 16, first seq", str(seq), f"{first_seq} in {self._path.name}")
        if before != chain:
            return self._fail("byte 24, chain before", chain.hex(), before.hex())
        return True

    def records(self, seq: int, chain: bytes, at_ns: int) -> Iterator[tuple[int, list[Any], bytes]]:
        """Time, commands and chain of each record, until the segment ends or something is wrong."""
        data, offset = self._data, _HEAD.size
        while offset < len(data):
            body = offset + _RECORD.size
            if body > len(data):
                self._tear(offset, seq, "a record's head", len(data) - offset)
                return
            length, count, first_seq, record_at_ns, payload_crc, head_crc = _RECORD.unpack_from(data, offset)
            end = body + length + _CHAIN_BYTES
            if head_crc != zlib.crc32(data[offset : body - 4]):
                self._tear(offset, seq, "the CRC-32 of the record's head", head_crc, is_unwritten=True)
                return
            if end > len(data):
                self._tear(offset, seq, f"a record of {end - offset} bytes", len(data) - offset)
                return
            payload = data[body : body + length]
            after = hashlib.sha256(chain + data[offset : body + length]).digest()
            if zlib.crc32(payload) != payload_crc or data[end - _CHAIN_BYTES : end] != after:
                self._tear(
                    offset, seq, f"the record's CRC-32 and the chain {after.hex()}", payload_crc, is_unwritten=True
                )
                return
            if first_seq != seq or record_at_ns < at_ns:
                self._fail(f"byte {offset}", f"seq {seq}, not before {at_ns}", f"seq {first_seq} at {record_at_ns}")
                return
            commands = self._decode(payload, count, offset, seq)
            if commands is None:
                return
            yield record_at_ns, commands, after
            offset, seq, chain, at_ns = end, seq + count, after, record_at_ns
            self._report.checks[JOURNAL] += 1

    def _decode(self, payload: bytes, count: int, offset: int, seq: int) -> list[Any] | None:
        try:
            commands = msgspec.msgpack.decode(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError) as error:
            self._fail(f"byte {offset}, seq {seq}", "readable msgpack", str(error))
            return None
        if not isinstance(commands, list) or len(commands) != count or count < 1:
            self._fail(f"byte {offset}, seq {seq}", f"{count} commands, at least 1", "another number")
            return None
        return commands

    def _tear(self, offset: int, seq: int, expected: str, found: object, *, is_unwritten: bool = False) -> None:
        """What a power cut may leave at the journal's very end is a torn record; anywhere else it is a fault."""
        if self._is_last and (not is_unwritten or self._has_unwritten_sector(offset)):
            self.torn_bytes = len(self._data) - offset
        else:
            self._fail(f"byte {offset}, seq {seq}", expected, found)

    def _has_unwritten_sector(self, offset: int) -> bool:
        data = self._data
        while offset < len(data):
            end = min(len(data), (offset // _SECTOR + 1) * _SECTOR)
            if end - offset >= 16 and not any(data[offset:end]):
                return True
            offset = end
        return False

    def _fail(self, place: str, expected: str, found: object) -> bool:
        self.fault = (place, expected, found)
        return False


class Snapshot(NamedTuple):
    """A snapshot's head: where it stands, the journal's chain there, and the SHA-256 of the market's state."""

    seq: int
    chain: str
    state_sha256: str


def read_snapshots(folder: Path, report: Report) -> dict[int, Snapshot]:
    """All snapshots that are whole; the others are findings."""
    found: dict[int, Snapshot] = {}
    for path in sorted(folder.glob("*.snapshot")):
        data, name = path.read_bytes(), f"journal/{path.name}"
        if len(data) < _SNAPSHOT.size + 32:
            report.wrong(SNAPSHOTS, name, "head", f"{_SNAPSHOT.size + 32} bytes", len(data))
            continue
        magic, version, zero, seq, length, chain, digest = _SNAPSHOT.unpack_from(data)
        head, body = data[: _SNAPSHOT.size], data[_SNAPSHOT.size + 32 :]
        right = [
            report.expect(SNAPSHOTS, name, "head", (b"YUTANSNP", 1, 0), (magic, version, zero)),
            report.expect(
                SNAPSHOTS, name, "SHA-256 of the head", hashlib.sha256(head).digest(), data[_SNAPSHOT.size :][:32]
            ),
            report.expect(SNAPSHOTS, name, "bytes of the body", length, len(body)),
            report.expect(SNAPSHOTS, name, "SHA-256 of the body", digest, hashlib.sha256(body).digest()),
            report.expect(SNAPSHOTS, name, "name", f"{seq:020d}.snapshot", path.name),
        ]
        if all(right):
            found[seq] = Snapshot(seq, chain.hex(), digest.hex())
    return found


def check_snapshots(snapshots: dict[int, Snapshot], journal: Journal, report: Report) -> None:
    """Each snapshot stands on the journal's chain at its seq."""
    for seq, snapshot in snapshots.items():
        name = f"journal/{seq:020d}.snapshot"
        if not journal.is_whole and seq > journal.last_seq:
            continue
        if report.require(SNAPSHOTS, name, "seq", seq <= journal.last_seq, f"at most {journal.last_seq}", seq):
            report.expect(
                SNAPSHOTS, name, "chain", journal.chains.get(seq, "none: no record ends there"), snapshot.chain
            )
