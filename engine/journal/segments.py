"""Reading segments from disk: which there are, and the records inside them, each checked against the one before."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from engine.core.commands import Entry
from engine.journal import form
from engine.journal.form import JournalError, Record, SegmentHead


class Tail(NamedTuple):
    """Where a segment's whole records end. `torn_bytes` behind `offset` belong to a record never finished."""

    offset: int
    last_seq: int
    at_ns: int
    chain: bytes
    torn_bytes: int


def list_segments(folder: Path) -> list[Path]:
    """The segments in order of seq."""
    return sorted(folder.glob("*.segment"))


def check_segments(paths: list[Path]) -> list[SegmentHead]:
    """Read all heads and check that each segment follows the one before it. Does not read the records."""
    heads: list[SegmentHead] = []
    for path in paths:
        with path.open("rb") as file:
            head = form.decode_segment_head(path.name, file.read(form.SEGMENT_HEAD_BYTES))
        if not heads and (head.first_seq != 1 or head.chain != form.FIRST_CHAIN):
            raise JournalError(path.name, 0, 1, "the journal's first segment is missing")
        if heads and head.chain != _last_chain(paths[len(heads) - 1], heads[-1]):
            what = "it does not continue the segment before it: one is missing or was changed"
            raise JournalError(path.name, 0, head.first_seq, what)
        heads.append(head)
    return heads


def _last_chain(path: Path, head: SegmentHead) -> bytes:
    size = path.stat().st_size
    if size < form.SEGMENT_HEAD_BYTES + form.RECORD_HEAD_BYTES + form.CHAIN_BYTES:
        return head.chain
    with path.open("rb") as file:
        file.seek(size - form.CHAIN_BYTES)
        return file.read(form.CHAIN_BYTES)


def read_segment(path: Path, at_ns: int, *, is_last: bool) -> Iterator[Record | Tail]:
    """All records of a segment, then its `Tail`. Only the last segment of a journal may end in a torn record."""
    data = memoryview(path.read_bytes())
    head = form.decode_segment_head(path.name, bytes(data[: form.SEGMENT_HEAD_BYTES]))
    offset, seq, chain = form.SEGMENT_HEAD_BYTES, head.first_seq, head.chain
    while offset < len(data):
        try:
            record = form.decode_record(path.name, data, offset, seq, at_ns, chain)
        except JournalError:
            if is_last and form.has_unwritten_sector(data, offset):
                break
            raise
        if record is None:
            if is_last:
                break
            raise JournalError(path.name, offset, seq, "the segment ends inside a record")
        offset, seq, at_ns, chain = record.end, record.first_seq + record.commands, record.at_ns, record.chain
        yield record
    yield Tail(offset, seq - 1, at_ns, chain, len(data) - offset)


def read_entries(folder: Path, from_seq: int, until_seq: int | None = None) -> Iterator[list[Entry]]:
    """The entries from `from_seq` on (to `until_seq`, inclusive), record by record.

    Takes no lock, so a journal that is being written can be read: it ends with the last whole record.
    """
    paths = list_segments(folder)
    heads = check_segments(paths)
    at_ns, seq = 0, 0
    for index, path in enumerate(paths):
        is_last = index == len(paths) - 1
        if not is_last and heads[index + 1].first_seq <= from_seq:
            continue
        if until_seq is not None and heads[index].first_seq > until_seq:
            return
        if seq and heads[index].first_seq != seq + 1:
            raise JournalError(path.name, 0, seq + 1, f"the segment begins with seq {heads[index].first_seq}")
        for item in read_segment(path, at_ns, is_last=is_last):
            if isinstance(item, Tail):
                at_ns, seq = item.at_ns, item.last_seq
            elif item.first_seq + item.commands > from_seq and (until_seq is None or item.first_seq <= until_seq):
                entries = item.entries(path.name)
                stop = None if until_seq is None else until_seq - item.first_seq + 1
                yield entries[max(0, from_seq - item.first_seq) : stop]


def last_seq(folder: Path) -> int:
    """Seq of the journal's last whole record; 0: it holds none. Reads the last segment alone, and takes no lock."""
    paths = list_segments(folder)
    if not paths:
        return 0
    for item in read_segment(paths[-1], 0, is_last=True):
        if isinstance(item, Tail):
            return item.last_seq
    raise AssertionError("a segment's reading ends with its tail")


def chain_at(folder: Path, seq: int) -> bytes | None:
    """The chain behind the record that ends with this seq; None when no record ends there."""
    paths = list_segments(folder)
    heads = check_segments(paths)
    for index in reversed(range(len(paths))):
        if heads[index].first_seq == seq + 1:
            return heads[index].chain
        if heads[index].first_seq <= seq:
            for item in read_segment(paths[index], 0, is_last=index == len(paths) - 1):
                if isinstance(item, Record) and item.first_seq + item.commands == seq + 1:
                    return item.chain
            return None
    return None
