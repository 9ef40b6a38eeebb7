"""The end of a socket that the websocket library calls: it only passes on, so that a connection may be compiled."""

from picows import WSListener, WSTransport

from gateway.connection import Connection


class Listener(WSListener):
    """Hands what happens on one socket to its connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.on_ws_frame = connection.on_ws_frame  # type: ignore[method-assign]  # no call between for each frame

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is done."""
        self._connection.on_ws_connected(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The socket is gone."""
        self._connection.on_ws_disconnected(transport)

    def pause_writing(self) -> None:
        """The kernel takes no more for now."""
        self._connection.pause_writing()

    def resume_writing(self) -> None:
        """There is room again."""
        self._connection.resume_writing()
