"""The member door's `order.test`: the engine's forecast of an order in the words and units of the wire."""

from typing import TYPE_CHECKING

from engine.core import phases, reasons
from engine.core.commands import PlaceOrder
from engine.preflight import FAILED, NO_LIMIT, PASSED, Check, Preflight
from gateway.connection import Connection
from gateway.members import asked_of, place_command, refusal_of
from gateway.protocol import preflight_wire
from gateway.protocol.codec import Refused
from gateway.protocol.preflight_wire import CheckRow, ExpectedFill, OrderTested
from gateway.protocol.prices import average_text, money_text, price_text
from gateway.reports import SIDES, reason_view

if TYPE_CHECKING:
    from gateway.server import Gateway


class PreflightDesk:
    """Answers `order.test`. A request that `order.place` refuses at the door is refused here in the same way."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        self._names = gateway.directory
        gateway.handlers[preflight_wire.OrderTest] = self._test

    def _test(self, connection: Connection, request: preflight_wire.OrderTest) -> None:
        command = place_command(self._names, connection, asked_of(request.id, request.params))
        if self._gateway.is_refusing_orders:
            raise Refused(reasons.OVERLOADED)
        self._gateway.capacity.check_order_rate_left(connection, command.account)
        found = self._gateway.view().preflight(command)
        connection.reply(request.id, self._tested(command, found))

    def _tested(self, command: PlaceOrder, found: Preflight) -> OrderTested:
        instrument = self._names.instruments[command.instrument]
        tick_fen = instrument.tick_fen
        day = self._gateway.view().day()
        refused = refusal_of(found.reason, found.limit, found.actual, tick_fen) if found.reason else None
        cum = sum(row.tonnes for row in found.fills)
        return OrderTested(
            self._names.accounts[command.account],
            instrument.code,
            SIDES[command.side],
            price_text(command.price_ticks, tick_fen),
            command.tonnes,
            phases.NAMES[day.phase],
            day.seq,
            not found.reason,
            reason_view(found.reason),
            None if refused is None else refused.limit,
            None if refused is None else refused.actual,
            f"O-{found.order}" if found.order else "",
            money_text(found.value_fen),
            money_text(found.fee_max_fen),
            money_text(found.hold_fen),
            found.hold_tonnes,
            [
                ExpectedFill(price_text(row.price_ticks, tick_fen), row.tonnes, money_text(row.fee_fen))
                for row in found.fills
            ],
            found.is_cut,
            cum,
            average_text(sum(row.amount_fen for row in found.fills), cum) if cum else None,
            money_text(sum(row.fee_fen for row in found.fills)),
            found.leaves,
            reason_view(found.ending),
            found.own_canceled,
            price_text(found.low_limit_ticks, tick_fen) if found.low_limit_ticks else None,
            price_text(found.high_limit_ticks, tick_fen) if found.high_limit_ticks else None,
            money_text(found.free_fen),
            found.available,
            None if found.holding_left == NO_LIMIT else found.holding_left,
            [_row(check, tick_fen) for check in found.checks],
        )


def _row(check: Check, tick_fen: int) -> CheckRow:
    """A check with its figures as a refusal would tell them."""
    limit: str | int | None = None
    actual: str | int | None = None
    if check.outcome == FAILED or (check.outcome == PASSED and (check.limit or check.actual)):
        told = refusal_of(check.reason, check.limit, check.actual, tick_fen)
        limit, actual = told.limit, told.actual
    return CheckRow(f"C2.{check.line}", check.name, check.outcome, limit, actual)
