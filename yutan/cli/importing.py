"""Files that are imported whole or not at all: read, judged by what the exchange knows, refused with every wrong row."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from yutan.cli import session
from yutan.cli.options import Desk
from yutan.cli.output import EXIT_DATA, EXIT_MISSING, fail, show
from yutan.client import Client

Content = TypeVar("Content")


def read_whole(desk: Desk, file: Path, read: Callable[[Client, bytes], Awaitable[Content]]) -> Content:
    """What `read` makes of the file. Ends the command where the file is missing, or with a row-by-row report."""
    from yutan.imports import ImportRefused  # stands on the core, which no other act needs

    try:
        content = file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}", code=EXIT_MISSING, as_json=desk.as_json)

    async def question(client: Client) -> Content | ImportRefused:
        try:
            return await read(client, content)
        except ImportRefused as refused:
            return refused

    found = session.ask_operator(desk, question)
    if isinstance(found, ImportRefused):
        rows = [fault._asdict() for fault in found.faults]
        if not desk.as_json:
            show(rows, as_json=False, title=f"{file} (逐行报告)")
        fail(f"{file}: {found}", code=EXIT_DATA, as_json=desk.as_json, data={"rows": rows} if desk.as_json else None)
    return found
