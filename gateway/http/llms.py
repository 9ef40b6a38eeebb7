"""`/llms.txt`: where programs that read for people find what this market publishes, in their customary form."""

from typing import Final

from litestar import Response, get

from gateway.http.replies import AnyRequest, bytes_reply

_MAX_AGE_S: Final = 3600
TEXT: Final = """\
# 渝碳 Yutan

> The exchange of a regional carbon market (区域碳市场交易所). All below is public, needs no login and may be read by programs.
> Prices and money are decimal strings in CNY, quantities tonnes of CO2 equivalent, times RFC 3339 in UTC, days Beijing trading days.

## Quotes

- [Phase](/api/v1/phase): where the trading day is, and what comes next
- [Instruments](/api/v1/instruments): what is traded, with ticks, lots and fees
- [Day's figures](/api/v1/ticker): last, change, open, high, low, volume, turnover of each instrument
- [Chart feed](/udf/config): the same bars for charting libraries (UDF)

## Disclosure

- [Bulletins](/api/v1/bulletins): signed, hash-chained bulletins of days, weeks, months and years
- [Notices](/api/v1/notices): what the exchange has announced
- [Auctions](/api/v1/auctions): notices and results of government auctions and buy-backs
- [Key units](/api/v1/key-units): key emitting units by year, with allocation, verified emissions and status
- [Rule book](/api/v1/rulebook): every rule in force with its source
- [Calendar](/api/v1/calendar): trading days and hours

## Checking

- [Keys](/api/v1/keys): the keys that sign bulletins and checkpoints
- [Refusals](/api/v1/errors): the catalogue of refusals, Chinese and English

## Specifications

- MCP: `yutan mcp --url THIS-ADDRESS` (pip install 'yutan[mcp]') has all of the above as read-only tools, and checks bulletins
- [OpenAPI](/openapi.json): the HTTP side, the members' signed requests among it
- [AsyncAPI](/asyncapi.json): the websocket doors
"""


@get("/llms.txt", sync_to_thread=False)
def llms_txt(request: AnyRequest) -> Response[bytes]:
    """What programs that read for people find here."""
    return bytes_reply(request, TEXT.encode(), "text/plain; charset=utf-8", _MAX_AGE_S)
