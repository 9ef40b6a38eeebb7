"""Commands in processes of their own that are forked from one which has imported them: most of a command's time is its imports.

`python -m tests.yutan.forked FD` is that one: it forks whenever it is told to, and has no thread, no loop and no connection,
so that a child is what a new process would be after its imports.
"""

import atexit
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

MESSAGE_BYTES_MAX: Final = 1 << 18
FDS: Final = 3  # where the child writes what it says, its complaints, and how it ended


class Forker:
    """The process that forks; started at the first command, ends with the one that asks it."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        self._root, self._environ = root, dict(environ)
        self._ours: socket.socket | None = None

    def run(self, *words: str, timeout_s: float) -> subprocess.CompletedProcess[str]:
        """`yutan WORDS` to its end, in a process of its own. Raises TimeoutError."""
        if self._ours is None:
            self._ours = self._start()
        ended, told = os.pipe()
        try:
            with (
                tempfile.TemporaryFile("w+", encoding="utf-8") as out,
                tempfile.TemporaryFile("w+", encoding="utf-8") as bad,
            ):
                body = json.dumps(words).encode()
                assert len(body) <= MESSAGE_BYTES_MAX
                socket.send_fds(self._ours, [body], [out.fileno(), bad.fileno(), told])
                os.close(told)
                told = -1
                if not select.select([ended], [], [], timeout_s)[0]:
                    raise TimeoutError(f"{words} did not end in {timeout_s:.0f} s")
                code = os.read(ended, 16)
                assert code, f"{words} ended without a code: killed, or a fault of the forking"
                out.seek(0)
                bad.seek(0)
                return subprocess.CompletedProcess(words, int(code), out.read(), bad.read())
        finally:
            os.close(ended)
            if told >= 0:
                os.close(told)

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                cwd=self._root,
                env=self._environ,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        atexit.register(process.wait)
        atexit.register(ours.close)  # at which it ends; before the wait, for the last that is registered goes first
        return ours


def _serve(theirs: socket.socket) -> None:
    from yutan.cli.app import tree

    tree()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # how a child ended it says itself
    while True:
        body, fds, _, _ = socket.recv_fds(theirs, MESSAGE_BYTES_MAX, FDS)
        if not body:
            return
        if os.fork() == 0:
            theirs.close()
            _be_command(json.loads(body), *fds)
        for fd in fds:
            os.close(fd)


def _be_command(words: list[str], out: int, bad: int, told: int) -> None:
    """As `python -m yutan WORDS` from here on."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(out, 1)
    os.dup2(bad, 2)
    code: Any = 0
    try:
        sys.argv[1:] = words
        runpy.run_module("yutan", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        traceback.print_exc()
        code = 1
    if isinstance(code, str):
        print(code, file=sys.stderr)
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os.write(told, str(code or 0).encode())
    os._exit(0)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
