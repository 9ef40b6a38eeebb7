"""The code for a login of one's own through a client: `client.logins.new_code()`. Raises `Refused` or `ConnectionLost`."""

from msgspec import UNSET

from gateway.protocol import login_wire as lw
from yutan.blocks import Asks


class OwnLogin:
    """How the holder of a key comes to log in with a browser."""

    def __init__(self, ask: Asks) -> None:
        self._ask = ask

    async def new_code(self) -> lw.LoginCodeView:
        """A one-time code for /login; one that was asked for before is void."""
        return await self._ask(lw.LoginCode, UNSET, lw.LoginCodeView)
