"""What everybody may know of the market, folded from the engine's events and numbered channel by channel.

PURE but for `tape` (the store of public trades): no clock, no sockets, no tasks. `PublicFeed` is handed batches and the
time, and gives back bytes; the websocket server and the HTTP twin carry them. It never sees a name or an account.
Read `public.py` first, then `instrument.py`, `depth.py`, `channel.py`; docs/feed.md is the same from the client's side.
"""

from gateway.feed.public import PublicFeed
from gateway.feed.records import PublicTrade
from gateway.feed.settings import FeedSettings
from gateway.feed.tape import Tape

__all__ = ["FeedSettings", "PublicFeed", "PublicTrade", "Tape"]
