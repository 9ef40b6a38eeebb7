"""Pure: the bytes of the journal. Segment heads and records, written and read; docs/journal.md says it in words.

All numbers are little-endian. A record holds the commands of one durable batch; the chain behind it is the SHA-256 over
the chain before it, its head and its payload, so no record can be changed, taken out or added without all later ones.
"""

import hashlib
import struct
import zlib
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from engine.core.commands import AnyCommand, Command, Entry

MAGIC: Final = b"YUTANJNL"
VERSION: Final = 1
CHAIN_BYTES: Final = 32
FIRST_CHAIN: Final = bytes(CHAIN_BYTES)  # before the first record
RECORD_BYTES_MAX: Final = 32 * 1024 * 1024

# magic, version, zero, first_seq, chain before the first record; then the CRC-32 of all that
_SEGMENT_HEAD: Final = struct.Struct("<8sIIQ32s")
# payload bytes, count, first_seq, at_ns, CRC-32 of the payload; then the CRC-32 of all that
_RECORD_HEAD: Final = struct.Struct("<IIQQI")
_CRC: Final = struct.Struct("<I")

SEGMENT_HEAD_BYTES: Final = _SEGMENT_HEAD.size + _CRC.size
RECORD_HEAD_BYTES: Final = _RECORD_HEAD.size + _CRC.size
_SECTOR_BYTES: Final = 512  # the smallest piece a disk writes whole
_ZEROS_MIN: Final = 16  # fewer zero bytes than these may stand in a whole record by chance

_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(list[AnyCommand])


class JournalError(Exception):
    """The journal is not as it was written: names segment, offset and the seq expected there."""

    def __init__(self, segment: str, offset: int, seq: int, what: str) -> None:
        super().__init__(f"{segment} at byte {offset}, seq {seq}: {what}")
        self.segment = segment
        self.offset = offset
        self.seq = seq


class SegmentHead(NamedTuple):
    """What a segment begins with: the seq of its first record and the chain that comes before it."""

    first_seq: int
    chain: bytes


class Record(NamedTuple):
    """One record: `commands` of them lie undecoded in `payload`; `end` is the offset behind the record."""

    offset: int
    end: int
    first_seq: int
    commands: int
    at_ns: int
    payload: memoryview
    chain: bytes

    def entries(self, segment: str) -> list[Entry]:
        """The commands with their seq and time. Raises `JournalError` for what this version does not know."""
        try:
            commands = _decoder.decode(self.payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            what = f"a command is not readable: {error}"
            raise JournalError(segment, self.offset, self.first_seq, what) from error
        if len(commands) != self.commands:
            what = f"the record holds {len(commands)} commands, its head says {self.commands}"
            raise JournalError(segment, self.offset, self.first_seq, what)
        at_ns = self.at_ns
        return [Entry(seq, at_ns, command) for seq, command in enumerate(commands, self.first_seq)]


def segment_name(first_seq: int) -> str:
    """File name of the segment that begins with this seq; names sort like seqs."""
    return f"{first_seq:020d}.segment"


def encode_segment_head(first_seq: int, chain: bytes) -> bytes:
    """The head of a new segment."""
    head = _SEGMENT_HEAD.pack(MAGIC, VERSION, 0, first_seq, chain)
    return head + _CRC.pack(zlib.crc32(head))


def decode_segment_head(segment: str, data: bytes) -> SegmentHead:
    """Read a segment's head. Heads are written whole before the file gets its name, so none may be torn."""
    if len(data) < SEGMENT_HEAD_BYTES:
        raise JournalError(segment, 0, 0, f"the file ends inside its head of {SEGMENT_HEAD_BYTES} bytes")
    magic, version, _, first_seq, chain = _SEGMENT_HEAD.unpack_from(data)
    if magic != MAGIC:
        raise JournalError(segment, 0, 0, "this is not a journal segment")
    if version > VERSION:
        raise JournalError(segment, 8, 0, f"form {version} was written by a newer program; this one reads {VERSION}")
    if _CRC.unpack_from(data, _SEGMENT_HEAD.size)[0] != zlib.crc32(data[: _SEGMENT_HEAD.size]) or version < 1:
        raise JournalError(segment, 0, 0, "the head's checksum is wrong")
    if segment != segment_name(first_seq):
        raise JournalError(segment, 16, first_seq, f"the head belongs into {segment_name(first_seq)}")
    return SegmentHead(first_seq, chain)


def encode_record(first_seq: int, at_ns: int, commands: Sequence[Command], chain: bytes) -> tuple[bytes, bytes]:
    """One record, and the chain behind it."""
    payload = _encoder.encode(commands)
    if len(payload) > RECORD_BYTES_MAX:
        raise ValueError(f"a batch of {len(payload)} bytes is larger than a record may be ({RECORD_BYTES_MAX})")
    head = _RECORD_HEAD.pack(len(payload), len(commands), first_seq, at_ns, zlib.crc32(payload))
    head += _CRC.pack(zlib.crc32(head))
    after = hashlib.sha256(chain + head + payload).digest()
    return head + payload + after, after


def decode_record(segment: str, data: memoryview, offset: int, seq: int, at_ns: int, chain: bytes) -> Record | None:
    """The record at `offset`, checked against the seq, time and chain before it; None: the file ends inside it.

    Raises `JournalError` for everything else that is wrong.
    """
    body = offset + RECORD_HEAD_BYTES
    if body > len(data):
        return None
    length, count, first_seq, record_at_ns, payload_crc = _RECORD_HEAD.unpack_from(data, offset)
    head = data[offset:body]
    if _CRC.unpack_from(data, body - _CRC.size)[0] != zlib.crc32(head[: -_CRC.size]):
        raise JournalError(segment, offset, seq, "the checksum of a record's head is wrong")
    if first_seq != seq:
        raise JournalError(segment, offset, seq, f"the record there begins with seq {first_seq}")
    if record_at_ns < at_ns or count < 1:
        raise JournalError(segment, offset, seq, "the record is empty or earlier than the one before it")
    end = body + length + CHAIN_BYTES
    if end > len(data):
        return None
    payload = data[body : body + length]
    if zlib.crc32(payload) != payload_crc:
        raise JournalError(segment, offset, seq, "the checksum of a record is wrong")
    digest = hashlib.sha256(chain)
    digest.update(head)
    digest.update(payload)
    after = digest.digest()
    if data[end - CHAIN_BYTES : end] != after:
        raise JournalError(segment, offset, seq, "the chain is broken: a record before this one was changed")
    return Record(offset, end, first_seq, count, record_at_ns, payload, after)


def has_unwritten_sector(data: memoryview, offset: int) -> bool:
    """Whether a disk sector behind `offset` was never written: a file that grew without it reads as zeros there.

    That is how power loss leaves a record whose write had begun but was not yet synced; decay of written bytes never
    looks so, since no whole record holds that many zeros.
    """
    start = offset
    while start < len(data):
        end = min(len(data), (start // _SECTOR_BYTES + 1) * _SECTOR_BYTES)
        if end - start >= _ZEROS_MIN and not any(data[start:end]):
            return True
        start = end
    return False
