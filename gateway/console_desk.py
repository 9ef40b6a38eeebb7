"""The operators' door to what is looked at before one acts: effects of proposals, files, bulletins, the trades behind an alert."""

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from msgspec import Raw

from engine.core import commands, reasons
from engine.core.calendar import DAY
from engine.title import Proofs
from engine.view import MarketView
from gateway.connection import Connection
from gateway.effects import table as effects
from gateway.protocol import console_wire as cw
from gateway.protocol import wire
from gateway.protocol.codec import Refused
from gateway.protocol.prices import money_text, price_text
from gateway.protocol.times import day_number, day_text

if TYPE_CHECKING:
    from gateway.server import Gateway

FAULTS_SHOWN_MAX: Final = 1_000
FILES_HELD_MAX: Final = 8  # one an operator; whoever hands over more than these pushes the oldest out


class FileContent(NamedTuple):
    """A file as it was read: the act that would do it, the fields that stand in it, its right rows, and everything wrong."""

    act: str
    fields: dict[str, Any]
    rows: int
    faults: list[cw.FileFault]


ReadFile = Callable[[str, bytes, MarketView], FileContent]


def read_nothing(kind: str, content: bytes, view: MarketView) -> FileContent:
    """Where nobody reads files."""
    raise Refused(reasons.UNKNOWN_METHOD, "kind")


class _Held:
    """What one operator hands over: its parts, then the file as it was read."""

    def __init__(self, kind: str, parts: int) -> None:
        self.kind = kind
        self.parts = parts
        self.taken: list[bytes] = []
        self.sha256 = ""
        self.content: FileContent | None = None


