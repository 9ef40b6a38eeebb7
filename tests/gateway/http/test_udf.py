"""Charts are fed with the same bars as everybody, in their own form; /llms.txt leads to what is there."""

import re
from typing import Any

import pytest

from gateway.http import llms
from tests.gateway.http.conftest import Door

CODE = "CQEA-25"
EVER = {"from": 0, "to": 4_000_000_000}


async def udf(door: Door, path: str, status: int = 200, **query: Any) -> Any:
    answer = await door.client.get(f"/udf/{path}", params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


async def kline(door: Door, interval: str) -> list[Any]:
    query = {"instrument": CODE, "interval": interval, "from": "2026-11-20", "to": "2026-11-22"}
    return list((await door.client.get("/api/v1/kline", params=query)).json()["bars"])


@pytest.mark.parametrize(
    ("resolution", "interval"), [("1", "1m"), ("5", "5m"), ("60", "1h"), ("1D", "1d"), ("D", "1d")]
)
async def test_history_is_the_bars_of_the_rest_twin(door: Door, resolution: str, interval: str) -> None:
    told = await udf(door, "history", symbol=CODE, resolution=resolution, **EVER)
    bars = await kline(door, interval)
    assert told["s"] == "ok"
    assert [told[name] for name in "ohlc"] == [
        [float(bar[name]) for bar in bars] for name in ("open", "high", "low", "close")
    ]
    assert told["v"] == [bar["volume"] for bar in bars]
    assert told["t"] == sorted(set(told["t"]))
    assert len(bars) > 2


async def test_a_part_of_the_history(door: Door) -> None:
    whole = await udf(door, "history", symbol=CODE, resolution="1", **EVER)
    first, last = whole["t"][3], whole["t"][8]
    part = await udf(door, "history", symbol=f"YUTAN:{CODE}", resolution="1", **{"from": first, "to": last})
    assert part["t"] == whole["t"][3:8]
    back = await udf(door, "history", symbol=CODE, resolution="1", countback=4, **{"from": last, "to": last})
    assert back["t"] == whole["t"][4:8]
    day = await udf(door, "history", symbol=CODE, resolution="1D", **EVER)
    assert [start % 86_400 for start in day["t"]] == [0, 0, 0]
    assert await udf(door, "history", symbol=CODE, resolution="1", **{"from": 0, "to": 1}) == {"s": "no_data"}
    swapped = {"from": last, "to": first}
    assert (await udf(door, "history", symbol=CODE, resolution="1", **swapped))["s"] == "no_data"


async def test_symbols_search_config_and_time(door: Door) -> None:
    told = await udf(door, "symbols", symbol=CODE)
    assert (told["name"], told["pricescale"], told["minmov"], told["timezone"]) == (CODE, 100, 1, "Asia/Shanghai")
    assert re.fullmatch(r"\d{4}-\d{4}(,\d{4}-\d{4})*", told["session"])
    assert set(told["supported_resolutions"]) == set((await udf(door, "config"))["supported_resolutions"])
    assert CODE in [row["symbol"] for row in await udf(door, "search", query="cqea")]
    assert await udf(door, "search", query="nothing like it") == []
    assert await udf(door, "search", query="", exchange="OTHER") == []
    answer = await door.client.get("/udf/time")
    assert answer.headers["content-type"].startswith("text/plain")
    assert int(answer.text) > 1_700_000_000


@pytest.mark.parametrize(
    ("path", "query", "status", "name"),
    [
        ("symbols", {"symbol": "NONE-1"}, 404, "UNKNOWN_INSTRUMENT"),
        ("symbols", {}, 400, "INVALID_FIELD"),
        ("history", {"symbol": CODE, "resolution": "7", **EVER}, 400, "INVALID_FIELD"),
        ("history", {"symbol": CODE, "resolution": "1", "from": -1, "to": 5}, 400, "INVALID_FIELD"),
        ("history", {"symbol": CODE, "resolution": "1", "mood": 1, **EVER}, 400, "UNKNOWN_FIELD"),
        ("search", {"limit": 0}, 400, "INVALID_FIELD"),
    ],
)
async def test_what_makes_no_sense_is_refused(door: Door, path: str, query: Any, status: int, name: str) -> None:
    assert (await udf(door, path, status, **query))["error"]["name"] == name


async def test_every_link_of_llms_txt_is_there(door: Door) -> None:
    answer = await door.client.get("/llms.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    links = re.findall(r"\]\((/[^)]+)\)", answer.text)
    assert len(links) == len(set(links)) > 12
    signs_nothing = {"/api/v1/keys"}  # this market has no key; one that runs has
    for link in links:
        assert (await door.client.get(link)).status_code == (404 if link in signs_nothing else 200), link
    assert answer.text == llms.TEXT
