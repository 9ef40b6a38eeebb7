"""Messages by which the holder of a key makes a login for a browser (登录码)."""

from msgspec import UNSET, Struct, UnsetType

from gateway.protocol.wire import NoParams, Request


class LoginCode(Request, tag="login.code", gc=False, kw_only=True):
    """A one-time code by which one makes one's own login for a browser; it has the key's rights."""

    params: NoParams | UnsetType = UNSET


class LoginCodeView(Struct, gc=False):
    """Type `code` with `name` at /login, where a password is chosen and a second factor set up."""

    door: str
    name: str
    code: str
    expires_at: str
