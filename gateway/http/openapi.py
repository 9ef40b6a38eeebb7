"""The HTTP side as an OpenAPI 3.1 document, made of the handlers and of the query types that they read.

The answers' fields stand here, once; a test lets schemathesis ask a running exchange and holds every answer against them.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, cast

import msgspec

from engine.core import reasons
from gateway.feed.messages import AuctionData, PhaseData
from gateway.http import (
    api,
    calendar,
    checkpoints,
    datasets,
    intentions,
    key_units,
    notices,
    openapi_logins,
    openapi_trade,
    queries,
    reports,
    trade,
    trust,
    udf,
)
from gateway.http.replies import JSON
from gateway.protocol.fee_wire import FeeSchedule
from gateway.tables import CSV, FORMS

Schema = dict[str, Any]
BINARY: Final = "application/octet-stream"
PARQUET: Final = FORMS["parquet"]
OBJECT: Final = "object"
_REF: Final = "#/components/schemas/{name}"


class Error(msgspec.Struct):
    """A refusal: number and name of the catalogue, the sentence in the language asked for, and what a program needs."""

    code: int
    name: str
    message: str
    data: dict[str, str]


class Refusal(msgspec.Struct):
    """The answer to a request that was refused."""

    error: Error


class BookNow(msgspec.Struct):
    """The book at this moment. `withheld`: a call auction collects orders, and `auction` says where it would end."""

    instrument: str
    bids: list[tuple[str, int]]
    asks: list[tuple[str, int]]
    auction: AuctionData | None
    withheld: bool = False
    crc32: int | msgspec.UnsetType = msgspec.UNSET


class Operation(NamedTuple):
    """One path: who answers it, the query it reads, and what it says.

    answer: a type, or the fields of an object ("?" behind a type: or null). media: other forms that it may have than JSON.
    """

    path: str
    handler: Any
    query: type[msgspec.Struct] | None
    answer: Any
    media: tuple[str, ...] = (JSON,)
    example: str = ""  # of the path's parameters


def _operations() -> tuple[Operation, ...]:
    none, v1 = queries.NoQuery, "/api/v1"
    files = (JSON, CSV, PARQUET, BINARY)
    return (
        Operation(
            "/health", api.health, None,
            {"status": "string", "environment": "string", "phase": "string", "trading_day": "string?", "seq": "integer",
             "at": "string", "lags": OBJECT, "calendar": OBJECT},
        ),
        Operation("/metrics", api.metrics, None, None, ("text/plain",)),
        Operation("/calendar.ics", calendar.calendar_ics, none, None, ("text/calendar",)),
        Operation(f"{v1}/phase", api.phase, none, PhaseData),
        Operation(f"{v1}/time", trade.server_time, none, {"time_ms": "integer"}),
        Operation(f"{v1}/instruments", api.instruments, none, {"instruments": "array"}),
        Operation("/udf/config", udf.config, none, OBJECT),
        Operation("/udf/time", udf.feed_time, none, None, ("text/plain",)),
        Operation("/udf/symbols", udf.symbols, udf.SymbolQuery, OBJECT),
        Operation("/udf/search", udf.search, udf.SearchQuery, None),
        Operation("/udf/history", udf.history, udf.HistoryQuery, {"s": "string"}),
        Operation(f"{v1}/ticker", api.ticker, queries.InstrumentQuery, {"tickers": "array", "composites": "array"}),
        Operation(f"{v1}/book", api.book, queries.BookQuery, BookNow),
        Operation(
            f"{v1}/trades", api.trades, queries.TradesQuery,
            {"instrument": "string", "trading_day": "string?", "trades": "array", "next": "string?"},
        ),
        Operation(
            f"{v1}/kline", api.kline, queries.BarsQuery, {"instrument": "string", "interval": "string", "bars": "array"}
        ),
        Operation(f"{v1}/auctions", api.auctions, none, {"auctions": "array"}),
        Operation(f"{v1}/auctions/{{code}}", api.auction, none, OBJECT, example="2026-1"),
        Operation(f"{v1}/intentions", intentions.intentions, none, {"intentions": "array"}),
        Operation(f"{v1}/trust-list", trust.authorities, none, {"as_of": "string", "authorities": "array"}),
        Operation(f"{v1}/trust-list/{{authority}}/revoked", trust.revoked, none, OBJECT, example="cqca"),
        Operation(f"{v1}/bulletins", api.bulletins, queries.BulletinsQuery, {"bulletins": "array"}),
        Operation(f"{v1}/bulletins/{{name}}", api.bulletin, none, OBJECT, files, "2026-11-20.json"),
        Operation(f"{v1}/errors", api.errors, none, {"errors": "array"}),
        Operation(
            f"{v1}/rulebook", api.rulebook, none,
            {"market": "string", "version": "integer", "in_force_since": "string?", "sha256": "string", "next": "object?",
             "rules": "array"},
        ),
        Operation(f"{v1}/fees", api.fees, none, FeeSchedule),
        Operation(f"{v1}/monitor-reports", reports.monitor_reports, none, {"monitor_reports": "array"}),
        Operation(f"{v1}/monitor-reports/{{name}}", reports.monitor_report, none, OBJECT, example=f"{'0' * 64}.json"),
        Operation(f"{v1}/large-holders", api.large_holders, none, {"as_of": "string", "large_holders": "array"}),
        Operation(f"{v1}/checkpoints", checkpoints.checkpoints, queries.CheckpointsQuery, {"checkpoints": "array"}),
        Operation(
            f"{v1}/checkpoints/{{name}}", checkpoints.checkpoint, none, OBJECT, (JSON, BINARY), "000001.json"
        ),
        Operation(f"{v1}/keys", checkpoints.keys, none, {"algorithm": "string", "keys": "array"}),
        Operation(
            f"{v1}/calendar", calendar.calendar, queries.CalendarQuery,
            {"market": "string", "today": OBJECT, "horizon": OBJECT, "timetable": "array", "utc_offset_minutes": "integer"},
        ),
        Operation(f"{v1}/notices", notices.notices, notices.NoticesQuery, {"notices": "array", "next": "string?"}),
        Operation(f"{v1}/notices/{{notice}}", notices.notice, none, OBJECT, example="G-1-1"),
        Operation(
            f"{v1}/key-units", key_units.key_units, key_units.KeyUnitsQuery,
            {"year": "integer?", "years": "array", "plan": "object?", "units": "array", "totals": OBJECT},
        ),
        Operation(f"{v1}/key-units.csv", key_units.key_units_csv, key_units.KeyUnitsQuery, None, (CSV,)),
        Operation(
            f"{v1}/key-units.parquet", key_units.key_units_parquet, key_units.KeyUnitsQuery, None, (PARQUET,)
        ),
        Operation("/data", datasets.packages, none, {"packages": "array"}),
        Operation(
            "/data/{period}/{name}", datasets.data_file, none, None, (JSON, CSV, PARQUET), "2026-11-20/datapackage.json"
        ),
    )  # fmt: skip


OPERATIONS: Final = _operations()


def document(version: str) -> Schema:
    """The whole document; `version` is the program's."""
    typed = [found.answer for found in OPERATIONS if isinstance(found.answer, type)]
    schemas, components = msgspec.json.schema_components([*typed, Refusal], ref_template=_REF)
    schema_of = dict(zip([*typed, Refusal], schemas, strict=True))
    twins, twin_components = openapi_trade.document()
    people, people_components = openapi_logins.document(schema_of[Refusal])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "渝碳 Yutan",
            "version": version,
            "description": (
                "The public figures and documents of a regional carbon market over HTTP, the twins of the member door's methods, "
                "signed by the member's key, and what a browser asks to log its person in. Streams are websocket channels: "
                "/asyncapi.json."
            ),
        },
        "paths": {found.path: {"get": _operation(found, schema_of)} for found in OPERATIONS} | twins | people,
        "components": {
            "schemas": components | twin_components | people_components,
            "securitySchemes": openapi_logins.SCHEMES,
        },
        "x-refusals": [{"code": row.number, "name": row.name, "retry": row.retry} for row in reasons.CATALOGUE],
    }


