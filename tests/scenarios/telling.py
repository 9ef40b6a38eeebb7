"""Scenarios in sentences, played against a real exchange through the doors that people use.

Operators and members speak over websockets; each participant has a key and a connection of its own. What takes two persons is
proposed by the first operator and approved by the second. A sentence that nobody here understands is an error.
"""

import re
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import orjson

from engine.core import commands
from engine.core.market import Market
from engine.journal import segments
from engine.recovery import apply_record
from settlement.core.postings import FEES
from tests.gateway.kit import House, public_of
from yutan.answers import Refused
from yutan.client import Client

PEOPLE: Final = ("chen", "li")
EXPECTED: Final = re.compile(r" -- refused (\d+) ([A-Z_]+)$")
CATEGORIES: Final = {
    "key emitters": "key_emitter",
    "a key emitter": "key_emitter",
    "institutions": "institution",
    "individuals": "individual",
}


class Year(House):
    """An exchange that begins with nothing but its rule book and two operators."""

    async def _found(self, text: str) -> None:
        operators = tuple((person, person.title(), public_of(person)) for person in PEOPLE)
        await self.sequencer.submit(commands.Found(text, operators))


def codes(text: str) -> list[str]:
    """`K01 to K20` as the accounts it means; a single code is itself."""
    first, _, last = text.partition(" to ")
    if not last:
        return [first]
    return [f"{first[0]}{number:02d}" for number in range(int(first[1:]), int(last[1:]) + 1)]


def number(text: str) -> int:
    """Tonnes as people write them."""
    return int(text.replace(",", ""))


def money(text: str) -> Decimal:
    """Yuan as people write them."""
    return Decimal(text.replace(",", ""))


