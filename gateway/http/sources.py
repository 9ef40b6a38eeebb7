"""What the HTTP door reads from. Nothing here can change the market."""

from collections.abc import Callable
from typing import Any, NamedTuple

from litestar import Request

from engine.clock import wall_ns
from engine.core import reasons
from engine.title import Proofs, Title
from engine.view import MarketView
from gateway.feed import PublicFeed, Tape
from gateway.http.replies import Refused
from gateway.http.settings import HttpSettings
from gateway.logins import Logins
from gateway.signed import SignedDoor


class Sources(NamedTuple):
    """Handed to every handler.

    lags: entries each follower has yet to do, by name. counters: figures for /metrics; names ending in `_total` only grow.
    now_ns: what today is, for the calendar. proofs: what the exchange signs; None where nothing is signed.
    logins: people's; None where nobody logs in.
    origins: what pages may send something here, as browsers write them.
    members: takes the signed requests of members; None where there are none.
    """

    view: MarketView
    feed: PublicFeed
    tape: Tape
    title: Title
    settings: HttpSettings
    lags: Callable[[], dict[str, int]]
    counters: Callable[[], dict[str, int]]
    now_ns: Callable[[], int] = wall_ns
    proofs: Proofs | None = None
    logins: Logins | None = None
    origins: Callable[[], tuple[str, ...]] = tuple
    members: SignedDoor | None = None


def sources_of(request: Request[Any, Any, Any]) -> Sources:
    """The sources of the application that the request came to. Raises `Refused` while there is no market yet."""
    sources = request.app.state.sources
    assert isinstance(sources, Sources)
    if not sources.view.is_founded:
        raise Refused(reasons.ENGINE_RECOVERING)
    return sources
