"""A government that sells or buys back, and members who bid: a market with one auction, for tests."""

from typing import Any, Final

from engine.core import commands as c
from engine.core import events as e
from engine.core import phases
from tests.testkit.build import Desk, rulebook_text

DAY: Final = 20260105
GOVERNMENT, TREASURY = 1, 2
FIRST_BIDDER: Final = 3
CASH_FEN: Final = 10**12
UNITS: Final = 100_000

TERMS: Final[dict[str, Any]] = {
    "code": "2026-01",
    "direction": "sale",
    "method": "sealed_uniform",
    "instrument": 1,
    "tonnes": 1_000,
    "unit_account": GOVERNMENT,
    "cash_account": TREASURY,
    "trading_day": DAY,
    "opens_at_ns": 0,
    "closes_at_ns": 0,
    "limit_ticks": 0,
    "reserve_ticks": 0,
    "budget_fen": 0,
    "categories": ("key_emitter", "institution"),
    "bidders": (),
    "bid_tonnes_min": 1,
    "lot_tonnes": 1,
    "cap_tonnes": 0,
    "cap_bp": 0,
    "withdrawable": True,
    "tie": "time",
    "undersubscribed": "partial",
    "closes_market": False,
    "fee_ppm": 0,
    "notice": "",
    "use_restricted": False,
    "carry_over": 0,
    "carries": (),
    "seller_fee_ppm": 0,
    "buyer_fee_ppm": 0,
}


def notice(**changes: Any) -> c.AnnounceAuction:
    """A notice: 1,000 t sold at a uniform price, with `changes`."""
    assert not changes.keys() - TERMS.keys(), changes
    return c.AnnounceAuction(**(TERMS | changes))


def buy_back(**changes: Any) -> c.AnnounceAuction:
    """A notice of a buy-back: 1,000 t for at most 100,000 CNY."""
    return notice(**({"direction": "buy_back", "budget_fen": 10_000_000} | changes))


def one_way(seller: int = FIRST_BIDDER, **changes: Any) -> c.AnnounceAuction:
    """A notice of a one-way auction: a participant sells 1,000 t of its own."""
    return notice(**({"unit_account": seller, "cash_account": seller} | changes))


def purchase(buyer: int = FIRST_BIDDER, **changes: Any) -> c.AnnounceAuction:
    """A notice of a one-way auction: a participant buys 1,000 t for at most 45.00 CNY each."""
    return one_way(buyer, **({"direction": "purchase", "limit_ticks": 4_500} | changes))


class AuctionDesk(Desk):
    """A market with a government account (units), a treasury (cash) and bidders (cash and units); the day is open."""

    def __init__(
        self,
        bidders: int = 3,
        phase: int = phases.CONTINUOUS,
        lock_days: int = 0,
        product: dict[str, Any] | None = None,
        **rules: Any,
    ) -> None:
        super().__init__(rulebook_text({"CQEA": {"lock_days": lock_days} | (product or {})}, **rules))
        self.act(
            c.ListInstrument("CQEA-25", "CQEA", 2025, "配额", "Allowance", 4_000),
            c.OpenAccount("GOV", 900, "生态环境局", "government"),
            c.OpenAccount("TREASURY", 901, "市级国库", "treasury"),
            c.AllocateUnits(GOVERNMENT, 1, UNITS, "paid", 2025),
            c.DepositCash(TREASURY, CASH_FEN),
        )
        for number in range(FIRST_BIDDER, FIRST_BIDDER + bidders):
            self.act(
                c.OpenAccount(f"A{number}", number, f"member {number}", "key_emitter"),
                c.DepositCash(number, CASH_FEN),
                c.AllocateUnits(number, 1, UNITS, "paid", 2025),
            )
        if phase != phases.CLOSED:
            self.open_day(DAY, phase)
        self.bids = 0

    def hold(self, terms: c.AnnounceAuction) -> int:
        """Announce an auction and open its window; returns its number."""
        happened = self.act(terms)
        assert isinstance(happened[-1], e.AuctionAnnounced), happened
        number = happened[-1].auction
        assert isinstance(self.act(c.OpenAuction(number))[-1], e.AuctionOpened)
        return number

    def bid(
        self, account: int, price_ticks: int, tonnes: int, name: str = "", replaces: int = 0, auction: int = 1
    ) -> Any:
        """Place a bid; returns the event."""
        self.bids += 1
        [said] = self.do(c.PlaceBid(account, auction, price_ticks, tonnes, name or f"b{self.bids}", replaces))
        return said

    def cash(self, account: int) -> tuple[int, int]:
        """(free, held) in fen."""
        found = self.market.state.held_account(account)
        return int(found.free), int(found.held)

    def units(self, account: int) -> tuple[int, int, int]:
        """(available, held, locked) in tonnes."""
        found = self.market.state.held_account(account).position(1)
        return int(found.available), int(found.held), int(found.locked)


def awards(happened: list[e.Event]) -> list[tuple[int, int, int]]:
    """(account, tonnes, price_ticks) of each award."""
    return [(one.account, one.tonnes, one.price_ticks) for one in happened if isinstance(one, e.BidAwarded)]


def one_of(happened: list[e.Event], kind: type[Any]) -> Any:
    """The only event of this kind."""
    [found] = [event for event in happened if type(event) is kind]
    return found