class Telling:
    """Plays a scenario line by line, and keeps its own account of what has come in and gone out."""

    def __init__(self, folder: Path, rules: str) -> None:
        self.folder = folder
        self.rules = rules
        self.house: House
        self.open = AsyncExitStack()
        self.clients: dict[str, Client] = {}
        self.owners = 0
        self.day = ""
        self.offer = ""
        self.tonnes: Counter[str] = Counter()
        self.ahead: dict[tuple[str, str], int] = {}
        self.cash = Decimal(0)
        self.again = Market()
        self.refused = 0
        self.days = 0

    async def play(self, text: str) -> None:
        """Play all lines. An AssertionError names the line that did not come out as it says."""
        self.house = await Year.start(self.folder, rules=self.rules)
        await self.connect()
        try:
            for place, line in enumerate(text.splitlines(), 1):
                if line.strip() and not line.startswith("#"):
                    await self.line(place, line.strip())
        finally:
            await self.stop()

    async def line(self, place: int, line: str) -> None:
        """One sentence, with what must become of it."""
        expected = EXPECTED.search(line)
        refusal = ""
        try:
            await self.say(EXPECTED.sub("", line))
        except Refused as refused:
            refusal = f"{refused.code} {refused.name}"
            self.refused += 1
        except AssertionError as error:
            raise AssertionError(f"line {place}: {line}\n{error}") from error
        wanted = " ".join(expected.groups()) if expected else ""
        assert refusal == wanted, f"line {place}: {line}\nrefused: {refusal or 'not'}"

    async def say(self, sentence: str) -> None:
        """Do what a sentence says."""
        for pattern, does in SENTENCES:
            if found := pattern.fullmatch(sentence):
                await does(self, *found.groups())
                return
        raise AssertionError("nobody understands this sentence")

    # ---- doors ------------------------------------------------------------------------------------------

    async def connect(self) -> None:
        """The two operators log in."""
        self.first, self.second = [
            await self.open.enter_async_context(self.house.operator(person)) for person in PEOPLE
        ]

    async def stop(self) -> None:
        """Close the exchange in good order."""
        await self.open.aclose()
        self.clients.clear()
        await self.house.stop()

    async def member(self, code: str) -> Client:
        """The participant's connection."""
        if code not in self.clients:
            self.clients[code] = await self.open.enter_async_context(self.house.member(code.lower()))
        return self.clients[code]

    async def act(self, name: str, /, **fields: Any) -> None:
        """An operator's act, approved by the second where it takes two."""
        outcome = await self.first.act(name, fields, "scenario", "渝环办〔2026〕1号")
        if outcome.status == "pending":
            outcome = await self.second.approve(outcome.proposal_id, outcome.sha256)
        assert outcome.status == "done"

    async def settled(self) -> None:
        """Wait until the registry stands where the engine does."""
        await self.house.settlement.wait_settled(self.house.sequencer.view.day().seq)

    # ---- who and what there is --------------------------------------------------------------------------

    async def join(self, who: str, category: str, amount: str) -> None:
        for code in codes(who):
            self.owners += 1
            name = CATEGORIES.get(category, category)
            await self.act("open_account", code=code, owner=self.owners, name=f"参与人 {code}", category=name)
            key = public_of(code.lower()).hex()
            await self.act("register_key", key_id=code.lower(), public_key=key, accounts=[code])
            if amount and money(amount):
                await self.act("deposit_cash", account=code, amount=str(money(amount)))
                self.cash += money(amount)

    async def list(self, code: str, product: str, vintage: str, price: str) -> None:
        names = {"name_zh": code, "name_en": code, "base_price": price}
        await self.act("list_instrument", code=code, product=product, vintage=int(vintage), **names)

    # ---- the day ----------------------------------------------------------------------------------------

    async def begin(self, day: str) -> None:
        self.day = day
        await self.act("open_day", trading_day=day)

    async def phase(self, name: str) -> None:
        await self.act("change_phase", phase=name)

    async def blocks(self) -> None:
        await self.act("open_block_window")

    async def end(self) -> None:
        await self.act("close_day")
        await self.settled()
        report = await self.first.reconcile()
        assert report.ok, report.breaks
        assert (Decimal(report.bank), report.units) == (self.cash, dict(self.tonnes))
        assert report.unsettled == 0
        for entries in segments.read_entries(self.folder / "journal", self.again.seq + 1, None):
            apply_record(self.again, entries)
        self.again.audit()
        assert self.again.seq == self.house.sequencer.head[0]
        self.days += 1

    async def restart(self) -> None:
        await self.stop()
        await self.house.open()
        await self.connect()

    # ---- members ----------------------------------------------------------------------------------------

    async def order(self, code: str, side: str, tonnes: str, instrument: str, price: str) -> None:
        await (await self.member(code)).place(instrument, side[:-1], number(tonnes), price)

    async def pick(self, code: str, tonnes: str, instrument: str, price: str, side: str) -> None:
        client = await self.member(code)
        await client.place(instrument, side, number(tonnes), price, time_in_force="ioc")

    async def block(self, code: str, side: str, tonnes: str, instrument: str, price: str, to: str) -> None:
        offered = await (await self.member(code)).blocks.offer(instrument, side, number(tonnes), price, [to])
        self.offer = offered.block_id

    async def confirm(self, code: str) -> None:
        await (await self.member(code)).blocks.confirm(self.offer)

    async def bid(self, code: str, tonnes: str, price: str, auction: str) -> None:
        await (await self.member(code)).auctions.bid(auction, number(tonnes), price)

    # ---- the government ---------------------------------------------------------------------------------

    async def announce(self, **terms: Any) -> None:
        defaults = {"method": "sealed_uniform", "categories": ["key_emitter", "institution"], "qty_min": 1, "lot": 1}
        await self.act("announce_auction", **defaults | terms, tie="time", undersubscribed="partial")

    async def sale(
        self, code: str, units: str, tonnes: str, what: str, day: str, floor: str, own: str, cash: str
    ) -> None:
        terms = {"code": code, "direction": "sale", "instrument": what, "tonnes": number(tonnes), "trading_day": day}
        terms["method"] = "sealed_pay_as_bid" if own else "sealed_uniform"
        await self.announce(**terms, unit_account=units, cash_account=cash, limit_price=floor, cap_bp=5_000)

    async def buy_back(self, code: str, units: str, tonnes: str, what: str, day: str, most: str, cash: str) -> None:
        terms = {"code": code, "direction": "buy_back", "instrument": what, "tonnes": number(tonnes)}
        await self.announce(**terms, trading_day=day, unit_account=units, cash_account=cash, budget=str(money(most)))

    async def one_way(self, code: str, who: str, verb: str, tonnes: str, what: str, day: str, limit: str) -> None:
        terms = {"code": code, "direction": "sale" if verb == "sells" else "purchase", "instrument": what}
        terms |= {"tonnes": number(tonnes), "trading_day": day, "limit_price": limit, "cap_bp": 5_000}
        await self.announce(**terms, unit_account=who, cash_account=who)

    async def window(self, code: str, verb: str) -> None:
        await self.act("open_auction" if verb == "opens" else "close_auction", auction=code)

    # ---- the registry -----------------------------------------------------------------------------------

    async def allocate(self, who: str, tonnes: str, instrument: str, kind: str, year: str) -> None:
        for code in codes(who):
            units = {"account": code, "instrument": instrument, "tonnes": number(tonnes)}
            await self.act("allocate_units", **units, kind=kind, year=int(year))
            self.tonnes[instrument] += number(tonnes)

    async def preallocate(self, who: str, tonnes: str, instrument: str, year: str, until: str) -> None:
        for code in codes(who):
            units = {"account": code, "instrument": instrument, "tonnes": number(tonnes)}
            await self.act("preallocate_units", **units, year=int(year), objection_until=until)
            self.tonnes[instrument] += number(tonnes)
            self.ahead[code, year] = number(tonnes)

    async def true_up(self, who: str, year: str, tonnes: str, instrument: str) -> None:
        for code in codes(who):
            units = {"account": code, "instrument": instrument, "tonnes": number(tonnes)}
            await self.act("true_up_allocation", **units, year=int(year))
            self.tonnes[instrument] += number(tonnes) - self.ahead.pop((code, year))

    async def objection(self, code: str, year: str, day: str) -> None:
        await self.act("file_objection", account=code, year=int(year), subject="allocation", filed_on=day)

    async def decision(self, code: str, year: str, day: str) -> None:
        fields = {"account": code, "year": int(year), "subject": "allocation"}
        await self.act("decide_objection", **fields, decided_on=day, upheld=True)

    async def emissions(self, year: str, day: str, told: str) -> None:
        rows: list[list[Any]] = []
        for part in told.split("; "):
            who, _, tonnes = part.rpartition(" ")
            rows += [[code, number(tonnes), day] for code in codes(who)]
        await self.act("import_emissions", year=int(year), rows=rows, sha256="ab" * 32)

    async def surrender(self, who: str, tonnes: str, instrument: str, year: str, final: str) -> None:
        for code in codes(who):
            units = {"account": code, "instrument": instrument, "tonnes": number(tonnes)}
            await self.act("surrender_units", **units, year=int(year), final=bool(final))
            self.tonnes[instrument] -= number(tonnes)

    async def cancel_units(self, code: str, tonnes: str, instrument: str, kind: str) -> None:
        await self.act("cancel_units", account=code, instrument=instrument, tonnes=number(tonnes), kind=kind)
        self.tonnes[instrument] -= number(tonnes)

    async def encumber(self, code: str, tonnes: str, instrument: str, kind: str, whom: str) -> None:
        units = {"account": code, "instrument": instrument, "tonnes": number(tonnes)}
        await self.act("encumber_units", **units, kind=kind, beneficiary=whom)

    async def pledge(self, code: str, tonnes: str, instrument: str, whom: str) -> None:
        await self.encumber(code, tonnes, instrument, "pledge", whom)

    async def freeze(self, tonnes: str, instrument: str, code: str) -> None:
        await self.encumber(code, tonnes, instrument, "freeze", "court")

    async def release(self, tonnes: str, name: str) -> None:
        await self.act("release_units", encumbrance_id=name, tonnes=number(tonnes))

    async def enforce(self, tonnes: str, name: str, to: str) -> None:
        await self.act("enforce_encumbrance", encumbrance_id=name, tonnes=number(tonnes), to_account=to)

    async def give(self, code: str, tonnes: str, instrument: str, to: str) -> None:
        units = {"account": code, "instrument": instrument, "tonnes": number(tonnes)}
        await self.act("transfer_units", **units, to_account=to, kind="gift")

    async def merge(self, code: str, successor: str) -> None:
        await self.act("merge_accounts", account=code, to_account=successor)

    async def split(
        self, code: str, past: str, old: str, present: str, new: str, cash: str, allocation: str, year: str, to: str
    ) -> None:
        units = [{"instrument": old, "tonnes": number(past)}, {"instrument": new, "tonnes": number(present)}]
        units = [row for row in units if row["tonnes"]]
        years = [{"year": int(year), "free_allocation": number(allocation)}] if number(allocation) else []
        part = {"account": to, "cash": str(money(cash)), "units": units, "years": years}
        await self.act("split_account", account=code, parts=[part])

    async def restrict(self, code: str, scope: str, basis: str) -> None:
        await self.act("restrict", account=code, scope=scope.split(", "), basis=basis)

    async def lift(self, code: str, scope: str) -> None:
        await self.act("lift_restriction", account=code, scope=scope.split(", "))

    async def pay(self, code: str, amount: str) -> None:
        await self.act("withdraw_cash", account=code, amount=str(money(amount)))
        self.cash -= money(amount)

    # ---- checks -----------------------------------------------------------------------------------------

    async def has_cash(self, code: str, amount: str) -> None:
        await self.settled()
        cash = await (await self.member(code)).cash()
        assert cash.settled == money(amount), cash

    async def has_units(self, code: str, tonnes: str, instrument: str, state: str) -> None:
        held = (await (await self.member(code)).allowances()).holdings
        [found] = [row for row in held if row.instrument == instrument]
        assert getattr(found, state) == number(tonnes), found

    async def keeps(self, code: str, tonnes: str) -> None:
        seen = await (await self.member(code)).allowances()
        assert seen.retention_floor == number(tonnes), seen

    async def owes(self, code: str, tonnes: str, year: str) -> None:
        [row] = (await (await self.member(code)).obligation(year=int(year))).years
        assert row.shortfall == number(tonnes), row

    async def bulletin(self) -> dict[str, Any]:
        body = await self.house.settlement.bulletin(int(self.day.replace("-", "")))
        assert body is not None
        found: dict[str, Any] = orjson.loads(body)
        return found

    async def closes(self, instrument: str, price: str) -> None:
        [row] = [row for row in (await self.bulletin())["instruments"] if row["code"] == instrument]
        assert row["close"] == price, row

    async def yearly(self, year: str, listed: str, instrument: str, blocks: str) -> None:
        await self.settled()
        body = await self.house.settlement.publication(year, 1)
        assert body is not None
        [row] = [row for row in orjson.loads(body)["instruments"] if row["code"] == instrument]
        told = {method: row[method]["tonnes"] for method in ("listed", "block")}
        assert told == {"listed": number(listed), "block": number(blocks)}, row

    async def publish(self, year: str) -> None:
        [row] = [row for row in await self.house.settlement.publications() if row.period == year]
        await self.act("publish_bulletin", trading_day=self.day, sha256=row.sha256)
        await self.settled()
        [row] = [row for row in await self.house.settlement.publications() if row.period == year]
        assert row.published

    async def there_are(self, tonnes: str, instrument: str) -> None:
        assert (await self.first.reconcile()).units[instrument] == number(tonnes)

    async def bank(self, amount: str) -> None:
        assert Decimal((await self.first.reconcile()).bank) == money(amount)

    async def fees(self, amount: str) -> None:
        await self.settled()
        assert await self.house.settlement.cash(FEES) == money(amount) * 100


