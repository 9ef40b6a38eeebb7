"""Kill switches and members' own limits at the doors: members stop themselves and set limits, everyone concerned is told.

What operators do is acts (`ops.act`); here they read what is in force.
"""

from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET, UnsetType

from engine.control_view import KillSwitch
from engine.core import commands, events
from engine.core.commands import Entry
from gateway.connection import Connection
from gateway.members import account_of
from gateway.protocol import control_wire as cw
from gateway.protocol import frames, prices, session
from gateway.protocol.codec import Refused
from gateway.protocol.times import time_text

if TYPE_CHECKING:
    from gateway.server import Gateway

NEWS: Final = frozenset(
    (
        events.KillSwitchEngaged,
        events.KillSwitchReleased,
        events.OwnLimitsChanged,
        events.OwnActProposed,
        events.OwnActRejected,
    )
)
_ACTS: Final = {
    commands.EngageOwn: "kill_switch.engage",
    commands.ReleaseOwn: "kill_switch.release",
    commands.SetOwnLimits: "limits.set",
    commands.RevokeOwn: "key.revoke",
}


class ControlDesk:
    """Answers the methods of kill switches and own limits, and tells members what has changed for them."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._names = gateway.directory
        gateway.handlers.update(
            {
                cw.KillSwitchEngage: self._engage,
                cw.KillSwitchRelease: self._release,
                cw.KillSwitchList: self._list,
                cw.LimitsGet: self._limits,
                cw.LimitsSet: self._set_limits,
                cw.KeyRevoke: self._revoke_key,
                cw.OwnList: self._proposals,
                cw.OwnApprove: self._approve,
                cw.OwnReject: self._reject,
                cw.OpsKillSwitches: self._all,
            }
        )
        for command in (commands.AskOwn, commands.ApproveOwn, commands.RejectOwn):
            gateway.answerers[command] = self._on_outcome

    # ---- asking -------------------------------------------------------------------------------------------

    def _ask(self, connection: Connection, request_id: str | int, note: str, act: commands.OwnAct) -> None:
        self._gateway.ask(connection, request_id, commands.AskOwn(connection.key_id, note, act))

    def _engage(self, connection: Connection, request: cw.KillSwitchEngage) -> None:
        params = cw.KillSwitchEngageParams() if request.params is UNSET else request.params
        account = account_of(connection, params.account)
        self._ask(connection, request.id, params.note, commands.EngageOwn(params.kind, account))

    def _release(self, connection: Connection, request: cw.KillSwitchRelease) -> None:
        number = int(request.params.kill_switch_id[2:])
        self._ask(connection, request.id, request.params.note, commands.ReleaseOwn(number))

    def _set_limits(self, connection: Connection, request: cw.LimitsSet) -> None:
        params = request.params
        account = account_of(connection, params.account)
        now, _ = self._gateway.view().controls().own_limits(account)
        act = commands.SetOwnLimits(
            account,
            _fen(params.order_value_max, "order_value_max", now.order_value_max_fen),
            now.order_tonnes_max if params.order_quantity_max is UNSET else params.order_quantity_max,
            _fen(params.open_value_max, "open_value_max", now.open_value_max_fen),
        )
        self._ask(connection, request.id, params.note, act)

    def _revoke_key(self, connection: Connection, request: cw.KeyRevoke) -> None:
        self._ask(connection, request.id, request.params.note, commands.RevokeOwn(request.params.key_id))

    def _approve(self, connection: Connection, request: cw.OwnApprove) -> None:
        params = request.params
        command = commands.ApproveOwn(connection.key_id, int(params.proposal_id[2:]), bytes.fromhex(params.sha256))
        self._gateway.ask(connection, request.id, command)

    def _reject(self, connection: Connection, request: cw.OwnReject) -> None:
        command = commands.RejectOwn(connection.key_id, int(request.params.proposal_id[2:]))
        self._gateway.ask(connection, request.id, command)

    def _on_outcome(
        self, connection: Connection, request_id: str | int, entry: Entry, happened: list[events.Event]
    ) -> None:
        said = happened[0]
        if isinstance(said, events.OwnActRefused):
            refused = Refused(said.reason, limit=said.limit or None, actual=said.actual or None)
            connection.refuse(request_id, refused, ref=f"E-{entry.seq}")
        elif isinstance(said, events.OwnActProposed):
            outcome = cw.OwnOutcome("pending", f"P-{said.proposal}", said.act_sha256.hex())
            connection.reply(request_id, outcome)
        elif isinstance(said, events.OwnActRejected):
            connection.reply(request_id, cw.OwnOutcome("rejected", f"P-{said.proposal}"))
        else:
            assert isinstance(said, events.OwnActTaken)
            switch = next((f"X-{e.kill_switch}" for e in happened if isinstance(e, events.KillSwitchEngaged)), "")
            ended = sum(isinstance(event, events.OrderCanceled) for event in happened)
            connection.reply(request_id, cw.OwnOutcome("done", f"P-{said.proposal}", "", switch, ended))

    # ---- looking ------------------------------------------------------------------------------------------

    def _row(self, found: KillSwitch) -> cw.KillSwitchRow:
        return cw.KillSwitchRow(
            f"X-{found.number}",
            found.kind,
            self._target(found.kind, found.target),
            found.key_id or "exchange",
            time_text(found.at_ns),
            found.why,
            found.is_waiting,
        )

    def _target(self, kind: str, target: int) -> str:
        if kind == "account":
            return self._names.account_code(target)
        if kind == "instrument":
            return self._names.instrument_code(target)
        return str(target) if target else ""

    def _list(self, connection: Connection, request: cw.KillSwitchList) -> None:
        accounts = self._asked(connection, request.params)
        switches = self._gateway.view().controls().kill_switches()
        connection.reply(request.id, [self._row(found) for found in switches if self._concerns(found, accounts)])

    def _concerns(
        self, found: KillSwitch | events.KillSwitchEngaged | events.KillSwitchReleased, accounts: set[int]
    ) -> bool:
        """Whether a switch stops one of these accounts, or is on what everybody trades."""
        if found.kind == "account":
            return found.target in accounts
        return found.kind != "participant" or found.target in self._owners(accounts)

    def _owners(self, accounts: set[int]) -> set[int]:
        view = self._gateway.view()
        return {found.owner for number in accounts if (found := view.account(number)) is not None}

    def _all(self, connection: Connection, request: cw.OpsKillSwitches) -> None:
        connection.reply(request.id, [self._row(found) for found in self._gateway.view().controls().kill_switches()])

    def _asked(self, connection: Connection, params: cw.OfAccountParams | UnsetType) -> set[int]:
        """The account that is named, or all of the key."""
        if params is UNSET or params.account is UNSET:
            return set(connection.accounts.values())
        return {account_of(connection, params.account)}

    def _limits(self, connection: Connection, request: cw.LimitsGet) -> None:
        account = account_of(connection, UNSET if request.params is UNSET else request.params.account)
        view = self._gateway.view()
        limits, open_fen = view.controls().own_limits(account)
        connection.reply(
            request.id,
            cw.LimitsView(
                self._names.accounts[account],
                _money(limits.order_value_max_fen),
                limits.order_tonnes_max or None,
                _money(limits.open_value_max_fen),
                prices.money_text(open_fen),
                view.day().seq,
            ),
        )

    def _proposals(self, connection: Connection, request: cw.OwnList) -> None:
        owners = self._owners(self._asked(connection, request.params))
        rows = [
            cw.OwnProposalRow(
                f"P-{found.number}",
                found.user,
                _ACTS[type(found.act)],
                self._fields(found.act),
                found.note,
                found.act_sha256.hex(),
            )
            for found in self._gateway.view().controls().own_proposals()
            if found.participant in owners
        ]
        connection.reply(request.id, rows)

    def _fields(self, act: commands.OwnAct) -> dict[str, Any]:
        """What an act says, in the words of the wire."""
        if isinstance(act, commands.ReleaseOwn):
            return {"kill_switch_id": f"X-{act.kill_switch}"}
        if isinstance(act, commands.RevokeOwn):
            return {"key_id": act.key_id}
        fields: dict[str, Any] = {"account": self._names.account_code(act.account)}
        if isinstance(act, commands.EngageOwn):
            return fields | {"kind": act.kind}
        return fields | {
            "order_value_max": _money(act.order_value_max_fen),
            "order_quantity_max": act.order_tonnes_max or None,
            "open_value_max": _money(act.open_value_max_fen),
        }

    # ---- telling ------------------------------------------------------------------------------------------

    def tell(self, event: Any, connections: list[Connection]) -> None:
        """Tell every member's connection whose accounts are concerned by one of `NEWS`."""
        frame = frames.text_frame(self._gateway.session_event("control", self._news(event)))
        for connection in connections:
            if connection.door == "trade" and connection.state == session.LOGGED_IN and not connection.is_copy:
                accounts = set(connection.accounts.values())
                if self._is_for(event, connection, accounts):
                    connection.send_frame(frame)

    def _is_for(self, event: Any, connection: Connection, accounts: set[int]) -> bool:
        if isinstance(event, events.OwnLimitsChanged):
            return event.account in accounts
        if isinstance(event, events.OwnActProposed | events.OwnActRejected):
            return "limits" in connection.scopes and event.participant in self._owners(accounts)
        return self._concerns(event, accounts)

    def _news(self, event: Any) -> cw.ControlNews:
        if isinstance(event, events.OwnLimitsChanged):
            return cw.ControlNews("limits_changed", account=self._names.account_code(event.account))
        if isinstance(event, events.OwnActProposed | events.OwnActRejected):
            what = "own_proposed" if isinstance(event, events.OwnActProposed) else "own_rejected"
            return cw.ControlNews(what, by=event.key_id, proposal_id=f"P-{event.proposal}")
        number, target = f"X-{event.kill_switch}", self._target(event.kind, event.target)
        if isinstance(event, events.KillSwitchReleased):
            return cw.ControlNews("kill_switch_released", number, event.kind, target)
        by = event.key_id or "exchange"
        return cw.ControlNews("kill_switch_engaged", number, event.kind, target, by, event.why)


def _money(fen: int) -> str | None:
    return prices.money_text(fen) if fen else None


def _fen(text: str | UnsetType, field: str, now: int) -> int:
    """A limit of a request in fen; what is left out stays, and 0 takes it away."""
    if text is UNSET:
        return now
    assert isinstance(text, str)
    if text in ("0", "0.0", "0.00"):
        return 0
    try:
        return prices.amount_fen(text)
    except prices.NumberRefused as error:
        raise Refused(error.reason, field) from error
