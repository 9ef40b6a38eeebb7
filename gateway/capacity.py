"""How much one key, one participant and all together may ask for: connections, channels and rates, and what is left of them."""

import time
from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from engine.core import commands, reasons
from gateway.connection import Connection
from gateway.protocol.codec import Refused
from gateway.throttle import ORDER_RATES, Throttle

if TYPE_CHECKING:
    from gateway.server import Gateway


class Capacity:
    """Counts what is there against the settings."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        settings = gateway.settings
        self.throttle = Throttle(
            settings.key_orders_per_second_max,
            settings.participant_orders_per_second_max,
            settings.key_cancels_per_second_max,
        )

    def owners_of(self, accounts: dict[str, int]) -> frozenset[int]:
        """The participants whose accounts these are."""
        held = [self._gateway.view().account(number) for number in accounts.values()]
        return frozenset(account.owner for account in held if account is not None)

    def peers_of(self, owners: frozenset[int]) -> list[Connection]:
        """The connections for accounts of one of these participants."""
        return [peer for peer in self._gateway.connections() if peer.owners & owners] if owners else []

    def connections_of(self, key_id: str, door: str) -> int:
        """How many connections there are by this key."""
        return sum(peer.key_id == key_id and peer.door == door for peer in self._gateway.connections())

    def check_connections_of(self, key_id: str, door: str, owners: frozenset[int]) -> None:
        """Raise `Refused` where this key, or one of these participants, has as many connections as it may have."""
        settings = self._gateway.settings
        for count, most in (
            (self.connections_of(key_id, door), settings.connections_per_key_max),
            (len(self.peers_of(owners)), settings.connections_per_participant_max),
        ):
            if count >= most:
                raise Refused(reasons.SESSION_LIMIT, limit=most, actual=count)

    def channels_for(self, connection: Connection) -> int:
        """How many channels this connection may follow: its own bound, and what its participant's others leave of theirs."""
        settings = self._gateway.settings
        others = sum(peer.channels() for peer in self.peers_of(connection.owners) if peer is not connection)
        return min(settings.channels_per_connection_max, settings.channels_per_participant_max - others)

    def check_rate(self, connection: Connection, command: commands.AnyCommand) -> None:
        """Raise `Refused` where the key or the participant has asked too often in the last second."""
        found = self._gateway.view().account(getattr(command, "account", 0))
        owner = found.owner if found is not None else 0
        limit = self.throttle.exceeded(command, connection.key_id, owner, time.monotonic_ns())
        if limit:
            raise Refused(reasons.RATE_LIMITED, limit=limit)

    def check_order_rate_left(self, connection: Connection, account: int) -> None:
        """Raise `Refused` as an order of this account would be, by its rate, if it came now; nothing is taken of the rate."""
        found = self._gateway.view().account(account)
        owners = [found.owner] if found is not None else []
        told = self.throttle.left(connection.key_id, owners, time.monotonic_ns())
        for name in ORDER_RATES:
            left, limit = told.get(name, (1, 0))
            if not left:
                raise Refused(reasons.RATE_LIMITED, limit=limit)

    def limits_of(self, connection: Connection) -> dict[str, list[int]] | UnsetType:
        """What is left of the rates for a member who has logged in: [left now, in a second] by name."""
        if connection.door != "trade" or not connection.key_id:
            return UNSET
        return self.throttle.left(connection.key_id, connection.owners, time.monotonic_ns())