class ConsoleDesk:
    """Answers `ops.effect`, `ops.file_part`, `ops.file_act`, `ops.bulletin…` and `ops.evidence`.

    read_file and proofs are set by the composition root: who reads files, and what the exchange signs with.
    """

    def __init__(self, gateway: "Gateway", act: Callable[[Connection, wire.OpsAct], None]) -> None:
        self.read_file: ReadFile = read_nothing
        self.proofs: Proofs | None = None
        self._gateway = gateway
        self._act = act
        self._files: dict[int, _Held] = {}  # by operator
        gateway.handlers.update(
            {
                cw.OpsEffect: self._effect,
                cw.OpsFilePart: self._file_part,
                cw.OpsFileAct: self._file_act,
                cw.OpsBulletins: self._bulletins,
                cw.OpsBulletin: self._bulletin,
                cw.OpsSignBulletin: self._sign_bulletin,
                cw.OpsEvidence: self._evidence,
            }
        )

    # ---- what a proposal would change ---------------------------------------------------------------------

    def waiting(self, proposal: int) -> commands.AnyAct | None:
        """The act of a proposal that waits."""
        return next((each.act for each in self._gateway.view().proposals() if each.proposal == proposal), None)

    async def effect_of(self, act: commands.AnyAct) -> tuple[list[cw.EffectRow], str]:
        """What an act would change now, and the hash of that."""
        gateway = self._gateway
        rows = await effects.effect(act, gateway.view(), gateway.directory, gateway.title)
        return rows, hashlib.sha256(msgspec.json.encode(rows)).hexdigest()

    def _effect(self, connection: Connection, request: cw.OpsEffect) -> None:
        act = self.waiting(int(request.params.proposal_id[2:]))
        if act is None:
            raise Refused(reasons.UNKNOWN_PROPOSAL, "proposal_id")
        self._gateway.query(connection, request.id, self._told_effect(connection, request, act))

    async def _told_effect(self, connection: Connection, request: cw.OpsEffect, act: commands.AnyAct) -> None:
        rows, sha256 = await self.effect_of(act)
        connection.reply(request.id, cw.EffectView(request.params.proposal_id, rows, sha256))

    # ---- files ----------------------------------------------------------------------------------------------

    def _file_part(self, connection: Connection, request: cw.OpsFilePart) -> None:
        params = request.params
        held = self._files.get(connection.operator)
        if params.part == 1:
            self._files.pop(connection.operator, None)
            held = self._files[connection.operator] = _Held(params.kind, params.parts)
            if len(self._files) > FILES_HELD_MAX:
                del self._files[next(iter(self._files))]
        is_next = held is not None and held.content is None and len(held.taken) + 1 == params.part
        if held is None or not is_next or (held.kind, held.parts) != (params.kind, params.parts):
            raise Refused(reasons.INVALID_FIELD, "part")
        held.taken.append(params.content)
        if params.part < params.parts:
            connection.reply(request.id, cw.FileReading(params.kind))
            return
        whole = b"".join(held.taken)
        held.taken = []
        held.content = found = self.read_file(held.kind, whole, self._gateway.view())
        held.sha256 = hashlib.sha256(whole).hexdigest()
        shown = found.faults[:FAULTS_SHOWN_MAX]
        told = cw.FileReading(held.kind, True, held.sha256, found.rows, len(found.faults), shown)
        connection.reply(request.id, told)

    def _file_act(self, connection: Connection, request: cw.OpsFileAct) -> None:
        params = request.params
        held = self._files.get(connection.operator)
        if held is None or held.content is None or held.sha256 != params.sha256:
            raise Refused(reasons.CONTENT_CHANGED, "sha256")
        if held.content.faults:
            raise Refused(reasons.INVALID_FIELD, "sha256", limit=0, actual=len(held.content.faults))
        try:
            more = msgspec.json.decode(params.fields, type=dict[str, Any])
        except msgspec.MsgspecError as error:
            raise Refused(reasons.INVALID_FIELD, "fields") from error
        fields = Raw(msgspec.json.encode({**more, **held.content.fields}))
        act = wire.OpsActParams(held.content.act, params.reason, fields, params.document)
        self._act(connection, wire.OpsAct(id=request.id, params=act))

    # ---- bulletins ------------------------------------------------------------------------------------------

    async def check_made(self, act: commands.PublishBulletin, field: str) -> None:
        """The registry has made the bulletin that is to be published, of this last day and hash. Raises `Refused`."""
        title = self._gateway.title
        wanted = (act.trading_day, act.sha256)
        if wanted not in {(row.trading_day, row.sha256) for row in await title.bulletins()} | {
            (row.last_day, row.sha256) for row in await title.publications()
        }:
            raise Refused(reasons.UNKNOWN_DOCUMENT, field)

    def _bulletins(self, connection: Connection, request: cw.OpsBulletins) -> None:
        self._gateway.query(connection, request.id, self._made(connection, request.id))

    async def _made(self, connection: Connection, request_id: str | int) -> None:
        title = self._gateway.title
        rows = [
            cw.MadeBulletin(DAY, day, 1, day, row.sha256, row.published)
            for row in await title.bulletins()
            for day in (day_text(row.trading_day),)
        ]
        rows += [
            cw.MadeBulletin(row.kind, row.period, row.version, day_text(row.last_day), row.sha256, row.published)
            for row in await title.publications()
        ]
        rows.sort(key=lambda row: (row.trading_day, row.kind == DAY, row.period, row.version), reverse=True)
        connection.reply(request_id, rows)

    def _bulletin(self, connection: Connection, request: cw.OpsBulletin) -> None:
        self._gateway.query(connection, request.id, self._text(connection, request))

    async def _text(self, connection: Connection, request: cw.OpsBulletin) -> None:
        period, version = request.params.period, request.params.version
        body = await self._body(period, version)
        sha256 = hashlib.sha256(body).hexdigest()
        connection.reply(request.id, cw.BulletinText(period, version, sha256, body.decode()))

    async def _body(self, period: str, version: int) -> bytes:
        """The bytes of a bulletin. Raises `Refused` where there is none."""
        title, body = self._gateway.title, None
        try:
            trading_day = day_number(period)
        except ValueError:
            trading_day = 0
        if trading_day and version == 1:
            body = await title.bulletin(trading_day)
        else:
            body = await title.publication(period, version)
        if body is None:
            raise Refused(reasons.UNKNOWN_DOCUMENT, "period")
        return body

    def _sign_bulletin(self, connection: Connection, request: cw.OpsSignBulletin) -> None:
        if self.proofs is None:
            raise Refused(reasons.UNKNOWN_DOCUMENT)
        self._gateway.query(connection, request.id, self._signed(connection, request, self.proofs))

    async def _signed(self, connection: Connection, request: cw.OpsSignBulletin, proofs: Proofs) -> None:
        params = request.params
        body = await self._body(params.period, params.version)
        if hashlib.sha256(body).hexdigest() != params.sha256:
            raise Refused(reasons.CONTENT_CHANGED, "sha256")
        key = proofs.exchange_keys()[-1].public_key
        signature = proofs.sign(body).hex()
        told = cw.BulletinSignature(params.period, params.version, params.sha256, signature, key)
        connection.reply(request.id, told)

    # ---- evidence -------------------------------------------------------------------------------------------

    def _evidence(self, connection: Connection, request: cw.OpsEvidence) -> None:
        number = int(request.params.alert_id[2:])
        alert = next((each for each in self._gateway.alerts.source.newest() if each.number == number), None)
        if alert is None:
            raise Refused(reasons.UNKNOWN_DOCUMENT, "alert_id")
        self._gateway.query(connection, request.id, self._trades(connection, request.id, alert.trades))

    async def _trades(self, connection: Connection, request_id: str | int, trades: tuple[int, ...]) -> None:
        names, rows = self._gateway.directory, []
        for number in trades[: wire.LIST_ROWS_MAX]:
            facts = await self._gateway.title.trade_facts(number)
            if facts is None:
                continue
            row = cw.EvidenceRow(
                f"T-{number}",
                day_text(facts.trading_day),
                names.instrument_code(facts.instrument),
                price_text(facts.price_ticks, names.instrument_tick_fen(facts.instrument)),
                facts.tonnes,
                money_text(facts.amount_fen),
                names.account_code(facts.buyer),
                names.account_code(facts.seller),
                f"O-{facts.buy_order}",
                f"O-{facts.sell_order}",
            )
            rows.append(row)
        connection.reply(request_id, rows)
