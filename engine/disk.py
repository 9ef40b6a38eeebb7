"""Writing so that it stays written: whole writes, synced data, synced folders. Every failure is an OSError."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

PARTIAL: Final = ".partial"
SYNC_PROBES: Final = 32


def write_all(fd: int, data: bytes) -> None:
    """Write every byte; a write may take fewer than it was given, then the rest is written again."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def sync_folder(folder: Path) -> None:
    """Make a created, renamed or removed name in the folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_file(path: Path, *parts: bytes) -> None:
    """Create or replace a file so that after a crash the old or the whole new one is there, never a mixture."""
    partial = path.with_name(path.name + PARTIAL)
    fd = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
    try:
        for part in parts:
            write_all(fd, part)
        os.fsync(fd)
    finally:
        os.close(fd)
    os.replace(partial, path)
    sync_folder(path.parent)


def remove_partials(folder: Path) -> None:
    """Remove what a crash inside `write_file` left behind: it never was a whole file."""
    for partial in folder.glob("*" + PARTIAL):
        partial.unlink()


def measure_sync_ns(folder: Path, clock_ns: Callable[[], int]) -> int:
    """Median time of one small durable append in this folder, in nanoseconds."""
    probe = folder / ("sync-probe" + PARTIAL)
    fd = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
    times = []
    try:
        for _ in range(SYNC_PROBES):
            start = clock_ns()
            write_all(fd, bytes(512))
            os.fdatasync(fd)
            times.append(clock_ns() - start)
    finally:
        os.close(fd)
        probe.unlink()
    return sorted(times)[SYNC_PROBES // 2]
