"""A small market that has seen everything once: two days with calls, a block, an auction, a freeze, a dispute, a void."""

import asyncio
from pathlib import Path
from typing import Any, Final

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases
from engine.core.acts import sha256_of
from engine.core.units import BUY, DAY, SELL
from tests.testkit.auctions import notice
from tests.testkit.build import rulebook_text
from yutan import founding
from yutan.compose import Exchange
from yutan.settings import Settings

DEADLINE_S: Final = 60.0
ANY_PORTS: Final = Settings(ws_port=0, http_port=0, disk="inline")
RULES: Final = rulebook_text(
    {
        "CQEA": {"trading_fee_ppm": 700, "settlement_fee_ppm": 300, "lock_days": 1, "block_tonnes_min": 500, "block_limit_bp": 3_000},
        "CQCER": {"kind": "offset"},
    },
    {2025: {"offset_limit_bp": 800}},
    {"2025.CQCER": {"limit_bp": 800, "is_local": True}},
    risk_reserve_bp=2_000,
    two_person_acts=["DepositCash", "AllocateUnits", "SurrenderUnits", "EncumberUnits", "PublishBulletin"],
)  # fmt: skip
FEES, RESERVE = -3, -4
GOVERNMENT, TREASURY, SELLER, BUYER, THIRD = range(1, 6)
FIRST_DAY, SECOND_DAY = 20260105, 20260106


