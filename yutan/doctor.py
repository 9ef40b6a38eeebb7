"""What this machine is like for an exchange: each finding says what was looked at, what was found and a verdict."""

import importlib
import os
import socket
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from engine import compiled, disk, notices
from engine.clock import wall_ns
from engine.core.calendar import Calendar, local_day
from yutan import folder, keys
from yutan.settings import Settings

INLINE_SYNC_NS = 500_000
SAFE_SQLITE = (3, 51, 3)
CHINA_OFFSET_MINUTES = 480


class Finding(NamedTuple):
    """One line of the examination. verdict: good | note | bad."""

    what: str
    found: str
    verdict: str


def examine(data: Path, settings: Settings) -> list[Finding]:
    """Everything that can be looked at without starting an exchange."""
    return [
        _python(),
        _core(),
        _loop(),
        _disk(data),
        _sqlite(),
        *_ports(data, settings),
        _keys(data),
        _clock(),
        _calendar(),
    ]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", f"{version} {sys.implementation.name}", "good" if sys.version_info >= (3, 11) else "bad")


def _core() -> Finding:
    if compiled.is_compiled():
        return Finding("core (撮合内核)", "compiled by mypyc", "good")
    return Finding("core (撮合内核)", "pure Python; correct, but slower", "note")


def _loop() -> Finding:
    uvloop = importlib.import_module("uvloop")
    return Finding("event loop", f"uvloop {uvloop.__version__}", "good")


def _disk(data: Path) -> Finding:
    where = data if data.is_dir() else data.absolute().parent
    try:
        with tempfile.TemporaryDirectory(dir=where, prefix=".yutan-doctor-") as probe:
            sync_ns = disk.measure_sync_ns(Path(probe), time.perf_counter_ns)
    except OSError as error:
        return Finding("disk (磁盘)", f"{where}: {error.strerror}", "bad")
    mode = "inline" if sync_ns < INLINE_SYNC_NS else "thread"
    return Finding("disk (磁盘)", f"one durable write takes {sync_ns / 1000:.0f} µs; auto would choose {mode}", "good")


def _sqlite() -> Finding:
    version = tuple(map(int, sqlite3.sqlite_version.split(".")))
    if version >= SAFE_SQLITE:
        return Finding("SQLite", sqlite3.sqlite_version, "good")
    return Finding("SQLite", f"{sqlite3.sqlite_version}: safe here, since one connection owns each file", "note")


def _ports(data: Path, settings: Settings) -> list[Finding]:
    try:
        running = folder.read_running(data)
    except folder.FolderError:
        ports = {"ws_port": settings.ws_port, "http_port": settings.http_port}
        return [_port(name, settings.host, port) for name, port in ports.items()]
    return [Finding("ports", f"an exchange runs on this folder: {running.ws_url}, {running.http_url}", "good")]


def _port(name: str, host: str, port: int) -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return Finding(name, f"{host}:{port}: {error.strerror}", "bad")
    return Finding(name, f"{host}:{port} is free", "good")


def _keys(data: Path) -> Finding:
    paths = sorted(folder.keys(data).glob("*.pem")) if folder.keys(data).is_dir() else []
    faults = []
    for path in paths:
        try:
            keys.load(path)
        except keys.KeyFileError as error:
            faults.append(str(error))
    if faults:
        return Finding("keys (密钥)", "; ".join(faults), "bad")
    return Finding("keys (密钥)", f"{len(paths)} key files, private to user {os.getuid()}", "good")


def _calendar() -> Finding:
    """How far the shipped holidays reach; a running exchange may know more (`yutan calendar days-left --data DIR`)."""
    horizon = Calendar("china", notices.shipped()).horizon(local_day(wall_ns(), CHINA_OFFSET_MINUTES))
    reach = f"shipped holidays reach to {horizon.last_day}, {horizon.trading_days_left} trading days from today"
    verdict = {"": "good", "ended": "bad"}.get(horizon.alarm, "note")
    return Finding("calendar (日历)", f"{reach}{'; adopt the next notice' if horizon.alarm else ''}", verdict)


def _clock() -> Finding:
    offset = time.strftime("%z")
    shown = time.strftime("%Y-%m-%d %H:%M:%S")
    return Finding("clock (时钟)", f"{shown} {offset}; the rule book's own offset counts for the timetable", "good")
