"""The OpenAPI document is the HTTP side's: schemathesis asks a running exchange whatever it allows, and holds the answers to it."""

import asyncio
from typing import Any, cast

import msgspec
import schemathesis
from hypothesis import HealthCheck, given, settings
from litestar.routes import HTTPRoute
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.http import create_app, openapi, openapi_logins
from tests.gateway.http.conftest import ORIGIN, Door

EXAMPLES = 12
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def ask_everything(url: str) -> set[str]:
    """Ask every operation of the served document with what it allows. Returns the paths that answered 200."""
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    answered: set[str] = set()
    asked = schema.exclude(path_regex="^/api/v1/trade/")  # signed requests: tests/plug/test_signed_door.py
    for found in asked.get_all_operations():
        ask_operation(found.ok(), answered)
    return answered


def ask_operation(operation: Any, answered: set[str]) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES if operation.method == "get" else 5, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def ask(case: Any) -> None:
        answer = case.call(headers={"origin": ORIGIN} if operation.method == "post" else {})
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code == 200:
            answered.add(operation.path)

    ask()


async def test_whatever_the_document_allows_is_answered_as_it_says(door: Door) -> None:
    answered = await asyncio.to_thread(ask_everything, str(door.client.base_url).rstrip("/"))
    needs_a_name = {row.path for row in openapi.OPERATIONS if "{" in row.path}
    signed = {"/api/v1/checkpoints", "/api/v1/keys"}  # this market signs nothing
    needs_an_instrument = {"/api/v1/book", "/api/v1/trades", "/api/v1/kline", "/udf/symbols", "/udf/history"}
    assert answered >= {row.path for row in openapi.OPERATIONS} - needs_a_name - signed - needs_an_instrument
    paths = (await door.client.get("/openapi.json")).json()["paths"]
    asked = {path for path, found in paths.items() if "get" in found and not path.startswith("/v1/")}
    assert asked == {row.path for row in openapi.OPERATIONS}
    for path, query in (("book", "levels=3"), ("trades", "limit=5"), ("kline", "interval=1h")):
        answer = await door.client.get(f"/api/v1/{path}?instrument=CQEA-25&{query}")
        declared = paths[f"/api/v1/{path}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        name = declared.get("$ref", "").rsplit("/", 1)[-1]
        fields = declared if not name else openapi.document("")["components"]["schemas"][name]
        assert answer.json().keys() >= set(fields["required"])


def test_every_path_of_the_interface_is_in_the_document() -> None:
    app = create_app(cast(Any, None))  # nobody is answered
    shown, alone = ("/api/", "/data", "/udf/", "/v1/"), {"/health", "/metrics", "/calendar.ics"}
    routes = {route.path_format for route in app.routes if isinstance(route, HTTPRoute)}
    there = {path for path in routes if path.startswith(shown) or path in alone}
    signed_in = {row.path for row in openapi_logins.ASKINGS}
    assert there == {row.path for row in openapi.OPERATIONS} | signed_in | {"/api/v1/trade/{method}"}


async def test_each_example_of_a_browsers_request_is_one_and_gets_the_answer_of_who_is_not_logged_in(
    door: Door,
) -> None:
    paths = (await door.client.get("/openapi.json")).json()["paths"]
    for asking in openapi_logins.ASKINGS:
        if asking.form is None:
            answer = await door.client.get(asking.path)
        else:
            body = paths[asking.path]["post"]["requestBody"]["content"]["application/json"]
            answer = await door.client.post(asking.path, json=body["example"], headers={"origin": ORIGIN})
        told = answer.json()
        if asking.path == "/v1/login/passkey":
            msgspec.convert(told, asking.answer)
        else:
            assert told["error"]["name"] == ("LOGIN_NEEDED" if asking.needs_session else "LOGIN_REFUSED"), asking.path


def test_parameters_are_those_of_the_query_types() -> None:
    found = openapi.document("")["paths"]["/api/v1/kline"]["get"]["parameters"]
    assert [(row["name"], row["required"]) for row in found] == [
        ("instrument", True),
        ("interval", False),
        ("from", False),
        ("to", False),
    ]
    assert found[1]["schema"] == {"type": "string", "pattern": "^(1m|5m|15m|1h|1d)$", "default": "1m"}
