"""The operators' door to the day: its stage table, what the house itself needs, and the bank's file."""

import shutil
from typing import TYPE_CHECKING, Final

from engine.clock import wall_ns
from engine.core import days, phases
from engine.core.calendar import local_day
from gateway.connection import Connection
from gateway.day_table import DayTableMaker
from gateway.protocol import day_wire
from gateway.protocol.day_words import told
from gateway.protocol.prices import money_text
from gateway.protocol.times import day_text
from gateway.reports import reason_view

if TYPE_CHECKING:
    from gateway.server import Gateway

DISK_FREE_MIN: Final = 2**30  # a busy day's journal is far smaller
OPERATORS_MIN: Final = 2  # four eyes
OWN_ACCOUNTS: Final = {0: "total", -3: "fees", -4: "reserve"}  # of the registry's system accounts


class DayDesk:
    """Answers `ops.day` and `ops.bank`."""

    def __init__(self, gateway: "Gateway") -> None:
        self._gateway = gateway
        gateway.handlers.update({day_wire.OpsDay: self._day, day_wire.OpsBank: self._bank})

    def _day(self, connection: Connection, request: day_wire.OpsDay) -> None:
        view = self._gateway.view()
        day = view.day()
        following = view.next_day() if day.phase == phases.CLOSED else 0
        verdict = view.judge_opening(following) if following else None
        connection.reply(
            request.id,
            day_wire.DayTable(
                day_text(day.trading_day),
                phases.NAMES[day.phase],
                day_text(following),
                DayTableMaker(view, wall_ns()).rows(),
                self._house(),
                reason_view(verdict.reason) if verdict is not None and verdict.reason else None,
                view.opening_override(following),
                self._confirmations(),
            ),
        )

    def _confirmations(self) -> list[day_wire.FiguresRow]:
        """Each body's figures of the last closed day, as far as they were recorded."""
        engine, settled = self._gateway.view().day_figures()
        return [
            day_wire.FiguresRow(by, day_text(f.trading_day), f.trades, f.tonnes, money_text(f.amount_fen), f.sha256)
            for by, f in (("engine", engine), ("settlement", settled))
            if f.sha256 and f.trading_day == engine.trading_day
        ]

    def _house(self) -> list[day_wire.HouseRow]:
        view = self._gateway.view()
        today = local_day(wall_ns(), view.rulebook().utc_offset_minutes)
        horizon = view.calendar().horizon(max(today, view.day().trading_day))
        alarm = f"_{horizon.alarm}" if horizon.alarm else "" if horizon.last_day else "_endless"
        calendar = told(f"calendar{alarm}", day=day_text(horizon.last_day), left=horizon.trading_days_left)
        operators = len(view.operators())
        free = shutil.disk_usage(self._gateway.settings.history_file.parent).free
        found = (
            ("calendar", horizon.alarm == "", calendar),
            ("operators", operators >= OPERATORS_MIN, told("operators", count=operators)),
            ("disk", free >= DISK_FREE_MIN, told("disk", mebibytes=free // 2**20)),
        )
        return [day_wire.HouseRow(check, is_ok, words.en, words.zh) for check, is_ok, words in found]

    def _bank(self, connection: Connection, request: day_wire.OpsBank) -> None:
        view = self._gateway.view()
        file, breaks = view.bank()
        reserve_fen, claims = view.risk_reserve()
        code = self._gateway.directory.account_code
        connection.reply(
            request.id,
            day_wire.BankView(
                day_text(file.trading_day) if file is not None else "",
                file.sha256 if file is not None else "",
                file is not None and file.is_compared,
                [self._break_row(found) for found in breaks],
                money_text(reserve_fen),
                [day_wire.ClaimRow(code(account), money_text(fen)) for account, fen in claims.items()],
            ),
        )

    def _break_row(self, found: days.BankBreak) -> day_wire.BankBreakRow:
        account = OWN_ACCOUNTS.get(found.account) or self._gateway.directory.account_code(found.account)
        return day_wire.BankBreakRow(
            f"D-{found.number}",
            account,
            money_text(found.ledger_fen),
            money_text(found.bank_fen),
            found.state,
            day_text(found.since_day),
        )