class Desk:
    """Members and two operators of a running exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.sent = 0

    async def do(self, command: c.AnyCommand) -> list[e.Event]:
        """Send a command, which must not be refused."""
        happened = await self.exchange.sequencer.submit(command)
        wrong = tuple(getattr(e, name) for name in dir(e) if name.endswith("Refused"))
        assert not any(isinstance(event, wrong) for event in happened), happened
        return happened

    async def act(self, wanted: c.AnyAct) -> list[e.Event]:
        """Have an act done, by two people where the rule book wants two."""
        happened = await self.do(c.Propose(1, "a test's reason", "文号-1", wanted))
        if isinstance(happened[0], e.ActProposed):
            happened = await self.do(c.Approve(2, happened[0].proposal, sha256_of(wanted)))
        assert isinstance(happened[0], e.ActTaken), happened
        return happened

    async def order(self, account: int, side: int, price: int, tonnes: int, instrument: int = 1) -> int:
        """Place an order; its number."""
        self.sent += 1
        happened = await self.do(c.PlaceOrder(account, instrument, side, price, tonnes, DAY, f"o{self.sent}"))
        return next(event.order for event in happened if isinstance(event, e.OrderAccepted))


async def make(data: Path) -> None:
    """Found a market in a fresh folder, play two days, and close it in good order."""
    founding.found(data, RULES, founding.DEFAULT_OPERATORS)
    exchange = await Exchange.start(data, ANY_PORTS)
    try:
        desk = Desk(exchange)
        await _admit(desk)
        await _first_day(desk)
        disputed = await desk.exchange.settlement.trade_facts(1)
        assert disputed is not None
        await desk.do(c.ObjectToStatement(SELLER, FIRST_DAY, "价格有误", 1, disputed))
        await _second_day(desk)
        await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
    finally:
        await exchange.close()


async def _admit(desk: Desk) -> None:
    await desk.act(c.ListInstrument("CQEA-25", "CQEA", 2025, "配额", "Allowance", 4_000))
    await desk.act(c.ListInstrument("CQCER-24", "CQCER", 2024, "碳惠通", "Offset", 3_000))
    for code, category in (
        ("GOV", "government"),
        ("TREASURY", "treasury"),
        *((f"K0{n}", "key_emitter") for n in (3, 4, 5)),
    ):
        account = len(desk.exchange.view.accounts()) + 1
        await desk.act(c.OpenAccount(code, account, f"参与人 {code}", category))
        await desk.act(c.DepositCash(account, 100_000_000))
        await desk.act(
            c.AllocateUnits(
                account,
                1,
                10_000,
                "free" if category == "key_emitter" else "reserve" if category == "government" else "paid",
                2025,
            )
        )
    await desk.act(c.AllocateUnits(THIRD, 2, 500, "offset", 2025))


async def _first_day(desk: Desk) -> None:
    await desk.act(c.OpenDay(FIRST_DAY))
    await desk.act(c.ChangePhase(phases.OPENING_CALL))
    await desk.order(SELLER, SELL, 4_000, 100)
    await desk.order(BUYER, BUY, 4_050, 60)
    await desk.act(c.ChangePhase(phases.CONTINUOUS))
    await desk.order(BUYER, BUY, 4_010, 150)
    kept = await desk.order(SELLER, SELL, 4_100, 30)
    await desk.do(c.ReplaceOrder(SELLER, kept, "", 4_060, 40))
    await desk.order(THIRD, BUY, 4_060, 25)
    await desk.order(THIRD, SELL, 3_010, 20, 2)
    await desk.order(BUYER, BUY, 3_010, 20, 2)
    await desk.do(c.CancelAll(SELLER, 0, 0))
    await desk.act(c.OpenBlockWindow())
    happened = await desk.do(c.BlockOffer(SELLER, 1, SELL, 3_900, 600, (BUYER,), "block-1"))
    offered = next(event.offer for event in happened if isinstance(event, e.BlockOffered))
    happened = await desk.do(c.BlockCounter(BUYER, offered, 3_850, 600, "block-2"))
    countered = next(event.offer for event in happened if isinstance(event, e.BlockOffered))
    await desk.do(c.BlockConfirm(SELLER, countered))
    await _auction(desk)
    await desk.act(c.ChangePhase(phases.CLOSING_CALL))
    await desk.order(SELLER, SELL, 4_020, 50)
    await desk.order(BUYER, BUY, 4_020, 45)
    await _close(desk)


async def _auction(desk: Desk) -> None:
    terms: dict[str, Any] = {
        "trading_day": FIRST_DAY,
        "fee_ppm": 500,
        "unit_account": GOVERNMENT,
        "cash_account": TREASURY,
    }
    happened = await desk.act(notice(**terms))
    number = next(event.auction for event in happened if isinstance(event, e.AuctionAnnounced))
    await desk.act(c.OpenAuction(number))
    await desk.do(c.PlaceBid(BUYER, number, 4_100, 700, "bid-1"))
    await desk.do(c.PlaceBid(THIRD, number, 4_050, 600, "bid-2"))
    await desk.act(c.CloseAuction(number))


async def _second_day(desk: Desk) -> None:
    await desk.act(c.OpenDay(SECOND_DAY))
    await desk.act(c.ChangePhase(phases.CONTINUOUS))
    await desk.act(c.ImportEmissions(2025, ((SELLER, 900, 20260110), (THIRD, 400, 20260110)), 0, "0" * 64))
    await desk.act(c.SurrenderUnits(SELLER, 1, 300, 2025, False))
    await desk.act(c.EncumberUnits(BUYER, 1, 50, "freeze", "法院"))
    await desk.act(c.Restrict(THIRD, BUY, "第三十条"))
    await desk.act(c.WithdrawCash(BUYER, 12_345))
    await desk.act(c.CancelUnits(THIRD, 2, 5, "voluntary"))
    await desk.order(BUYER, SELL, 4_000, 33)
    await desk.order(SELLER, BUY, 4_030, 33)
    await desk.order(BUYER, SELL, 4_000, 12)
    await desk.order(SELLER, BUY, 4_030, 12)
    first = next(row for row in await desk.exchange.settlement.bulletins() if row.trading_day == FIRST_DAY)
    await desk.act(c.PublishBulletin(FIRST_DAY, first.sha256))
    await desk.act(c.PublishBulletin(FIRST_DAY, first.sha256))  # once more: it stays published since the first time
    await _close(desk)
    await _void_the_last(desk)
    await desk.act(c.FundRiskReserve(1_000, "BANK-8"))
    await desk.act(c.UseRiskReserve(SELLER, 900, "退票"))
    cash = {account: await desk.exchange.settlement.cash(account) for account in (*range(1, 6), FEES, RESERVE)}
    cash[BUYER] += 100
    balances = tuple((account, fen) for account, fen in cash.items() if account > 0)
    await desk.act(c.ImportBankFile(SECOND_DAY, balances, cash[FEES], cash[RESERVE], sum(cash.values()), "ab" * 32))
    await _explain_the_breaks(desk)
    await desk.do(c.ConfirmStatement(THIRD, SECOND_DAY))
    await desk.do(c.ObjectToStatement(BUYER, SECOND_DAY, "手续费有误"))
    await desk.act(c.DepositCash(SELLER, 777))  # what comes after the last close is under no bulletin


async def _explain_the_breaks(desk: Desk) -> None:
    """The exchange journals by itself what the comparison found; only then can people deal with it."""
    deadline = asyncio.get_running_loop().time() + DEADLINE_S
    while not (found := desk.exchange.view.bank()[1]):
        assert asyncio.get_running_loop().time() < deadline, "the comparison was not recorded"
        await asyncio.sleep(0.01)
    for each in found:
        await desk.act(c.ResolveBankBreak(each.number, "explained", "在途"))


async def _void_the_last(desk: Desk) -> None:
    numbers = [number for number in range(1, 100) if await desk.exchange.settlement.trade_facts(number)]
    facts = await desk.exchange.settlement.trade_facts(numbers[-1])
    assert facts is not None
    await desk.act(c.VoidTrade(numbers[-1], "明显错误", facts))
    await desk.exchange.bulletin_written.wait()


async def _close(desk: Desk) -> None:
    await desk.act(c.ChangePhase(phases.POST_CLOSE))
    await desk.act(c.CloseDay())
    exchange = desk.exchange
    await exchange.settlement.wait_settled(exchange.sequencer.view.day().seq)
    await exchange.bulletin_written.wait()
    exchange.bulletin_written.clear()
