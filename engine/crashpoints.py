"""Places where a crash test may kill the process: YUTAN_CRASHPOINT="name:n" does it at the n-th passage."""

import os
import signal
from typing import Final

NAMES: Final = ("before_append", "after_write", "after_append", "after_apply", "after_publish")
VARIABLE: Final = "YUTAN_CRASHPOINT"


class _Bomb:
    """Counts passages of one named place."""

    def __init__(self, spec: str) -> None:
        self.name, _, passages = spec.partition(":")
        if self.name not in NAMES or not passages.isascii() or not passages.isdigit() or int(passages) < 1:
            raise ValueError(f"{VARIABLE}={spec!r} is not NAME:N with a name of {', '.join(NAMES)}")
        self.passages_left = int(passages)

    def reach(self, name: str) -> None:
        if name == self.name:
            self.passages_left -= 1
            if self.passages_left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


_bomb: Final = _Bomb(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None


def reach(name: str) -> None:
    """Say that this place has been reached; does nothing unless the process was started with a crash point."""
    if _bomb is not None:
        _bomb.reach(name)