WHO, TONNES, YUAN, DAY, CODE = r"(\w+(?: to \w+)?)", r"([\d,]+) t", r"([\d,]+\.\d\d)", r"(\d{4}-\d\d-\d\d)", r"([\w-]+)"
UNITS = rf"{TONNES} of {CODE}"
KINDS = "|".join(CATEGORIES)
SENTENCES: list[tuple[re.Pattern[str], Callable[..., Awaitable[None]]]] = [
    (re.compile(pattern), does)
    for pattern, does in (
        (rf"{WHO} (?:are|is) ({KINDS}) with {YUAN} yuan\.", Telling.join),
        (rf"{WHO} is the (government|treasury) account(?: with {YUAN} yuan)?\.", Telling.join),
        (rf"{CODE} is listed: (\w+) of (\d+) at {YUAN}\.", Telling.list),
        (rf"{DAY} opens\.", Telling.begin),
        (r"The phase is (\w+)\.", Telling.phase),
        (r"The hours of block trading begin\.", Telling.blocks),
        (r"The day ends\.", Telling.end),
        (r"The exchange is restarted\.", Telling.restart),
        (rf"{WHO} (buys|sells) {UNITS} at {YUAN}\.", Telling.order),
        (rf"{WHO} picks {UNITS} at {YUAN} to (buy|sell)\.", Telling.pick),
        (rf"{WHO} offers to (buy|sell) {UNITS} at {YUAN} to (\w+)\.", Telling.block),
        (r"(\w+) confirms\.", Telling.confirm),
        (rf"{WHO} bids {TONNES} at {YUAN} in {CODE}\.", Telling.bid),
        (
            rf"Auction {CODE} is announced: (\w+) sells {UNITS} on {DAY} at {YUAN} or more, "
            r"(each pays its bid, )?money to (\w+), at most half to one bidder\.",
            Telling.sale,
        ),
        (
            rf"Auction {CODE} is announced: (\w+) buys {UNITS} on {DAY} for {YUAN} yuan at most, money from (\w+)\.",
            Telling.buy_back,
        ),
        (
            rf"Auction {CODE} is announced: (\w+) itself (sells|buys) {UNITS} on {DAY} at {YUAN} or (?:more|less), "
            r"at most half of it by one bidder\.",
            Telling.one_way,
        ),
        (rf"The window of {CODE} (opens|closes)\.", Telling.window),
        (rf"{WHO} receives? {UNITS}, (\w+) for (\d+)\.", Telling.allocate),
        (rf"{WHO} are allocated {UNITS} in advance for (\d+), objections until {DAY}\.", Telling.preallocate),
        (rf"The allocation of {WHO} for (\d+) is settled at {UNITS}\.", Telling.true_up),
        (rf"(\w+) objects to its allocation of (\d+) on {DAY}\.", Telling.objection),
        (rf"The objection of (\w+) to its allocation of (\d+) is upheld on {DAY}\.", Telling.decision),
        (rf"The emissions of (\d+), reported on {DAY}, are: (.+)\.", Telling.emissions),
        (rf"{WHO} surrenders? {UNITS} for (\d+)(, final)?\.", Telling.surrender),
        (rf"(\w+) cancels {UNITS}, (\w+)\.", Telling.cancel_units),
        (rf"(\w+) pledges {UNITS} to (.+)\.", Telling.pledge),
        (rf"A court freezes {UNITS} of (\w+)\.", Telling.freeze),
        (rf"{TONNES} of {CODE} are released\.", Telling.release),
        (rf"{TONNES} of {CODE} go to (\w+)\.", Telling.enforce),
        (rf"(\w+) gives {UNITS} to (\w+)\.", Telling.give),
        (r"(\w+) is merged into (\w+)\.", Telling.merge),
        (
            rf"(\w+) is split: {UNITS}, {UNITS}, {YUAN} yuan and {TONNES} of the allocation of (\d+) go to (\w+)\.",
            Telling.split,
        ),
        (r"(\w+) is restricted in ([a-z_, ]+) under (.+)\.", Telling.restrict),
        (r"The restriction of (\w+) in ([a-z_, ]+) is lifted\.", Telling.lift),
        (rf"(\w+) is paid {YUAN} yuan\.", Telling.pay),
        (rf"(\w+) has {YUAN} yuan\.", Telling.has_cash),
        (rf"(\w+) has {UNITS} (available|held|locked|encumbered|preallocated)\.", Telling.has_units),
        (rf"(\w+) keeps {TONNES}\.", Telling.keeps),
        (rf"(\w+) owes {TONNES} for (\d+)\.", Telling.owes),
        (rf"{CODE} closes at {YUAN}\.", Telling.closes),
        (
            rf"The bulletin of (\d+) tells of {UNITS} traded on the market and {TONNES} in blocks\.",
            Telling.yearly,
        ),
        (r"The bulletin of (\d+) is published\.", Telling.publish),
        (rf"There are {UNITS}\.", Telling.there_are),
        (rf"The bank holds {YUAN} yuan\.", Telling.bank),
        (rf"The fees are {YUAN} yuan\.", Telling.fees),
    )
]