def _operation(found: Operation, schema_of: dict[Any, Schema]) -> Schema:
    refusal = {"description": "Refused: see `error.code`.", "content": {JSON: {"schema": schema_of[Refusal]}}}
    content = {media: {"schema": _answer(found.answer, schema_of) if media == JSON else {}} for media in found.media}
    words = (found.handler.fn.__doc__ or "").strip().splitlines()[0]
    return {
        "operationId": found.handler.fn.__name__,
        "summary": words,
        "parameters": list(_parameters(found)),
        "responses": {
            "200": {"description": words, "content": content},
            "304": {"description": "Unchanged since the validator that was sent (If-None-Match)."},
            **{status: refusal for status in ("400", "404", "500", "501", "503")},
        },
    }


def _answer(answer: Any, schema_of: dict[Any, Schema]) -> Schema:
    if answer is None:  # any JSON: the file itself says what it is
        return {}
    if isinstance(answer, type):
        return schema_of[answer]
    if answer == OBJECT:
        return {"type": OBJECT}
    return {
        "type": OBJECT,
        "properties": {name: _typed(word) for name, word in answer.items()},
        "required": list(answer),
    }


def _typed(word: str) -> Schema:
    return {"anyOf": [{"type": word[:-1]}, {"type": "null"}]} if word.endswith("?") else {"type": word}


def _parameters(found: Operation) -> Iterator[Schema]:
    named = re.findall(r"{(\w+)}", found.path)
    for name, example in zip(named, found.example.split("/") if named else (), strict=True):
        schema = {"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9._-]+$"}
        yield {"name": name, "in": "path", "required": True, "schema": schema, "example": example}
    if found.query is None:
        return
    schemas, components = msgspec.json.schema_components([found.query], ref_template="{name}")
    form = components[schemas[0]["$ref"]]
    for name, schema in form["properties"].items():
        forms = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
        plain = cast(Schema, forms[0] if forms else {key: held for key, held in schema.items() if key != "default"})
        told = {"default": schema["default"]} if schema.get("default") is not None else {}
        yield {"name": name, "in": "query", "required": name in form.get("required", ()), "schema": plain | told}
