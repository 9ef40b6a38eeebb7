"""One address asks so often over HTTP and no more: 429 with Retry-After, and others are answered."""

from types import SimpleNamespace
from typing import Any, cast

import httpx

from gateway.http import HttpSettings, create_app, serve_http
from gateway.http.rates import ADDRESSES_MAX, Rates
from gateway.http.replies import Refused
from tests.gateway.http.conftest import Door
from tests.gateway.kit import DEADLINE_S


def limited(per_second: int) -> Rates:
    return Rates(cast(Any, SimpleNamespace(settings=HttpSettings(requests_per_second_max=per_second))))


async def is_answered(rates: Rates, host: str) -> bool:
    try:
        await rates.check(cast(Any, SimpleNamespace(client=SimpleNamespace(host=host), headers={})))
    except Refused:
        return False
    return True


async def test_each_address_has_its_own_bucket_and_only_so_many_are_kept() -> None:
    rates = limited(1)
    assert await is_answered(rates, "192.0.2.1")
    assert not await is_answered(rates, "192.0.2.1")
    assert await is_answered(rates, "192.0.2.2")
    for number in range(ADDRESSES_MAX):
        assert await is_answered(rates, f"host-{number}")
    assert len(rates._buckets) == ADDRESSES_MAX


async def test_without_a_limit_nothing_is_counted() -> None:
    rates = limited(0)
    assert all([await is_answered(rates, "192.0.2.1") for _ in range(100)])
    assert not rates._buckets


async def test_who_asks_too_often_is_told_so(door: Door) -> None:
    sources = door.sources._replace(settings=HttpSettings(requests_per_second_max=1))
    server = await serve_http(create_app(sources), "127.0.0.1", 0)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=DEADLINE_S) as client:
        for path in ("/api/v1/instruments", "/api/v1/ticker?instrument=CQEA-25"):
            answers = [await client.get(path) for _ in range(20)]
            refused = [answer for answer in answers if answer.status_code == 429]
            assert refused
            for answer in refused:
                assert answer.headers["retry-after"] == "1"
                assert answer.json()["error"]["name"] == "RATE_LIMITED"
    assert (await door.client.get("/api/v1/instruments")).status_code == 200
    await server.close()
