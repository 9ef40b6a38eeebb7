"""What is appended is there after any crash; what is damaged is never taken for whole."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from engine.core.commands import CancelAll, CancelOrder, Entry, PlaceOrder
from engine.journal import Journal, JournalBroken, JournalError, JournalLocked, form, segments
from engine.journal.verify import verify
from tests.engine import build


def place(number: int) -> PlaceOrder:
    return PlaceOrder(1, 1, 1, 5000 + number, 10, 0, f"order-{number}")


def written(folder: Path, batches: int = 5, segment_bytes_max: int = 64 * 1024 * 1024) -> list[Entry]:
    """A closed journal of this many records, of one to three commands each; returns what is in it."""
    journal = Journal.open(folder, segment_bytes_max)
    entries: list[Entry] = []
    for batch in range(batches):
        size = 1 + batch % 3
        at_ns = 1_000 + batch
        group = [Entry(journal.last_seq + 1 + k, at_ns, place(batch * 10 + k)) for k in range(size)]
        journal.append(group)
        entries += group
    journal.close()
    return entries


def read_all(folder: Path, from_seq: int = 1, until_seq: int | None = None) -> list[Entry]:
    return [entry for entries in segments.read_entries(folder, from_seq, until_seq) for entry in entries]


def opened(folder: Path) -> Journal:
    journal = Journal.open(folder)
    journal.close()
    return journal


# ---- whole journals -------------------------------------------------------------------------------------


def test_what_was_appended_is_read_again(tmp_path: Path) -> None:
    entries = written(tmp_path)
    assert read_all(tmp_path) == entries
    journal = opened(tmp_path)
    assert (journal.last_seq, journal.at_ns, journal.torn) == (entries[-1].seq, entries[-1].at_ns, None)


def test_a_new_journal_is_empty_and_begins_with_seq_1(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "new" / "journal")
    assert journal.head == (0, form.FIRST_CHAIN)
    assert list(journal.read()) == []
    assert journal.append_commands(7, [place(1)]) == 1
    journal.close()


@pytest.mark.parametrize("until_seq", [None, 1, 4, 7, 100])
def test_reading_begins_and_ends_inside_records(tmp_path: Path, until_seq: int | None) -> None:
    entries = written(tmp_path, segment_bytes_max=200)
    for from_seq in range(1, len(entries) + 2):
        assert read_all(tmp_path, from_seq, until_seq) == entries[from_seq - 1 : until_seq]


def test_segments_follow_one_another_when_full(tmp_path: Path) -> None:
    entries = written(tmp_path, batches=20, segment_bytes_max=400)
    paths = segments.list_segments(tmp_path)
    assert len(paths) > 3
    assert all(path.stat().st_size <= 400 for path in paths)
    assert read_all(tmp_path) == entries
    journal = Journal.open(tmp_path, 400)
    journal.append_commands(9_999, [place(99)])
    journal.close()
    assert read_all(tmp_path)[-1] == Entry(len(entries) + 1, 9_999, place(99))


def test_the_golden_journal_of_the_document_has_exactly_its_bytes(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    journal.append_commands(1_700_000_000_000_000_000, [CancelOrder(7, 3, ""), CancelAll(7, 0, 1)])
    journal.close()
    text = Path("docs/journal.md").read_text(encoding="utf-8")
    golden = bytes.fromhex(text.split("```")[1])
    assert build.only_segment(tmp_path).read_bytes() == golden


def test_the_journal_of_version_1_is_read_for_ever(tmp_path: Path) -> None:
    text = Path("docs/journal.md").read_text(encoding="utf-8")
    (tmp_path / form.segment_name(1)).write_bytes(bytes.fromhex(text.split("```")[1]))
    at_ns = 1_700_000_000_000_000_000
    assert read_all(tmp_path) == [Entry(1, at_ns, CancelOrder(7, 3, "")), Entry(2, at_ns, CancelAll(7, 0, 1))]
    assert verify(tmp_path) == (2, "b21499f1d4faa936b800c7e7f5673a326d804c98e320891482f402dff1e8884a")


def test_a_batch_that_does_not_continue_the_journal_is_refused(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    journal.append_commands(50, [place(1)])
    for entries in ([Entry(3, 50, place(2))], [Entry(2, 50, place(2)), Entry(3, 51, place(3))]):
        with pytest.raises(ValueError, match="cannot be appended"):
            journal.append(entries)
    for at_ns, commands in ((49, [place(2)]), (50, [])):
        with pytest.raises(ValueError, match="cannot follow"):
            journal.append_commands(at_ns, commands)
    assert journal.append_commands(50, [place(2)]) == 2
    journal.close()


def test_a_second_writer_is_refused_in_this_process_and_in_another(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    with pytest.raises(JournalLocked):
        Journal.open(tmp_path)
    program = "import sys, pathlib; from engine.journal import Journal; Journal.open(pathlib.Path(sys.argv[1]))"
    other = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)
    assert "JournalLocked" in other.stderr
    journal.close()
    opened(tmp_path)


def test_a_journal_is_read_while_it_is_written(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    journal.append_commands(1, [place(1)])
    with build.only_segment(tmp_path).open("ab") as file:  # half of the next record has reached the disk
        file.write(form.encode_record(2, 2, [place(2)], journal.chain)[0][:40])
    assert [entry.seq for entry in read_all(tmp_path)] == [1]
    journal.close()


# ---- torn tails -----------------------------------------------------------------------------------------


def test_a_last_record_torn_at_any_byte_is_cut_and_said(tmp_path: Path) -> None:
    entries = written(tmp_path / "whole")
    data = build.only_segment(tmp_path / "whole").read_bytes()
    start, end = build.record_bounds(build.only_segment(tmp_path / "whole"))[-2:]
    kept = [entry for entry in entries if entry.at_ns < entries[-1].at_ns]
    for size in range(start + 1, end):
        folder = tmp_path / str(size)
        folder.mkdir()
        (folder / form.segment_name(1)).write_bytes(data[:size])
        torn = opened(folder).torn
        assert torn is not None
        assert torn == (form.segment_name(1), start, kept[-1].seq, size - start)
        assert read_all(folder) == kept
        assert opened(folder).torn is None


def test_after_a_cut_the_journal_goes_on_from_the_last_whole_record(tmp_path: Path) -> None:
    entries = written(tmp_path)
    path = build.only_segment(tmp_path)
    os.truncate(path, path.stat().st_size - 5)
    journal = Journal.open(tmp_path)
    kept = [entry for entry in entries if entry.at_ns < entries[-1].at_ns]
    assert journal.append_commands(2_000, [place(77)]) == kept[-1].seq + 1
    journal.close()
    assert read_all(tmp_path) == [*kept, Entry(kept[-1].seq + 1, 2_000, place(77))]
    assert verify(tmp_path) == (journal.last_seq, journal.chain.hex())


@pytest.mark.parametrize("lost", ["first", "middle", "last"])
def test_a_last_record_with_a_sector_that_was_never_written_is_cut(tmp_path: Path, lost: str) -> None:
    journal = Journal.open(tmp_path)
    journal.append_commands(1, [place(1)])
    before = build.only_segment(tmp_path).stat().st_size
    journal.append_commands(2, [place(number) for number in range(100)])
    journal.close()
    data = bytearray(build.only_segment(tmp_path).read_bytes())
    sectors = range(before // 512, (len(data) - 1) // 512 + 1)
    sector = {"first": sectors[0], "middle": sectors[len(sectors) // 2], "last": sectors[-1]}[lost]
    begin, end = max(before, sector * 512), min(len(data), sector * 512 + 512)
    data[begin:end] = bytes(end - begin)
    build.only_segment(tmp_path).write_bytes(data)
    torn = opened(tmp_path).torn
    assert torn is not None
    assert (torn.after_seq, torn.offset) == (1, before)


def test_a_crash_while_a_segment_begins_leaves_nothing_behind(tmp_path: Path) -> None:
    entries = written(tmp_path)
    (tmp_path / (form.segment_name(len(entries) + 1) + ".partial")).write_bytes(b"YUTANJ")
    opened(tmp_path)
    assert read_all(tmp_path) == entries
    assert list(tmp_path.glob("*.partial")) == []


def test_a_segment_without_records_is_gone_on_with(tmp_path: Path) -> None:
    written(tmp_path, batches=3, segment_bytes_max=200)
    last = segments.list_segments(tmp_path)[-1]
    os.truncate(last, form.SEGMENT_HEAD_BYTES)
    journal = Journal.open(tmp_path)
    seq = journal.last_seq
    assert journal.at_ns > 0
    journal.append_commands(5_000, [place(5)])
    journal.close()
    assert read_all(tmp_path)[-1].seq == seq + 1


# ---- damage ---------------------------------------------------------------------------------------------


def test_a_flipped_bit_anywhere_is_found_and_named(tmp_path: Path) -> None:
    written(tmp_path, batches=12)
    path = build.only_segment(tmp_path)
    whole = path.read_bytes()
    bounds = build.record_bounds(path)
    dice = random.Random(7)
    places = [*range(bounds[0]), *dice.sample(range(bounds[0], len(whole)), 400), *range(bounds[-2], len(whole))]
    for offset in places:
        data = bytearray(whole)
        data[offset] ^= 1 << dice.randrange(8)
        path.write_bytes(data)
        with pytest.raises(JournalError) as caught:
            Journal.open(tmp_path)
        assert caught.value.segment == path.name
        assert caught.value.offset <= offset
        with pytest.raises(JournalError):
            verify(tmp_path)
        assert path.read_bytes() == data  # nothing was cut


def test_a_flipped_bit_in_an_older_segment_stops_whoever_reads_it(tmp_path: Path) -> None:
    written(tmp_path, batches=20, segment_bytes_max=400)
    path = segments.list_segments(tmp_path)[1]
    data = bytearray(path.read_bytes())
    data[form.SEGMENT_HEAD_BYTES + form.RECORD_HEAD_BYTES + 3] ^= 4
    path.write_bytes(data)
    opened(tmp_path)
    with pytest.raises(JournalError, match="checksum"):
        read_all(tmp_path)
    with pytest.raises(JournalError, match="checksum"):
        verify(tmp_path)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_a_missing_segment_stops_the_start(tmp_path: Path, index: int) -> None:
    written(tmp_path, batches=20, segment_bytes_max=400)
    segments.list_segments(tmp_path)[index].unlink()
    with pytest.raises(JournalError, match="missing"):
        Journal.open(tmp_path)


def test_an_older_segment_that_ends_early_stops_the_start(tmp_path: Path) -> None:
    written(tmp_path, batches=20, segment_bytes_max=400)
    path = segments.list_segments(tmp_path)[1]
    os.truncate(path, path.stat().st_size - 3)
    with pytest.raises(JournalError, match="does not continue"):
        Journal.open(tmp_path)


def test_a_record_taken_out_of_the_middle_is_a_gap(tmp_path: Path) -> None:
    written(tmp_path)
    path = build.only_segment(tmp_path)
    data, bounds = path.read_bytes(), build.record_bounds(path)
    path.write_bytes(data[: bounds[1]] + data[bounds[2] :])
    with pytest.raises(JournalError, match="begins with seq 4") as caught:
        Journal.open(tmp_path)
    assert (caught.value.offset, caught.value.seq) == (bounds[1], 2)


def test_a_record_rewritten_with_right_checksums_breaks_the_chain(tmp_path: Path) -> None:
    written(tmp_path)
    path = build.only_segment(tmp_path)
    data, bounds = path.read_bytes(), build.record_bounds(path)
    forged, _ = form.encode_record(1, 1_000, [place(9)], form.FIRST_CHAIN)
    path.write_bytes(data[: bounds[0]] + forged + data[bounds[1] :])
    with pytest.raises(JournalError, match="chain is broken"):
        Journal.open(tmp_path)


def test_a_segment_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    written(tmp_path)
    path = build.only_segment(tmp_path)
    data = bytearray(path.read_bytes())
    data[8] = 2
    path.write_bytes(data)
    with pytest.raises(JournalError, match="newer program"):
        Journal.open(tmp_path)
    assert path.read_bytes() == data


def test_a_segment_under_another_name_stops_the_start(tmp_path: Path) -> None:
    written(tmp_path)
    build.only_segment(tmp_path).rename(tmp_path / form.segment_name(2))
    with pytest.raises(JournalError, match="belongs into"):
        Journal.open(tmp_path)


def test_a_command_that_this_program_does_not_know_is_named(tmp_path: Path) -> None:
    written(tmp_path)
    path = build.only_segment(tmp_path)
    journal = Journal.open(tmp_path)
    record, _ = form.encode_record(journal.last_seq + 1, 9_000, [[99, 1, 2]], journal.chain)  # type: ignore[list-item]
    journal.close()
    path.write_bytes(path.read_bytes() + record)
    with pytest.raises(JournalError, match="a command is not readable"):
        read_all(tmp_path)


# ---- a disk that fails ----------------------------------------------------------------------------------

FULL_DISK = """
import resource, sys
from pathlib import Path
from engine.core.commands import CancelAll
from engine.journal import Journal, JournalBroken

