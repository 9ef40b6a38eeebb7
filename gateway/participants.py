"""What an operator sees of participants, their users and the banned. Acts about them go through `ops.act`, as all do."""

from typing import TYPE_CHECKING

from engine.control_view import NO_LIMITS
from engine.participant_view import ParticipantView
from gateway.connection import Connection
from gateway.protocol import participant_wire, prices, times

if TYPE_CHECKING:
    from gateway.server import Gateway


class ParticipantDesk:
    """Answers the operators' questions about participants."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        gateway.handlers.update(
            {
                participant_wire.OpsParticipants: self._participants,
                participant_wire.OpsBans: self._bans,
                participant_wire.OpsAssociations: self._associations,
            }
        )

    def _participants(self, connection: Connection, request: participant_wire.OpsParticipants) -> None:
        view = self._gateway.view()
        keys: dict[str, list[str]] = {}
        for key in view.keys():  # noqa: SIM118 - a method of the market view, not of a dict
            if key.user and not key.revoked:
                keys.setdefault(key.user, []).append(key.key_id)
        connection.reply(request.id, [self._row(found, keys) for found in view.participants()])

    def _row(self, found: ParticipantView, keys: dict[str, list[str]]) -> participant_wire.ParticipantRow:
        code = self._gateway.directory.account_code
        return participant_wire.ParticipantRow(
            found.number,
            found.identity,
            found.name,
            found.home,
            found.is_suspended,
            [
                participant_wire.StandingRow(
                    code(row.account), row.category, list(row.bars), row.missing, self._limits(row.account)
                )
                for row in found.accounts
            ],
            [
                participant_wire.QualificationRow(
                    row.kind,
                    times.day_text(row.from_day),
                    times.day_text(row.until_day) if row.until_day else "",
                    prices.money_text(row.assets_fen) if row.assets_fen else "",
                )
                for row in found.qualifications
            ],
            [
                participant_wire.UserRow(row.user, row.name, row.identity, list(row.rights), keys.get(row.user, []))
                for row in found.users
            ],
        )

    def _limits(self, account: int) -> participant_wire.OwnLimitsRow | None:
        limits = self._gateway.view().controls().limits(account)
        if limits is NO_LIMITS:
            return None
        return participant_wire.OwnLimitsRow(
            prices.money_text(limits.order_value_max_fen) if limits.order_value_max_fen else None,
            limits.order_tonnes_max or None,
            prices.money_text(limits.open_value_max_fen) if limits.open_value_max_fen else None,
        )

    def _bans(self, connection: Connection, request: participant_wire.OpsBans) -> None:
        rows = [participant_wire.BanRow(row.identity, row.name, row.basis) for row in self._gateway.view().bans()]
        connection.reply(request.id, rows)

    def _associations(self, connection: Connection, request: participant_wire.OpsAssociations) -> None:
        rows = [
            participant_wire.AssociationRow(
                row.association.number,
                row.association.controller,
                row.association.controlled,
                row.association.share_bp,
                times.day_text(row.association.from_day),
                times.day_text(row.association.until_day) if row.association.until_day else "",
                row.association.basis,
                row.is_in_force,
                list(row.group),
            )
            for row in self._gateway.view().associations()
        ]
        connection.reply(request.id, rows)
