"""One price over all vintages of a product (综合价格): sum of vintage price x weight (CN-SI; the weights are to be confirmed).

Published, never traded at: price limits stay measured from each instrument's own close. The weight is a rule-book value.
"""

from collections.abc import Callable, Iterable

from engine.core.events import Composite
from engine.core.phases import CLOSED
from engine.core.state import Instrument, State


def weighted(weight: str, rows: Iterable[tuple[int, int]]) -> int:
    """The average of (price_ticks, tonnes), by tonnes or equal, rounded half up; 0 where nothing has weight."""
    value = volume = 0
    for price, tonnes in rows:
        share = tonnes if weight == "tonnes" else 1
        value += price * share
        volume += share
    return (2 * value + volume) // (2 * volume) if volume else 0


def composites(state: State, price_of: Callable[[Instrument], int]) -> tuple[Composite, ...]:
    """Each product's composite price of the day so far, the instruments' latest prices being told by `price_of`.

    Without a trade the previous composite close stands; before the first it is the equal average of the references.
    """
    found: list[Composite] = []
    for code, rules in state.rulebook.products.items():
        rows = [listed for listed in state.instruments if listed is not None and listed.product == code]
        weight = rules.composite_weight
        if weight == "none" or not rows:
            continue
        previous = state.composites[code] if code in state.composites else weighted("equal", _previous(rows))
        opened = weighted(weight, [(int(i.open) or int(i.previous_close), int(i.tonnes)) for i in rows])
        latest = weighted(weight, [(price_of(i), int(i.tonnes)) for i in rows])
        tonnes = sum(int(i.tonnes) for i in rows)
        found.append(Composite(code, previous, opened or previous, latest or previous, tonnes))
    return tuple(found)


def _previous(rows: list[Instrument]) -> list[tuple[int, int]]:
    return [(int(listed.previous_close), 0) for listed in rows]


def latest(state: State) -> tuple[Composite, ...]:
    """The composite prices now: of the day that is open, or of the last one."""
    if state.phase == CLOSED and state.trading_day:
        return state.closed_composites
    return composites(state, lambda listed: int(listed.last_or_reference()))


def at_close(state: State, closes: dict[int, int]) -> tuple[Composite, ...]:
    """Fix the day's composite prices from its closing prices, by instrument."""
    found = composites(state, lambda listed: closes[listed.number])
    state.closed_composites = found
    state.composites |= {row.product: row.close_ticks for row in found}
    return found
