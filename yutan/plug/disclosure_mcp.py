"""What the market publishes, as tools of the Model Context Protocol (MCP) over stdio: read-only, nothing needs a key.

Each tool is one public question of the exchange's HTTP side; its answer is the exchange's own JSON. Only whether a bulletin
is genuine is worked out here, by the verifier that shares no code with the exchange.
"""

import asyncio
import ssl
import tempfile
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from yutan import verify, web

TRADES_MAX: Final = 500
RULES_MAX: Final = 60
_READ_ONLY: Final = ToolAnnotations(read_only_hint=True, open_world_hint=False)
INSTRUCTIONS: Final = (
    "The public side of a regional carbon market (区域碳市场交易所). Prices and money are decimal strings in CNY, "
    "quantities tonnes of CO2 equivalent, times RFC 3339 in UTC, days Beijing trading days. Nothing here can trade."
)
Code = Annotated[str, Field(description="Instrument code, such as CQEA-25; see the tool instruments.", max_length=32)]
Day = Annotated[str, Field(description="Trading day such as 2026-11-20; empty: the present one.", max_length=10)]
Name = Annotated[
    str,
    Field(
        description="Period of a bulletin, as the tool bulletins lists it: 2026-11-20, 2026-W47, 2026-11, 2026; with .v1 one version.",
        pattern=r"^[0-9W-]{4,10}(\.v[1-9][0-9]{0,3})?$",
    ),
]

Answer = dict[str, Any]


class Disclosure:
    """The tools over one exchange. `key`: the public key (64 hex digits) that is trusted; "": the one the exchange names itself."""

    def __init__(self, url: str, key: str = "", tls: ssl.SSLContext | None = None) -> None:
        self._url = url
        self._tls = tls
        self._key = key

    def server(self) -> MCPServer:
        """A server with every tool."""
        server = MCPServer("yutan", title="渝碳 Yutan", instructions=INSTRUCTIONS, log_level="WARNING")
        for tool in (
            self.phase,
            self.instruments,
            self.quote,
            self.book,
            self.trades,
            self.history,
            self.bulletins,
            self.bulletin,
            self.verify_bulletin,
            self.notices,
            self.calendar,
            self.rulebook,
        ):
            server.tool(annotations=_READ_ONLY)(tool)
        return server

    async def phase(self) -> Answer:
        """Where the trading day is, whether the market is halted, and what comes next."""
        return await self._ask("phase")

    async def instruments(self) -> Answer:
        """What is traded, with ticks, lots, price limits and fees."""
        return await self._ask("instruments")

    async def quote(self, instrument: Code = "") -> Answer:
        """The day's figures of one instrument, or of all: last, change, open, high, low, volume, turnover, average."""
        return await self._ask("ticker", instrument=instrument)

    async def book(self, instrument: Code, levels: Annotated[int, Field(ge=1, le=100)] = 5) -> Answer:
        """The best price levels; during a call auction its indication instead."""
        return await self._ask("book", instrument=instrument, levels=str(levels))

    async def trades(
        self, instrument: Code, day: Day = "", limit: Annotated[int, Field(ge=1, le=TRADES_MAX)] = 50
    ) -> Answer:
        """A day's trades, oldest first; `next` of the answer says whether there are more."""
        return await self._ask("trades", instrument=instrument, day=day, limit=str(limit))

    async def history(
        self,
        instrument: Code,
        first_day: Day = "",
        last_day: Day = "",
        interval: Annotated[str, Field(pattern="^(1m|5m|15m|1h|1d)$")] = "1d",
    ) -> Answer:
        """Bars (open, high, low, close, volume, turnover) between two days, both included."""
        asked = {"from": first_day, "to": last_day}
        return await self._ask("kline", instrument=instrument, interval=interval, **asked)

    async def bulletins(self, kind: Annotated[str, Field(pattern="^(day|week|month|year|all)$")] = "day") -> Answer:
        """The published bulletins (公报) of one kind, newest first, each with the SHA-256 of its JSON."""
        return await self._ask("bulletins", kind=kind)

    async def bulletin(self, name: Name) -> Answer:
        """One bulletin as it was signed."""
        return await self._ask(f"bulletins/{name}.json")

    async def verify_bulletin(self, name: Name) -> Answer:
        """Whether a bulletin is genuine: its signature by the exchange's key, and its own sums. `key_from` says whose word the
        key rests on: "given" where whoever started this server named it, "exchange" where the exchange itself did."""
        key = self._key or str((await self._ask("keys"))["keys"][-1]["public_key"])
        body, signature = [await self._get(f"api/v1/bulletins/{name}.{form}", {}) for form in ("json", "sig")]

        def judged() -> verify.Verified:
            with tempfile.TemporaryDirectory(prefix="yutan-mcp-") as place:
                path = Path(place) / f"{name}.json"
                path.write_bytes(body)
                path.with_suffix(".sig").write_bytes(signature)
                return verify.verify_bulletin(path, key, None)

        found = await asyncio.to_thread(judged)
        return {
            "name": name,
            "is_genuine": not found.findings,
            "findings": [str(finding) for finding in found.findings],
            "checks": found.checks,
            "public_key": key,
            "key_from": "given" if self._key else "exchange",
        }

    async def notices(
        self,
        category: Annotated[str, Field(pattern="^[a-z_]{0,32}$")] = "",
        instrument: Code = "",
        limit: Annotated[int, Field(ge=1, le=200)] = 20,
    ) -> Answer:
        """What the exchange has announced (公告), newest first: halts, rule changes, holidays, penalties, results."""
        return await self._ask("notices", category=category, instrument=instrument, limit=str(limit))

    async def calendar(self, year: Annotated[int, Field(ge=0, le=2999)] = 0) -> Answer:
        """Today, the trading days around it, the day's timetable and the holidays; with a year its trading days one by one."""
        return await self._ask("calendar", year=str(year) if year else "")

    async def rulebook(self, words: Annotated[str, Field(max_length=100)] = "") -> Answer:
        """The rules in force that contain all these words (names, values, sources, Chinese or English), each with its legal source
        and how sure it is; without words how many there are under each heading."""
        found = await self._ask("rulebook")
        rules = found.pop("rules")
        found["rules_total"] = len(rules)
        if not words.split():
            headings = [str(rule["rule"]).partition(".")[0] for rule in rules]
            return found | {"headings": {name: headings.count(name) for name in sorted(set(headings))}}
        wanted = [word.casefold() for word in words.split()]
        chosen = [rule for rule in rules if _has(rule, wanted)]
        return found | {"rules": chosen[:RULES_MAX], "left_out": max(0, len(chosen) - RULES_MAX)}

    async def _ask(self, path: str, **asked: str) -> Answer:
        said: Answer = msgspec.json.decode(await self._get(f"api/v1/{path}", asked), type=dict[str, Any])
        return said

    async def _get(self, path: str, asked: dict[str, str]) -> bytes:
        try:
            return await asyncio.to_thread(web.get, self._url, path, asked, self._tls)
        except (web.Refused, web.Unreachable) as error:
            raise ToolError(str(error)) from error


def _has(rule: Answer, words: list[str]) -> bool:
    text = msgspec.json.encode(rule).decode().casefold()
    return all(word in text for word in words)
