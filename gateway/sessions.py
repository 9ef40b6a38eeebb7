"""Cancel-on-disconnect and dead-man timers at the doors: this side has the clock, the engine the rule.

A session is opened by a login that asks for it and is journaled. Once its socket is gone a timer runs; who logs in again within the
grace and names it goes on with it. When the timer ends, and at a start for every session that was open before, the engine is told
that it is lost. A dead-man timer runs for an account, whatever its connections do.
"""

import asyncio
import time
from typing import TYPE_CHECKING, Final

from msgspec import UNSET

from engine.core import commands, events, reasons
from engine.core.commands import Entry
from gateway import rehearsal
from gateway.connection import Connection
from gateway.members import canceling_account_of, refusal_of
from gateway.protocol import session, session_wire, wire
from gateway.protocol.codec import Refused
from gateway.protocol.times import time_text

if TYPE_CHECKING:
    from gateway.server import Gateway

_RETRY_S: Final = 0.05  # until there is room in the engine's inbox
NEWS: Final = frozenset((events.SessionOpened, events.DeadManSet))


class SessionDesk:
    """Which connection holds which session, and the timers of those that are lost."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._holders: dict[int, Connection] = {}
        self._lost: dict[int, asyncio.TimerHandle] = {}  # by session
        self._dead_men: dict[int, asyncio.TimerHandle] = {}  # by account
        self._is_running = False
        gateway.handlers[session_wire.DeadManSet] = self._set_dead_man
        gateway.answerers[commands.OpenSession] = self._on_opened
        gateway.answerers[commands.SetDeadMan] = self._on_dead_man

    # ---- life ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """The doors open: what was open before this process has lost its connection with the last one. In a past day
        the journal says what became of it."""
        if self._gateway.settings.env == rehearsal.PAST_ENV:
            return
        self._is_running = True
        view = self._gateway.founded_view()
        if view is not None:
            for found in view.controls().sessions():
                self._begin_grace(found.number)
            for timer in view.controls().dead_men():
                self._arm(timer.account, timer.seconds)

    def stop(self) -> None:
        """The doors close: the next start finds what is open in the engine."""
        self._is_running = False
        for timer in (*self._lost.values(), *self._dead_men.values()):
            timer.cancel()

    def on_event(self, event: events.Event) -> None:
        """A session was opened, whose peer may be gone by now; or a timer set."""
        if not self._is_running:
            return
        if isinstance(event, events.DeadManSet):
            self._arm(event.account, event.seconds)
        elif isinstance(event, events.SessionOpened) and event.session not in self._holders:
            self._begin_grace(event.session)

    # ---- sessions -----------------------------------------------------------------------------------------

    def log_in(self, connection: Connection, request: wire.SessionAuth, wanted: wire.CancelOnDisconnect) -> None:
        """Go on with the session that is named, if it is still there, else open one. Raises `Refused`."""
        if "trade" not in connection.scopes:
            raise Refused(reasons.NOT_PERMITTED, "cancel_on_disconnect")
        number = int(wanted.resume[2:]) if wanted.resume is not UNSET else 0
        going_on = self.go_on(connection, number)
        if going_on is not None:
            self._gateway.welcome(connection, request.id, going_on)
            return
        grace_ms = self._gateway.settings.cancel_grace_ms if wanted.grace_ms is UNSET else wanted.grace_ms
        accounts = _numbers_of(connection, wanted)
        self._gateway.ask(connection, request.id, commands.OpenSession(connection.key_id, grace_ms, accounts))

    def go_on(self, connection: Connection, number: int) -> session_wire.CancelSession | None:
        """The connection has this order session from now on, one that had it before is closed; None where it is over."""
        found = self._gateway.view().controls().session(number)
        if found is None or found.key_id != connection.key_id or not (number in self._holders or number in self._lost):
            return None
        timer = self._lost.pop(number, None)
        if timer is not None:
            timer.cancel()
        before = self._holders.get(number)
        self._holders[number] = connection
        connection.order_session = number
        if before is not None:
            before.order_session = 0
            before.end(session.REPLACED)
        return self._told(number, found.grace_ms, True, found.accounts)

    def _on_opened(
        self, connection: Connection, request_id: str | int, entry: Entry, happened: list[events.Event]
    ) -> None:
        said = happened[0]
        if isinstance(said, events.RequestRefused):
            connection.forget_login()
            connection.refuse(request_id, refusal_of(said.reason, said.limit, said.actual, 1), ref=f"E-{entry.seq}")
            return
        assert isinstance(said, events.SessionOpened)
        self._holders[said.session] = connection
        connection.order_session = said.session
        self._gateway.welcome(connection, request_id, self._told(said.session, said.grace_ms, False, said.accounts))

    def _told(self, number: int, grace_ms: int, resumed: bool, accounts: tuple[int, ...]) -> session_wire.CancelSession:
        names = [self._gateway.directory.accounts[account] for account in accounts]
        return session_wire.CancelSession(f"L-{number}", grace_ms, resumed, names or UNSET)

    def leave(self, connection: Connection) -> None:
        """The peer has logged out in good order: its orders stay."""
        number, connection.order_session = connection.order_session, 0
        if self._holders.pop(number, None) is not None:
            self._submit(commands.EndSession(number, False))

    def forget(self, connection: Connection) -> None:
        """The socket is gone; its session has the grace to come back."""
        number = connection.order_session
        if number and self._holders.get(number) is connection:
            del self._holders[number]
            if self._is_running:
                self._begin_grace(number)

    def _begin_grace(self, number: int) -> None:
        found = self._gateway.view().controls().session(number)
        if found is not None:
            loop = asyncio.get_running_loop()
            self._lost[number] = loop.call_later(found.grace_ms / 1000, self._on_lost, number)

    def _on_lost(self, number: int) -> None:
        del self._lost[number]
        self._submit(commands.EndSession(number, True))

    def _submit(self, command: commands.AnyCommand) -> None:
        """Tell the engine; again a little later where it has no room now."""
        if not self._gateway.tell_engine(command) and self._is_running:
            asyncio.get_running_loop().call_later(_RETRY_S, self._submit, command)

    # ---- dead-man timers ----------------------------------------------------------------------------------

    def _set_dead_man(self, connection: Connection, request: session_wire.DeadManSet) -> None:
        account = canceling_account_of(connection, request.params.account)
        seconds = request.params.seconds
        armed = self._gateway.view().controls().dead_man(account)
        if account in self._dead_men and armed is not None and armed.seconds == seconds:
            self._arm(account, seconds)  # only set again: nothing to write down
            connection.reply(request.id, self._shown(account, seconds))
            return
        self._gateway.ask(connection, request.id, commands.SetDeadMan(account, seconds))

    def _on_dead_man(
        self, connection: Connection, request_id: str | int, entry: Entry, happened: list[events.Event]
    ) -> None:
        said = happened[0]
        if isinstance(said, events.RequestRefused):
            connection.refuse(request_id, refusal_of(said.reason, said.limit, said.actual, 1), ref=f"E-{entry.seq}")
            return
        assert isinstance(said, events.DeadManSet)
        connection.reply(request_id, self._shown(said.account, said.seconds))

    def _shown(self, account: int, seconds: int) -> session_wire.DeadManView:
        fires_at = time_text(time.time_ns() + seconds * 1_000_000_000) if seconds else ""
        return session_wire.DeadManView(self._gateway.directory.accounts[account], seconds, fires_at)

    def _arm(self, account: int, seconds: int) -> None:
        timer = self._dead_men.pop(account, None)
        if timer is not None:
            timer.cancel()
        if seconds:
            loop = asyncio.get_running_loop()
            self._dead_men[account] = loop.call_later(seconds, self._fire, account)

    def _fire(self, account: int) -> None:
        del self._dead_men[account]
        self._submit(commands.FireDeadMan(account))


def _numbers_of(connection: Connection, wanted: wire.CancelOnDisconnect) -> tuple[int, ...]:
    """The accounts that are named, each of which has to be one of the key's; none: all. Raises `Refused`."""
    if wanted.accounts is UNSET:
        return ()
    if not connection.accounts.keys() >= set(wanted.accounts):
        raise Refused(reasons.UNKNOWN_ACCOUNT, "cancel_on_disconnect.accounts")
    return tuple(sorted({connection.accounts[code] for code in wanted.accounts}))
