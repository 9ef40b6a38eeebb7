"""Reading many rows without holding the event loop."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

PAGE_ROWS: Final = 250  # About three milliseconds of work before the event loop gets its turn.

Row = TypeVar("Row")


async def each(
    read: Callable[[int, int, int], Awaitable[list[Row]]],
    first: int,
    last: int,
    number_of: Callable[[Row], int],
    take: Callable[[Row], None],
) -> None:
    """Read a range of rows page by page; the event loop gets its turn with each page."""
    while first <= last:
        page = await read(first, last, PAGE_ROWS)
        if not page:
            return
        for row in page:
            take(row)
        first = number_of(page[-1]) + 1
