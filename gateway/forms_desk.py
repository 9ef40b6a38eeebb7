"""The operators' door to forms: how every act is described, and an act that is looked at before it is proposed."""

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec.structs import replace

from engine.act_view import takes_two
from engine.core import commands, reasons
from gateway import act_forms
from gateway.connection import Connection
from gateway.console_desk import ConsoleDesk
from gateway.protocol import acts, form_wire
from gateway.protocol.codec import Refused, explain, has_duplicate_keys

if TYPE_CHECKING:
    from gateway.server import Gateway

# The engine says why, not where. Where an act has one of these fields, the first of them is what the reason is about.
_ABOUT: Final[dict[int, tuple[str, ...]]] = {
    reasons.UNKNOWN_ACCOUNT: ("account", "to_account"),
    reasons.UNKNOWN_INSTRUMENT: ("instrument",),
    reasons.UNKNOWN_AUCTION: ("auction", "carries"),
    reasons.UNKNOWN_PARTICIPANT: ("participant", "owner", "controlled"),
    reasons.UNKNOWN_USER: ("user",),
    reasons.UNKNOWN_ASSOCIATION: ("association",),
    reasons.UNKNOWN_KILL_SWITCH: ("kill_switch_id",),
    reasons.UNKNOWN_LINK: ("link",),
    reasons.UNKNOWN_AUTHORITY: ("authority",),
    reasons.UNKNOWN_KEY: ("key_id",),
    reasons.UNKNOWN_BREAK: ("break_id",),
    reasons.UNKNOWN_ENCUMBRANCE: ("encumbrance_id",),
    reasons.UNKNOWN_FILING: ("filing_id",),
    reasons.UNKNOWN_OBJECTION: ("objection_id",),
    reasons.UNKNOWN_RESTRICTION: ("restriction_id",),
    reasons.UNKNOWN_CASE: ("case_id",),
    reasons.UNKNOWN_CREDIT_RECORD: ("record",),
    reasons.UNKNOWN_TRADE: ("trade_id",),
    reasons.UNKNOWN_DOCUMENT: ("sha256", "period"),
    reasons.ALREADY_EXISTS: ("code", "key_id", "person", "user", "participant", "authority"),
    reasons.CREDIT_CODE_INVALID: ("identity",),
    reasons.INSUFFICIENT_CASH: ("amount", "budget"),
    reasons.INSUFFICIENT_ALLOWANCE: ("tonnes",),
}


def read_act(name: str, fields: bytes, names: acts.Names) -> commands.AnyAct:
    """The act that a request names. Raises `Refused`, with the field that is wrong."""
    if has_duplicate_keys(fields):
        raise Refused(reasons.MALFORMED_JSON, "fields")
    try:
        return acts.read_act(name, fields, names)
    except acts.FieldRefused as error:
        raise Refused(error.reason, error.field) from error
    except msgspec.ValidationError as error:
        reason, field = explain(str(error))
        raise Refused(reason, f"fields.{field}" if field else "fields") from error


class FormsDesk:
    """Answers `ops.act_forms` and `ops.check`."""

    def __init__(self, gateway: "Gateway", console: ConsoleDesk) -> None:
        self._gateway = gateway
        self._console = console
        gateway.handlers.update({form_wire.OpsActForms: self._forms, form_wire.OpsCheck: self._check})

    def _forms(self, connection: Connection, request: form_wire.OpsActForms) -> None:
        connection.reply(request.id, act_forms.describe(self._gateway.view().rulebook()))

    def _check(self, connection: Connection, request: form_wire.OpsCheck) -> None:
        act = read_act(request.params.act, bytes(request.params.fields), self._gateway.directory)
        self._gateway.access.check_act(act)
        self._gateway.query(connection, request.id, self._checked(connection, request, act))

    async def _checked(self, connection: Connection, request: form_wire.OpsCheck, act: commands.AnyAct) -> None:
        gateway = self._gateway
        if type(act) is commands.VoidTrade:
            act = await with_facts(act, gateway)
        verdict = gateway.view().judge_act(connection.operator, act, gateway.access.now_ns())
        if verdict.reason:
            fields = {form.name for form in acts.ACTS[request.params.act].forms.values()}
            about = next((name for name in _ABOUT.get(verdict.reason, ()) if name in fields), "")
            raise Refused(verdict.reason, about, limit=verdict.limit or None, actual=verdict.actual or None)
        if type(act) is commands.PublishBulletin:
            await self._console.check_made(act, "fields.sha256")
        rows, _ = await self._console.effect_of(act)
        needs_two = takes_two(type(act), gateway.view().rulebook())
        connection.reply(request.id, form_wire.ActChecked(request.params.act, needs_two, rows))


async def with_facts(act: commands.VoidTrade, gateway: "Gateway") -> commands.VoidTrade:
    """The engine forgets trades, so what this one was is read from the registry, whatever was sent along. Raises `Refused`."""
    facts = await gateway.title.trade_facts(act.trade)
    if facts is None:
        raise Refused(reasons.UNKNOWN_TRADE, "fields.trade_id")
    return replace(act, facts=facts)