folder = Path(sys.argv[1])
journal = Journal.open(folder)
journal.append_commands(1, [CancelAll(1, 0, 0)] * 100)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
for attempt in range(2):
    try:
        while True:
            journal.append_commands(2, [CancelAll(2, 0, 0)] * 100)
            print(journal.last_seq)
    except JournalBroken as error:
        print("broken", error)
"""


def test_a_write_that_the_disk_cuts_short_breaks_the_journal_for_good_and_loses_nothing(tmp_path: Path) -> None:
    """The file may not grow beyond 2,000 bytes: the kernel takes part of a record, then refuses the rest."""
    ran = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    durable = [int(line) for line in ran if line.isdigit()]
    assert [line.startswith("broken") for line in ran[-2:]] == [True, True]
    assert build.only_segment(tmp_path).stat().st_size == 2_000
    journal = Journal.open(tmp_path)
    assert journal.torn is not None
    assert journal.last_seq == durable[-1]
    journal.append_commands(3, [place(1)])
    journal.close()
    assert [entry.seq for entry in read_all(tmp_path)] == list(range(1, durable[-1] + 2))


def test_a_device_without_space_breaks_the_journal(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    journal.append_commands(1, [place(1)])
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, journal._fd)
    os.close(full)
    for _ in range(2):
        with pytest.raises(JournalBroken, match="after seq 1"):
            journal.append_commands(2, [place(2)])
    assert journal.last_seq == 1
    journal.close()


def test_a_file_that_cannot_be_synced_breaks_the_journal(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path)
    reading, writing = os.pipe()  # takes writes, refuses to sync
    os.dup2(writing, journal._fd)
    with pytest.raises(JournalBroken, match="after seq 0"):
        journal.append_commands(2, [place(2)])
    with pytest.raises(JournalBroken):
        journal.append_commands(2, [place(2)])
    assert journal.last_seq == 0
    journal.close()
    os.close(reading)
    os.close(writing)


# ---- the checker ----------------------------------------------------------------------------------------


def test_the_checker_prints_the_head_or_what_is_wrong(tmp_path: Path) -> None:
    entries = written(tmp_path)

    def run() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "engine.journal.verify", str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    whole = run()
    assert (whole.returncode, whole.stdout.split()) == (0, [str(entries[-1].seq), opened(tmp_path).chain.hex()])
    path = build.only_segment(tmp_path)
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    damaged = run()
    assert damaged.returncode == 1
    assert form.segment_name(1) in damaged.stderr
