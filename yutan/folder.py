"""The data folder of one exchange, and how a program on the same machine finds the running one.

`running.json` is written when the doors are open and removed when they close; a stale one (the process was killed)
names a process that is gone.
"""

import os
import ssl
from pathlib import Path

import msgspec

RUNNING = "running.json"


class Running(msgspec.Struct, frozen=True):
    """Where the running exchange listens. `env` is part of the login text; certificate: its file where the doors speak TLS."""

    pid: int
    env: str
    host: str
    ws_port: int
    http_port: int
    certificate: str = ""

    @property
    def ws_url(self) -> str:
        """Base address of the websocket doors."""
        return f"{'wss' if self.certificate else 'ws'}://{_reachable(self.host)}:{self.ws_port}"

    @property
    def http_url(self) -> str:
        """Address of the public page."""
        return f"{'https' if self.certificate else 'http'}://{_reachable(self.host)}:{self.http_port}"

    def tls(self) -> ssl.SSLContext | None:
        """How a program on this machine speaks with it: the certificate is known from here, whatever name it has."""
        if not self.certificate:
            return None
        context = ssl.create_default_context(cafile=self.certificate)
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return context


class FolderError(Exception):
    """The data folder is not what the command needs."""


def journal(folder: Path) -> Path:
    """The journal's folder."""
    return folder / "journal"


def keys(folder: Path) -> Path:
    """The folder of private keys."""
    return folder / "keys"


def registry(folder: Path) -> Path:
    """The registry's database."""
    return folder / "registry.db"


def exchange_key(folder: Path) -> Path:
    """The exchange's own private key, which signs bulletins and checkpoints."""
    return folder / "exchange-key.pem"


def is_founded(folder: Path) -> bool:
    """Whether a market was founded here."""
    from engine.journal.form import SEGMENT_HEAD_BYTES  # here: who only looks for the running exchange reads no journal
    from engine.journal.segments import list_segments

    return any(path.stat().st_size > SEGMENT_HEAD_BYTES for path in list_segments(journal(folder)))


def write_running(folder: Path, running: Running) -> None:
    """Announce the running exchange; replaces what a killed one left."""
    fresh = folder / f"{RUNNING}.new"
    fresh.write_bytes(msgspec.json.encode(running))
    fresh.replace(folder / RUNNING)


def remove_running(folder: Path) -> None:
    """Take the announcement back."""
    (folder / RUNNING).unlink(missing_ok=True)


def read_running(folder: Path) -> Running:
    """The exchange that runs on this folder. Raises FolderError where none does."""
    try:
        running = msgspec.json.decode((folder / RUNNING).read_bytes(), type=Running)
        os.kill(running.pid, 0)
    except FileNotFoundError as error:
        raise FolderError(f"no exchange is running on {folder}; start one: yutan serve --data {folder}") from error
    except ProcessLookupError as error:
        raise FolderError(f"the exchange on {folder} is gone (killed); start it again: yutan serve") from error
    except PermissionError:
        return running
    except msgspec.MsgspecError as error:
        raise FolderError(f"{folder / RUNNING}: {error}") from error
    return running


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::", "") else host
