"""Where the process' own log goes: stderr for a server, a file beside the display of the demo, nowhere for one command."""

import contextlib
import logging
import sys
from pathlib import Path
from typing import TextIO, cast

import structlog


class _Unheard:
    """A stream that may have lost its reader: a line that cannot be logged ends nothing."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._stream.flush()


def to_stderr(*, as_json: bool) -> None:
    """Log lines on stderr; JSON where programs read them."""
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    _configure(renderer, structlog.PrintLoggerFactory(file=cast(TextIO, _Unheard(sys.stderr))))


def to_file(path: Path) -> None:
    """Log lines appended to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a", encoding="utf-8")
    _configure(structlog.processors.JSONRenderer(), structlog.PrintLoggerFactory(file=file))


def quiet() -> None:
    """Errors only, on stderr."""
    to_stderr(as_json=False)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def _configure(renderer: structlog.typing.Processor, factory: structlog.PrintLoggerFactory) -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        logger_factory=factory,
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
